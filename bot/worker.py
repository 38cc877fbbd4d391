"""A thread that works while there is something to do, sleeps until it is rung, and looks anyway now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger()

POLL = 1.0
"""Seconds after which it looks although nobody rang: another process may have left work, or a wait is over."""

RECOVER = 5.0
"""Seconds to leave a database alone that does not answer."""


class Worker:
    """work: does what there is to do now. Returns whether it found any; it is called again at once if so.

    poll: seconds after which it looks although nobody rang.
    """

    def __init__(self, name: str, work: Callable[[], bool], poll: float = POLL) -> None:
        self._name = name
        self._work = work
        self._poll = poll
        self._rung = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        """Work until stop()."""
        self._thread.start()

    def ring(self) -> None:
        """There may be something to do now."""
        self._rung.set()

    def stop(self) -> None:
        """Finish what is under way."""
        self._stopping = True
        self._rung.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._stopping:
            try:
                if self._work():
                    continue
                self._rung.wait(self._poll)
            except SQLAlchemyError as error:
                log.error(self._name, error=type(error).__name__, todo="xiaoling doctor")
                self._rung.wait(RECOVER)
            self._rung.clear()
