"""The parts of an approval's form: every value is a string, some of them with JSON inside.

DDDateRangeField: '["2026-03-02","2026-03-03"]' under the name '["开始时间","结束时间"]' (0491). The leave kit's DDHolidayField
is not in the documents; public code shows '["2026-03-02 上午","2026-03-02 下午",1,"halfDay","事假","请假类型"]', with minutes
or plain days instead of halves, so it is read by what its items look like, and what looks like nothing is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from bot.clock import SCHOOL_TZ, from_ms

Part = Mapping[str, Any]

RANGES = ("DDHolidayField", "DDDateRangeField")
"""The kit first: a form may hold both, and the kit is what counts."""

_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(?:(\d{1,2}):(\d{2})(?::\d{2})?|(上午|下午|AM|PM)))?", re.IGNORECASE
)
_UNITS = frozenset({"day", "halfday", "hour", "percent", "halfDay"})
_EMPTY = frozenset({"", "null", "[]", "{}"})
NOON, NIGHT = time(12), time(23, 59)


def span(parts: Sequence[Part]) -> tuple[datetime | None, datetime | None]:
    """From when to when, as the form names it; a day without hours is whole. (None, None) for a form that names no span."""
    for kind in RANGES:
        for part in parts:
            if part.get("componentType") == kind and (found := _range(_opened(part.get("value")))):
                return found
    ends = [_labelled(parts, words) for words in (("开始", "起始"), ("结束", "截止"))]
    if ends[0] is not None and ends[1] is not None:
        return _at(ends[0], last=False), _at(ends[1], last=True)
    return None, None


def leave_kind(parts: Sequence[Part]) -> str:
    """What kind of leave: the kit's word, else the answer to 请假类型; "" for none."""
    for part in parts:
        value = _opened(part.get("value"))
        if part.get("componentType") == "DDHolidayField" and isinstance(value, list):
            words = [item for item in value if isinstance(item, str) and not _plain(item)]
            if words:
                return words[0]
    for label, value in field_words(parts).items():
        if label.endswith(("请假类型", "假期类型", "出差类型")):
            return value
    return ""


def field_words(parts: Sequence[Part]) -> dict[str, str]:
    """Label → what was filled in, as people would write it. What is empty is left out."""
    found = {}
    for part in parts:
        label = _words(_opened(part.get("name")))
        value = _words(_opened(part.get("value")))
        if label and value not in _EMPTY:
            found[label] = value
    return found


def _opened(value: object) -> Any:
    """What a string holds: the JSON of a list, else itself."""
    if isinstance(value, str) and value.startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _words(value: object) -> str:
    if isinstance(value, list):
        rows = any(isinstance(item, list) for item in value)
        return ("；" if rows else "、").join(filter(None, map(_words, value)))
    if isinstance(value, Mapping):
        if "rowValue" in value:
            return _words(value["rowValue"])
        name = value.get("name") or value.get("label") or value.get("fileName") or ""
        words = _words(value.get("value"))
        return f"{name}：{words}" if name and words else str(name or words)
    return "" if value is None else str(value).strip()


def _range(value: object) -> tuple[datetime, datetime] | None:
    if not isinstance(value, list):
        return None
    ends = [item for item in value if _at(item, last=False) is not None][:2]
    if len(ends) < 2:
        return None
    first, last = _at(ends[0], last=False), _at(ends[1], last=True)
    return (first, last) if first and last else None


def _labelled(parts: Sequence[Part], words: Sequence[str]) -> object | None:
    """The date whose label says so."""
    for part in parts:
        label = str(part.get("name") or "")
        if part.get("componentType") == "DDDateField" and any(word in label for word in words):
            return part.get("value") if _at(part.get("value"), last=False) else None
    return None


def _plain(item: str) -> bool:
    """No kind of leave: a moment, a measure, a number, or the component's own label."""
    known = item.lower() in _UNITS or item in ("请假类型", "开始时间", "结束时间", "时长")
    return known or _MOMENT.match(item) is not None or re.fullmatch(r"[\d.]*", item) is not None


def _at(value: object, *, last: bool) -> datetime | None:
    """The moment that an end of a span stands for; None for what is no date. last: a day or a half lasts until its end."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 10**11:
        return from_ms(value)
    match = _MOMENT.match(str(value).strip()) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, half = match.groups()
    if hour:
        clock = (int(hour), int(minute))
    elif half in ("上午",) or str(half).upper() == "AM":
        clock = (NOON.hour, NOON.minute) if last else (0, 0)
    elif half:
        clock = (NIGHT.hour, NIGHT.minute) if last else (NOON.hour, NOON.minute)
    else:
        clock = (NIGHT.hour, NIGHT.minute) if last else (0, 0)
    try:
        return datetime(int(year), int(month), int(day), *clock, tzinfo=SCHOOL_TZ).astimezone(UTC)
    except ValueError:
        return None
