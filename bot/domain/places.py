"""The school's own places: what they are called, what people call them, who looks after them (网格责任人)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.domain.base import Id, Key, Name, Record
from bot.domain.people import Person
from bot.domain.school import SchoolId


class Place(Record):
    """A building, a yard, a room that people name. aliases: other words for it. keeper: answers for the area, if named."""

    __tablename__ = "place"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    name: Mapped[Name]
    aliases: Mapped[list[Any]] = mapped_column(default=list)
    keeper_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id"))

    keeper: Mapped[Person | None] = relationship()

    __table_args__ = (UniqueConstraint("school_id", "name"),)
