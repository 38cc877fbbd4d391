"""A school, and its year: terms and the days that differ from the nation's calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.base import Id, Key, Name, Record

SchoolId = Annotated[int, mapped_column(Id, ForeignKey("school.id"))]


class School(Record):
    """One school of this installation; `code` is the one in xiaoling.toml. opened_at: nothing earlier is owed.

    approvals: what the platforms' forms are for, as the settings said at the last start: {template: {"means": …}}. It
    stands here, like the name, because handlers read records and no settings.
    """

    __tablename__ = "school"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[Name]
    opened_at: Mapped[datetime]
    approvals: Mapped[dict[str, Any]] = mapped_column(default=dict)


class TermRow(Record):
    """A term as the school entered it; both days belong to it."""

    __tablename__ = "term"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    name: Mapped[Name]
    starts: Mapped[date]
    ends: Mapped[date]

    __table_args__ = (UniqueConstraint("school_id", "starts"),)


class DayRow(Record):
    """A day that the school declared: off, pupils_off or workday. acts_as: Monday is 0; whose timetable it runs."""

    __tablename__ = "school_day"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(16))
    acts_as: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (UniqueConstraint("school_id", "day"),)
