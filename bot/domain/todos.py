"""A line in somebody's own list of things to do (待办), on a platform that has such lists; it follows one of our records."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.clock import SCHOOL_TZ
from bot.domain.base import Id, Key, PlatformId, Record, index_where
from bot.domain.school import SchoolId
from bot.messages import TodoItem, TodoState

DUE = time(17)
"""When something is due on its last day, school time: the hour at which what is overdue is spoken of."""


class TodoOf(StrEnum):
    """What it follows."""

    HAZARD = "hazard"
    TASK = "task"


class Todo(Record):
    """One item. of, subject_id: the record that it follows. connection, account: whose list, and by which way.

    title, due_on, state: as it should be there. told: what the platform was told last, {} before the first time.
    reference: the platform's id. tried: an attempt was made to put it in. An item that is gone stays gone; its record may get
    another, with another id: a platform may not take the same twice.
    """

    __tablename__ = "todo"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    of: Mapped[TodoOf]
    subject_id: Mapped[int] = mapped_column(Id)
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    connection: Mapped[str] = mapped_column(String(32))
    account: Mapped[PlatformId]
    title: Mapped[str]
    due_on: Mapped[date]
    link: Mapped[str] = mapped_column(default="")
    state: Mapped[TodoState] = mapped_column(default=TodoState.OPEN)
    opened_at: Mapped[datetime]
    reference: Mapped[str] = mapped_column(String(255), default="")
    tried: Mapped[bool] = mapped_column(default=False)
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (index_where("ix_todo_subject", "school_id", "of", "subject_id", condition="state <> 'gone'"),)

    def wants(self) -> dict[str, Any]:
        """How it should be, as `told` keeps it."""
        return {"title": self.title, "due_on": self.due_on.isoformat(), "state": self.state.value}

    def item(self, school: str) -> TodoItem:
        """As its platform needs it. school: its code, so that several may share an organisation."""
        due_at = datetime.combine(self.due_on, DUE, SCHOOL_TZ)
        source = f"xiaoling-{school}-{self.id}"
        return TodoItem(source, self.title, due_at, self.link, self.state, self.reference, self.tried)
