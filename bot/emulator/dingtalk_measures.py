"""DingTalk's measures: twenty calls a second for each app and API, and what an organisation may use up in a month.

Written from the documentation alone: 钉钉开放平台 › 错误码 (0012, 0013), 调用量说明 (1431-1434, 1438); snapshot of 2026-08-22.
That webhooks answer as the old API does when the month is used up is not documented.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request

from bot.emulator.dingtalk_refusals import NewError, OldError
from bot.emulator.world import World

A_SECOND, SECOND = 20, timedelta(seconds=1)
OVER = "20001"

_UNCOUNTED = ("/v1.0/oauth2/", "/gettoken", "/v1.0/gateway/", "/dingtalk/files", "/topapi/v2/user/", "/topapi/user/")
"""Tokens, login and contacts (1432); a file's own address is no API."""

_MESSAGES = ("/robot/send", "/robot/sendBySession")
"""A webhook belongs to no app: it counts as a message, and has a measure of its own by the minute."""


def measure(world: World) -> None:
    """Refuse a call that is too much; count the others."""
    path = request.path
    if path.startswith(_UNCOUNTED):
        return
    new, message = path.startswith("/v1.0/"), path in _MESSAGES
    if not message and world.rates.count("dingtalk second", path, SECOND) > A_SECOND:
        if new:
            raise NewError("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "调用太频繁，请稍后再试", 403)
        raise OldError(90018, "调用太频繁，请稍后再试")
    if not _there_is(world, "message" if message else "api"):
        if new:
            raise NewError("Forbidden.AccessDenied.ApiCountLimitForOrg", "本月的接口调用次数已用完", 403)
        raise OldError(90020, "本月的接口调用次数已用完")


def pushed(world: World, body: dict[str, Any], *, stream: bool) -> dict[str, Any]:
    """A message to the robot, counted; without its words where the month is used up (1431)."""
    if _there_is(world, "message"):
        return body
    names = ("errCode", "errMsg") if stream else ("errorCode", "errorMessage")
    left = {name: value for name, value in body.items() if name not in ("text", "content")}
    return left | {names[0]: OVER, names[1]: "本月的消息条数已用完"}


def _there_is(world: World, unit: str) -> bool:
    return not world.faults.on("over_quota") and world.quotas.use(unit)
