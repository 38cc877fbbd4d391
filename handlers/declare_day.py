"""校历 12月5日 上课 补周五、校历 12月3日 停课 大雪：登记不一样的一天，马上生效"""

from __future__ import annotations

import re
from datetime import timedelta

from bot.context import Context, Outcome, keep, say, tell
from bot.domain.calendar import DayKind
from bot.domain.chats import Group
from bot.domain.people import LEADERS, Post
from bot.domain.school import DayRow
from bot.errors import PersonError
from bot.language.days import find_day
from bot.registry import handles

MAY_DECLARE = (Post.ADMINISTRATOR, Post.OFFICE, *LEADERS)
KINDS = {
    "停课": DayKind.PUPILS_OFF,
    "学生不来": DayKind.PUPILS_OFF,
    "放假": DayKind.OFF,
    "休息": DayKind.OFF,
    "上课": DayKind.WORKDAY,
    "上班": DayKind.WORKDAY,
    "补课": DayKind.WORKDAY,
    "补周": DayKind.WORKDAY,
}
_ACTS_AS = re.compile(r"补(?:周|星期)([一二三四五])")
SOON = timedelta(days=14)
"""Days within this are told to the staff group at once."""

AHEAD = timedelta(days=28)


@handles("校历", help="看近四周的校历，或登记不一样的一天", example="校历 12月5日 上课 补周五", posts=MAY_DECLARE)
def start(ctx: Context) -> Outcome:
    """Without words the next four weeks; with a day and a word the school's own."""
    if not ctx.words:
        return _show(ctx)
    found = find_day(ctx.words, ctx.day)
    kind = next((kind for word, kind in KINDS.items() if word in ctx.words), None)
    if found is None or kind is None or found[0] < ctx.day:
        raise PersonError("declare_day/how")
    day, rest = found
    acts_as = _ACTS_AS.search(rest)
    row = ctx.store.days.of(day) or DayRow(school_id=ctx.store.school.id, day=day)
    row.kind, row.acts_as = kind, "一二三四五".index(acts_as[1]) if acts_as else None
    row.note = _ACTS_AS.sub("", rest)
    for word in KINDS:
        row.note = row.note.replace(word, "")
    row.note = row.note.strip(" ，,。")
    outcome = keep(row) + say("declare_day/declared", row=row)
    if day - ctx.day <= SOON:
        outcome += tell(Group.STAFF, "declare_day/for_all", at_once=True, row=row)
    return outcome


def _show(ctx: Context) -> Outcome:
    calendar = ctx.store.calendar
    days = [ctx.day + timedelta(days=offset) for offset in range(AHEAD.days)]
    special = [
        (day, calendar.day_kind(day))
        for day in days
        if calendar.day_kind(day).note or (calendar.day_kind(day).kind is DayKind.WORKDAY) != (day.weekday() < 5)
    ]
    return say(
        "declare_day/shown",
        week=calendar.week_number(ctx.day),
        term=calendar.term_of(ctx.day),
        special=special,
        unknown=None if calendar.is_known(ctx.day.year + 1) else ctx.day.year + 1,
    )
