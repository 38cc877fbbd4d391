"""What every call to an emulated platform goes through: the faults at the desk, and the log that the wire drawer shows."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, request

from bot.clock import monotonic
from bot.emulator.records import Exchange, Message
from bot.emulator.world import World

SHOWN = 20_000
"""Characters of a body that are kept."""

_HEADERS = ("content-type", "x-acs-dingtalk-access-token", "user-agent")


def watch(blueprint: Blueprint, world: World, titles: Mapping[str, str]) -> None:
    """Slow down while the desk says so, and log. titles: path to what the call is for, in Chinese."""

    @blueprint.before_request
    def begin() -> None:
        g.started, g.carried = monotonic(), []
        if world.faults.on("slow"):
            time.sleep(world.faults.slow_seconds)

    @blueprint.after_request
    def end(response: Response) -> Response:
        title = titles.get(request.path, "")
        if not title:
            return response
        binary = response.is_streamed or not (response.mimetype or "").startswith(("application/json", "text/"))
        world.note_exchange(
            Exchange(
                direction="from_bot",
                title=title,
                at=world.clock.now(),
                method=request.method,
                url=request.url,
                request_headers={key: value for key, value in request.headers.items() if key.lower() in _HEADERS},
                request_body=_body()[:SHOWN],
                plain=_plain(),
                status=response.status_code,
                response_body="（文件）" if binary else response.get_data(as_text=True)[:SHOWN],
                ms=int((monotonic() - g.started) * 1000),
                messages=list(g.carried),
            )
        )
        return response


def carried(message: Message) -> None:
    """This call brought the bubble."""
    g.carried.append(message.id)


def carried_file_of(world: World, file_id: str) -> None:
    """This call fetched a picture: it belongs to the bubble that shows it."""
    g.carried += [message.id for message in world.messages() if file_id in message.images]


def json_body() -> dict[str, Any] | None:
    """The request's JSON object; None for anything else."""
    data = request.get_json(force=True, silent=True)
    return data if isinstance(data, dict) else None


def _body() -> str:
    if request.files:
        return f"（表单，{request.content_length or 0} 字节）"
    return request.get_data(as_text=True)


def _plain() -> str:
    """The JSON, readable: a msgParam that is JSON within a string is opened, long base64 is cut."""
    data = None if request.files else json_body()
    return "" if data is None else json.dumps(_opened(data), ensure_ascii=False, indent=2)[:SHOWN]


def _opened(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _opened(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_opened(part) for part in value]
    if name == "msgParam" and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    if name == "base64" and isinstance(value, str):
        return f"{value[:40]}…（{len(value)} 字）"
    return value
