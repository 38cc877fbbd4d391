"""Where the bot is spoken to and speaks: one row per chat per connection."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.base import Id, Key, PlatformId, Record
from bot.domain.school import SchoolId
from bot.messages import ChatKind, ChatRef


class Group(StrEnum):
    """What a bound group is for. Their Chinese names are in templates/groups.yaml."""

    STAFF = "staff"
    LEADERS = "leaders"
    SAFETY = "safety"


class Chat(Record):
    """A conversation with one account, or a group. purpose: set by 「绑定 …」 in the group or by the settings.

    reply_url, reply_until: see ChatRef. heard_at: when somebody last spoke there, to the minute.
    """

    __tablename__ = "chat"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    connection: Mapped[str] = mapped_column(String(32))
    platform_id: Mapped[PlatformId]
    kind: Mapped[ChatKind]
    title: Mapped[str] = mapped_column(String(200), default="")
    purpose: Mapped[Group | None]
    account_id: Mapped[int | None] = mapped_column(Id, ForeignKey("account.id"))
    reply_url: Mapped[str] = mapped_column(String(1000), default="")
    reply_until: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("school_id", "connection", "platform_id"),
        Index(None, "school_id", "purpose"),
        Index(None, "account_id"),
    )

    def ref(self) -> ChatRef:
        """The chat as its platform needs it."""
        return ChatRef(self.kind, self.platform_id, self.title, self.reply_url, self.reply_until)
