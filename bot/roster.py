"""The roster's Excel file into the database: people, their posts and accounts, the plan's tasks, who is on duty when.

Loading the same file again changes nothing; a corrected file corrects. Nobody is ever deleted: who is no longer in the file
stays as they are, and is listed, since half a list uploaded by mistake must not empty the school.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import school_time
from bot.documents.roster import PersonRow, Problem, Roster, read
from bot.domain.people import Account, Person, Post, Turn
from bot.domain.tasks import Task
from bot.errors import BotError
from bot.render import LABELS
from bot.store.arrivals import the_school
from bot.store.session import insert_once
from bot.store.store import Store


class WorkbookRefused(BotError):
    """Not a workbook, or nothing in it can be used. `reason` is one line of plain Chinese."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Loaded:
    """What a file did. problems: rows that could not be used, each with where and what to write instead."""

    new: int = 0
    changed: int = 0
    tasks: int = 0
    turns: int = 0
    problems: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def load_workbook(school_code: str, content: bytes, now: datetime, session: Session) -> Loaded:
    """Read a workbook and write it down. Raises WorkbookRefused."""
    roster = read(content, {name: post.value for name, post in LABELS.post_named.items()}, school_time(now).date())
    if not (roster.people or roster.tasks or roster.turns):
        reason = str(roster.problems[0]) if roster.problems else "表格里没有内容。"
        raise WorkbookRefused(reason)
    return write(school_code, roster, session)


def write(school_code: str, roster: Roster, session: Session) -> Loaded:
    """Write a roster down. Rows that name unknown people are problems; the others are kept."""
    store = Store(session, the_school(session, school_code))
    loaded = Loaded(problems=[_line(problem) for problem in roster.problems])
    known = {person.id: person for person in store.people.all()}
    seen: set[int] = set()
    for row in roster.people:
        seen.add(_write_person(store, session, row, loaded).id)
    if roster.people:
        loaded.absent = [person.name for person in known.values() if person.id not in seen]
    for task in roster.tasks:
        owner = _one(store, task.owner_name, "任务", loaded)
        if owner is not None and store.rounds.task(owner, task.title, task.due) is None:
            session.add(Task(school_id=store.school.id, owner=owner, text=task.title, due_on=task.due, moved=0))
            session.flush()
            loaded.tasks += 1
    for turn in roster.turns:
        person = _one(store, turn.name, "值班", loaded)
        if person is not None:
            loaded.turns += insert_once(
                session, Turn, school_id=store.school.id, day=turn.day, post=Post(turn.post), person_id=person.id
            )
    return loaded


def _write_person(store: Store, session: Session, row: PersonRow, loaded: Loaded) -> Person:
    posts = tuple(Post(code) for code in row.posts)
    same = [person for person in store.people.named(row.name) if not row.phone or person.phone in ("", row.phone)]
    if same:
        person = same[0]
        before = (person.phone, person.grade_class, person.posts)
        person.phone = row.phone or person.phone
        person.grade_class = row.grade_class or person.grade_class
        if posts:
            person.hold_only(posts)
        loaded.changed += before != (person.phone, person.grade_class, person.posts)
    else:
        person = Person(
            school_id=store.school.id, name=row.name, phone=row.phone, grade_class=row.grade_class, active=True
        )
        person.hold_only(posts)
        session.add(person)
        loaded.new += 1
    session.flush()
    _write_accounts(store, session, person, row.accounts, loaded)
    return person


def _write_accounts(
    store: Store, session: Session, person: Person, accounts: Mapping[str, str], loaded: Loaded
) -> None:
    """An account that the roster names needs no confirming: the administrator has just done it."""
    for platform, user_id in accounts.items():
        user_id = user_id.lower() if platform == "wecom" else user_id
        insert_once(session, Account, school_id=store.school.id, platform=platform, user_id=user_id, name="")
        account = session.scalars(
            select(Account).where(
                Account.school_id == store.school.id, Account.platform == platform, Account.user_id == user_id
            )
        ).one()
        if account.person_id not in (None, person.id):
            other = account.person.name if account.person else ""
            loaded.problems.append(f"账号 {user_id} 已经是{other}的，没有改给{person.name}。")
            continue
        account.person, account.claims = person, None
        session.flush()


def _one(store: Store, name: str, sheet: str, loaded: Loaded) -> Person | None:
    people = store.people.named(name)
    if len(people) == 1:
        return people[0]
    what = "名单里没有这个人" if not people else "名单里有几位同名的，分不清"
    loaded.problems.append(f"{sheet}：{name}，{what}。")
    return None


def _line(problem: Problem) -> str:
    return str(problem)
