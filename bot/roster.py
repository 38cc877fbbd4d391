"""The roster's Excel file into the database: people, their posts and accounts, the plan's tasks, who is on duty when.

Loading the same file again changes nothing; a corrected file corrects. Nobody is ever deleted: who is no longer in the file
stays as they are, and is listed, since half a list uploaded by mistake must not empty the school. A corrected duty does go:
the days and posts that a file names are as the file says. The last administrator stays one, or nobody could correct it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import school_time
from bot.documents.roster import DutyRow, PersonRow, PlaceRow, Problem, Roster, TaskRow, read
from bot.domain.people import Account, Person, Post, Turn
from bot.domain.places import Place
from bot.domain.tasks import Task
from bot.errors import BotError
from bot.render import LABELS
from bot.store.arrivals import the_school
from bot.store.session import insert_once
from bot.store.store import Store

PEOPLE, TASKS, DUTIES, PLACES = "人员", "任务", "值班", "地点"
"""Where a problem is that only the database shows; the reader names sheets as they are in the file."""


Who = Person | Literal["unclear"] | None
"""Whom a row is about: somebody known, one of several namesakes, or somebody new."""


class WorkbookRefused(BotError):
    """Not a workbook, or nothing in it can be used. `reason` is one line of plain Chinese; problems: every row's, if any."""

    def __init__(self, reason: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.problems = problems


@dataclass(slots=True)
class Loaded:
    """What a file did. problems: what could not be used, with where and what to write instead. absent: names left alone."""

    new: int = 0
    changed: int = 0
    tasks: int = 0
    turns: int = 0
    places: int = 0
    problems: list[Problem] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def load_workbook(school_code: str, content: bytes, now: datetime, session: Session) -> Loaded:
    """Read a workbook and write it down. Raises WorkbookRefused."""
    return write_roster(school_code, read_workbook(content, now), session)


def read_workbook(content: bytes, now: datetime) -> Roster:
    """What a workbook says, at least one row of it. Needs no database, so the writer need not wait for it.

    Raises WorkbookRefused.
    """
    roster = read(content, {name: post.value for name, post in LABELS.post_named.items()}, school_time(now).date())
    if roster.people or roster.tasks or roster.turns or roster.places:
        return roster
    if not roster.problems:
        raise WorkbookRefused("表格里还没有内容，示例行不算。填好再传一次就行。")
    first = roster.problems[0]
    if not first.sheet:
        raise WorkbookRefused(first.text)
    raise WorkbookRefused("表格里没有一行能用，请照下面改好再传。", roster.problems)


def write_roster(school_code: str, roster: Roster, session: Session) -> Loaded:
    """Write a roster down. Rows that do not fit what is known are problems; the others are kept."""
    writing = _Writing(session, Store(session, the_school(session, school_code)), Loaded(problems=[*roster.problems]))
    writing.write_people(roster.people)
    writing.write_tasks(roster.tasks)
    writing.write_turns(roster.turns)
    writing.write_places(roster.places)
    return writing.loaded


@dataclass(slots=True)
class _Writing:
    """One roster on its way into the database."""

    session: Session
    store: Store
    loaded: Loaded
    _complained: set[tuple[str, str]] = field(default_factory=set)

    def write_people(self, rows: tuple[PersonRow, ...]) -> None:
        before = self.store.people.all()
        keepers = [person for person in before if person.holds(Post.ADMINISTRATOR)]
        pairs = self._pairs(rows, before)
        changed: set[int] = set()
        written: list[tuple[PersonRow, Person]] = []
        for row, known in zip(rows, pairs, strict=True):
            if known == "unclear":
                self._complain(PEOPLE, row.name, f"有几位同名的{row.name}，分不清是哪一位，请把几位都写上，各填手机号")
                continue
            person = known or Person(
                school_id=self.store.school.id, name=row.name, phone="", grade_class="", active=True
            )
            if known is None:
                self.session.add(person)
                self.loaded.new += 1
            if _fill(person, row) and known is not None:
                changed.add(person.id)
            written.append((row, person))
        self.session.flush()
        self._keep_an_administrator(keepers)
        changed |= self._write_accounts(written) & {person.id for person in before}
        self.loaded.changed = len(changed)
        if written:
            seen = {person.id for _, person in written}
            self.loaded.absent = [person.name for person in before if person.id not in seen]

    def _pairs(self, rows: tuple[PersonRow, ...], people: Iterable[Person]) -> list[Who]:
        """Whom each row is about: by name, then phone, then account.

        One row and one person of a name are the same person, who has a new phone; else everybody who changes phones
        would be there twice.
        """
        left: dict[str, list[Person]] = {}
        for person in people:
            left.setdefault(person.name, []).append(person)
        found: dict[int, Person] = {}
        for same in (_same_phone, _same_account):
            for index, row in enumerate(rows):
                match = next((person for person in left.get(row.name, ()) if same(row, person)), None)
                if match is not None and index not in found:
                    found[index] = match
                    left[row.name].remove(match)
        counts: dict[str, int] = {}
        for index, row in enumerate(rows):
            counts[row.name] = counts.get(row.name, 0) + (index not in found)
        pairs: list[Who] = []
        for index, row in enumerate(rows):
            namesakes = left.get(row.name, [])
            without_phone = [person for person in namesakes if not person.phone]
            who: Who = found.get(index)
            if who is None and counts[row.name] == 1 and len(namesakes) == 1:
                who = namesakes[0]
            elif who is None and row.phone and without_phone:
                who = without_phone[0]
                namesakes.remove(without_phone[0])
            elif who is None and counts[row.name] == 1 and namesakes:
                who = "unclear"
            pairs.append(who)
        return pairs

    def _keep_an_administrator(self, keepers: list[Person]) -> None:
        if keepers and not self.store.people.holding(Post.ADMINISTRATOR):
            for person in keepers:
                person.hold_only((*person.posts, Post.ADMINISTRATOR))
            names = "、".join(person.name for person in keepers)
            self._complain(PEOPLE, "管理员", f"表里没有管理员了，先保留{names}的，请给一位写上管理员")

    def _write_accounts(self, written: list[tuple[PersonRow, Person]]) -> set[int]:
        """Whose accounts changed. One that the roster names needs no confirming: the administrator has just done it.

        Somebody else's account is taken from them only where the same file says which is theirs instead.
        """
        theirs: dict[int, Mapping[str, str]] = {person.id: row.accounts for row, person in written}
        changed: set[int] = set()
        for row, person in written:
            for platform, user_id in row.accounts.items():
                account = self._account(platform, user_id)
                owner = account.person
                if owner is not None and owner is not person and platform not in theirs.get(owner.id, {}):
                    self._complain(PEOPLE, person.name, f"账号 {user_id} 已经是{owner.name}的，没有改给{person.name}")
                    continue
                if owner is not person:
                    changed.add(person.id)
                account.person, account.claims = person, None
                self.session.flush()
        return changed

    def _account(self, platform: str, user_id: str) -> Account:
        school_id = self.store.school.id
        insert_once(self.session, Account, school_id=school_id, platform=platform, user_id=user_id, name="")
        account = self.store.people.account(platform, user_id)
        assert account is not None
        return account

    def write_tasks(self, rows: tuple[TaskRow, ...]) -> None:
        """Lines of the plan that are not there yet. One that was put off since is there, on a later day."""
        counted: set[int] = set()
        # the earliest first, so that a task that was put off stands for its own line and not for a later week's
        for row in sorted(dict.fromkeys(rows), key=lambda row: row.due):
            owner = self._one(row.owner_name, TASKS)
            if owner is None:
                continue
            same = [task for task in self.store.rounds.tasks(owner, row.title) if task.id not in counted]
            there = [task for task in same if task.due_on == row.due or (task.moved and task.due_on > row.due)]
            if there:
                counted.add(min(there, key=lambda task: (task.due_on != row.due, task.moved)).id)
                continue
            task = Task(school_id=self.store.school.id, owner=owner, text=row.title, due_on=row.due, moved=0)
            self.session.add(task)
            self.session.flush()
            counted.add(task.id)
            self.loaded.tasks += 1

    def write_turns(self, rows: tuple[DutyRow, ...]) -> None:
        """Who stands for a post on a day: exactly whom the file names, unless one of them is not known."""
        wanted: dict[tuple[date, Post], list[Person | None]] = {}
        for row in rows:
            wanted.setdefault((row.day, Post(row.post)), []).append(self._one(row.name, DUTIES))
        school_id = self.store.school.id
        for (day, post), people in wanted.items():
            for person in people:
                if person is not None:
                    self.loaded.turns += insert_once(
                        self.session, Turn, school_id=school_id, day=day, post=post, person_id=person.id
                    )
            if None not in people:
                for turn in self.session.scalars(
                    select(Turn).where(Turn.school_id == school_id, Turn.day == day, Turn.post == post)
                ):
                    if turn.person not in people:
                        self.session.delete(turn)
        self.session.flush()

    def write_places(self, rows: tuple[PlaceRow, ...]) -> None:
        """Places by their names; one that the file does not name stays, since old hazards speak of it."""
        known = {place.name: place for place in self.store.places.all()}
        for row in rows:
            place = known.get(row.name)
            if place is None:
                place = known[row.name] = Place(school_id=self.store.school.id, name=row.name, aliases=[])
                self.session.add(place)
                self.loaded.places += 1
            place.aliases = list(row.aliases)
            place.keeper = self._one(row.keeper, PLACES) if row.keeper else None
        self.session.flush()

    def _one(self, name: str, sheet: str) -> Person | None:
        people = self.store.people.named(name)
        if len(people) == 1:
            return people[0]
        if people:
            self._complain(sheet, name, f"有几位同名的{name}，分不清是哪一位，先没有收")
        else:
            self._complain(sheet, name, f"名单里没有{name}，请写上全名，或先在{PEOPLE}表里加上")
        return None

    def _complain(self, sheet: str, about: str, text: str) -> None:
        """Once for everybody and everything, however many rows it concerns."""
        if (sheet, about + text) not in self._complained:
            self._complained.add((sheet, about + text))
            self.loaded.problems.append(Problem(sheet, 0, "", text))


def _fill(person: Person, row: PersonRow) -> bool:
    """Make somebody what their row says; an empty cell says nothing. Returns whether that changed anything."""
    before = (person.phone, person.grade_class, person.posts)
    person.phone = row.phone or person.phone
    person.grade_class = row.grade_class or person.grade_class
    if row.posts:
        person.hold_only(tuple(Post(code) for code in row.posts))
    return before != (person.phone, person.grade_class, person.posts)


def _same_phone(row: PersonRow, person: Person) -> bool:
    return bool(row.phone) and row.phone == person.phone


def _same_account(row: PersonRow, person: Person) -> bool:
    return any(row.accounts.get(account.platform) == account.user_id for account in person.accounts)
