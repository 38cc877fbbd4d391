"""Who is away, and who stands in for whom on duty (请假、替班)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.domain.base import Id, Key, Record, index_where
from bot.domain.people import Person, Post
from bot.domain.school import SchoolId


class Leave(Record):
    """Days on which somebody is away, both included: they are asked for nothing. ended_at: it was taken back.

    source: "<platform>:<number>" of the approval that it comes from; "" where it was said here.
    """

    __tablename__ = "leave"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    first: Mapped[date]
    last: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")
    said_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(String(120), default="")

    person: Mapped[Person] = relationship()

    __table_args__ = (
        Index(None, "person_id", "last"),
        index_where("uq_leave_source", "school_id", "source", condition="source <> ''", unique=True),
    )


class SwapState(StrEnum):
    """asked: the other has not answered. agreed: the duty table is changed. refused."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"


class Swap(Record):
    """Somebody asked another to stand for a post on one day in their place."""

    __tablename__ = "swap"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    day: Mapped[date]
    post: Mapped[Post]
    asker_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    stand_in_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    state: Mapped[SwapState] = mapped_column(default=SwapState.ASKED)

    asker: Mapped[Person] = relationship(foreign_keys=[asker_id])
    stand_in: Mapped[Person] = relationship(foreign_keys=[stand_in_id])

    __table_args__ = (Index(None, "stand_in_id", "state"),)

    def agree(self) -> None:
        self.state = SwapState.AGREED

    def refuse(self) -> None:
        self.state = SwapState.REFUSED
