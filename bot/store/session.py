"""The database: one engine for both kinds, and one writer that commits together what arrives together.

A commit costs a disk flush (SQLite runs with synchronous=FULL, so that an acknowledged message survives a power
cut). Sixteen callbacks that wait for sixteen flushes in turn would be slow; so all writing goes through one thread, which
puts all that waits into one transaction. If a piece fails, the whole transaction is taken back and each piece is done again
alone: failures are rare. Rejected: a savepoint for each piece (a tenth of a message's time, paid always, for the same
promise); a pool of writers, which on SQLite queue at the same lock anyway, without sharing a flush.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache, lru_cache
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Executable, create_engine, event, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.domain.base import Record

Result = TypeVar("Result")
Work = Callable[[Session], Result]

_LAST, _CHANGED = "last", "changed"

BATCH = 64
"""Pieces of work that share a flush at most; keeps the first one's wait short."""


@lru_cache(maxsize=4)
def open_engine(url: str, *, read_only: bool = False) -> Engine:
    """The engine for a URL, with what each database needs to be safe and quick. read_only: the database refuses to be changed.

    A process has one for a database: what statements were compiled to is kept when its connections are closed (dispose)
    and it is opened again.
    """
    lite = url.startswith("sqlite")
    arguments: dict[str, Any] = {"timeout": 30, "check_same_thread": False} if lite else {}
    if read_only and not lite:
        arguments["options"] = "-c default_transaction_read_only=on"
    engine = create_engine(url, pool_pre_ping=not lite, connect_args=arguments)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _refuse_writes if read_only else _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # the driver's own BEGIN comes too late for savepoints; _begin_sqlite sends it instead
    connection.isolation_level = None
    # cache_size in KiB: with a million messages the index of what came in no longer fits into SQLite's own 2 MB
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000", "cache_size=-32768")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _refuse_writes(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: upgrading a read later can fail without waiting
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@cache
def _insert(record: type[Record], dialect: str, *, once: bool) -> Executable:
    """An INSERT without values, built once per table: its text is compiled once and every row only fills it in."""
    if not once:
        return insert(record.__table__)  # type: ignore[arg-type]  # always a Table here
    build = sqlite.insert if dialect == "sqlite" else postgresql.insert
    # the id that comes back tells whether a row went in; rowcount does not, on every driver
    return build(record.__table__).on_conflict_do_nothing().returning(record.__table__.c.id)  # type: ignore[arg-type]


def insert_once(session: Session, record: type[Record], **values: Any) -> bool:
    """Insert a row unless a unique key refuses it. Returns whether it was inserted. Defaults of the model apply."""
    connection = session.connection()
    inserted = connection.execute(_insert(record, connection.dialect.name, once=True), values)
    return inserted.first() is not None


def add(session: Session, record: type[Record], **values: Any) -> None:
    """Insert a row without making an object of it. Defaults of the model apply."""
    connection = session.connection()
    connection.execute(_insert(record, connection.dialect.name, once=False), values)


def add_last(session: Session, record: type[Record], **values: Any) -> None:
    """Insert a row just before the commit, in one statement with its like; until then nobody sees it. For a Writer's session.

    Every call for a kind of record names the same values. They are written in the order of the calls.
    """
    session.info.setdefault(_LAST, {}).setdefault(record, []).append(values)


def take_changed(session: Session) -> list[Record]:
    """The followed records that this piece of work has written so far, each once; asked again, only later ones."""
    return list(session.info.pop(_CHANGED, ()))


def _note_changed(session: Session, _context: object) -> None:
    written = (*session.new, *session.dirty)
    session.info.setdefault(_CHANGED, {}).update(dict.fromkeys(each for each in written if each.followed))


class _Writing(Session):
    """A Writer's session."""


event.listen(_Writing, "after_flush", _note_changed)


def _write_last(session: Session) -> None:
    connection = session.connection()
    for record, rows in session.info.get(_LAST, {}).items():
        connection.execute(_insert(record, connection.dialect.name, once=False), rows)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only looks. What it returns stays readable afterwards."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


class Writer:
    """The one thread that writes. `do` waits until its work is committed, or raises what stopped it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._queue: SimpleQueue[tuple[Work[Any], Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def do(self, work: Work[Result]) -> Result:
        """Run `work(session)` and wait for the commit. It may run twice, when something else in its transaction failed, so
        it must do nothing but use the session."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("work that waits for other work would wait for ever")
        future: Future[Result] = Future()
        self._queue.put((work, future))
        return future.result()

    def close(self) -> None:
        """Finish what waits, then stop."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        ending = False
        while not ending:
            batch: list[tuple[Work[Any], Future[Any]]] = []
            item = self._queue.get()
            while item is not None:
                batch.append(item)
                if len(batch) == BATCH or self._queue.empty():
                    break
                item = self._queue.get()
            ending = item is None
            if batch and not self._commit(batch):
                for piece in batch:
                    self._commit([piece])

    def _commit(self, batch: list[tuple[Work[Any], Future[Any]]]) -> bool:
        """One transaction for all. Returns False, having told nobody, when several should be tried one by one."""
        try:
            with (
                self.engine.connect().execution_options(writes=True) as connection,
                connection.begin(),
                _Writing(connection, expire_on_commit=False) as session,
            ):
                results = []
                for work, _ in batch:
                    results.append(work(session))
                    session.flush()
                    take_changed(session)
                    session.expunge_all()  # the next piece reads what is in the database now
                _write_last(session)
        except Exception as error:  # noqa: BLE001 - handed to whoever asked for the work
            if len(batch) > 1:
                return False
            batch[0][1].set_exception(error)
            return True
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)
        return True
