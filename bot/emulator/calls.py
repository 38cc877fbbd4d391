"""What both platforms' servers share: noting what went over the wire, tokens that end, sliding windows of calls."""

from __future__ import annotations

import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import requests
from flask import Request, Response

from bot.clock import Clock, monotonic
from bot.emulator.world import Exchange, Post, World

SHOWN = 20_000
"""Characters of a body that the wire drawer shows."""

SLOW_SECONDS = 3.0


class Tokens:
    """Access tokens of one app: the same one until it ends."""

    def __init__(self, clock: Clock, lasts: timedelta = timedelta(seconds=7200)) -> None:
        self._clock = clock
        self._lasts = lasts
        self._until: dict[str, datetime] = {}
        self.fetched = 0

    def issue(self) -> str:
        """The living token, or a new one."""
        self.fetched += 1
        now = self._clock.now()
        for token, until in self._until.items():
            if until > now:
                return token
        token = secrets.token_urlsafe(48)
        self._until[token] = now + self._lasts
        return token

    def known(self, token: str) -> bool:
        """Whether it was ever issued."""
        return token in self._until

    def alive(self, token: str) -> bool:
        until = self._until.get(token)
        return until is not None and until > self._clock.now()

    def end_all(self) -> None:
        """Every token is over at once, long before its time."""
        self._until = dict.fromkeys(self._until, self._clock.now())

    def clear(self) -> None:
        self._until.clear()
        self.fetched = 0


class Window:
    """How many calls there were within a span of the emulated time, per key."""

    def __init__(self, clock: Clock, count: int, per: timedelta) -> None:
        self._clock = clock
        self._count = count
        self._per = per
        self._calls: dict[str, deque[datetime]] = {}

    def full(self, key: str) -> bool:
        """Count one more call; True when it is one too many."""
        now = self._clock.now()
        calls = self._calls.setdefault(key, deque())
        while calls and not now - self._per < calls[0] <= now:
            calls.popleft()
        calls.append(now)
        return len(calls) > self._count

    def clear(self) -> None:
        self._calls.clear()


def slowly(world: World) -> None:
    """The platform takes its time."""
    if world.faults.strikes("slow"):
        time.sleep(SLOW_SECONDS)


def from_bot(world: World, request: Request, response: Response, started: float, title: str) -> Exchange:
    """An API call of the bot, as it was on the wire."""
    body = request.get_data(cache=True)
    binary = (request.content_type or "").startswith("multipart/")
    answered = "" if response.direct_passthrough else response.get_data(as_text=True)
    return Exchange(
        direction="from_bot",
        title=title,
        at=world.clock.now(),
        method=request.method,
        url=request.url,
        request_headers=dict(request.headers),
        request_body=f"（{len(body)} 字节）" if binary else body.decode("utf-8", "replace")[:SHOWN],
        plain="" if binary else pretty(body.decode("utf-8", "replace")),
        status=response.status_code,
        response_body=answered[:SHOWN] or "（文件）",
        ms=round((monotonic() - started) * 1000, 1),
    )


def deliver(
    world: World, line_id: str, url: str, headers: Mapping[str, str], body: bytes, plain: str, tries: int = 3
) -> tuple[str, str]:
    """Send one callback, again with the same bytes while nobody answers 200. Returns the line's state and note."""
    again = 2 if world.faults.strikes("duplicate_callback") else 1
    state, note = "refused", ""
    for _ in range(again):
        for attempt in range(tries):
            status, answer, ms = _once(world.post, url, headers, body)
            exchange = Exchange(
                "to_bot",
                f"回调 POST {url.split('/', 3)[-1]}",
                world.clock.now(),
                "POST",
                url,
                dict(headers),
                body.decode("utf-8", "replace")[:SHOWN],
                plain,
                status,
                answer[:SHOWN],
                ms,
            )
            world.record(line_id, exchange)
            if status == 200 and world.faults.strikes("lost_ack"):
                continue
            if status == 200:
                state, note = "sent", ""
                break
            note = f"校铃没有收下（{status}）" if status else "校铃没有回应，可能没有开着"
            if attempt + 1 == tries:
                state = "refused"
    return state, note


def _once(post: Post, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, float]:
    started = monotonic()
    try:
        status, _, answer = post("POST", url, headers, body)
    except requests.RequestException as error:
        return 0, type(error).__name__, round((monotonic() - started) * 1000, 1)
    return status, answer.decode("utf-8", "replace"), round((monotonic() - started) * 1000, 1)


def pretty(text: str) -> str:
    """JSON with line breaks; anything else as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)[:SHOWN]
    except ValueError:
        return text[:SHOWN]


Call = Callable[[dict[str, Any]], Any]
