"""Who works here, which posts they hold, and the accounts through which they speak."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Self

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.domain.base import Id, Key, Name, PlatformId, Record
from bot.domain.school import SchoolId


class Post(StrEnum):
    """What somebody is at this school; one person may be several. Their Chinese names are in templates/posts.yaml."""

    PRINCIPAL = "principal"
    VICE_PRINCIPAL = "vice_principal"
    ADMINISTRATOR = "administrator"
    OFFICE = "office"
    ACADEMIC_OFFICE = "academic_office"
    MORAL_OFFICE = "moral_office"
    FACILITIES = "facilities"
    SAFETY_OFFICER = "safety_officer"
    DUTY_LEADER = "duty_leader"
    GRADE_LEADER = "grade_leader"
    SUBJECT_LEADER = "subject_leader"
    CLASS_TEACHER = "class_teacher"
    TEACHER = "teacher"
    GUARD = "guard"
    CANTEEN = "canteen"
    SCHOOL_DOCTOR = "school_doctor"
    REPAIRER = "repairer"


LEADERS = (Post.PRINCIPAL, Post.VICE_PRINCIPAL)


class Person(Record):
    """A human. `active` is false after they left: history keeps their name, nobody asks them."""

    __tablename__ = "person"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    name: Mapped[Name]
    phone: Mapped[str] = mapped_column(String(20), default="")
    grade_class: Mapped[str] = mapped_column(String(20), default="")
    active: Mapped[bool] = mapped_column(default=True)

    holdings: Mapped[list[Holding]] = relationship(back_populates="person", cascade="all, delete-orphan")
    accounts: Mapped[list[Account]] = relationship(back_populates="person", foreign_keys="Account.person_id")

    __table_args__ = (Index(None, "school_id", "name"),)

    @property
    def posts(self) -> frozenset[Post]:
        return frozenset(holding.post for holding in self.holdings)

    def holds(self, *posts: Post) -> bool:
        """Whether any of these is theirs."""
        return not self.posts.isdisjoint(posts)

    def hold_only(self, posts: tuple[Post, ...]) -> None:
        """Make these their posts, touching only what changes."""
        for holding in [held for held in self.holdings if held.post not in posts]:
            self.holdings.remove(holding)
        self.holdings.extend(Holding(post=post) for post in posts if post not in self.posts)


class Holding(Record):
    """A person holds a post."""

    __tablename__ = "holding"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"))
    post: Mapped[Post]

    person: Mapped[Person] = relationship(back_populates="holdings")

    __table_args__ = (UniqueConstraint("person_id", "post"), Index(None, "post"))


class Account(Record):
    """A person's id on a platform. person_id stays empty until an administrator confirmed who it is.

    user_id: as Message.account gives it. claims_id: the roster's person they say they are, not yet confirmed.
    heard_at: when it last spoke; a message to a person goes to the account heard from last.
    phone: as the platform's directory told it last. gone_at: when the directory said that they left.
    former_id: whose it was before an administrator merged it into another person, so that it can be parted again.
    """

    __tablename__ = "account"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    platform: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[PlatformId]
    name: Mapped[Name] = mapped_column(default="")
    person_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id"), index=True)
    claims_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id"))
    heard_at: Mapped[datetime | None]
    phone: Mapped[str] = mapped_column(String(20), default="")
    gone_at: Mapped[datetime | None]
    former_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id"))

    person: Mapped[Person | None] = relationship(back_populates="accounts", foreign_keys=[person_id])
    claims: Mapped[Person | None] = relationship(foreign_keys=[claims_id])
    former: Mapped[Person | None] = relationship(foreign_keys=[former_id])

    __table_args__ = (UniqueConstraint("school_id", "platform", "user_id"),)

    def claim(self, person: Person) -> None:
        """They say they are this person."""
        self.claims = person

    def confirm(self) -> Person:
        """An administrator agrees. Returns who it is. Raises ValueError when nothing was claimed."""
        if self.claims is None:
            raise ValueError("nothing was claimed")
        self.person, self.claims = self.claims, None
        return self.person

    def refuse(self) -> None:
        """An administrator disagrees."""
        self.claims = None


class Turn(Record):
    """Whose turn a post is on one day (值班表): who stands for it that day, instead of all who hold it."""

    __tablename__ = "turn"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    day: Mapped[date]
    post: Mapped[Post]
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id"))

    person: Mapped[Person] = relationship()

    __table_args__ = (UniqueConstraint("school_id", "day", "post", "person_id"),)

    @classmethod
    def of(cls, person: Person, post: Post, day: date) -> Self:
        return cls(school_id=person.school_id, person=person, post=post, day=day)
