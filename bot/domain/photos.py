"""A photo that somebody sent: what to fetch, where it stands, and what it shows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.base import Id, Key, Record, index_where
from bot.domain.school import SchoolId


class PhotoState(StrEnum):
    """wanted: to be fetched. kept: cleaned and stored. lost: could not be fetched, or was no picture."""

    WANTED = "wanted"
    KEPT = "kept"
    LOST = "lost"


class PhotoOf(StrEnum):
    """What a photo belongs to."""

    NOTHING = "nothing"
    HAZARD_FOUND = "hazard_found"
    HAZARD_FIXED = "hazard_fixed"
    DUTY_ENTRY = "duty_entry"
    ANSWER = "answer"
    INCIDENT = "incident"


class Photo(Record):
    """One picture. Fetched after the commit, before the platform's link expires.

    ref: the platform's own handle. of, subject_id: the record it shows; `nothing` until its words arrive.
    sha: SHA-256 of the original bytes, hex; where the stored copies are found. taken_at: from the picture itself.
    due_at: when to try (again). reason: why it is lost, one line of Chinese.
    """

    __tablename__ = "photo"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    connection: Mapped[str] = mapped_column(String(32))
    ref: Mapped[str] = mapped_column(String(1000))
    chat_id: Mapped[int] = mapped_column(Id, ForeignKey("chat.id"))
    account_id: Mapped[int] = mapped_column(Id, ForeignKey("account.id"))
    sent_at: Mapped[datetime]
    of: Mapped[PhotoOf] = mapped_column(default=PhotoOf.NOTHING)
    subject_id: Mapped[int | None] = mapped_column(Id)
    state: Mapped[PhotoState] = mapped_column(default=PhotoState.WANTED)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sha: Mapped[str] = mapped_column(String(64), default="")
    taken_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        index_where("ix_photo_wanted", "due_at", condition="state = 'wanted'"),
        Index(None, "of", "subject_id"),
        Index(None, "account_id", "sent_at"),
    )

    def belongs_to(self, of: PhotoOf, subject_id: int) -> None:
        """Its words arrived: this is what it shows."""
        self.of, self.subject_id = of, subject_id
