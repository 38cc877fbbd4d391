"""Questions about hazards."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.domain.hazards import Hazard, HazardEvent, HazardState, HazardStep
from bot.domain.people import Person
from bot.domain.school import School


class Hazards:
    """The hazards of one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def next_number(self) -> int:
        """The number of the next one. Processes that number at the same time wait for each other at the school's row."""
        self._session.execute(select(School.id).where(School.id == self._school_id).with_for_update())
        latest = self._session.scalar(select(func.max(Hazard.number)).where(Hazard.school_id == self._school_id))
        return (latest or 0) + 1

    def numbered(self, number: int) -> Hazard | None:
        return self._session.scalar(select(Hazard).where(Hazard.school_id == self._school_id, Hazard.number == number))

    def in_state(self, *states: HazardState) -> list[Hazard]:
        """All of them, the most urgent first."""
        return list(
            self._session.scalars(
                select(Hazard)
                .where(Hazard.school_id == self._school_id, Hazard.state.in_(states))
                .order_by(Hazard.due_on, Hazard.number)
            )
        )

    def owned_by(self, person: Person) -> list[Hazard]:
        """What somebody still has to put right, the most urgent first."""
        return list(
            self._session.scalars(
                select(Hazard)
                .where(
                    Hazard.school_id == self._school_id, Hazard.state == HazardState.OPEN, Hazard.owner_id == person.id
                )
                .order_by(Hazard.due_on, Hazard.number)
            )
        )

    def open_like(self, category: str, area: str, since: datetime) -> list[Hazard]:
        """Those not closed, of this category at this place, reported after `since`, the latest first."""
        return list(
            self._session.scalars(
                select(Hazard)
                .where(
                    Hazard.school_id == self._school_id,
                    Hazard.state.in_((HazardState.OPEN, HazardState.FIXED)),
                    Hazard.category == category,
                    Hazard.area == area,
                    Hazard.reported_at >= since,
                )
                .order_by(Hazard.id.desc())
            )
        )

    def last_step_by(self, person: Person, since: datetime, but: Collection[HazardStep]) -> HazardEvent | None:
        """What somebody did last to any hazard after `since`. but: steps that are passed over."""
        return self._session.scalar(
            select(HazardEvent)
            .join(HazardEvent.hazard)
            .where(
                Hazard.school_id == self._school_id,
                HazardEvent.person_id == person.id,
                HazardEvent.at >= since,
                HazardEvent.step.not_in(but),
            )
            .order_by(HazardEvent.id.desc())
            .limit(1)
        )

    def asking_more_time(self) -> list[Hazard]:
        """Those whose owner waits for a word on more time."""
        return [hazard for hazard in self.in_state(HazardState.OPEN) if hazard.asked_until is not None]

    def latest_by(self, person: Person, since: datetime) -> Hazard | None:
        """What somebody reported last, if it was after `since`."""
        return self._session.scalar(
            select(Hazard)
            .where(Hazard.reporter_id == person.id, Hazard.reported_at >= since)
            .order_by(Hazard.id.desc())
            .limit(1)
        )

    def overdue(self, day: date) -> list[Hazard]:
        """Open ones whose last day is over or is today."""
        return [hazard for hazard in self.in_state(HazardState.OPEN) if hazard.due_on <= day]

    def touching(self, start: datetime, end: datetime) -> list[Hazard]:
        """Everything reported or closed in start <= t < end, and what was still open at `end`, by number."""
        return list(
            self._session.scalars(
                select(Hazard)
                .where(
                    Hazard.school_id == self._school_id,
                    Hazard.state != HazardState.WITHDRAWN,
                    Hazard.reported_at < end,
                    or_(Hazard.closed_at.is_(None), Hazard.closed_at >= start),
                )
                .order_by(Hazard.number)
            )
        )
