"""Questions about chats and what is open in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.chats import Chat, Group
from bot.domain.people import Account
from bot.store.records import RECALL, Outbox, OutboxState


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

    def last_said(self, chat: Chat, since: datetime) -> str:
        """The text that the bot last said in a chat after `since`; "" for none."""
        said = self._session.scalars(
            select(Outbox.said)
            .where(Outbox.chat_id == chat.id, Outbox.created_at >= since, Outbox.state != OutboxState.RECALLED)
            .order_by(Outbox.id.desc())
            .limit(2)
        )
        # what takes a message back says nothing itself
        return next((str(each.get("text", "")) for each in said if RECALL not in each), "")

    def heard(self, account: Account) -> Mapping[str, datetime]:
        """On which connections somebody wrote to the bot in private, and when last."""
        rows = self._session.execute(
            select(Chat.connection, Chat.heard_at).where(Chat.account_id == account.id, Chat.heard_at.is_not(None))
        )
        return {connection: heard_at for connection, heard_at in rows if heard_at is not None}

    def bound(self, purpose: Group) -> list[Chat]:
        """The groups that serve a purpose: more than one where a school uses both platforms."""
        return list(
            self._session.scalars(
                select(Chat).where(Chat.school_id == self._school_id, Chat.purpose == purpose).order_by(Chat.id)
            )
        )
