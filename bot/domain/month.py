"""A month in figures, counted from the records. No clock, no database: lists in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

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
class Month:
    """What a month's summary says. open_hazards: not closed at its end, the most overdue first. day: its last school day."""

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
    open_hazards: tuple[Hazard, ...]
    overdue_hazards: tuple[Hazard, ...]
    late: tuple[Late, ...]

    @property
    def empty(self) -> bool:
        return not (self.tasks_asked or self.duty_asked or self.hazards_reported or self.open_hazards)


def count(
    *,
    first: date,
    day: date,
    start: datetime,
    end: datetime,
    assignments: Sequence[Assignment],
    reports: Sequence[DutyReport],
    hazards: Sequence[Hazard],
) -> Month:
    """The figures of start <= t < end. hazards: reported or closed then, or still open at its end."""
    tasks = [item for item in assignments if item.task_id is not None]
    duties = [item for item in assignments if item.round.asks is Asks.REPORT]
    open_hazards = sorted(
        (item for item in hazards if item.state in (HazardState.OPEN, HazardState.FIXED)),
        key=lambda item: (item.due_on, item.number),
    )
    return Month(
        first=first,
        day=day,
        tasks_asked=len(tasks),
        tasks_done=sum(item.state is AssignmentState.DONE for item in tasks),
        tasks_on_time=sum(item.state is AssignmentState.DONE and item.on_time for item in tasks),
        tasks_deferred=sum(item.state is AssignmentState.DEFERRED for item in tasks),
        duty_asked=len(duties),
        duty_reported=len(reports),
        hazards_reported=sum(start <= item.reported_at < end for item in hazards),
        hazards_closed=sum(
            item.state is HazardState.CLOSED and item.closed_at is not None and start <= item.closed_at < end
            for item in hazards
        ),
        hazards_returned=sum(item.returns > 0 for item in hazards),
        open_hazards=tuple(open_hazards),
        overdue_hazards=tuple(item for item in open_hazards if item.state is HazardState.OPEN and item.due_on < day),
        late=_late(tasks),
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
