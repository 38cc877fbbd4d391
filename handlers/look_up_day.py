"""明天放假吗、周六上班吗：问哪天上不上课，照校历答"""

from __future__ import annotations

from datetime import date, timedelta

from bot.context import Context, Outcome, say, stay
from bot.domain.calendar import DayKind, SchoolCalendar
from bot.errors import NotMine
from bot.language.days import find_day
from bot.registry import handles

ASKED = (
    r"^[^，,。]{0,12}?(?:放(?:不放|几天|多少天)?假|上(?:不上)?课|上(?:不上)?学|上(?:不上)?班|补(?:不补)?课|补班|调休|休息)"
    r"(?:吗|么|嘛|不)?[啊呀呢]?[?？]*$"
)
A_YEAR = 366

HOLIDAYS = {
    "元旦": "元旦",
    "春节": "春节",
    "过年": "春节",
    "清明": "清明",
    "五一": "劳动节",
    "劳动节": "劳动节",
    "端午": "端午",
    "中秋": "中秋",
    "国庆": "国庆节",
    "十一": "国庆节",
}
"""What people say, and what the calendar calls it."""

_ASKS = ("吗", "么", "嘛", "不", "?", "？")


@handles("问校历", help="哪天上不上课", example="问校历 明天", spoken=ASKED)
def start(ctx: Context) -> Outcome:
    """What a day is by the school's calendar. Words that ask nothing, or name no day, are for others."""
    asked = ctx.words != ctx.message.text.strip() or any(sign in ctx.words for sign in _ASKS)
    calendar = ctx.store.calendar
    holiday = next((name for word, name in HOLIDAYS.items() if word in ctx.words), "")
    if holiday and asked:
        days = [
            day for offset in range(A_YEAR) if (day := ctx.day + timedelta(days=offset)) and _is(calendar, day, holiday)
        ]
        run = [day for place, day in enumerate(days) if (day - days[0]).days == place]
        known = calendar.day_kind(run[0]).source if run else ""
        return say("look_up_day/holiday", name=holiday, days=run, source=known) + stay()
    found = find_day(ctx.words or "今天", ctx.day)
    if found is None or not asked:
        raise NotMine
    day = found[0]
    return say("look_up_day/day", date=day, day=calendar.day_kind(day), pupils=calendar.is_school_day(day)) + stay()


def _is(calendar: SchoolCalendar, day: date, holiday: str) -> bool:
    kind = calendar.day_kind(day)
    return kind.kind is DayKind.OFF and holiday in kind.note
