"""A line of the work plan: who does what until when."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.domain.base import Id, Key, Record
from bot.domain.people import Person
from bot.domain.school import SchoolId


class Task(Record):
    """Something one person has to do. due_on: its last day. moved: how often that was put off."""

    __tablename__ = "task"
    followed = True

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    owner_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    text: Mapped[str]
    due_on: Mapped[date]
    moved: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]

    owner: Mapped[Person] = relationship()

    __table_args__ = (Index(None, "school_id", "due_on"),)

    def finish(self, at: datetime) -> None:
        self.done_at = at

    def move(self, to: date) -> None:
        self.due_on = to
        self.moved += 1
