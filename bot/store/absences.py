"""Questions about who is away and who stands in for whom."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.absences import Leave, Swap, SwapState
from bot.domain.people import Person, Post, Turn
from bot.store.session import insert_once


class Absences:
    """Leave, swaps and turns of one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def leave_of(self, person: Person, day: date) -> list[Leave]:
        """What stands of somebody's leave on that day or later, the next first."""
        return list(
            self._session.scalars(
                select(Leave)
                .where(Leave.person_id == person.id, Leave.last >= day, Leave.ended_at.is_(None))
                .order_by(Leave.first)
            )
        )

    def approved(self, source: str) -> Leave | None:
        """The leave that came from this approval, also one that ended."""
        return self._session.scalar(select(Leave).where(Leave.school_id == self._school_id, Leave.source == source))

    def approve(
        self, person: Person, first: date, last: date, *, reason: str, source: str, at: datetime
    ) -> Leave | None:
        """Write down a leave that the platform approved; None where this approval is written down already.

        The same days said here by hand become the approved ones, so that nobody is away twice.
        """
        said = self._session.scalars(
            select(Leave)
            .where(
                Leave.person_id == person.id,
                Leave.first == first,
                Leave.last == last,
                Leave.source == "",
                Leave.ended_at.is_(None),
            )
            .limit(1)
        ).first()
        if said is not None:
            said.source = source
            return None
        written = insert_once(
            self._session,
            Leave,
            school_id=self._school_id,
            person_id=person.id,
            first=first,
            last=last,
            reason=reason,
            said_at=at,
            source=source,
        )
        return self.approved(source) if written else None

    def turns_of(self, person: Person, first: date, last: date) -> list[Turn]:
        """When somebody's name is on the duty table, both days included."""
        return list(
            self._session.scalars(
                select(Turn)
                .where(Turn.person_id == person.id, Turn.day >= first, Turn.day <= last)
                .order_by(Turn.day, Turn.id)
            )
        )

    def turn(self, person: Person, post: Post, day: date) -> Turn | None:
        return self._session.scalar(select(Turn).where(Turn.person_id == person.id, Turn.post == post, Turn.day == day))

    def give_away(self, turn: Turn) -> None:
        """Somebody no longer stands for a post on that day."""
        self._session.delete(turn)

    def asked_to_stand_in(self, person: Person, day: date) -> list[Swap]:
        """What waits for somebody's word, for days not over."""
        return list(
            self._session.scalars(
                select(Swap)
                .where(Swap.stand_in_id == person.id, Swap.state == SwapState.ASKED, Swap.day >= day)
                .order_by(Swap.id)
            )
        )
