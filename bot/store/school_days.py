"""Questions about the days that the school declared itself."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.school import DayRow


class SchoolDayRows:
    """What one school said of single days."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def of(self, day: date) -> DayRow | None:
        return self._session.scalar(select(DayRow).where(DayRow.school_id == self._school_id, DayRow.day == day))

    def between(self, first: date, last: date) -> list[DayRow]:
        """Both days included, in order."""
        return list(
            self._session.scalars(
                select(DayRow)
                .where(DayRow.school_id == self._school_id, DayRow.day >= first, DayRow.day <= last)
                .order_by(DayRow.day)
            )
        )
