"""Work that waits to be done outside a transaction: outbox rows to send, photos to fetch, errands. Claimed, done, marked.

A claim is a short lease. Who dies with a claim in hand loses it when the lease is over, and the work is done again: the one
accepted repeat. Statements are of the kind that both databases carry out atomically: UPDATE … WHERE … RETURNING.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.domain.chats import Chat
from bot.domain.photos import Photo, PhotoState
from bot.domain.school import School
from bot.facts import Ask
from bot.messages import ChatKind, ChatRef
from bot.store.records import Errand, ErrandState, Outbox, OutboxState

LEASE = timedelta(minutes=2)
"""Longer than any call may take (time-outs are 25 s, a call may make three), so that only the dead lose a claim."""

NEVER_WROTE = "对方还没有和机器人说过话，平台不让先发。请他先发一句「帮助」，这一天里没收到的会补上"
"""Why a row is dead whose chat nobody has opened yet (Reach.SPOKEN)."""

STALE = timedelta(days=1)
"""What could not be said for so long is no news any more."""

IN_LINE = 20
"""So many rows are looked at for each call to make."""

WAITING = (OutboxState.DUE, OutboxState.SENDING)

_WAITED_FOR_A_WORD = (
    update(Outbox.__table__)  # type: ignore[arg-type]  # always a Table here
    .where(
        Outbox.chat_id == bindparam("chat"),
        Outbox.state == OutboxState.DEAD,
        Outbox.reason == NEVER_WROTE,
        Outbox.created_at > bindparam("since"),
    )
    .values(state=OutboxState.DUE, due_at=bindparam("now"), reason="")
)
"""Built once, and past the ORM: it is asked at every first word, and on a Monday morning that is everybody's."""


@dataclass(frozen=True, slots=True)
class Letter:
    """An outbox row that somebody holds. said: see Outbox. again: it may have reached the platform before."""

    id: int
    school: str
    connection: str
    chat: ChatRef
    said: dict[str, Any]
    attempts: int
    again: bool


def claim_letters(
    session: Session,
    holder: str,
    now: datetime,
    limit: int,
    busy: Collection[int],
    together: Callable[[str, str, dict[str, Any]], int] | None = None,
) -> list[list[Letter]]:
    """Take the first waiting row of each chat, if it is due: `limit` calls' worth, the oldest first.

    busy: ids this process holds already, whatever their lease. together: how many private letters one call of this school's
    connection takes, saying this; those that say the same and stand one behind another in line then go as one.
    """
    earlier = aliased(Outbox)
    first_of_chat = select(func.min(earlier.id)).where(earlier.state.in_(WAITING)).group_by(earlier.chat_id)
    free = or_(
        Outbox.state == OutboxState.DUE,
        (Outbox.state == OutboxState.SENDING) & (Outbox.held_until < now),
    )
    rows = session.execute(
        select(Outbox, Chat, School.code)
        .join(Chat, Chat.id == Outbox.chat_id)
        .join(School, School.id == Outbox.school_id)
        .where(Outbox.id.in_(first_of_chat), Outbox.due_at <= now, free, Outbox.id.not_in(busy))
        .order_by(Outbox.id)
        .limit(limit * IN_LINE if together else limit)
        .with_for_update(skip_locked=True, of=Outbox)
    )
    batches: list[list[Letter]] = []
    open_ends: dict[tuple[str, str], list[Letter]] = {}
    for outbox, chat, code in rows:
        letter = Letter(
            outbox.id,
            code,
            outbox.connection,
            chat.ref(),
            outbox.said,
            outbox.attempts,
            outbox.state is OutboxState.SENDING or outbox.attempts > 0,
        )
        way = (code, outbox.connection)
        most = together(*way, outbox.said) if together and chat.kind is ChatKind.DIRECT else 1
        end = open_ends.get(way)
        if end is not None and end[0].said == letter.said and len(end) < most:
            end.append(letter)
            continue
        if chat.kind is ChatKind.DIRECT:
            open_ends.pop(way, None)
        if len(batches) == limit:
            continue
        batches.append([letter])
        if most > 1:
            open_ends[way] = batches[-1]
    if not batches:
        return []
    session.execute(
        update(Outbox)
        .where(Outbox.id.in_([letter.id for batch in batches for letter in batch]))
        .values(state=OutboxState.SENDING, held_by=holder, held_until=now + LEASE)
        .execution_options(synchronize_session=False)
    )
    return batches


def wake(session: Session, now: datetime) -> int:
    """Put what was held until now among what is due. Returns how many rows."""
    woken = session.scalars(
        update(Outbox)
        .where(Outbox.state == OutboxState.HELD, Outbox.due_at <= now)
        .values(state=OutboxState.DUE)
        .returning(Outbox.id)
        .execution_options(synchronize_session=False)
    )
    return len(woken.all())


def mark_sent(session: Session, letter_id: int, now: datetime, reference: str, note: str) -> None:
    """It is out."""
    _mark(
        session,
        letter_id,
        state=OutboxState.SENT,
        sent_at=now,
        reference=reference[:255],
        reason=note[:300],
        held_until=None,
    )


def mark_later(session: Session, letter_id: int, due_at: datetime, reason: str, attempts: int) -> None:
    """Not now. The chat's later rows wait behind it."""
    _mark(
        session,
        letter_id,
        state=OutboxState.DUE,
        due_at=due_at,
        reason=reason[:300],
        attempts=attempts,
        held_until=None,
    )


