"""Questions about people, their posts and accounts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from bot.domain.absences import Leave
from bot.domain.people import Account, Holding, Person, Post, Turn
from bot.store.session import insert_once


class People:
    """Who is who at one school. Lists come in a stable order: as they were entered."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def all(self) -> list[Person]:
        """Everybody who works here now, with their posts and accounts."""
        question = (
            select(Person)
            .where(Person.school_id == self._school_id, Person.active)
            .options(selectinload(Person.holdings), selectinload(Person.accounts))
            .order_by(Person.id)
        )
        return list(self._session.scalars(question))

    def get(self, person_id: int) -> Person | None:
        person = self._session.get(Person, person_id)
        return person if person is not None and person.school_id == self._school_id else None

    def named(self, name: str) -> list[Person]:
        """Everybody of exactly this name; two is possible."""
        return list(
            self._session.scalars(
                select(Person)
                .where(Person.school_id == self._school_id, Person.active, Person.name == name)
                .order_by(Person.id)
            )
        )

    def with_phone(self, phone: str) -> list[Person]:
        """Everybody of exactly this number."""
        return list(
            self._session.scalars(
                select(Person)
                .where(Person.school_id == self._school_id, Person.active, Person.phone == phone)
                .order_by(Person.id)
            )
        )

    def left(self, name: str) -> list[Person]:
        """Everybody of exactly this name who no longer works here."""
        return list(
            self._session.scalars(
                select(Person)
                .where(Person.school_id == self._school_id, Person.active.is_(False), Person.name == name)
                .order_by(Person.id)
            )
        )

    def holding(self, *posts: Post) -> list[Person]:
        """Everybody who holds any of these posts."""
        return list(
            self._session.scalars(
                select(Person)
                .join(Holding)
                .where(Person.school_id == self._school_id, Person.active, Holding.post.in_(posts))
                .distinct()
                .order_by(Person.id)
            )
        )

    def on_duty(self, post: Post, day: date) -> list[Person]:
        """Who stands for a post on a day: by the duty table; for a day it does not name, everybody who holds the post."""
        turns = self._session.scalars(
            select(Person)
            .join(Turn)
            .where(Turn.school_id == self._school_id, Turn.day == day, Turn.post == post, Person.active)
            .order_by(Person.id)
        )
        return list(turns) or self.holding(post)

    def asked(self, posts: Collection[Post], day: date) -> list[Person]:
        """Who stands for any of these posts on a day and is not away, each once."""
        people = dict.fromkeys(person for post in posts for person in self.on_duty(post, day))
        away = self.away(day)
        return [person for person in people if person.id not in away]

    def away(self, day: date) -> frozenset[int]:
        """The ids of those who are on leave on a day: they are asked for nothing."""
        return frozenset(
            self._session.scalars(
                select(Leave.person_id).where(
                    Leave.school_id == self._school_id,
                    Leave.first <= day,
                    Leave.last >= day,
                    Leave.ended_at.is_(None),
                )
            )
        )

    def account(self, platform: str, user_id: str) -> Account | None:
        return self._session.scalar(
            select(Account).where(
                Account.school_id == self._school_id, Account.platform == platform, Account.user_id == user_id
            )
        )

    def the_account(self, platform: str, user_id: str, name: str) -> Account:
        """The account of this id, made where nobody has spoken with it yet."""
        values = {"school_id": self._school_id, "platform": platform, "user_id": user_id, "name": name[:64]}
        insert_once(self._session, Account, **values, phone="")
        account = self.account(platform, user_id)
        assert account is not None
        return account

    def numbered(self, account_id: int) -> Account | None:
        """The account that an administrator calls by its number."""
        account = self._session.get(Account, account_id)
        return account if account is not None and account.school_id == self._school_id else None

    def linked(self, platform: str) -> list[Account]:
        """The accounts of a platform that are somebody's, without those that left it."""
        return list(
            self._session.scalars(
                select(Account)
                .where(
                    Account.school_id == self._school_id,
                    Account.platform == platform,
                    Account.person_id.is_not(None),
                    Account.gone_at.is_(None),
                )
                .order_by(Account.id)
            )
        )

    def claiming(self) -> list[Account]:
        """Accounts that said who they are and wait for an administrator."""
        return list(
            self._session.scalars(
                select(Account)
                .where(Account.school_id == self._school_id, Account.claims_id.is_not(None))
                .order_by(Account.id)
            )
        )

    def best_account(self, person: Person, platforms: Collection[str]) -> Account | None:
        """Where to reach somebody: the account heard from last; any other if none spoke yet; None without any.

        One that left its platform comes last: it may be all there is, for somebody whom an administrator brought back.
        """
        return self._session.scalar(
            select(Account)
            .where(Account.person_id == person.id, or_(Account.platform.in_(platforms)))
            .order_by(Account.gone_at.is_not(None), Account.heard_at.desc().nulls_last(), Account.id)
            .limit(1)
        )
