"""What the desk is told as it happens: every event gets a number, so that a page that was away can ask for the rest."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

KEPT = 1000
LISTENERS = 20
"""Each holds a thread of the server for as long as its page is open."""


@dataclass(frozen=True, slots=True)
class Event:
    """kind: "message", "clock", "fault", "bot", "chats". data: what the page gets, already as it is shown."""

    number: int
    kind: str
    data: Any


class Events:
    """Hands every event to every listener. Any thread may publish."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._number = 0
        self._listeners: list[queue.SimpleQueue[Event | None]] = []
        self._closed = False

    def publish(self, kind: str, data: Any) -> None:
        with self._lock:
            self._number += 1
            event = Event(self._number, kind, data)
            self._kept.append(event)
            for listener in self._listeners:
                listener.put(event)

    @contextmanager
    def subscribe(self, after: int | None = None) -> Iterator[queue.SimpleQueue[Event | None]]:
        """A queue of what happens from now on, and of what is kept since event `after`. None in it means: no more.

        What the listener missed and is no longer kept, or `after` of another run, cannot be made up for: the page then
        reads everything afresh.
        """
        mine: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        with self._lock:
            for event in self._kept:
                if after is not None and event.number > after:
                    mine.put(event)
            if self._closed:
                mine.put(None)
            self._listeners.append(mine)
        try:
            yield mine
        finally:
            with self._lock:
                self._listeners.remove(mine)

    @property
    def crowded(self) -> bool:
        return len(self._listeners) >= LISTENERS

    def close(self) -> None:
        """Every listener ends."""
        with self._lock:
            self._closed = True
            for listener in self._listeners:
                listener.put(None)
