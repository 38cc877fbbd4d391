"""Something that happened to somebody: an injury, a fight, a stranger, a leak. Only named people read it, never a group."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.domain.base import Id, Key, Record
from bot.domain.people import Person
from bot.domain.school import SchoolId


class IncidentState(StrEnum):
    """open: somebody is on it. closed: a leader said that it is over."""

    OPEN = "open"
    CLOSED = "closed"


class Incident(Record):
    """One incident (突发事件). number: counts up within the school, apart from the hazards'. kind: a key of
    templates/incidents.yaml, which says who is told and what to do first."""

    __tablename__ = "incident"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    text: Mapped[str]
    reporter_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    reported_at: Mapped[datetime]
    state: Mapped[IncidentState] = mapped_column(default=IncidentState.OPEN)
    closed_at: Mapped[datetime | None]

    reporter: Mapped[Person] = relationship()
    notes: Mapped[list[IncidentNote]] = relationship(
        back_populates="incident", order_by="IncidentNote.id", cascade="all, delete-orphan"
    )

    __table_args__ = (UniqueConstraint("school_id", "number"), Index(None, "school_id", "state"))

    @classmethod
    def report(cls, *, number: int, kind: str, text: str, by: Person, at: datetime) -> Self:
        """Somebody saw it, or is in it."""
        return cls(
            school_id=by.school_id,
            number=number,
            kind=kind,
            text=text,
            reporter=by,
            reported_at=at,
            state=IncidentState.OPEN,
        )

    def add(self, text: str, by: Person, at: datetime) -> IncidentNote:
        """More about it (续报)."""
        note = IncidentNote(text=text, person=by, at=at)
        self.notes.append(note)
        return note

    def close(self, text: str, by: Person, at: datetime) -> None:
        """It is over (终报)."""
        self.add(text, by, at)
        self.state, self.closed_at = IncidentState.CLOSED, at


class IncidentNote(Record):
    """More about an incident; never changed afterwards."""

    __tablename__ = "incident_note"

    id: Mapped[Key]
    incident_id: Mapped[int] = mapped_column(Id, ForeignKey("incident.id"), index=True)
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    at: Mapped[datetime]
    text: Mapped[str]

    incident: Mapped[Incident] = relationship(back_populates="notes")
    person: Mapped[Person] = relationship()
