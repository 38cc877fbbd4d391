"""Questions about chats and what is open in them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.chats import Chat, Group


class Chats:
    """The chats of one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def find(self, connection: str, platform_id: str) -> Chat | None:
        return self._session.scalar(
            select(Chat).where(
                Chat.school_id == self._school_id, Chat.connection == connection, Chat.platform_id == platform_id
            )
        )

    def bound(self, purpose: Group) -> list[Chat]:
        """The groups that serve a purpose: more than one where a school uses both platforms."""
        return list(
            self._session.scalars(
                select(Chat).where(Chat.school_id == self._school_id, Chat.purpose == purpose).order_by(Chat.id)
            )
        )