def mark_dead(session: Session, letter_id: int, reason: str, attempts: int) -> None:
    """Never. The operator reads why; the chat's later rows go on."""
    _mark(session, letter_id, state=OutboxState.DEAD, reason=reason[:300], attempts=attempts, held_until=None)


def resend(session: Session, letter_ids: Collection[int], now: datetime) -> int:
    """Give dead letters another life; without ids all of them. Returns how many."""
    question = update(Outbox).where(Outbox.state == OutboxState.DEAD)
    if letter_ids:
        question = question.where(Outbox.id.in_(letter_ids))
    revived = session.scalars(
        question.values(state=OutboxState.DUE, due_at=now, attempts=0)
        .returning(Outbox.id)
        .execution_options(synchronize_session=False)
    )
    return len(revived.all())


def send_what_waited(session: Session, chat_id: int, now: datetime) -> None:
    """Somebody wrote for the first time: what could not be said to them before goes out, unless it is stale by now."""
    session.connection().execute(_WAITED_FOR_A_WORD, {"chat": chat_id, "since": now - STALE, "now": now})


def _mark(session: Session, letter_id: int, **values: Any) -> None:
    session.execute(
        update(Outbox).where(Outbox.id == letter_id).values(**values).execution_options(synchronize_session=False)
    )


def release(session: Session, holder: str) -> int:
    """Give back what a process of this name held when it died. Returns how many rows."""
    held = session.scalars(
        update(Outbox)
        .where(Outbox.state == OutboxState.SENDING, Outbox.held_by == holder)
        .values(held_until=None, held_by="", state=OutboxState.DUE, attempts=Outbox.attempts + 1)
        .returning(Outbox.id)
        .execution_options(synchronize_session=False)
    )
    return len(held.all())


def waiting_letters(session: Session) -> tuple[int, datetime | None]:
    """How many rows are not out, and since when the oldest waits."""
    count, oldest = session.execute(
        select(func.count(), func.min(Outbox.created_at)).where(Outbox.state.in_(WAITING))
    ).one()
    return count, oldest


@dataclass(frozen=True, slots=True)
class Wanted:
    """A photo to fetch."""

    id: int
    school: str
    connection: str
    ref: str
    attempts: int


def claim_photos(session: Session, now: datetime, limit: int) -> list[Wanted]:
    """Take photos that are due, the oldest first. A claim moves due_at: fetching twice does no harm, only later."""
    ids = list(
        session.scalars(
            select(Photo.id)
            .where(Photo.state == PhotoState.WANTED, Photo.due_at <= now)
            .order_by(Photo.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    if not ids:
        return []
    session.execute(
        update(Photo)
        .where(Photo.id.in_(ids))
        .values(due_at=now + LEASE, attempts=Photo.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    rows = session.execute(
        select(Photo.id, School.code, Photo.connection, Photo.ref, Photo.attempts)
        .join(School, School.id == Photo.school_id)
        .where(Photo.id.in_(ids))
        .order_by(Photo.id)
    )
    return [Wanted(*row) for row in rows]


def mark_photo(session: Session, photo_id: int, **values: Any) -> None:
    """What became of it: sha and taken_at with state kept, or a reason with state lost, or another due_at."""
    session.execute(
        update(Photo).where(Photo.id == photo_id).values(**values).execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class ToAsk:
    """An errand that somebody holds. attempts: this one included."""

    id: int
    school: str
    connection: str
    what: Ask
    about: str
    attempts: int


def claim_errands(session: Session, now: datetime, limit: int) -> list[ToAsk]:
    """Take errands that are due, the oldest first. A claim moves due_at: asking twice does no harm, only later."""
    ids = list(
        session.scalars(
            select(Errand.id)
            .where(Errand.state == ErrandState.DUE, Errand.due_at <= now)
            .order_by(Errand.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    if not ids:
        return []
    session.execute(
        update(Errand)
        .where(Errand.id.in_(ids))
        .values(due_at=now + LEASE, attempts=Errand.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    rows = session.execute(
        select(Errand.id, School.code, Errand.connection, Errand.what, Errand.about, Errand.attempts)
        .join(School, School.id == Errand.school_id)
        .where(Errand.id.in_(ids))
        .order_by(Errand.id)
    )
    return [ToAsk(*row) for row in rows]


def errand_done(session: Session, errand_id: int) -> bool:
    """Its answer has its effect in this transaction. False: somebody else's had it already."""
    done = session.scalars(
        update(Errand)
        .where(Errand.id == errand_id, Errand.state == ErrandState.DUE)
        .values(state=ErrandState.DONE, reason="")
        .returning(Errand.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def errand_later(session: Session, errand_id: int, due_at: datetime, reason: str) -> None:
    """Not now."""
    _mark_errand(session, errand_id, due_at=due_at, reason=reason[:300])


def errand_lost(session: Session, errand_id: int, reason: str) -> None:
    """Never. The operator reads why."""
    _mark_errand(session, errand_id, state=ErrandState.LOST, reason=reason[:300])


def _mark_errand(session: Session, errand_id: int, **values: Any) -> None:
    session.execute(
        update(Errand).where(Errand.id == errand_id).values(**values).execution_options(synchronize_session=False)
    )
