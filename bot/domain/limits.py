"""What a platform sells or gives by the month, as a school meets it: once for its whole organisation, whatever the robots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

FOLD_AT = 80
"""Per cent of a month's quota from which what can wait is folded together, so that what is urgent still goes out."""

TOLD_AT = (FOLD_AT, 100)
"""Per cent of which the administrators are told."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One quota. unit: as the ledger counts ("api", "message"). connections: those that draw on it, by name."""

    platform: str
    unit: str
    a_month: int
    connections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a quota is used. refused: the platform said that it is used up, whatever we have counted."""

    limit: Limit
    used: int
    refused: bool = False

    @property
    def percent(self) -> int:
        """Rounded down; a quota of nothing is used up by the first call."""
        return self.used * 100 // self.limit.a_month if self.limit.a_month else 100 * bool(self.used)

    @property
    def folds(self) -> bool:
        return self.refused or self.percent >= FOLD_AT

    @property
    def reached(self) -> tuple[int, ...]:
        """The thresholds that are behind it, in per cent."""
        return TOLD_AT if self.refused else tuple(mark for mark in TOLD_AT if mark <= self.percent)


def folding(standings: Iterable[Standing]) -> bool:
    """Whether any of a school's quotas is so far used that what can wait is folded."""
    return any(standing.folds for standing in standings)
