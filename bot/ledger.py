"""Takes over what the connections have counted, every few seconds and at the end, and writes it down by school day.

A process that is killed loses what it counted since the last time: a few seconds' calls at most. A quota is a
platform's own count in any case; ours is there to warn early. Rejected: a write per call, which would double the commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock, school_time
from bot.connections import Connection, Connections
from bot.store.arrivals import the_school
from bot.store.ledger import add_counts
from bot.store.session import Writer
from bot.worker import Worker

log = structlog.get_logger()

EVERY = 5.0
"""Seconds between two looks: what a killed process may lose."""

Taken = Sequence[tuple[Connection, dict[str, int]]]


class Ledger:
    """One per process."""

    def __init__(self, writer: Writer, connections: Connections, clock: Clock) -> None:
        self._writer = writer
        self._connections = connections
        self._clock = clock
        self._worker = Worker("ledger", self._look, EVERY)
        self.start = self._worker.start

    def stop(self) -> None:
        """Write down what is left; call it when nothing is sent any more. A database that is away is logged, not raised."""
        self._worker.stop()
        try:
            self.drain()
        except SQLAlchemyError as error:
            log.error("ledger", error=type(error).__name__, todo="xiaoling doctor")

    def drain(self) -> int:
        """Write down what was counted until now, in this thread. Returns how much that was. Raises SQLAlchemyError when
        the database is away; the counts are then kept for the next time."""
        taken = [
            (connection, counts)
            for connection in self._connections
            if (counts := dict(connection.platform.tally.take()))
        ]
        if not taken:
            return 0
        try:
            self._writer.do(partial(_write, taken, school_time(self._clock.now()).date()))
        except SQLAlchemyError:
            for connection, counts in taken:
                for unit, count in counts.items():
                    connection.platform.tally.count(unit, count)
            raise
        return sum(sum(counts.values()) for _, counts in taken)

    def _look(self) -> bool:
        self.drain()
        return False  # what came meanwhile can wait for the next look


def _write(taken: Taken, day: date, session: Session) -> None:
    # always in the same order, so that two processes cannot wait for each other
    for connection, counts in sorted(taken, key=lambda item: (item[0].school, item[0].name)):
        add_counts(session, the_school(session, connection.school).id, connection.name, day, counts)
