"""A hazard from report to re-check (排查—整改—复查). Rules only: no clock, no database, no words."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.domain.base import Id, Key, Record
from bot.domain.people import Person
from bot.domain.school import SchoolId

DEADLINE = 3
"""School days to put an ordinary hazard right (school-domain practice: parts take 3 to 7, simple ones one)."""


class HazardState(StrEnum):
    """整改中 → 待复查 → 已销号, with 退回 back to 整改中 and 撤销 by who reported it."""

    OPEN = "open"
    FIXED = "fixed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class HazardStep(StrEnum):
    """What happened to a hazard, for its history."""

    REPORTED = "reported"
    FIXED = "fixed"
    RETURNED = "returned"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    ESCALATED = "escalated"
    AMENDED = "amended"
    REASSIGNED = "reassigned"
    MORE_TIME_ASKED = "more_time_asked"
    EXTENDED = "extended"
    NOT_EXTENDED = "not_extended"
    CONTROLLED = "controlled"
    NOTICED = "noticed"
    RECEIVED = "received"
    REOPENED = "reopened"
    UNDONE = "undone"
    LOCATED = "located"
    SEEN_AGAIN = "seen_again"
    GRADED = "graded"


class HazardLevel(StrEnum):
    """suspected_major: what was said sounds like 重大隐患; a person decides, the bot never does."""

    GENERAL = "general"
    SUSPECTED_MAJOR = "suspected_major"
    MAJOR = "major"


_PLAIN = ("state", "level", "text", "area", "returns")
_MOMENTS = ("fixed_at", "closed_at", "noticed_at", "received_at")
_DAYS = ("due_on", "asked_until")
_PEOPLE = ("owner_id", "fixer_id")
"""Columns that steps change, by how they are written as JSON."""


class OwnWork(Exception):
    """Who put it right may not be the one who checks it."""


class WrongState(Exception):
    """The hazard is not where this step starts. `state` says where it is."""

    def __init__(self, state: HazardState) -> None:
        super().__init__(state)
        self.state = state


class Hazard(Record):
    """Something unsafe. number: counts up within the school, is what people say. due_on: the last day to put it right.

    owner: who has to put it right; empty when nobody holds the post. fixer: who said it is done.
    category: a code of templates/language; area: one of the school's places; both "" where nobody said.
    asked_until: the day somebody asked to have it extended to. noticed_at, received_at: 整改通知 sent, signed for.
    """

    __tablename__ = "hazard"
    followed = True

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    number: Mapped[int]
    text: Mapped[str]
    state: Mapped[HazardState] = mapped_column(default=HazardState.OPEN)
    reporter_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    reported_at: Mapped[datetime]
    owner_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id"), index=True)
    due_on: Mapped[date]
    fixer_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id"))
    fixed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    returns: Mapped[int] = mapped_column(default=0)
    category: Mapped[str] = mapped_column(String(32), default="")
    level: Mapped[HazardLevel] = mapped_column(default=HazardLevel.GENERAL)
    area: Mapped[str] = mapped_column(String(64), default="")
    urgent: Mapped[bool] = mapped_column(default=False)
    asked_until: Mapped[date | None]
    noticed_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]

    reporter: Mapped[Person] = relationship(foreign_keys=[reporter_id])
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    fixer: Mapped[Person | None] = relationship(foreign_keys=[fixer_id])
    history: Mapped[list[HazardEvent]] = relationship(
        back_populates="hazard", order_by="HazardEvent.id", cascade="all, delete-orphan"
    )

    __table_args__ = (UniqueConstraint("school_id", "number"), Index(None, "school_id", "state", "due_on"))

    @classmethod
    def report(
        cls,
        *,
        number: int,
        text: str,
        by: Person,
        at: datetime,
        owner: Person | None,
        due_on: date,
        category: str = "",
        level: HazardLevel = HazardLevel.GENERAL,
        area: str = "",
        urgent: bool = False,
    ) -> Self:
        """Somebody saw it."""
        hazard = cls(
            school_id=by.school_id,
            number=number,
            text=text,
            state=HazardState.OPEN,
            reporter=by,
            reported_at=at,
            owner=owner,
            due_on=due_on,
            returns=0,
            category=category,
            level=level,
            area=area,
            urgent=urgent,
        )
        hazard._note(HazardStep.REPORTED, by, at, text)
        return hazard

    def locate(self, place: str, area: str, by: Person, at: datetime) -> None:
        """Where it is, said afterwards: the words stand before the others. area: one of the school's places, or ""."""
        self.text = f"{place}：{self.text}"
        self.area = area or self.area
        self._note(HazardStep.LOCATED, by, at, place)

    def see_again(self, by: Person, at: datetime, words: str) -> None:
        """Somebody else saw what is probably the same."""
        self._note(HazardStep.SEEN_AGAIN, by, at, words)

    def control(self, done: str, by: Person, at: datetime) -> None:
        """It cannot hurt anybody for now (已管控): what was done."""
        self._note(HazardStep.CONTROLLED, by, at, done)

    def grade(self, level: HazardLevel, by: Person, at: datetime, due_on: date | None = None) -> None:
        """A person decides how grave it is, and until when it has to be put right; None leaves that."""
        before = self._snapshot()
        self.level, self.due_on = level, due_on or self.due_on
        self._note(HazardStep.GRADED, by, at, level, before)

    def amend(self, text: str, area: str, by: Person, at: datetime) -> None:
        """What was said of it was wrong; the history keeps the old words. area: one of the school's places, or ""."""
        before = self._snapshot()
        self.text, self.area = text, area or self.area
        self._note(HazardStep.AMENDED, by, at, text, before)

    def hand_over(self, to: Person, by: Person, at: datetime) -> None:
        """Somebody else has to put it right. Raises WrongState unless it is open."""
        self._must_be(HazardState.OPEN)
        before = self._snapshot()
        self.owner = to
        self._note(HazardStep.REASSIGNED, by, at, to.name, before)

    def ask_more_time(self, until: date, by: Person, at: datetime, reason: str) -> None:
        """Its owner needs longer; a leader decides. Raises WrongState unless it is open."""
        self._must_be(HazardState.OPEN)
        before = self._snapshot()
        self.asked_until = until
        self._note(HazardStep.MORE_TIME_ASKED, by, at, reason, before)

    def extend(self, until: date, by: Person, at: datetime, reason: str) -> None:
        """It may take longer. Raises WrongState unless it is open."""
        self._must_be(HazardState.OPEN)
        before = self._snapshot()
        self.due_on, self.asked_until = until, None
        self._note(HazardStep.EXTENDED, by, at, reason, before)

    def shorten(self, due_on: date, by: Person, at: datetime) -> None:
        """More time that was given is taken back. Raises WrongState unless it is open."""
        self._must_be(HazardState.OPEN)
        before = self._snapshot()
        self.due_on = due_on
        self._note(HazardStep.UNDONE, by, at, HazardStep.EXTENDED, before)

    def refuse_more_time(self, by: Person, at: datetime, reason: str) -> None:
        """It may not take longer."""
        before = self._snapshot()
        self.asked_until = None
        self._note(HazardStep.NOT_EXTENDED, by, at, reason, before)

    def notice(self, due_on: date, by: Person, at: datetime) -> None:
        """A rectification notice (整改通知书) with a deadline. Raises WrongState unless it is open."""
        self._must_be(HazardState.OPEN)
        before = self._snapshot()
        self.due_on, self.noticed_at, self.received_at = due_on, at, None
        self._note(HazardStep.NOTICED, by, at, due_on.isoformat(), before)

    def receive(self, by: Person, at: datetime) -> None:
        """Its owner signs for the notice."""
        before = self._snapshot()
        self.received_at = at
        self._note(HazardStep.RECEIVED, by, at, "", before)

    def reopen(self, by: Person, at: datetime, why: str, due_on: date) -> None:
        """It was closed and is there again. Raises WrongState unless it is closed."""
        self._must_be(HazardState.CLOSED)
        before = self._snapshot()
        self.state, self.closed_at, self.fixed_at, self.due_on = HazardState.OPEN, None, None, due_on
        self._note(HazardStep.REOPENED, by, at, why, before)

    def undo(self, event: HazardEvent, owner: Person | None, fixer: Person | None, by: Person, at: datetime) -> None:
        """Take a step back: everything is as before it. owner, fixer: whom its snapshot names."""
        for name, value in event.before.items():
            if name in _MOMENTS:
                setattr(self, name, datetime.fromisoformat(value) if value else None)
            elif name in _DAYS:
                setattr(self, name, date.fromisoformat(value) if value else None)
            elif name == "state":
                self.state = HazardState(value)
            elif name == "level":
                self.level = HazardLevel(value)
            elif name not in _PEOPLE:
                setattr(self, name, value)
        self.owner, self.fixer = owner, fixer
        self._note(HazardStep.UNDONE, by, at, event.step)

    def fix(self, by: Person, at: datetime, note: str) -> None:
        """Somebody says it is put right. Raises WrongState unless it is open."""
        self._must_be(HazardState.OPEN)
        before = self._snapshot()
        self.state, self.fixer, self.fixed_at = HazardState.FIXED, by, at
        self._note(HazardStep.FIXED, by, at, note, before)

    def close(self, by: Person, at: datetime, note: str) -> None:
        """Another person looked and it is right. Raises WrongState, OwnWork."""
        self._checked_by(by)
        before = self._snapshot()
        self.state, self.closed_at = HazardState.CLOSED, at
        self._note(HazardStep.CLOSED, by, at, note, before)

    def send_back(self, by: Person, at: datetime, note: str, due_on: date) -> None:
        """Another person looked and it is not right: open again, with a new deadline. Raises WrongState, OwnWork."""
        self._checked_by(by)
        before = self._snapshot()
        self.state, self.fixed_at, self.due_on = HazardState.OPEN, None, due_on
        self.returns += 1
        self._note(HazardStep.RETURNED, by, at, note, before)

    def withdraw(self, by: Person, at: datetime) -> None:
        """Reported by mistake. Raises WrongState unless nothing was done about it yet."""
        self._must_be(HazardState.OPEN)
        self.state, self.closed_at = HazardState.WITHDRAWN, at
        self._note(HazardStep.WITHDRAWN, by, at, "")

    def escalate(self, at: datetime, step: str) -> None:
        """It is overdue and somebody higher is told; `step` names the rung, so that none is told twice."""
        self._note(HazardStep.ESCALATED, None, at, step)

    def escalated_to(self) -> frozenset[str]:
        """The rungs told since it got its last deadline: a return, more time, or opening it again start the ladder anew."""
        rungs: set[str] = set()
        for event in self.history:
            if event.step in (HazardStep.RETURNED, HazardStep.EXTENDED, HazardStep.REOPENED):
                rungs.clear()
            elif event.step is HazardStep.ESCALATED:
                rungs.add(event.note)
        return frozenset(rungs)

    def _checked_by(self, person: Person) -> None:
        self._must_be(HazardState.FIXED)
        if self.fixer is person:
            raise OwnWork

    def _must_be(self, state: HazardState) -> None:
        if self.state is not state:
            raise WrongState(self.state)

    def _snapshot(self) -> dict[str, Any]:
        """What a step may change, as JSON."""
        values = {name: getattr(self, name) for name in (*_PLAIN, *_MOMENTS, *_DAYS, *_PEOPLE)}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}

    def _note(
        self, step: HazardStep, by: Person | None, at: datetime, note: str, before: dict[str, Any] | None = None
    ) -> None:
        self.history.append(HazardEvent(step=step, person=by, at=at, note=note, before=before or {}))


class HazardEvent(Record):
    """One step in a hazard's life; never changed afterwards. before: what the step changed, so that it can be taken back:
    column → its value as JSON; empty where nothing can be."""

    __tablename__ = "hazard_event"

    id: Mapped[Key]
    hazard_id: Mapped[int] = mapped_column(Id, ForeignKey("hazard.id"), index=True)
    step: Mapped[HazardStep]
    person_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id"))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)

    hazard: Mapped[Hazard] = relationship(back_populates="history")
    person: Mapped[Person | None] = relationship()
