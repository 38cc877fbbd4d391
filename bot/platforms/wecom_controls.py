"""The controls of WeCom's approval and journal forms: what somebody filled in, as words under their labels.

Sources: 企业微信开发者中心 › 提交审批申请 (91853), 获取审批申请详情 (91983), 获取汇报记录详情 (93394);
restated in SKIT's samples, 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.clock import from_seconds, school_time

HALF = timedelta(hours=12)


def fields(contents: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Label → words; what was left empty, and labels that only explain, are left out. Labels that repeat are counted."""
    found: dict[str, str] = {}
    for control in contents:
        said = words(control)
        label = in_chinese(control.get("title")) or str(control.get("id", ""))
        number = 1 + sum(each == label or each.startswith(f"{label} ") for each in found)
        if said:
            found[label if number == 1 else f"{label} {number}"] = said
    return found


def words(control: Mapping[str, Any]) -> str:
    """What stands in one control, on one line for each row of a table."""
    value = control.get("value")
    if not isinstance(value, Mapping):
        return ""
    return "；".join(part for part in _parts(str(control.get("control", "")), value) if part)


def span(control: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """The first and the last moment of a control that names a span of time (DateRange, Attendance, Vacation)."""
    found = _range(control.get("value"))
    if not found:
        return None
    try:
        first, last = from_seconds(found["new_begin"]), from_seconds(found["new_end"])
    except (KeyError, TypeError, ValueError):
        return None
    clock = school_time(last)
    if found.get("type") == "halfday" and (clock.hour % 12, clock.minute, clock.second) == (0, 0, 0):
        last += HALF - timedelta(seconds=1)  # a half day is named by when it begins, and belongs to the span
    return first, last


def kind(control: Mapping[str, Any]) -> str:
    """The sort of leave that was chosen in a Vacation control (事假), "" elsewhere."""
    value = control.get("value")
    vacation = value.get("vacation") if isinstance(value, Mapping) else None
    return _chosen(vacation.get("selector")) if isinstance(vacation, Mapping) else ""


def in_chinese(texts: object) -> str:
    """One of [{text, lang}], Chinese before others."""
    rows = [row for row in texts if isinstance(row, Mapping)] if isinstance(texts, list) else []
    rows.sort(key=lambda row: str(row.get("lang", "")) not in ("zh_CN", "zh"))
    return str(rows[0].get("text") or "") if rows else ""


def _parts(control: str, value: Mapping[str, Any]) -> Iterator[str]:
    match control:
        case "Number":
            yield _text(value.get("new_number"))
        case "Money":
            yield _text(value.get("new_money"))
        case "Date":
            yield _date(value.get("date"))
        case "Selector":
            yield _chosen(value.get("selector"))
        case "Contact":
            yield "、".join(_text(row.get("name")) for key in ("members", "departments") for row in _rows(value, key))
        case "File":
            yield f"{len(_rows(value, 'files'))} 个文件" if _rows(value, "files") else ""
        case "Table":
            yield from (_row(row) for row in _rows(value, "children"))
        case "DateRange" | "Attendance" | "Vacation":
            yield kind({"value": value})
            yield _span_words(value)
        case "Location":
            yield "，".join(_text(_part(value, "location").get(key)) for key in ("title", "address"))
        case "RelatedApproval":
            yield "、".join(_text(row.get("sp_no")) for row in _rows(value, "related_approval"))
        case "Formula":
            yield _text(_part(value, "formula").get("value"))
        case _:
            yield _text(value.get("text"))
    for key in ("students", "classes"):  # the school's own controls
        yield "、".join(_text(row.get("name")) for row in _rows(value, key))


def _row(row: Mapping[str, Any]) -> str:
    """One row of a table, its cells with their labels."""
    cells = ((in_chinese(cell.get("title")), words(cell)) for cell in _rows(row, "list"))
    return "，".join(f"{label}：{said}" if label else said for label, said in cells if said)


def _span_words(value: Mapping[str, Any]) -> str:
    found = span({"value": value})
    if not found:
        return ""
    first, last = map(school_time, found)
    return f"{_moment(first)}—{_moment(last)}"


def _moment(moment: datetime) -> str:
    return f"{moment.month}月{moment.day}日{moment:%H:%M}"


def _date(value: object) -> str:
    if not isinstance(value, Mapping):
        return ""
    try:
        moment = school_time(from_seconds(value["s_timestamp"]))
    except (KeyError, TypeError, ValueError):
        return ""
    return _moment(moment) if value.get("type") == "hour" else f"{moment.year}年{moment.month}月{moment.day}日"


def _range(value: object) -> Mapping[str, Any]:
    """The date_range, however deep it stands."""
    if not isinstance(value, Mapping):
        return {}
    for key in ("date_range", "attendance", "vacation"):
        inner = value.get(key)
        if isinstance(inner, Mapping):
            return inner if key == "date_range" else _range(inner)
    return {}


def _chosen(selector: object) -> str:
    if not isinstance(selector, Mapping):
        return ""
    return "、".join(in_chinese(row.get("value")) or _text(row.get("key")) for row in _rows(selector, "options"))


def _part(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _rows(value: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = value.get(key)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
