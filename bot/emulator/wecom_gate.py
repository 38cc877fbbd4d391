"""What every call of WeCom's office and school addresses goes through: the token, the faults, the count; and how it answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from bot.emulator.records import WECOM
from bot.emulator.wecom_server import UNTRUSTED, WecomError
from bot.emulator.wirelog import json_body
from bot.emulator.world import World

MINUTE = timedelta(minutes=1)
A_MINUTE = 600
"""Of one call with approvals, reports and attendance (审批, copy of 2024); the same is kept for the rest."""

_WORDS = {
    0: "ok", -1: "system busy", 40014: "invalid access_token", 40056: "invalid agentid", 40058: "invalid parameter",
    40007: "invalid media_id", 40008: "invalid message type", 41001: "access_token missing", 42001: "access_token expired",
    44004: "empty content", 48002: "api forbidden", 45002: "content size out of limit", 45009: "api freq out of limit",
    47001: "data format error, Warning: wrong json format.", 60003: "department not found", 60020: UNTRUSTED,
    60111: "userid not found",
    81013: "user & party & tag all invalid", 82001: "all user & party & tag invalid", 82002: "too many party",
    301021: "invalid userid", 301023: "invalid useridlist size", 301024: "invalid time interval",
    301025: "get approval param error", 301065: "invalid journal parameter",
}  # fmt: skip


def guard(pages: Blueprint, world: World) -> None:
    """Check each call before it is carried out; a refusal is HTTP 200 with its errcode."""

    @pages.before_request
    def check() -> None:
        token = request.args.get("access_token", "")
        if not token:
            raise WecomError(41001)
        state = world.tokens[WECOM].state(token)
        if state != "good":
            raise WecomError(42001 if state == "expired" else 40014)
        if world.faults.on("untrusted_ip"):
            raise WecomError(60020)
        if world.rates.count("wecom office", request.path, MINUTE) > A_MINUTE:
            raise WecomError(45009)
        if world.faults.strikes("busy"):
            raise WecomError(-1)

    @pages.errorhandler(WecomError)
    def refused(error: WecomError) -> Response:
        return answer(error.code)


def answer(code: int = 0, /, **more: object) -> Response:
    return jsonify({"errcode": code, "errmsg": _WORDS[code], **more})


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
