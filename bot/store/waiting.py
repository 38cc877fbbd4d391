"""Work that waits to be done outside a transaction: outbox rows to send, photos to fetch, errands. Claimed, done, marked.

A claim is a short lease. Who dies with a claim in hand loses it when the lease is over, and the work is done again: the one
accepted repeat. Statements are of the kind that both databases carry out atomically: UPDATE … WHERE … RETURNING.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from bot.domain.chats import Chat
from bot.domain.photos import Photo, PhotoState
from bot.domain.school import School
from bot.domain.todos import Todo
from bot.facts import Ask
from bot.messages import ChatKind, ChatRef, TodoItem
from bot.store.records import ERRAND_KEY, ERRAND_WAITING, Errand, ErrandState, Outbox, OutboxState

LEASE = timedelta(minutes=2)
"""Longer than any call may take (time-outs are 25 s, a call may make three), so that only the dead lose a claim."""

NEVER_WROTE = "对方还没有和机器人说过话，平台不让先发。请他先发一句「帮助」，这一天里没收到的会补上"
"""Why a row is dead whose chat nobody has opened yet (Reach.SPOKEN)."""

STALE = timedelta(days=1)
"""What could not be said for so long is no news any more."""

IN_LINE = 20
"""So many rows are looked at for each call to make."""

TODO = "todo"
"""Under this name stands in a row's `said` which item of somebody's list it is about."""

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
    """An outbox row that somebody holds. said: see Outbox. again: it may have reached the platform before.

    todo: the item that it is about, as it should be now; None for words, and where the platform knows it so already.
    wants: the same as it is noted once the platform has been told.
    """

    id: int
    school: str
    connection: str
    chat: ChatRef
    said: dict[str, Any]
    attempts: int
    again: bool
    todo: TodoItem | None = None
    wants: dict[str, Any] | None = None


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
    return [[_with_todo(session, letter) for letter in batch] for batch in batches]


def _with_todo(session: Session, letter: Letter) -> Letter:
    """A row about an item says only which: what it is like is read now, so that three changes are told as one."""
    if TODO not in letter.said:
        return letter
    todo = session.get_one(Todo, letter.said[TODO], with_for_update=True)
    chat = replace(letter.chat, id=todo.account)
    if todo.wants() == todo.told:
        return replace(letter, chat=chat)
    item = todo.item(letter.school)
    todo.tried = True
    return replace(letter, chat=chat, todo=item, wants=todo.wants())


def note_told(session: Session, todo_id: int, reference: str, wants: dict[str, Any]) -> None:
    """The platform has been told how an item should be."""
    todo = session.get_one(Todo, todo_id, with_for_update=True)
    todo.reference, todo.told = reference[:255] or todo.reference, wants


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


def never_send(session: Session, letter_ids: Collection[int]) -> frozenset[int]:
    """Take back what is not out yet. Returns what will now never be sent; the rest is out, or on its way."""
    rows = session.scalars(
        update(Outbox)
        .where(Outbox.id.in_(letter_ids), Outbox.state.in_((OutboxState.HELD, OutboxState.DUE)))
        .values(state=OutboxState.RECALLED, reason="还没发出去就撤回了")
        .returning(Outbox.id)
        .execution_options(synchronize_session=False)
    )
    return frozenset(rows)


def sent_as(session: Session, letter_ids: Collection[int]) -> list[tuple[str, int, str]]:
    """What of these is out: (connection, chat, reference), each reference once; a platform may give several rows one."""
    rows = session.execute(
        select(Outbox.connection, Outbox.chat_id, Outbox.reference)
        .where(Outbox.id.in_(letter_ids), Outbox.state.in_((OutboxState.SENT, OutboxState.SENDING)))
        .order_by(Outbox.id)
    )
    found: dict[tuple[str, str], tuple[str, int, str]] = {}
    for connection, chat_id, reference in rows:
        found.setdefault((connection, reference or f"chat {chat_id}"), (connection, chat_id, reference))
    return list(found.values())


def note_recalled(session: Session, connection: str, reference: str) -> None:
    """The platform has taken it back, from everybody whom it went to under this reference."""
    session.execute(
        update(Outbox)
        .where(Outbox.connection == connection, Outbox.reference == reference, Outbox.state == OutboxState.SENT)
        .values(state=OutboxState.RECALLED)
        .execution_options(synchronize_session=False)
    )


def say_it_failed(session: Session, letter: Letter, now: datetime) -> None:
    """It could not be taken back: who asked for it hears that. Nobody did where it ended by itself."""
    if "failed" not in letter.said:
        return
    chat_id, connection, words = letter.said["failed"]
    row = session.get_one(Outbox, letter.id)
    said = {"text": words, "markdown": False, "title": words.split("\n", 1)[0][:40], "once": False}
    session.add(
        Outbox(
            school_id=row.school_id,
            connection=connection,
            chat_id=chat_id,
            said=said,
            cause=row.cause,
            created_at=now,
            due_at=now,
        )
    )


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
    rows = _claim(session, Photo, (PhotoState.WANTED,), now, limit, Photo.ref)
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
    details: str = ""


@cache
def _asking(dialect: str) -> Executable:
    build = sqlite.insert if dialect == "sqlite" else postgresql.insert
    row = build(Errand.__table__)  # type: ignore[arg-type]  # always a Table here
    return row.on_conflict_do_update(
        index_elements=ERRAND_KEY,
        index_where=text(ERRAND_WAITING),
        set_={"due_at": row.excluded.due_at, "attempts": 0},
    )


def want_to_know(
    session: Session,
    school_id: int,
    connection: str,
    what: Ask,
    about: str,
    cause: str,
    at: datetime,
    details: str = "",
) -> None:
    """Leave an errand, or wait for the one that waits to ask the same.

    That one is then locked until the commit, so that it is asked after it: its answer meets whatever is written here. One
    that is being asked already may have been asked too early: it is asked once more.
    """
    values = {
        "school_id": school_id,
        "connection": connection,
        "what": what,
        "about": about[:255],
        "details": details,
        "cause": cause,
        "created_at": at,
        "due_at": at,
    }
    link = session.connection()
    link.execute(_asking(link.dialect.name), values)


def claim_errands(session: Session, now: datetime, limit: int) -> list[ToAsk]:
    """Take errands that are due, the oldest first. A claim moves due_at: asking twice does no harm, only later."""
    open_ones = (ErrandState.DUE, ErrandState.ASKING)
    columns = (Errand.what, Errand.about, Errand.details)
    rows = _claim(session, Errand, open_ones, now, limit, *columns, state=ErrandState.ASKING)
    return [
        ToAsk(number, school, connection, what, about, attempts, details)
        for number, school, connection, what, about, details, attempts in rows
    ]


def errand_done(session: Session, errand_id: int) -> bool:
    """Its answer has its effect in this transaction. False: somebody else's had it already."""
    done = session.scalars(
        update(Errand)
        .where(Errand.id == errand_id, Errand.state.in_((ErrandState.DUE, ErrandState.ASKING)))
        .values(state=ErrandState.DONE, reason="")
        .returning(Errand.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def errand_later(session: Session, errand_id: int, due_at: datetime, reason: str) -> None:
    """Not now. Where another waits to ask the same meanwhile, that one does."""
    try:
        with session.begin_nested():
            _mark_errand(session, errand_id, state=ErrandState.DUE, due_at=due_at, reason=reason[:300])
    except IntegrityError:
        _mark_errand(session, errand_id, state=ErrandState.DONE, reason=reason[:300])


def errand_lost(session: Session, errand_id: int, reason: str) -> None:
    """Never. The operator reads why."""
    _mark_errand(session, errand_id, state=ErrandState.LOST, reason=reason[:300])


def _mark_errand(session: Session, errand_id: int, **values: Any) -> None:
    session.execute(
        update(Errand).where(Errand.id == errand_id).values(**values).execution_options(synchronize_session=False)
    )


def _claim(
    session: Session,
    table: type[Photo | Errand],
    states: Collection[object],
    now: datetime,
    limit: int,
    *columns: Any,
    **taken: object,
) -> list[tuple[Any, ...]]:
    """Of the rows in these states that are due, the oldest: id, school, connection, these columns, attempts. Their due_at
    moves. taken: what else is written down of one that is claimed."""
    ids = list(
        session.scalars(
            select(table.id)
            .where(table.state.in_(states), table.due_at <= now)
            .order_by(table.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    if not ids:
        return []
    session.execute(
        update(table)
        .where(table.id.in_(ids))
        .values(due_at=now + LEASE, attempts=table.attempts + 1, **taken)
        .execution_options(synchronize_session=False)
    )
    rows = session.execute(
        select(table.id, School.code, table.connection, *columns, table.attempts)
        .join(School, School.id == table.school_id)
        .where(table.id.in_(ids))
        .order_by(table.id)
    )
    return [tuple(row) for row in rows]
