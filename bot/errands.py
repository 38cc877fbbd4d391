"""What the platforms are asked: after the commit, outside of any transaction; the answer is handled like a message.

An event of a platform says that something changed, a schedule that it is time to look. Either leaves an errand; it is
asked here, and the pipeline lets handlers/ (@told) turn the answer into records and words.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.connections import Connection, Connections
from bot.errors import GiveUp, TryLater
from bot.facts import Ask
from bot.pipeline import Pipeline
from bot.platforms.base import Informant
from bot.store.session import Writer
from bot.store.waiting import ToAsk, claim_errands, errand_later
from bot.worker import Worker

log = structlog.get_logger()

FEW = frozenset({Ask.NEW_FORM, Ask.FORM_LINK})
"""People wait for these to be asked something: after three tries (two minutes and a half) it goes on without."""

FEW_TRIES = 3
WAITS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 7200, 14400))
"""Between the tries, about eight hours; the nightly look at the directory comes anyway."""


class Errands:
    """One per process."""

    def __init__(self, writer: Writer, connections: Connections, pipeline: Pipeline, clock: Clock) -> None:
        self._writer = writer
        self._connections = connections
        self._pipeline = pipeline
        self._clock = clock
        worker = Worker("errands", lambda: self.drain() > 0)
        self.start, self.ring, self.stop = worker.start, worker.ring, worker.stop

    def drain(self) -> int:
        """Ask what is due now, in this thread. Returns how many were tried."""
        total = 0
        while errands := self._writer.do(partial(claim_errands, now=self._clock.now(), limit=4)):
            for errand in errands:
                self._ask(errand)
            total += len(errands)
        return total

    def _ask(self, errand: ToAsk) -> None:
        connection = self._connections.get(errand.school, errand.connection)
        result = "told"
        try:
            if connection is None or not isinstance(connection.platform, Informant):
                raise GiveUp(f"设置里已经没有连接“{errand.connection}”，或它不能再被问")
            facts = connection.platform.ask(errand.what, errand.details or errand.about)
            self._pipeline.tell(connection, errand, facts)
        except TryLater as error:
            tries = FEW_TRIES if errand.what in FEW else len(WAITS)
            result = "later" if errand.attempts <= tries else "lost"
            if result == "later":
                due_at = self._clock.now() + max(WAITS[errand.attempts - 1], error.after or timedelta())
                self._writer.do(partial(errand_later, errand_id=errand.id, due_at=due_at, reason=error.reason))
            else:
                self._lose(connection, errand, error.reason)
        except GiveUp as error:
            result = "lost"
            self._lose(connection, errand, error.reason)
        except SQLAlchemyError:
            raise
        except Exception as error:
            result = "lost"
            log.error("errand_bug", errand=errand.id, error=type(error).__name__, exc_info=True)
            self._lose(connection, errand, "程序出错，已记录")
        log.info("errand", errand=errand.id, school=errand.school, what=errand.what.value, result=result)

    def _lose(self, connection: Connection | None, errand: ToAsk, reason: str) -> None:
        self._pipeline.lose(connection, errand, reason)
