"""Writes down that the service runs, and how each connection hears: a long connection lives in this process alone, and `xiaoling
doctor` is another one. It must not open a line to see whether it is open: that would take it away from the service.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from bot.clock import Clock
from bot.connections import Connections
from bot.platforms.base import Health
from bot.store.lines import SERVICE, write_lines
from bot.store.session import Writer
from bot.worker import Worker

log = get_logger()

EVERY = 5.0
"""Seconds between two looks: how old what doctor reads may be."""

AGAIN = timedelta(minutes=1)
"""What has not changed is written again after so long, as a sign of life."""

RUNS, ENDED = Health(True, "校铃在运行"), Health(False, "校铃停了", "启动它：xiaoling serve")

Where = tuple[str, str]
"""School and connection; SERVICE stands for the whole service."""


class Lines:
    """One per process."""

    def __init__(self, writer: Writer, connections: Connections, schools: list[str], clock: Clock) -> None:
        self._writer, self._connections, self._schools, self._clock = writer, connections, schools, clock
        self._written: dict[Where, tuple[Health, datetime]] = {}
        self._service = RUNS
        self._worker = Worker("lines", self._look, EVERY)
        self._started = False

    def start(self) -> None:
        self._started = True
        self._worker.start()

    def stop(self) -> None:
        """Write that it ended; call it when the lines are closed. A process that never started says nothing."""
        self._worker.stop()
        if not self._started:
            return
        self._service = ENDED
        try:
            self.drain()
        except SQLAlchemyError as error:
            log.error("lines", error=type(error).__name__, todo="xiaoling doctor")

    def drain(self) -> int:
        """Write down what has changed, in this thread. Returns how many lines that were. Raises SQLAlchemyError."""
        now = self._clock.now()
        found: dict[Where, Health] = {(school, SERVICE): self._service for school in self._schools}
        for connection in self._connections:
            if (health := connection.heard_through) is not None:
                found[connection.school, connection.name] = health
        changed = {where: health for where, health in found.items() if self._is_news(where, health, now)}
        if changed:
            self._writer.do(partial(write_lines, changed, now))
            self._written |= {where: (health, now) for where, health in changed.items()}
        return len(changed)

    def _is_news(self, where: Where, health: Health, now: datetime) -> bool:
        before, at = self._written.get(where, (None, now))
        return before != health or abs(now - at) >= AGAIN

    def _look(self) -> bool:
        self.drain()
        return False
