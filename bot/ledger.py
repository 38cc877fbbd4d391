"""Takes over what the connections have counted, every few seconds and at the end, and writes it down by school day.

In the same transaction it notes which thresholds of a month's quota are reached with it, or that the platform refuses; the
administrators hear of it at the scheduler's next look (schedules/warns_of_quota.py), and the next prompts fold.

A process that is killed loses what it counted since the last time: a few seconds' calls at most. A quota is a
platform's own count in any case; ours is there to warn early. Rejected: a write per call, which would double the commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import groupby

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock, school_time
from bot.connections import Connection, Connections
from bot.store.arrivals import the_school
from bot.store.ledger import Ledger as Counts
from bot.store.ledger import add_counts
from bot.store.session import Writer
from bot.worker import Worker

log = structlog.get_logger()

EVERY = 5.0
"""Seconds between two looks: what a killed process may lose."""

Taken = Sequence[tuple[Connection, dict[str, int], frozenset[str]]]
"""A connection, what it counted, and the units of which its platform refuses more."""


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
        tallies = [(connection, connection.platform.tally) for connection in self._connections]
        taken = [(connection, dict(tally.take()), tally.take_refused()) for connection, tally in tallies]
        taken = [each for each in taken if each[1] or each[2]]
        if not taken:
            return 0
        try:
            self._writer.do(partial(self._write, taken, self._clock.now()))
        except SQLAlchemyError:
            for connection, counts, refused in taken:
                for unit, count in counts.items():
                    connection.platform.tally.count(unit, count)
                for unit in refused:
                    connection.platform.tally.refuse(unit)
            raise
        return sum(sum(counts.values()) for _, counts, _ in taken)

    def _look(self) -> bool:
        self.drain()
        return False  # what came meanwhile can wait for the next look

    def _write(self, taken: Taken, now: datetime, session: Session) -> None:
        day = school_time(now).date()
        # always in the same order, so that two processes cannot wait for each other
        for code, of_school in groupby(sorted(taken, key=lambda each: (each[0].school, each[0].name)), _school):
            school_id = the_school(session, code).id
            refused: set[tuple[str, str]] = set()
            for connection, counts, units in of_school:
                add_counts(session, school_id, connection.name, day, counts)
                refused |= {(connection.platform_name, unit) for unit in units}
            counted = Counts(session, school_id)
            standings = [
                replace(each, refused=each.refused or (each.limit.platform, each.limit.unit) in refused)
                for each in counted.standings(self._connections.limits(code), day)
            ]
            for mark in counted.mark(standings, day, now):
                what = {"unit": mark.unit, "percent": mark.mark, "refused": mark.refused}
                log.warning("quota", school=code, platform=mark.platform, **what, todo="xiaoling quota")


def _school(each: tuple[Connection, dict[str, int], frozenset[str]]) -> str:
    return each[0].school
