"""Turning the clock forward, from one due time to the next, so that everything on the way rings as it would have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import requests

from bot.clock import SCHOOL_TZ, school_time
from bot.emulator.world import DeskError, World

STEPS = 500
"""Due times on the way at most; a term of school days has fewer."""

FARTHEST = timedelta(days=200)
BOT_SECONDS = 40.0
"""How long the bot may take for one step: a Monday's messages to everybody, on a slow platform."""


class Turnable(Protocol):
    """A clock that can be moved."""

    def now(self) -> datetime: ...

    def turn_to(self, moment: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Due:
    """Something that rings at a moment."""

    at: datetime
    what: str

    def data(self) -> dict[str, str]:
        return {"at": school_time(self.at).isoformat(), "what": self.what}


class Turning:
    """Moves the clock that the emulator and the bot share. The bot says what is next and runs it."""

    def __init__(self, world: World, clock: Turnable) -> None:
        self._world = world
        self._clock = clock

    def next_due(self) -> Due | None:
        """What the bot will do next; None when it is down or has nothing to do."""
        try:
            return _due(self._asked("GET", "/clock").get("next"))
        except (requests.RequestException, ValueError):
            return None

    def target(self, word: str) -> datetime:
        """The moment that a button or an ISO text means. Raises DeskError."""
        now = self._clock.now()
        match word:
            case "next":
                due = self.next_due()
                if due is None:
                    raise DeskError("接下来十天没有要响的，或校铃没有开着")
                return due.at
            case "monday":
                local = school_time(now)
                ahead = (7 - local.weekday()) % 7
                monday = (local + timedelta(days=ahead)).replace(hour=7, minute=30, second=0, microsecond=0)
                return monday if monday > local else monday + timedelta(days=7)
            case "day":
                return now + timedelta(days=1)
        try:
            moment = datetime.fromisoformat(word)
        except ValueError as error:
            raise DeskError("看不懂这个时间") from error
        moment = moment if moment.tzinfo else moment.replace(tzinfo=SCHOOL_TZ)
        if moment <= now:
            raise DeskError("时间只能往前走")
        if moment - now > FARTHEST:
            raise DeskError("一次最多走 200 天")
        return moment

    def turn(self, word: str) -> list[Due]:
        """Go to a moment; returns what happened on the way. Raises DeskError."""
        target = self.target(word)
        happened: list[Due] = []
        due = self.next_due()
        for _ in range(STEPS):
            stop = min(due.at, target) if due is not None else target
            self._clock.turn_to(max(stop, self._clock.now()))
            try:
                answer = self._asked("POST", "/clock/turned")
            except (requests.RequestException, ValueError) as error:
                self.publish(None)
                raise DeskError("时间走到了，但校铃没有回应，可能没有开着") from error
            happened += [item for item in map(_due, answer.get("ran", [])) if item is not None]
            due = _due(answer.get("next"))
            self.publish(due)
            if stop >= target:
                break
        return happened

    def publish(self, due: Due | None) -> None:
        """Tell the desks what time it is."""
        now = school_time(self._clock.now()).isoformat()
        self._world.publish("clock", {"now": now, "next": due.data() if due else None})

    def _asked(self, method: str, path: str) -> dict[str, Any]:
        response = requests.request(method, f"{self._world.bot_url}{path}", timeout=BOT_SECONDS)
        data = response.json()
        if response.status_code != 200 or not isinstance(data, dict):
            raise ValueError(response.status_code)
        return data


def _due(data: Any) -> Due | None:
    if not isinstance(data, dict):
        return None
    return Due(datetime.fromisoformat(data["at"]), str(data["what"]))
