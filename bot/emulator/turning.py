"""Turning the clock forward, from one due time to the next, so that everything on the way rings as it would have.

The emulator moves the clock that it shares with the bot; the bot says what comes next (GET /clock) and does what has come
due (POST /clock/turned).
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.clock import SCHOOL_TZ, monotonic, school_time
from bot.emulator.carrier import Transport
from bot.emulator.records import Refused
from bot.emulator.showing import iso
from bot.emulator.world import World

STEPS = 500
"""Due times on the way at most; a month has about a hundred."""

FARTHEST = timedelta(days=200)
LOOK_EVERY = 2.0
"""Seconds between two looks at whether the bot is up."""

FIRST_LOOKS_EVERY = 0.2
"""The same until it has been up: the desk opens before the bot does."""


class Turnable(Protocol):
    """A clock that can be moved."""

    def now(self) -> datetime: ...

    def turn_to(self, moment: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Due:
    """Something that rings."""

    at: datetime
    what: str

    def shown(self) -> dict[str, str]:
        return {"at": iso(self.at), "what": self.what}


class Turning:
    """The clock's hands, and what is known of the bot: whether it is up and what it will do next."""

    def __init__(self, world: World, clock: Turnable) -> None:
        self._world, self._clock = world, clock
        self._turning = threading.Lock()
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None
        self._looked = -LOOK_EVERY
        self.up = False
        self.next: Due | None = None
        self.first_up = threading.Event()

    def shown(self) -> dict[str, Any]:
        """{"now", "next"} as the page gets it."""
        return {"now": iso(self._clock.now()), "next": self.next.shown() if self.next else None}

    def look(self) -> None:
        """Ask the bot; tell the desks where something is different."""
        try:
            self._take(True, _due(_asked(self._world.post, "GET", f"{self._world.bot_url}/clock").get("next")))
        except (OSError, ValueError):
            self._take(False, None)

    def look_if_old(self) -> None:
        """The same, unless the watcher does it or it was done just now."""
        if self._watcher is None and monotonic() - self._looked >= LOOK_EVERY:
            self.look()

    def watch(self) -> None:
        """Keep looking from now on, in the background."""
        self._watcher = threading.Thread(target=self._watching, name="watch-bot", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join(10)

    def turn(self, word: str) -> list[Due]:
        """Go to "next", "monday", "day" or an ISO moment; returns what happened on the way. Raises Refused."""
        if not self._turning.acquire(blocking=False):
            raise Refused("时钟正在走，等它停下来再拨。")
        try:
            self.look()
            if not self.up:
                raise Refused("校铃没有开着，先不拨时钟。")
            return self._walk(self._target(word))
        finally:
            self._turning.release()

    def _walk(self, target: datetime) -> list[Due]:
        happened: list[Due] = []
        for _ in range(STEPS):
            stop = min(self.next.at, target) if self.next else target
            self._clock.turn_to(max(stop, self._clock.now()))
            try:
                answer = _asked(self._world.patient_post, "POST", f"{self._world.bot_url}/clock/turned")
                happened += [due for due in map(_due, answer.get("ran", [])) if due is not None]
                self._take(True, _due(answer.get("next")), tell=True)
            except (OSError, ValueError) as error:
                self._take(False, None, tell=True)
                raise Refused("时钟走到了，校铃却没有回应，请看看它开着没有。", 502) from error
            if stop >= target:
                break
        return happened

    def _target(self, word: str) -> datetime:
        now = self._clock.now()
        if word == "next":
            if self.next is None:
                raise Refused("后面没有排着的事。")
            return self.next.at
        if word == "day":
            return now + timedelta(days=1)
        if word == "monday":
            local = school_time(now)
            monday = local + timedelta(days=-local.weekday() % 7)
            monday = monday.replace(hour=7, minute=30, second=0, microsecond=0)
            return monday if monday > local else monday + timedelta(days=7)
        try:
            moment = datetime.fromisoformat(word)
        except ValueError as error:
            raise Refused("看不懂这个时间，请重新选。", 400) from error
        moment = moment if moment.tzinfo else moment.replace(tzinfo=SCHOOL_TZ)
        if moment <= now:
            raise Refused("时钟只往前走，请选后面的时刻。", 400)
        if moment - now > FARTHEST:
            raise Refused(f"一次最多走 {FARTHEST.days} 天。", 400)
        return moment

    def _take(self, up: bool, due: Due | None, *, tell: bool = False) -> None:
        """Remember what the bot said. tell: the time moved, so the desks hear of it in any case."""
        self._looked = monotonic()
        was, before = self.up, self.next
        self.up, self.next = up, due
        if up != was:
            self._world.events.publish("bot", {"up": up})
        if tell or due != before:
            self._world.events.publish("clock", self.shown())
        if up:
            self.first_up.set()

    def _watching(self) -> None:
        while not self._stop.wait(LOOK_EVERY if self.first_up.is_set() else FIRST_LOOKS_EVERY):
            # between two steps of a turn the bot's word is newer than a look's
            if self._turning.acquire(blocking=False):
                try:
                    self.look()
                finally:
                    self._turning.release()


def _asked(post: Transport, method: str, url: str) -> dict[str, Any]:
    """Raises OSError or ValueError where no proper answer came."""
    status, _, body = post(method, url, {}, b"")
    data = json.loads(body) if status == 200 else None
    if not isinstance(data, dict):
        raise ValueError(status)
    return data


def _due(data: object) -> Due | None:
    """Raises ValueError for anything but {"at": ISO, "what": text} or null."""
    if data is None:
        return None
    if not isinstance(data, dict) or not {"at", "what"} <= data.keys():
        raise ValueError("not a due time")
    return Due(datetime.fromisoformat(str(data["at"])), str(data["what"]))
