"""Questions about photos."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.people import Account
from bot.domain.photos import Photo, PhotoOf


class Photos:
    """The photos of one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def waiting_for_words(self, account: Account, since: datetime) -> list[Photo]:
        """What this account sent without saying what it shows."""
        return list(
            self._session.scalars(
                select(Photo)
                .where(Photo.account_id == account.id, Photo.of == PhotoOf.NOTHING, Photo.sent_at >= since)
                .order_by(Photo.id)
            )
        )

    def count(self, of: PhotoOf, *subject_ids: int) -> int:
        """How many photos these records have, fetched or on their way."""
        return (
            self._session.scalar(
                select(func.count())
                .select_from(Photo)
                .where(Photo.school_id == self._school_id, Photo.of == of, Photo.subject_id.in_(subject_ids))
            )
            or 0
        )

    def shown(self, of: PhotoOf, subject_id: int) -> list[Photo]:
        return list(
            self._session.scalars(
                select(Photo)
                .where(Photo.school_id == self._school_id, Photo.of == of, Photo.subject_id == subject_id)
                .order_by(Photo.id)
            )
        )
