"""Questions about notices to parents."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.domain.notices import NoticeState, ParentNotice


class Notices:
    """The notices of one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def next_number(self) -> int:
        highest = select(func.max(ParentNotice.number)).where(ParentNotice.school_id == self._school_id)
        return (self._session.scalar(highest) or 0) + 1

    def numbered(self, number: int) -> ParentNotice | None:
        return self._session.scalar(
            select(ParentNotice).where(ParentNotice.school_id == self._school_id, ParentNotice.number == number)
        )

    def waiting(self) -> list[ParentNotice]:
        """What nobody has decided yet."""
        return list(
            self._session.scalars(
                select(ParentNotice)
                .where(ParentNotice.school_id == self._school_id, ParentNotice.state == NoticeState.DRAFTED)
                .order_by(ParentNotice.number)
            )
        )

    def out_on(self, day: date) -> list[ParentNotice]:
        """What parents get on a day."""
        return list(
            self._session.scalars(
                select(ParentNotice).where(ParentNotice.school_id == self._school_id, ParentNotice.out_on == day)
            )
        )

    def forget(self, before: datetime) -> None:
        """Delete notices written before then."""
        self._session.execute(
            delete(ParentNotice)
            .where(ParentNotice.school_id == self._school_id, ParentNotice.written_at < before)
            .execution_options(synchronize_session=False)
        )
