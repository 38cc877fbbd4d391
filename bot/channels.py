"""What each kind of connection can do, read from the settings classes and the platform files: `xiaoling channels`.

docs/channels.md holds the same table; `python -m bot channels --write docs/channels.md` renews it.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from bot.clock import RealClock
from bot.connections import build_platform
from bot.kinds import kind_words
from bot.platforms.base import Capabilities, Listener, Platform, Rate, Reach, TodoKeeper
from bot.settings import ConnectionSettings

REACHES: Mapping[Reach, str] = {
    Reach.ANYONE: "所有人",
    Reach.SPOKEN: "跟它说过话的人",
    Reach.NOBODY: "不能主动",
}
_HEAD = (
    "platform、kind", "名称", "公网地址", "听", "单聊", "群", "主动找谁", "按钮（群里）", "按过就收", "撤回", "图片", "文件",
    "@人", "待办", "一条字节", "最快", "每月额度",
)  # fmt: skip
_SPANS = (
    (timedelta(days=1), "天"),
    (timedelta(hours=1), "小时"),
    (timedelta(minutes=1), "分钟"),
    (timedelta(seconds=1), "秒"),
)
_PLACE = re.compile(r"(<!-- channels -->\n).*?(<!-- /channels -->)", re.DOTALL)


def kinds() -> dict[str, type[BaseModel]]:
    """ "wecom app" → its settings class, in the order of the settings' union."""
    return {_name(each): each for each in _members(ConnectionSettings)}


def _members(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type):
        yield annotation
    elif get_origin(annotation) in (typing.Union, types.UnionType):
        for each in get_args(annotation):
            yield from _members(each)
    else:
        yield from _members(get_args(annotation)[0])  # Annotated: what stands first


def _name(settings: type[BaseModel]) -> str:
    return " ".join(get_args(settings.model_fields[part].annotation)[0] for part in ("platform", "kind"))


def needed(settings: type[BaseModel]) -> dict[str, FieldInfo]:
    """The settings of a kind that have no default, besides what it is called."""
    asked = settings.model_fields.items()
    return {name: field for name, field in asked if field.is_required() and name not in ("name", "platform", "kind")}


def specimen(kind: str, known: Mapping[str, Any] | None = None) -> Platform:
    """A connection of this kind with made-up secrets where they are not known: nothing is called.

    Raises pydantic.ValidationError, Malformed for what is known and cannot be.
    """
    settings = kinds()[kind]
    platform, word = kind.split()
    values: dict[str, Any] = {"platform": platform, "kind": word, "name": "specimen"}
    for name, field in needed(settings).items():
        if field.annotation is int:
            values[name] = 1
        else:
            shortest = max([1, *(part.min_length for part in field.metadata if hasattr(part, "min_length"))])
            values[name] = "A" * shortest
    return build_platform(TypeAdapter(ConnectionSettings).validate_python(values | dict(known or {})), RealClock())


def needs_address(platform: Platform) -> bool:
    """Whether the platform calls us: then it must find us on the internet."""
    return platform.capabilities.hears and not isinstance(platform, Listener)


def table() -> str:
    """A Markdown table, one row for each kind."""
    rows = [_HEAD, ("---",) * len(_HEAD), *(_row(kind) for kind in kinds())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(kind: str) -> tuple[str, ...]:
    platform = specimen(kind)
    can = platform.capabilities
    return (
        f"`{kind}`",
        kind_words(kind).title,
        "要" if needs_address(platform) else "不要",
        *(_tick(each) for each in (can.hears, can.direct, can.groups)),
        _whom(can),
        _buttons(can),
        *(_tick(each) for each in (can.closes, can.recalls, can.images, can.files, can.mentions)),
        "可以打开" if isinstance(platform, TodoKeeper) else "",
        str(can.text_bytes or "不发"),
        "，".join(map(_rate, can.rates)) or "没有说",
        _quotas(can),
    )


def _whom(can: Capabilities) -> str:
    if can.direct:
        return REACHES[can.reach]
    if can.parents:
        return "家长（班主任确认）" if can.confirmed else "家长"
    return "它的群" if can.groups else "不能主动"


def _buttons(can: Capabilities) -> str:
    if not can.buttons and not can.group_buttons:
        return "打字"
    return f"{can.buttons}（{can.group_buttons}）" + ("，多选" if can.forms else "")


def _tick(can: bool) -> str:
    return "✓" if can else ""


def _rate(rate: Rate) -> str:
    number, word = next((rate.per // span, word) for span, word in _SPANS if rate.per % span == timedelta())
    where = "每个聊天" if rate.scope == "chat" else ""
    span = f"每{word}" if number == 1 else f"每 {number} {word}"
    return f"{where}{span} {rate.count} 次"


def _quotas(can: Capabilities) -> str:
    units = {"api": "接口调用", "message": "消息"}
    return "，".join(f"{units.get(quota.unit, quota.unit)} {quota.a_month}" for quota in can.quotas) or "不限"


def filled(text: str) -> str:
    """A page with the table as it should be between <!-- channels --> and <!-- /channels -->. Raises LookupError without them."""
    text, found = _PLACE.subn(lambda match: f"{match[1]}{table()}\n{match[2]}", text)
    if found != 1:
        raise LookupError(f"the page needs <!-- channels --> and <!-- /channels --> once, and has them {found} times")
    return text
