"""值班情况 昨天：看哪天、哪一周值班都报了什么"""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.context import Context, Outcome, say, stay
from bot.domain.calendar import week_start
from bot.errors import NotAllowed, NotMine, PersonError
from bot.language.days import find_day
from bot.registry import handles
from handlers.look_up import MAY_SEE_ALL

ASKED = (
    r"^(?:看看|看一下|查查|查一下)?(?:昨天|昨晚|前天|今天|今日|(?:上|本|这)?个?(?:周|星期)[一二三四五六日天]?"
    r"|\d{1,2}月\d{1,2}[日号]?|\d{1,2}[日号])(?:的)?值班(?:情况|记录|报告|怎么样|咋样)(?:怎么样|如何|呢)?[?？。]*$"
)
_BACK = {"昨": 1, "前天": 2}
_WEEK = re.compile(r"(?P<last>上)?(?:本|这)?个?(?:周|星期)(?![一二三四五六日天])")
_REST = "的值班情况记录报告看查一下怎么样咋如何呢?？。 "
"""What a question has besides its day; anything else makes it a report."""


@handles("值班情况", "值班记录", help="领导看哪天值班报了什么", example="值班情况 昨天", spoken=ASKED)
def start(ctx: Context) -> Outcome:
    """What was reported on one day or in one week, today without either; in private alone."""
    span = _span(ctx.words, ctx.day)
    may = ctx.person.holds(*MAY_SEE_ALL)
    if span is None or not (may or ctx.words):
        raise NotMine  # 「值班情况：放学有序」 is a report, and so is what who is on duty begins without words
    if not may:
        raise NotAllowed("common/not_allowed", posts=MAY_SEE_ALL)
    if ctx.in_group:
        raise PersonError("look_up_duty/in_private")
    first, last = span
    return say("look_up_duty/days", first=first, last=last, reports=ctx.store.reports.between(first, last)) + stay()


def _span(words: str, today: date) -> tuple[date, date] | None:
    """The first and the last day that a question names; None where the words say something else."""
    if not words:
        return today, today
    for word, days in _BACK.items():
        if word in words:
            day = today - timedelta(days=days)
            return day, day
    week = _WEEK.search(words)
    if week is not None:
        monday = week_start(today) - timedelta(days=7 if week["last"] else 0)
        return monday, monday + timedelta(days=6)
    found = find_day(words, today)
    if found is None or found[1].strip(_REST):
        return None
    # a weekday without its week that is past is meant, not the coming one
    day = found[0] if found[0] <= today else found[0] - timedelta(days=7)
    return day, day
