"""The emulator's hand on the clock: mounted only where the settings say clock = "turned", answered only on this machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Response, abort, jsonify, request

from bot.clock import Clock
from bot.scheduler import Owed, Scheduler

AHEAD = timedelta(days=10)
"""How far to look for the next thing due; a week's holiday lies within."""


def blueprint(scheduler: Scheduler, clock: Clock, settle: Callable[[], None]) -> Blueprint:
    """settle: waits, for a bounded time, until what was said is out."""
    pages = Blueprint("turning", __name__)

    @pages.before_request
    def only_here() -> None:
        if request.remote_addr not in ("127.0.0.1", "::1"):
            abort(404)

    @pages.get("/clock")
    def clock_now() -> Response:
        return jsonify(now=clock.now().isoformat(), next=_next(scheduler, clock))

    @pages.post("/clock/turned")
    def turned() -> Response:
        ran = scheduler.tick()
        settle()
        return jsonify(now=clock.now().isoformat(), ran=[_line(item) for item in ran], next=_next(scheduler, clock))

    return pages


def _next(scheduler: Scheduler, clock: Clock) -> dict[str, str] | None:
    coming = scheduler.coming(clock.now() + AHEAD)
    return _line(coming[0]) if coming else None


def _line(item: Owed) -> dict[str, str]:
    return {"at": item.due_at.isoformat(), "what": item.schedule.title}
