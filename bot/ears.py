"""The connections that this process opens itself, for schools without a public address: one thread for each."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import structlog

from bot.connections import Connection, Connections
from bot.hearing import hear
from bot.pipeline import Pipeline
from bot.platforms.base import Callback, Listener

log = structlog.get_logger()

PATIENCE = 10.0
"""Seconds that stopping waits for a connection to close; the process does not hang on a dead line."""


@dataclass(slots=True)
class _Ear:
    """One open line."""

    connection: Connection
    listener: Listener
    pipeline: Pipeline
    stopped: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def start(self) -> None:
        name = f"{self.connection.school}.{self.connection.name}"
        self.thread = threading.Thread(target=self._listen, name=name, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        try:
            self.listener.listen(self._heard, self.stopped)
        except Exception as error:  # the thread's last words: without them the school would go deaf in silence
            names = {"school": self.connection.school, "connection": self.connection.name}
            log.exception("deaf", **names, error=type(error).__name__, todo="xiaoling doctor")

    def _heard(self, received: Callback) -> bool:
        """Whether it is taken; if not, the platform has to bring it again."""
        return hear(self.pipeline, self.connection, received).status < 500


class Ears:
    """Every connection whose platform listens."""

    def __init__(self, connections: Connections, pipeline: Pipeline) -> None:
        self._ears = [
            _Ear(connection, connection.platform, pipeline)
            for connection in connections
            if isinstance(connection.platform, Listener)
        ]

    def start(self) -> None:
        """Open them all; each keeps itself open until stop()."""
        for ear in self._ears:
            ear.start()

    def stop(self) -> None:
        """Close them all, together."""
        for ear in self._ears:
            ear.stopped.set()
        for ear in self._ears:
            if ear.thread is not None:
                ear.thread.join(PATIENCE)
