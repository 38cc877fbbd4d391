"""Questions about the school's places."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.places import Place


class Places:
    """The places of one school, in the order they were entered."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def all(self) -> list[Place]:
        return list(self._session.scalars(select(Place).where(Place.school_id == self._school_id).order_by(Place.id)))

    def named(self, name: str) -> Place | None:
        """By its name or one of its aliases."""
        return next((place for place in self.all() if name == place.name or name in place.aliases), None)
