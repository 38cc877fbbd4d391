"""Questions about incidents. Who may read the answers is decided by the caller, from the person's posts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.incidents import Incident, IncidentState
from bot.domain.people import Person
from bot.domain.school import School


class Incidents:
    """The incidents of one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def next_number(self) -> int:
        """The number of the next one. Processes that number at the same time wait for each other at the school's row."""
        self._session.execute(select(School.id).where(School.id == self._school_id).with_for_update())
        latest = self._session.scalar(select(func.max(Incident.number)).where(Incident.school_id == self._school_id))
        return (latest or 0) + 1

    def numbered(self, number: int) -> Incident | None:
        return self._session.scalar(
            select(Incident).where(Incident.school_id == self._school_id, Incident.number == number)
        )

    def open(self) -> list[Incident]:
        """Those that nobody called over yet, the oldest first."""
        return list(
            self._session.scalars(
                select(Incident)
                .where(Incident.school_id == self._school_id, Incident.state == IncidentState.OPEN)
                .order_by(Incident.number)
            )
        )

    def latest_by(self, person: Person, since: datetime) -> Incident | None:
        """What somebody reported last, if it was after `since`."""
        return self._session.scalar(
            select(Incident)
            .where(Incident.reporter_id == person.id, Incident.reported_at >= since)
            .order_by(Incident.id.desc())
            .limit(1)
        )

    def reported_between(self, start: datetime, end: datetime) -> list[Incident]:
        """Reported in start <= t < end, by number."""
        return list(
            self._session.scalars(
                select(Incident)
                .where(Incident.school_id == self._school_id, Incident.reported_at >= start, Incident.reported_at < end)
                .order_by(Incident.number)
            )
        )
