"""The only file that asks what time it is."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

SCHOOL_TZ = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """What time it is, as an aware moment in UTC."""

    def now(self) -> datetime: ...


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class TurnedClock:
    """The machine's clock plus an offset kept in a file, so that several processes share one turned time.

    Only the emulator turns it. The file holds {"offset_seconds": float}; no file means no offset.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = -1
        self._offset = timedelta()

    def now(self) -> datetime:
        try:
            stamp = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return datetime.now(UTC)
        if stamp != self._stamp:
            self._offset = timedelta(seconds=float(json.loads(self._path.read_text("utf-8"))["offset_seconds"]))
            self._stamp = stamp
        return datetime.now(UTC) + self._offset

    def turn_to(self, moment: datetime) -> None:
        """Make `moment` (aware) the present. Written beside and moved over, so no reader sees half a file."""
        offset = (moment - datetime.now(UTC)).total_seconds()
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps({"offset_seconds": offset}), "utf-8")
        draft.replace(self._path)


def monotonic() -> float:
    """Seconds for measuring how long something took; no relation to the time of day."""
    return time.monotonic()


def school_time(moment: datetime) -> datetime:
    """The same moment on the school's wall clock."""
    return moment.astimezone(SCHOOL_TZ)


def midnight(day: date) -> datetime:
    """When a day begins at school."""
    return datetime(day.year, day.month, day.day, tzinfo=SCHOOL_TZ)


def from_ms(milliseconds: int | str) -> datetime:
    """A platform's milliseconds since 1970 as a moment. Raises ValueError for anything else."""
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("beyond the calendar") from error


def from_seconds(seconds: int | str) -> datetime:
    """A platform's seconds since 1970 as a moment. Raises ValueError for anything else."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("beyond the calendar") from error
