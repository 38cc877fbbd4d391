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
        self._refused: set[str] = set()

    def count(self, unit: str, number: int = 1) -> None:
        """So many more."""
        with self._lock:
            self._counts[unit] += number

    def take(self) -> Mapping[str, int]:
        """What was counted since it was last taken."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken

    def refuse(self, unit: str) -> None:
        """The platform says that this month's quota of a unit is used up, whatever we have counted."""
        with self._lock:
            self._refused.add(unit)

    def take_refused(self) -> frozenset[str]:
        """The units of which that was said since it was last taken."""
        with self._lock:
            taken, self._refused = frozenset(self._refused), set()
        return taken
