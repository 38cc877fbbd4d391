"""A notice to parents: written, agreed to by somebody else, out; where it went, and whom it can reach (家长通知)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.domain.base import Id, Key, Name, PlatformId, Record, index_where
from bot.domain.chats import Chat
from bot.domain.people import Person
from bot.domain.school import SchoolId


class NoticeState(StrEnum):
    """drafted: waits for a decision. out: agreed to and handed to the channels, or back to its author to forward. refused."""

    DRAFTED = "drafted"
    OUT = "out"
    REFUSED = "refused"


class ParentNotice(Record):
    """One text for the parents of some classes. number: what people call it. classes: "3-2", …; [] is the whole school.

    out_on: the school day on which parents get it, after the quiet hours. progress_at, reported_at: when its author was told
    how far it is in the classes' groups, and that it is done there.
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
    progress_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]

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


class PostState(StrEnum):
    """waiting: for the group's owner to confirm it. sent. refused: the platform did not take it to the group.

    expired: nobody confirmed it, it was ended. recalled: who wrote it took it back before. lost: it never got there, or
    nobody knows.
    """

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    EXPIRED = "expired"
    RECALLED = "recalled"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Handed:
    """How far a notice is on its way to the platform. reference: the platform's, "" while it has not got it.

    given_up: it never will; reason says why, in Chinese. recalled: who wrote it took it back (撤回).
    """

    reference: str = ""
    given_up: bool = False
    recalled: bool = False
    reason: str = ""


class NoticePost(Record):
    """A notice on its way to one class's group, whose owner has to confirm it in the platform (群发).

    owner: None for somebody whom the roster does not know. out_at: when it is handed to the platform. cause: of the outbox
    row that hands it over, in `chat`. reference: the platform's. asked_at, reminded_at: when the owner was told to confirm
    it, and told again. reason: why it is refused or lost, in Chinese.
    """

    __tablename__ = "notice_post"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    notice_id: Mapped[int] = mapped_column(Id, ForeignKey("parent_notice.id", ondelete="CASCADE"))
    chat_id: Mapped[int] = mapped_column(Id, ForeignKey("chat.id"))
    grade_class: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id"))
    out_at: Mapped[datetime]
    cause: Mapped[str] = mapped_column(String(100))
    state: Mapped[PostState] = mapped_column(default=PostState.WAITING)
    reference: Mapped[PlatformId] = mapped_column(default="")
    asked_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")

    notice: Mapped[ParentNotice] = relationship()
    chat: Mapped[Chat] = relationship()
    owner: Mapped[Person | None] = relationship()

    __table_args__ = (
        UniqueConstraint("notice_id", "chat_id"),
        index_where("ix_notice_post_waiting", "school_id", condition="state = 'waiting'"),
    )

    def settle(self, state: PostState, reason: str = "") -> None:
        """Nothing more is to come of it."""
        self.state, self.reason = state, reason


class ClassGroupRow(Record):
    """The group of a class's parents (客户群). group_id, owner: the platform's. grade_class: "3-2", "" where it is no class's."""

    __tablename__ = "class_group"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    connection: Mapped[str] = mapped_column(String(32))
    group_id: Mapped[PlatformId]
    name: Mapped[str] = mapped_column(String(200))
    owner: Mapped[PlatformId]
    grade_class: Mapped[str] = mapped_column(String(20))

    __table_args__ = (
        UniqueConstraint("school_id", "connection", "group_id"),
        Index(None, "school_id", "grade_class"),
    )


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
