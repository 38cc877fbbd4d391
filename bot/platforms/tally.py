"""Counts what a connection has called and sent, until the ledger takes it over."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping


class Tally:
    """Safe to use from several threads. unit: "api" for a call that a platform counts, "message" for a message in or out,
    "free" for a call that no quota counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, unit: str, number: int = 1) -> None:
        """So many more."""
        with self._lock:
            self._counts[unit] += number

    def take(self) -> Mapping[str, int]:
        """What was counted since it was last taken."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken
