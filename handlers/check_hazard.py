"""复查 12 通过、复查 12 退回 还在漏：整改的人以外的人看过才算数"""

from __future__ import annotations

from datetime import date

from bot.context import Context, Outcome, ask, attach, say, tell
from bot.domain.hazards import Hazard, HazardState, OwnWork, WrongState
from bot.domain.people import LEADERS, Person, Post
from bot.domain.photos import PhotoOf
from bot.errors import NotAllowed, PersonError
from bot.pointing import remembered_hazard, the_hazard, the_meant_hazard
from bot.registry import handles, step, understands

CHECKERS = (Post.SAFETY_OFFICER, Post.DUTY_LEADER, *LEADERS)

PASSED = ("通过", "合格", "好了", "可以", "销号")
RETURNED = ("退回", "不合格", "不通过", "没好", "没修好", "不行")

JUDGED = (
    r"^[#第]?\d{1,5}号(?:隐患|那[条个]|这[条个])?[，,：:\s]*(?:复查|看过|看了)?(?:了)?[，,：:\s]*"
    rf"(?:{'|'.join((*RETURNED, '通过', '合格', '可以销号', '销号'))})"
)
"""1号通过, 3号不行，还在漏."""

AGAIN = 1
"""School days that a returned hazard gets."""


@handles("复查", help="复查整改，通过或退回", example="复查 12 通过", posts=CHECKERS, spoken=JUDGED)
def start(ctx: Context) -> Outcome:
    """Find the hazard and the verdict; ask for what is missing."""
    waiting = ctx.store.hazards.in_state(HazardState.FIXED)
    hazard, rest = the_hazard(ctx, waiting, "check_hazard/which")
    if hazard.state is not HazardState.FIXED:
        raise PersonError("hazards/wrong_state", hazard=hazard)
    if hazard.fixer is ctx.person:
        raise NotAllowed("check_hazard/own_work", hazard=hazard)
    return _judge(ctx, hazard, rest)


@understands("recheck")
def heard(ctx: Context) -> Outcome:
    """Free text: 「3号那条复查合格，可以销号」「不行，还是松的，周五前必须弄好」."""
    assert ctx.meaning is not None
    if not ctx.person.holds(*CHECKERS):
        raise NotAllowed("common/not_allowed", posts=CHECKERS)
    hazard = the_meant_hazard(ctx, ctx.store.hazards.in_state(HazardState.FIXED), "check_hazard/which")
    if hazard.state is not HazardState.FIXED:
        raise PersonError("hazards/wrong_state", hazard=hazard)
    if hazard.fixer is ctx.person:
        raise NotAllowed("check_hazard/own_work", hazard=hazard)
    item = ctx.meaning.items[0] if ctx.meaning.items else None
    if item is None or item.result not in ("pass", "fail"):
        return ask("check_hazard/verdict", then=verdict, remember={"number": hazard.number}, hazard=hazard)
    if item.result == "pass":
        return _close(ctx, hazard, ctx.words)
    return _send_back(ctx, hazard, ctx.words, item.due_day)


@step
def verdict(ctx: Context) -> Outcome:
    """通过, or 退回 and why."""
    return _judge(ctx, remembered_hazard(ctx), ctx.words)


@step
def reason(ctx: Context) -> Outcome:
    """Why it goes back."""
    hazard = remembered_hazard(ctx)
    return _send_back(ctx, hazard, ctx.words) if ctx.words else _ask_why(hazard)


def _judge(ctx: Context, hazard: Hazard, words: str) -> Outcome:
    for word in RETURNED:
        if words.startswith(word):
            why = words.removeprefix(word).strip(" ，,。:：")
            return _send_back(ctx, hazard, why) if why else _ask_why(hazard)
    for word in PASSED:
        if words.startswith(word):
            return _close(ctx, hazard, words.removeprefix(word).strip(" ，,。:："))
    return ask("check_hazard/verdict", then=verdict, remember={"number": hazard.number}, hazard=hazard)


def _ask_why(hazard: Hazard) -> Outcome:
    return ask("check_hazard/why", then=reason, remember={"number": hazard.number}, hazard=hazard)


def _close(ctx: Context, hazard: Hazard, note: str) -> Outcome:
    try:
        hazard.close(ctx.person, ctx.now, note)
    except (WrongState, OwnWork) as error:
        raise PersonError("hazards/wrong_state", hazard=hazard) from error
    outcome = say("check_hazard/closed", hazard=hazard) + attach(PhotoOf.HAZARD_FIXED, hazard)
    for person in _others(ctx, hazard.reporter, hazard.fixer):
        outcome += tell(person, "check_hazard/closed_for_you", hazard=hazard, checker=ctx.person)
    return outcome


def _send_back(ctx: Context, hazard: Hazard, why: str, due: date | None = None) -> Outcome:
    due_on = due if due is not None and due >= ctx.day else ctx.store.calendar.school_days_after(ctx.day, AGAIN)
    try:
        hazard.send_back(ctx.person, ctx.now, why, due_on)
    except (WrongState, OwnWork) as error:
        raise PersonError("hazards/wrong_state", hazard=hazard) from error
    outcome = say("check_hazard/returned", hazard=hazard) + attach(PhotoOf.HAZARD_FOUND, hazard)
    for person in _others(ctx, hazard.owner, hazard.fixer):
        outcome += tell(person, "check_hazard/returned_to_you", hazard=hazard, why=why, checker=ctx.person)
    return outcome


def _others(ctx: Context, *people: Person | None) -> list[Person]:
    """These people, each once, without who just spoke."""
    return list(dict.fromkeys(person for person in people if person is not None and person is not ctx.person))
