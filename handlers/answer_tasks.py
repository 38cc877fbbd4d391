"""完成、完成 2、延期 2 到周五 等配件：回复问到自己的任务"""

from __future__ import annotations

from typing import Any

from bot.context import Context, Outcome, say
from bot.domain.rounds import Assignment
from bot.errors import PersonError
from bot.language import numbers
from bot.language.days import find_day
from bot.pointing import STILL_OPEN, reports_to_give, unanswered
from bot.registry import handles
from handlers import more_time

WHAT_IS_MINE = (
    r"^(?:帮我)?(?:看看|看下|查查|查一下|看一下)?我(?:今天|这周|本周|现在)?(?:还)?(?:有|剩)(?:没有)?(?:啥|什么|哪些|几[个项件]|多少)"
    r".{0,6}(?:没|任务|活|要)?.{0,6}[?？。]*$"
)
"""帮我看看我还有啥没弄."""

ALL = ("全部", "都", "所有")
LATER = (1, 2, 3, 4, 5, 10)
"""School days from now that are offered to defer to."""


@handles("完成", "做完了", "已完成", help="任务做完了；几项里的一项就带上号", example="完成 2")
def done(ctx: Context) -> Outcome:
    """Mark one, several or all as done. Words behind the numbers are kept with it."""
    asked = _asked(ctx)
    numbers_named, note = numbers.leading(ctx.words)
    # 「完成 1 全部」: ticked on a card beside the others
    everything = _means_all(note) and (not numbers_named or note in ALL)
    chosen = asked if everything else _choose(asked, numbers_named, "answer_tasks/which")
    for assignment in chosen:
        assignment.finish(ctx.now, "" if _means_all(note) else note.strip("了。 "))
    return say("answer_tasks/done", done=chosen, left=[item for item in asked if item not in chosen])


@handles("延期", help="任务要晚几天，说哪天、为什么", example="延期 2 到周五 等配件")
def defer(ctx: Context) -> Outcome:
    """Move a task to a later day, or ask for more time for a hazard."""
    about = more_time.hazard_of(ctx, ctx.words)
    if about is not None:
        return more_time.ask_for(ctx, *about)
    if not _open(ctx) and ctx.store.hazards.owned_by(ctx.person):
        about = more_time.hazard_of(ctx, f"隐患{ctx.words}")
        if about is not None:
            return more_time.ask_for(ctx, *about)
    asked = _asked(ctx)
    named, rest = numbers.leading(ctx.words)
    days = [ctx.store.calendar.school_days_after(ctx.day, count) for count in LATER]
    chosen = _choose(asked, named[:1], "answer_tasks/which_to_defer", days=days)
    found = find_day(rest, ctx.day)
    if found is None:
        raise PersonError("answer_tasks/until_when", number=chosen[0].number)
    day, words = found
    if day <= ctx.day:
        raise PersonError("answer_tasks/past", day=day, number=chosen[0].number)
    reason = words.removeprefix("到").removeprefix("至").strip(" ，,。:：")
    chosen[0].defer(day, ctx.now, reason)
    known = ctx.store.calendar.is_staff_day(day)
    return say("answer_tasks/deferred", assignment=chosen[0], day=day, reason=reason, works=known)


@handles("我的任务", "今天", "我的", help="看看还有什么是我的", alone=True, spoken=WHAT_IS_MINE)
def mine(ctx: Context) -> Outcome:
    """What is still theirs: tasks asked of them, questions to answer, hazards to put right."""
    questions = [*unanswered(ctx), *reports_to_give(ctx)]
    return say(
        "answer_tasks/mine",
        today=ctx.day,
        questions=questions,
        asked=_open(ctx),
        hazards=ctx.store.hazards.owned_by(ctx.person),
    )


def _open(ctx: Context) -> list[Assignment]:
    """The tasks still open; those asked last come first, so that 完成 2 means this week's."""
    return [item for item in ctx.store.rounds.asked_of(ctx.person, ctx.now - STILL_OPEN) if item.task is not None]


def _asked(ctx: Context) -> list[Assignment]:
    """The same, where there must be one. Raises PersonError."""
    asked = _open(ctx)
    if not asked:
        raise PersonError("answer_tasks/nothing")
    return asked


def _choose(asked: list[Assignment], named: list[int], question: str, **values: Any) -> list[Assignment]:
    """The assignments of these numbers; without numbers the only one there is. Raises PersonError with the list."""
    if not named:
        if len(asked) != 1:
            raise PersonError(question, asked=asked, **values)
        return asked
    by_number: dict[int, Assignment] = {}
    for assignment in asked:
        by_number.setdefault(assignment.number, assignment)
    missing = [number for number in named if number not in by_number]
    if missing:
        raise PersonError("answer_tasks/no_such_number", number=missing[0], asked=asked)
    return [by_number[number] for number in dict.fromkeys(named)]


def _means_all(words: str) -> bool:
    return words.strip("了。，, ").startswith(ALL)
