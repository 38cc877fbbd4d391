"""值班情况 昨天：看哪天值班都报了什么"""

from __future__ import annotations

from bot.context import Context, Outcome, say, stay
from bot.errors import NotAllowed, NotMine, PersonError
from bot.language.days import find_day
from bot.registry import handles
from handlers.look_up import MAY_SEE_ALL

ASKED = (
    r"^(?:看看|看一下|查查|查一下)?(?:昨天|昨晚|前天|今天|今日|(?:上|本|这)?个?(?:周|星期)[一二三四五六日天]|\d{1,2}月\d{1,2}[日号]?|\d{1,2}[日号])"
    r"(?:的)?值班(?:情况|记录|报告|怎么样|咋样)(?:怎么样|如何|呢)?[?？。]*$"
)
_BACK = {"昨": 1, "前天": 2}


@handles("值班情况", "值班记录", help="领导看哪天值班报了什么", example="值班情况 昨天", spoken=ASKED)
def start(ctx: Context) -> Outcome:
    """What was reported on one day, today without one; in private alone. Words that name no day are a report."""
    back = next((days for word, days in _BACK.items() if word in ctx.words), None)
    found = find_day(ctx.words, ctx.day) if ctx.words and back is None else None
    if (
        ctx.words
        and back is None
        and (found is None or found[1].strip("的值班情况记录报告看查一下怎么样咋如何呢?？。 "))
    ):
        raise NotMine
    if not ctx.person.holds(*MAY_SEE_ALL):
        if not ctx.words:
            raise NotMine  # who is on duty says it to begin a report
        raise NotAllowed("common/not_allowed", posts=MAY_SEE_ALL)
    if ctx.in_group:
        raise PersonError("look_up_duty/in_private")
    day = ctx.day
    if back is not None:
        day = ctx.day.fromordinal(ctx.day.toordinal() - back)
    elif found is not None:
        # a weekday without its week that is past is meant, not the coming one
        day = found[0] if found[0] <= ctx.day else ctx.day.fromordinal(found[0].toordinal() - 7)
    return say("look_up_duty/day", date=day, reports=ctx.store.reports.between(day, day)) + stay()
