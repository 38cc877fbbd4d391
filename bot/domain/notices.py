"""A notice to parents: written, agreed to by somebody else, out; and the guardians whom it can reach (家长通知)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.domain.base import Id, Key, Name, PlatformId, Record
from bot.domain.people import Person
from bot.domain.school import SchoolId


class NoticeState(StrEnum):
    """drafted: waits for a decision. out: agreed to and handed to the channels, or back to its author to forward. refused."""

    DRAFTED = "drafted"
    OUT = "out"
    REFUSED = "refused"


class ParentNotice(Record):
    """One text for the parents of some classes. number: what people call it. classes: "3-2", …; [] is the whole school.

    out_on: the school day on which parents get it, after the quiet hours.
    """

    __tablename__ = "parent_notice"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    number: Mapped[int]
    author_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))
    text: Mapped[str]
    classes: Mapped[list[Any]]
    state: Mapped[NoticeState] = mapped_column(default=NoticeState.DRAFTED)
    written_at: Mapped[datetime]
    decider_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    out_on: Mapped[date | None]

    author: Mapped[Person] = relationship(foreign_keys=[author_id])
    decider: Mapped[Person | None] = relationship(foreign_keys=[decider_id])

    __table_args__ = (UniqueConstraint("school_id", "number"),)

    def agree(self, by: Person, at: datetime, out_on: date) -> None:
        """It goes out on that day."""
        self.state, self.decider, self.decided_at, self.out_on = NoticeState.OUT, by, at, out_on

    def refuse(self, by: Person, at: datetime, reason: str) -> None:
        """It does not go out."""
        self.state, self.decider, self.decided_at, self.reason = NoticeState.REFUSED, by, at, reason

    def reaches(self, grade_class: str) -> bool:
        """Whether it is for the parents of a class."""
        return not self.classes or grade_class in self.classes


class GuardianRow(Record):
    """Somebody who looks after a pupil, as little as a notice needs: no phone. One row for each pupil of theirs.

    class_id: the platform's; grade_class: "3-2", "" where the platform's name for it could not be read. A pupil's name is
    for the class teacher's own eyes (who gets a paper slip), never for a group or the log.
    """

    __tablename__ = "guardian"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    platform: Mapped[str] = mapped_column(String(16))
    account: Mapped[PlatformId]
    pupil: Mapped[PlatformId]
    pupil_name: Mapped[Name]
    class_id: Mapped[PlatformId]
    grade_class: Mapped[str] = mapped_column(String(20))
    relation: Mapped[Name] = mapped_column(default="")
    reached: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("school_id", "platform", "account", "pupil"),
        Index(None, "school_id", "grade_class"),
    )
