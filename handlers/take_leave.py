"""请假 周三到周五 看病、销假：请假的日子校铃什么都不问"""

from __future__ import annotations

import re
from datetime import timedelta

from bot.context import NOTHING, Context, Outcome, Told, keep, say, stay, tell
from bot.domain.absences import Leave
from bot.domain.people import Post, Turn
from bot.errors import PersonError
from bot.language.days import find_day
from bot.registry import handles

_DAYISH = re.compile(r"[月号周日]|星期|昨|上午|下午|\d")

LONGEST = timedelta(days=200)

_DAYS = (
    r"(?:今天|今日|明天|明日|后天|大后天|下?下?个?(?:周|星期|礼拜)[一二三四五六日天]|\d{1,2}月\d{1,2}[日号]?|\d{1,2}[日号]"
    r"|[上下]午|晚上|到|至|和|[-—~、，,\s])*+"
)
"""Possessive: what follows never begins like a day, and a long row of commas is tried once, not in every way to cut it."""

_LONG = r"(?:个|一下|半天|[一两二三四五]天|\d天)?(?:的)?"
_WANTING = r"(?:想|要|得|需要)?"
ASKED_FOR = (
    rf"^(?:(?:领导|主任|校长|老师)?[，,\s]*我|本人)?{_DAYS}(?:我)?{_WANTING}{_DAYS}请{_LONG}(?:病|事|产|婚|丧|公)?假"
)
"""我明天请假, 周三到周五想请个病假: what somebody says of themselves. A pupil's leave begins with a class or a name."""

_PREFACE = re.compile(r"^(?:领导|主任|校长|老师)?[，,\s]*(?:我|本人)?\s*(?:想|要|得|需要)?\s*")
_ASKING = re.compile(r"(?:我)?(?:想|要|得|需要)?\s*请(?:个|一下|半天)?(?:的)?(?P<kind>病|事|产|婚|丧|公)?假[，,\s]*")


@handles("请假", "我请假", help="请假的日子不再问您", example="请假 周三到周五 看病", spoken=ASKED_FOR)
def start(ctx: Context) -> Outcome:
    """From a day to another, or one day; without a day, today."""
    words = _ASKING.sub(_kind_of_leave, _PREFACE.sub("", ctx.words), count=1)
    start_day = find_day(words, ctx.day)
    if start_day is None and _DAYISH.search(words):
        raise PersonError("take_leave/which_days")
    first, rest = start_day or (ctx.day, words)
    found = find_day(rest, first) if rest.startswith(("到", "至", "-", "—", "~")) else None
    last, reason = found if found is not None else (first, rest)
    reason = reason.removeprefix("到").removeprefix("至").strip(" ，,。:：-—~")
    if last < first or first < ctx.day - timedelta(days=1) or last - ctx.day > LONGEST:
        raise PersonError("take_leave/which_days")
    leave = Leave(
        school_id=ctx.store.school.id, person=ctx.person, first=first, last=last, reason=reason, said_at=ctx.now
    )
    turns = turns_within(ctx, leave)
    noted = say("take_leave/noted", leave=leave, turns=turns) + stay()
    return keep(leave) + noted + tell_the_office(ctx, leave)


def _kind_of_leave(asking: re.Match[str]) -> str:
    """Of 请个病假 the kind is part of the reason; the rest is asking."""
    return f" {asking['kind']}假 " if asking["kind"] else " "


def turns_within(ctx: Context | Told, leave: Leave) -> list[Turn]:
    """When they are on the duty table while they are away: somebody has to be found."""
    return ctx.store.absences.turns_of(leave.person, leave.first, leave.last)


def tell_the_office(ctx: Context | Told, leave: Leave, template: str = "take_leave/for_the_office") -> Outcome:
    """The office hears of every leave, unless it is its own: at once of what is said here, in the morning of what is told."""
    outcome = NOTHING
    for reader in ctx.store.people.holding(Post.OFFICE):
        if reader is not leave.person:
            outcome += tell(reader, template, at_once=isinstance(ctx, Context), leave=leave)
    return outcome


@handles("销假", help="提前回来了，恢复提醒", alone=True)
def end(ctx: Context) -> Outcome:
    """Back again: what stands of their leave ends."""
    standing = ctx.store.absences.leave_of(ctx.person, ctx.day)
    if not standing:
        raise PersonError("take_leave/none")
    for leave in standing:
        leave.ended_at = ctx.now
    return say("take_leave/ended") + stay()
