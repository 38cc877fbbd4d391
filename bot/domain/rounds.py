"""A routine asks: one round per due time, one assignment per thing asked of a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.clock import school_time
from bot.domain.base import Id, Key, Record
from bot.domain.manners import Manners
from bot.domain.people import Person, Post
from bot.domain.routines import Asks, Routine
from bot.domain.school import SchoolId
from bot.domain.tasks import Task

NUDGE_AT = 0.8
"""The part of the window after which the missing are reminded, privately (mechanisms.md, house rules)."""


class RoundState(StrEnum):
    OPEN = "open"
    NUDGED = "nudged"
    CLOSED = "closed"


class AssignmentState(StrEnum):
    """asked: no answer yet. done, deferred: answered. excused: 免 with a reason. missed: the window closed on it."""

    ASKED = "asked"
    DONE = "done"
    DEFERRED = "deferred"
    EXCUSED = "excused"
    MISSED = "missed"


class Round(Record):
    """One due time of one routine. routine: the name of its file in templates/routines.

    title, owner, asks, form (Routine.form): as the file said then, so that editing it does not rewrite history. Where the
    platform makes a form for it, form also has: "on", that platform; "waits", the ids of the people who are asked once its
    link is there; "collect", the form's id; "link", where people fill it in.
    """

    __tablename__ = "round"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    routine: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(64))
    owner: Mapped[Post]
    asks: Mapped[Asks]
    form: Mapped[dict[str, Any]] = mapped_column(default=dict)
    opened_at: Mapped[datetime]
    nudge_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    state: Mapped[RoundState] = mapped_column(default=RoundState.OPEN)

    assignments: Mapped[list[Assignment]] = relationship(
        back_populates="round", order_by="Assignment.id", cascade="all, delete-orphan"
    )

    __table_args__ = (UniqueConstraint("school_id", "routine", "opened_at"), Index(None, "school_id", "state"))

    @classmethod
    def open(cls, *, school_id: int, routine: Routine, at: datetime, manners: Manners) -> Self:
        """Start asking. Nobody is reminded in the quiet hours, nor after the closing."""
        window = routine.window
        return cls(
            school_id=school_id,
            routine=routine.name,
            title=routine.title,
            owner=routine.owner,
            asks=routine.asks,
            form=routine.form,
            opened_at=at,
            nudge_at=min(manners.waking(at + window * NUDGE_AT), at + window),
            closes_at=at + window,
            state=RoundState.OPEN,
        )

    def ask(self, person: Person, text: str, task: Task | None = None) -> Assignment:
        """Ask one more thing of this person; their things are numbered from 1."""
        number = 1 + sum(1 for asked in self.assignments if asked.person is person)
        assignment = Assignment(
            school_id=self.school_id,
            person=person,
            number=number,
            text=text,
            task=task,
            asked_at=self.opened_at,
            state=AssignmentState.ASKED,
        )
        self.assignments.append(assignment)
        return assignment

    def order_form(self, platform: str, people: Iterable[Person]) -> None:
        """A form is to be made for it; these people are asked when it is there."""
        self.form = {**self.form, "on": platform, "waits": [person.id for person in people]}

    def keep_form(self, form: str) -> bool:
        """The form was made. False where it has another already: nobody is sent to a second one."""
        if self.form.get("collect", form) != form:
            return False
        self.form = {**self.form, "collect": form}
        return True

    def open_form(self, link: str) -> list[Person]:
        """People can fill it in, or, without a link, nobody can. Returns whom to ask now; nobody the second time."""
        waits = self.form.get("waits", ())
        self.form = {key: value for key, value in self.form.items() if key != "waits"} | (
            {"link": link} if link else {}
        )
        return [item.person for item in self.missing() if item.person_id in waits]

    @property
    def link(self) -> str:
        """Where its form is filled in; "" without one."""
        return str(self.form.get("link", ""))

    def missing(self) -> list[Assignment]:
        """What nobody has answered yet, in the order it was asked."""
        return [assignment for assignment in self.assignments if assignment.state is AssignmentState.ASKED]

    def nudge(self) -> None:
        self.state = RoundState.NUDGED

    def close(self) -> list[Assignment]:
        """The window is over. Returns what was missed."""
        missed = self.missing()
        for assignment in missed:
            assignment.state = AssignmentState.MISSED
        self.state = RoundState.CLOSED
        return missed


class Assignment(Record):
    """One thing asked of one person. number: what they call it (完成 2). on_time: answered before the window closed.

    answer: what they said, by the kind of the round. lines: {"text": …}. checklist: {"good": [items' numbers, counted
    from 1], "bad": {number as text: what is wrong}, "closed": the same for items that go to few, "remark": …}.
    """

    __tablename__ = "assignment"
    followed = True

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    round_id: Mapped[int] = mapped_column(Id, ForeignKey("round.id"), index=True)
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    task_id: Mapped[int | None] = mapped_column(Id, ForeignKey("task.id"))
    number: Mapped[int]
    text: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[AssignmentState] = mapped_column(default=AssignmentState.ASKED)
    answered_at: Mapped[datetime | None]
    on_time: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(default="")
    deferred_to: Mapped[date | None]
    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)

    round: Mapped[Round] = relationship(back_populates="assignments")
    person: Mapped[Person] = relationship()
    task: Mapped[Task | None] = relationship()

    __table_args__ = (Index(None, "person_id", "state"), Index(None, "school_id", "asked_at"))

    @property
    def day(self) -> date:
        """The day it was asked on, school time."""
        return school_time(self.asked_at).date()

    def finish(self, at: datetime, note: str = "") -> None:
        """They did it; late is still done."""
        self._answer(AssignmentState.DONE, at, note)
        if self.task is not None:
            self.task.finish(at)

    def defer(self, to: date, at: datetime, note: str) -> None:
        """They need longer; the task moves with it."""
        self._answer(AssignmentState.DEFERRED, at, note)
        self.deferred_to = to
        if self.task is not None:
            self.answer = {"was_due": self.task.due_on.isoformat()}
            self.task.move(to)

    def take_back(self) -> None:
        """The answer is taken back: it is asked again, and its task is as before."""
        if self.task is not None and self.state is AssignmentState.DEFERRED and "was_due" in self.answer:
            self.task.due_on = date.fromisoformat(self.answer["was_due"])
            self.task.moved -= 1
        if self.task is not None:
            self.task.done_at = None
        self.state, self.answered_at, self.on_time = AssignmentState.ASKED, None, False
        self.note, self.deferred_to, self.answer = "", None, {}

    def tick(
        self, good: Collection[int], bad: Mapping[int, str], named: Collection[int] = (), remark: str = ""
    ) -> dict[int, str]:
        """Note what they said of a checklist's items; what was said before stands, unless `named` items are `good` now.

        What is wrong with a closed item is kept apart. Returns what has to be passed on: items that were not wrong before,
        and closed ones of which something else is said now.
        """
        form, before = self.round.form, self.wrong
        wrong = {number: note for number, note in before.items() if number not in set(named) & set(good)} | dict(bad)
        closed = {number for number in wrong if form["items"][number - 1] in form["closed"]}
        answer: dict[str, Any] = {
            "good": sorted((set(self.answer.get("good", ())) | set(good)) - set(wrong)),
            "bad": {str(number): note for number, note in sorted(wrong.items()) if number not in closed},
        }
        if closed:
            answer["closed"] = {str(number): wrong[number] for number in sorted(closed)}
        remarks = [said for said in (self.answer.get("remark", ""), remark) if said]
        if remarks:
            answer["remark"] = "\n".join(dict.fromkeys(remarks))
        self.answer = answer
        return {
            number: note
            for number, note in bad.items()
            if number not in before or (number in closed and before[number] != note)
        }

    @property
    def wrong(self) -> dict[int, str]:
        """What is wrong with which items, the closed ones included: not for a list."""
        kept = {**self.answer.get("bad", {}), **self.answer.get("closed", {})}
        return {int(number): note for number, note in kept.items()}

    @property
    def left(self) -> list[int]:
        """The items of a checklist of which nothing was said yet."""
        said = set(self.answer.get("good", ())) | set(self.wrong)
        return [number for number in range(1, len(self.round.form["items"]) + 1) if number not in said]

    def fill(self, answer: dict[str, Any], at: datetime) -> None:
        """They answered a checklist or wrote their lines."""
        self._answer(AssignmentState.DONE, at, "")
        self.answer = answer

    def excuse(self, at: datetime, note: str) -> None:
        """It does not apply, or they cannot; `note` says why."""
        self._answer(AssignmentState.EXCUSED, at, note)

    def _answer(self, state: AssignmentState, at: datetime, note: str) -> None:
        self.on_time = self.state is not AssignmentState.MISSED
        self.state, self.answered_at, self.note = state, at, note


class ChaseLog(Record):
    """Who was reminded when. Kept apart from what they did: never exported by name, deleted after the term."""

    __tablename__ = "chase_log"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    assignment_id: Mapped[int] = mapped_column(Id, ForeignKey("assignment.id", ondelete="CASCADE"))
    at: Mapped[datetime]

    __table_args__ = (Index(None, "school_id", "at"),)
