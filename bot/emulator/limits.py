"""What the platforms' servers count: tokens and how long they live, calls in a minute, requests already seen."""

from __future__ import annotations

import secrets
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bot.clock import Clock, monotonic, school_time

TOKEN_LASTS = timedelta(seconds=7200)


class Tokens:
    """One platform's access tokens. Asking again within its life gives the same one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ends: dict[str, datetime] = {}
        self._owners: dict[str, str] = {}
        self._current: dict[str, str] = {}

    def issue(self, owner: str, *, extend: bool = False) -> tuple[str, int]:
        """The owner's token and the whole seconds it still lives. extend: asking prolongs it (DingTalk)."""
        now = self._clock.now()
        with self._lock:
            token = self._current.get(owner, "")
            if not token or self._ends[token] <= now:
                token = self._current[owner] = secrets.token_urlsafe(48)
                self._ends[token], self._owners[token] = now + TOKEN_LASTS, owner
            elif extend:
                self._ends[token] = now + TOKEN_LASTS
            return token, int((self._ends[token] - now).total_seconds())

    def owner(self, token: str) -> str:
        """Whom it was issued to; "" for an unknown one."""
        with self._lock:
            return self._owners.get(token, "")

    def state(self, token: str) -> str:
        """ "good", "expired" or "unknown"."""
        with self._lock:
            ends = self._ends.get(token)
        if ends is None:
            return "unknown"
        return "good" if ends > self._clock.now() else "expired"

    def expire(self) -> None:
        """Every token is dead from now on, before its time."""
        with self._lock:
            for token in self._ends:
                self._ends[token] = self._clock.now() - timedelta(seconds=1)
            self._current.clear()

    def reset(self) -> None:
        with self._lock:
            self._ends.clear()
            self._owners.clear()
            self._current.clear()


class Rates:
    """Calls counted in windows that pass both on the machine's clock and on the school's.

    A call leaves its window when either clock says so: a month turned in a minute must not look like a flood, and a
    school's clock that stands still must not hold a real minute open for ever.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str], deque[tuple[float, datetime]]] = defaultdict(deque)
        self._blocks: dict[tuple[str, str], tuple[float, datetime]] = {}

    def count(self, kind: str, who: str, per: timedelta, times: int = 1) -> int:
        """Count this call, as `times` of them; how many there were within `per`, this one included."""
        key, now, at = (kind, who), self._clock.now(), monotonic()
        seconds = per.total_seconds()
        with self._lock:
            kept = [call for call in self._calls[key] if at - call[0] < seconds and now - call[1] < per]
            self._calls[key] = deque([*kept, *[(at, now)] * times])
            return len(kept) + times

    def block(self, kind: str, who: str, lasts: timedelta) -> None:
        with self._lock:
            self._blocks[kind, who] = (monotonic() + lasts.total_seconds(), self._clock.now() + lasts)

    def blocked(self, kind: str, who: str) -> bool:
        with self._lock:
            until = self._blocks.get((kind, who))
        return until is not None and monotonic() < until[0] and self._clock.now() < until[1]

    def reset(self) -> None:
        with self._lock:
            self._calls.clear()
            self._blocks.clear()


class Codes:
    """Codes that can be used once, for a while. what: the ids of the bubbles that a code is for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    def issue(self, what: Iterable[str], lasts: timedelta) -> str:
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._open[code] = (self._clock.now() + lasts, tuple(what))
        return code

    def use(self, code: str) -> tuple[str, ...] | None:
        """None where it was used, is over, or never was."""
        with self._lock:
            until, what = self._open.pop(code, (None, ()))
        return what if until is not None and until > self._clock.now() else None

    def reset(self) -> None:
        with self._lock:
            self._open.clear()


class Quotas:
    """What one organisation uses up in a natural month, by unit. limits: how many there are, to be changed."""

    def __init__(self, clock: Clock, limits: Mapping[str, int]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._given = dict(limits)
        self.limits = dict(limits)
        self._used: Counter[tuple[str, str]] = Counter()

    def use(self, unit: str) -> bool:
        """Count one; whether there still was one."""
        with self._lock:
            key = (unit, self._month())
            if self._used[key] >= self.limits[unit]:
                return False
            self._used[key] += 1
            return True

    def used(self, unit: str) -> int:
        """So far this month."""
        with self._lock:
            return self._used[unit, self._month()]

    def reset(self) -> None:
        with self._lock:
            self.limits = dict(self._given)
            self._used.clear()

    def _month(self) -> str:
        return f"{school_time(self._clock.now()):%Y-%m}"


class Seen:
    """Requests of which a second one within a while is swallowed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, tuple[datetime, str]] = {}

    def before(self, request: str) -> str | None:
        """The answer that the same request got, while it is remembered."""
        with self._lock:
            until, answer = self._until.get(request, (None, ""))
        return answer if until is not None and until > self._clock.now() else None

    def remember(self, request: str, answer: str, seconds: int) -> None:
        now = self._clock.now()
        with self._lock:
            self._drop(key for key, (until, _) in list(self._until.items()) if until <= now)
            self._until[request] = (now + timedelta(seconds=seconds), answer)

    def reset(self) -> None:
        with self._lock:
            self._until.clear()

    def _drop(self, keys: Iterable[str]) -> None:
        for key in keys:
            del self._until[key]
