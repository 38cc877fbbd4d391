"""What every call of WeCom's office and school addresses goes through: the token, the faults, the count; and how it answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from bot.emulator.wecom_door import WecomError, admit, answer
from bot.emulator.wirelog import json_body
from bot.emulator.world import World

MINUTE = timedelta(minutes=1)
A_MINUTE = 600
"""Of one call with approvals, reports and attendance (审批, copy of 2024); the same is kept for the rest."""


def guard(pages: Blueprint, world: World) -> None:
    """Check each call before it is carried out; a refusal is HTTP 200 with its errcode."""

    @pages.before_request
    def check() -> None:
        admit(world)
        if world.rates.count("wecom office", request.path, MINUTE) > A_MINUTE:
            raise WecomError(45009)
        if world.faults.strikes("busy"):
            raise WecomError(-1)

    @pages.errorhandler(WecomError)
    def refused(error: WecomError) -> Response:
        return answer(error.code)


def body() -> dict[str, Any]:
    """Raises WecomError."""
    found = json_body()
    if found is None:
        raise WecomError(47001)
    return found


def number(text: object, refusal: int = 40058) -> int:
    """Raises WecomError."""
    try:
        return int(str(text))
    except ValueError as error:
        raise WecomError(refusal) from error


def page(rows: list[Any], cursor: str, size: int) -> tuple[list[Any], str]:
    """The rows from a cursor on, and the next one; "" ends them."""
    start = number(cursor) if cursor else 0
    end = start + size
    return rows[start:end], str(end) if end < len(rows) else ""
