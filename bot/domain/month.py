"""A month in figures, counted from the records. No clock, no database: lists in, numbers out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from bot.domain.hazards import Hazard, HazardState
from bot.domain.people import Person
from bot.domain.reports import DutyReport
from bot.domain.rounds import Assignment, AssignmentState
from bot.domain.routines import Asks


@dataclass(frozen=True, slots=True)
class Late:
    """Somebody with things unanswered or moved in this month; for the leaders' copy."""

    person: Person
    missed: int
    deferred: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One routine in this month: how often somebody was asked, and how often they answered (or said why not)."""

    title: str
    asked: int
    answered: int


NOTES = "month_end_notes"
"""The routine whose lines stand in the leaders' copy: problems and measures, by the heads of the offices."""


@dataclass(frozen=True, slots=True)
class Month:
    """What a month's summary says. open_hazards: not closed at its end, the most overdue first. day: its last school day.

    rounds: checklists and lines, by routine. categories: of the hazards reported, the most frequent first. places: where
    more than one was reported. median_days: from report to closing, of those closed. notes: problems and measures.
    """

    first: date
    day: date
    tasks_asked: int
    tasks_done: int
    tasks_on_time: int
    tasks_deferred: int
    duty_asked: int
    duty_reported: int
    hazards_reported: int
    hazards_closed: int
    hazards_returned: int
    incidents: int
    notices: int
    notices_signed: int
    rounds: tuple[Asked, ...]
    categories: tuple[tuple[str, int], ...]
    places: tuple[tuple[str, int], ...]
    median_days: float | None
    notes: tuple[tuple[Person, str], ...]
    open_hazards: tuple[Hazard, ...]
    overdue_hazards: tuple[Hazard, ...]
    late: tuple[Late, ...]

    @property
    def empty(self) -> bool:
        return not (self.tasks_asked or self.duty_asked or self.rounds or self.hazards_reported or self.open_hazards)


def count(
    *,
    first: date,
    day: date,
    start: datetime,
    end: datetime,
    assignments: Sequence[Assignment],
    reports: Sequence[DutyReport],
    hazards: Sequence[Hazard],
    incidents: int,
) -> Month:
    """The figures of start <= t < end. hazards: reported or closed then, or still open at its end. incidents: how many."""
    tasks = [item for item in assignments if item.task_id is not None]
    duties = [item for item in assignments if item.round.asks is Asks.REPORT]
    open_hazards = sorted(
        (item for item in hazards if item.state in (HazardState.OPEN, HazardState.FIXED)),
        key=lambda item: (item.due_on, item.number),
    )
    reported = [item for item in hazards if start <= item.reported_at < end]
    closed = [
        item
        for item in hazards
        if item.state is HazardState.CLOSED and item.closed_at is not None and start <= item.closed_at < end
    ]
    noticed = [item for item in hazards if item.noticed_at is not None and start <= item.noticed_at < end]
    filled = [item for item in assignments if item.round.asks in (Asks.CHECKLIST, Asks.LINES)]
    return Month(
        first=first,
        day=day,
        tasks_asked=len(tasks),
        tasks_done=sum(item.state is AssignmentState.DONE for item in tasks),
        tasks_on_time=sum(item.state is AssignmentState.DONE and item.on_time for item in tasks),
        tasks_deferred=sum(item.state is AssignmentState.DEFERRED for item in tasks),
        duty_asked=len(duties),
        duty_reported=len(reports),
        hazards_reported=len(reported),
        hazards_closed=len(closed),
        hazards_returned=sum(item.returns > 0 for item in hazards),
        incidents=incidents,
        notices=len(noticed),
        notices_signed=sum(item.received_at is not None for item in noticed),
        rounds=_rounds(filled),
        categories=tuple(Counter(item.category for item in reported if item.category).most_common(5)),
        places=tuple(
            (place, number)
            for place, number in Counter(item.area for item in reported if item.area).most_common(3)
            if number > 1
        ),
        median_days=median((item.closed_at - item.reported_at).days for item in closed if item.closed_at)
        if closed
        else None,
        notes=tuple(
            (item.person, item.answer["text"])
            for item in filled
            if item.round.routine == NOTES and item.answer.get("text")
        ),
        open_hazards=tuple(open_hazards),
        overdue_hazards=tuple(item for item in open_hazards if item.state is HazardState.OPEN and item.due_on < day),
        late=_late(tasks),
    )


def _rounds(filled: Sequence[Assignment]) -> tuple[Asked, ...]:
    titles = dict.fromkeys(item.round.title for item in filled if item.round.routine != NOTES)
    answered = (AssignmentState.DONE, AssignmentState.EXCUSED)
    return tuple(
        Asked(
            title,
            sum(item.round.title == title for item in filled),
            sum(item.round.title == title and item.state in answered for item in filled),
        )
        for title in titles
    )


def _late(tasks: Sequence[Assignment]) -> tuple[Late, ...]:
    people = list(dict.fromkeys(item.person for item in tasks))
    rows = [
        Late(
            person,
            sum(item.person is person and item.state is AssignmentState.MISSED for item in tasks),
            sum(item.person is person and item.state is AssignmentState.DEFERRED for item in tasks),
        )
        for person in people
    ]
    return tuple(row for row in rows if row.missed or row.deferred)
