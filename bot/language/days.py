"""Days as people type them: 周五, 下周三, 明天, 9月30日, 9.30, 30号, 3天后."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.language.numbers import value
from bot.language.width import narrow

_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 6}
_NEAR = {"今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2, "大后天": 3}
_N = r"(\d{1,2}|[一二两三四五六七八九十]{1,3})"
_EDGE = r"(?:之?前|为止)?"

_FORMS = (
    ("near", re.compile(rf"(大后天|今天|今日|明天|明日|后天){_EDGE}")),
    ("week", re.compile(rf"(下下|下个?|本|这个?)?(?:周|星期|礼拜)([一二三四五六日天末]){_EDGE}")),
    ("month_day", re.compile(rf"{_N}月{_N}[日号]?{_EDGE}")),
    ("dotted", re.compile(rf"(?<![\d.])(\d{{1,2}})[./-](\d{{1,2}})(?![\d.]){_EDGE}")),
    ("day", re.compile(rf"(?<![\d月]){_N}[日号]{_EDGE}")),
    ("after", re.compile(rf"{_N}天(?:后|之后|以后|内|之内|以内)")),
)


def find_day(text: str, today: date) -> tuple[date, str] | None:
    """The first day a text names, counted from today, and the text without it. None when there is none.

    A day without its month or week that is past means the next one: on a Friday 周三 is next week's.
    """
    text = narrow(text)
    found = [(match.start(), form, match) for form, pattern in _FORMS if (match := pattern.search(text))]
    for _, form, match in sorted(found, key=lambda item: (item[0], -len(item[2][0]))):
        day = _read(form, match, today)
        if day is not None:
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            return day, " ".join(rest.split())
    return None


def _read(form: str, match: re.Match[str], today: date) -> date | None:
    try:
        match form:
            case "near":
                return today + timedelta(days=_NEAR[match[1]])
            case "week":
                return _weekday(match[1] or "", _WEEKDAYS[match[2]], today)
            case "month_day" | "dotted":
                return _next_date(value(match[1]), value(match[2]), today)
            case "day":
                return _next_day_of_month(value(match[1]), today)
            case _:
                return today + timedelta(days=value(match[1]))
    except ValueError:
        return None


def _weekday(prefix: str, weekday: int, today: date) -> date:
    monday = today - timedelta(days=today.weekday())
    if prefix.startswith("下下"):
        return monday + timedelta(days=14 + weekday)
    if prefix.startswith("下"):
        return monday + timedelta(days=7 + weekday)
    day = monday + timedelta(days=weekday)
    return day + timedelta(days=7) if day < today and not prefix else day


def _next_date(month: int, day: int, today: date) -> date:
    this_year = date(today.year, month, day)
    # a date half a year back is next year's; one just past is a mistake that the caller points out
    return this_year if (today - this_year).days < 180 else date(today.year + 1, month, day)


def _next_day_of_month(day: int, today: date) -> date:
    if day >= today.day:
        return date(today.year, today.month, day)
    year, month = (today.year, today.month + 1) if today.month < 12 else (today.year + 1, 1)
    return date(year, month, day)
