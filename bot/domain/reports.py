"""A duty report: what the person on duty saw that day, in one or several messages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.domain.base import Id, Key, Record
from bot.domain.people import Person
from bot.domain.school import SchoolId

UNDO = timedelta(minutes=10)
"""How long an act may be taken back."""


class ReportState(StrEnum):
    """open: more may come. filed: handed in; still to be corrected until the day is over."""

    OPEN = "open"
    FILED = "filed"


class TooLate(Exception):
    """It can no longer be taken back."""


class DutyReport(Record):
    """One person's report of one day."""

    __tablename__ = "duty_report"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    day: Mapped[date]
    state: Mapped[ReportState] = mapped_column(default=ReportState.OPEN)
    started_at: Mapped[datetime]
    filed_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    lines: Mapped[list[DutyEntry]] = relationship(
        back_populates="report", order_by="DutyEntry.id", cascade="all, delete-orphan"
    )

    __table_args__ = (UniqueConstraint("school_id", "person_id", "day"),)

    @classmethod
    def start(cls, person: Person, day: date, at: datetime) -> Self:
        return cls(school_id=person.school_id, person=person, day=day, started_at=at, state=ReportState.OPEN)

    @property
    def entries(self) -> list[DutyEntry]:
        """What stands: in order, without what was taken back or replaced."""
        return [line for line in self.lines if line.ended_at is None]

    def add(self, text: str, at: datetime) -> DutyEntry:
        """One more thing seen."""
        entry = DutyEntry(text=text, at=at)
        self.lines.append(entry)
        return entry

    def correct(self, place: int, text: str, at: datetime) -> DutyEntry:
        """Replace the words of the entry at `place`, counted from 1; its photos stay, the old words are kept.

        Raises IndexError.
        """
        if not 1 <= place <= len(self.entries):
            raise IndexError(place)
        entry = self.entries[place - 1]
        self.lines.append(DutyEntry(text=entry.text, at=entry.at, ended_at=at, replaced_by=entry))
        entry.text = text
        return entry

    def take_back(self, at: datetime) -> DutyEntry:
        """Remove the entry written last. Raises TooLate after ten minutes, IndexError when there is none."""
        latest = self.entries[-1]
        if at - latest.at > UNDO:
            raise TooLate
        latest.ended_at = at
        return latest

    def file(self, at: datetime) -> None:
        """Handed in."""
        self.state, self.filed_at = ReportState.FILED, at


class DutyEntry(Record):
    """One message of a report. ended_at: when it was taken back or replaced.

    source: "<platform>:<id>" of the report in the platform's own tool that it comes from, else "".
    """

    __tablename__ = "duty_entry"

    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(Id, ForeignKey("duty_report.id"), index=True)
    text: Mapped[str]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(String(120), default="")
    replaced_by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("duty_entry.id"))

    report: Mapped[DutyReport] = relationship(back_populates="lines")
    replaced_by: Mapped[DutyEntry | None] = relationship(remote_side="DutyEntry.id")
