"""超期、本周、我名下、汇总、月报 9月、隐患 12：随时查"""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.clock import school_time
from bot.context import Context, Outcome, say, stay
from bot.domain.calendar import week_start
from bot.domain.hazards import Hazard, HazardState
from bot.domain.people import LEADERS, Post
from bot.errors import PersonError
from bot.figures import figures
from bot.language.numbers import value
from bot.pointing import THINGS
from bot.registry import handles, understands
from handlers import answer_tasks

MAY_SEE_ALL = (*LEADERS, Post.SAFETY_OFFICER, Post.FACILITIES, Post.OFFICE, Post.ACADEMIC_OFFICE, Post.MORAL_OFFICE)
_MONTH = re.compile(r"(\d{1,2}|十[一二]?|[一二三四五六七八九])月")
OPEN = (HazardState.OPEN, HazardState.FIXED)

HOW_IS_THE_WEEK = (
    r"^(?:看看|看下|看一下|查查|查下|查一下)?(?:本周|这周|这一周|这个?星期)(?:的|我们学校|学校)*"
    r"(?:情况|隐患|安全|排查|工作)*(?:怎么样|怎样|咋样|如何|汇总|小结|情况"
    r"|(?:还)?(?:有|剩)(?:几|多少)[个处条]?(?:没|未)[\u4e00-\u9fff]{1,4})[了啊呀呢吗的?？。\s]*$"
)
"""这周情况怎么样."""


@handles("超期", help="到期还没改好的隐患", alone=True)
def overdue(ctx: Context) -> Outcome:
    """Of everybody for who may see it; else one's own."""
    late = [hazard for hazard in _visible(ctx, ctx.store.hazards.overdue(ctx.day)) if hazard.due_on < ctx.day]
    return say("look_up/overdue", hazards=late, names=not ctx.in_group) + stay()


@handles("本周", help="这一周报了几处、销了几处、还剩几处", alone=True, spoken=HOW_IS_THE_WEEK)
def this_week(ctx: Context) -> Outcome:
    """Hazards reported since Monday, and what is open."""
    monday = week_start(ctx.day)
    open_now = ctx.store.hazards.in_state(*OPEN)
    touched = ctx.store.hazards.touching(ctx.now - timedelta(days=7), ctx.now)
    reported = [hazard for hazard in touched if school_time(hazard.reported_at).date() >= monday]
    closed = [hazard for hazard in touched if hazard.closed_at and school_time(hazard.closed_at).date() >= monday]
    late = [hazard for hazard in open_now if hazard.state is HazardState.OPEN and hazard.due_on < ctx.day]
    return say("look_up/week", reported=reported, closed=closed, open=open_now, late=late) + stay()


@handles("我名下", "我名下的", help="我要整改的隐患和任务", alone=True)
def mine(ctx: Context) -> Outcome:
    """The same as 我的任务."""
    return answer_tasks.mine(ctx)


@handles("汇总", help="这个月到现在的数", posts=MAY_SEE_ALL)
def so_far(ctx: Context) -> Outcome:
    """The month so far."""
    return _month(ctx, ctx.day)


@handles("月报", help="某个月的数", example="月报 9月", posts=MAY_SEE_ALL)
def monthly(ctx: Context) -> Outcome:
    """A month by its name; without one, this month. One that is still to come was last year's."""
    named = _MONTH.search(ctx.words)
    if named is None:
        return _month(ctx, ctx.day)
    month = value(named[1])
    if not 1 <= month <= 12:
        raise PersonError("look_up/which_month")
    year = ctx.day.year - (month > ctx.day.month)
    following = date(year + month // 12, month % 12 + 1, 1)
    return _month(ctx, min(following - timedelta(days=1), ctx.day))


@understands("query")
def heard(ctx: Context) -> Outcome:
    """Free text: which hazards, or how one of them goes."""
    words = ctx.words
    if "超期" in words or "到期" in words or "逾期" in words:
        return overdue(ctx)
    number = re.search(r"隐患\s*(\d{1,6})", words)
    if number:
        return card(ctx, int(number[1]))
    found = [hazard for hazard in _visible(ctx, ctx.store.hazards.in_state(*OPEN)) if _speaks_of(ctx, hazard)]
    if len(found) == 1:
        return card(ctx, found[0].number)
    if found:
        return say("look_up/several", hazards=found) + stay()
    if any(word in words for word in ("几条", "几处", "多少", "本周", "这周", "没整改", "未整改", "还有")):
        return this_week(ctx)
    return say("look_up/nothing_found") + stay()


def card(ctx: Context, number: int) -> Outcome:
    """One hazard with its history; in a group without the link to its photos."""
    hazard = ctx.store.hazards.numbered(number)
    if hazard is None:
        raise PersonError("hazards/none", number=number)
    return say("look_up/card", hazard=hazard, today=ctx.day, private=not ctx.in_group) + stay()


def _month(ctx: Context, day: date) -> Outcome:
    month = figures(ctx.store, day, ctx.now)
    return say("month_end_summary/staff" if ctx.in_group else "month_end_summary/leaders", month=month) + stay()


def _visible(ctx: Context, hazards: list[Hazard]) -> list[Hazard]:
    if ctx.person.holds(*MAY_SEE_ALL):
        return hazards
    return [hazard for hazard in hazards if ctx.person in (hazard.owner, hazard.reporter)]


def _speaks_of(ctx: Context, hazard: Hazard) -> bool:
    if any(word in hazard.text for word in THINGS.findall(ctx.words)):
        return True
    items = ctx.meaning.items if ctx.meaning is not None else ()
    return any(hazard.area in item.place.area for item in items if item.place.area)
