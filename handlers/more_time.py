"""延期 隐患 12 到下周五 等配件：隐患要多几天，请分管领导回「同意 12」或「不同意 12」"""

from __future__ import annotations

from datetime import date

from bot.context import Context, Outcome, say, tell
from bot.domain.hazards import Hazard, HazardState, WrongState
from bot.domain.people import LEADERS, Person, Post
from bot.errors import NotAllowed, PersonError
from bot.language.days import find_day
from bot.pointing import the_hazard, the_meant_hazard
from bot.registry import handles, understands

APPROVERS = (Post.VICE_PRINCIPAL, Post.SAFETY_OFFICER, Post.PRINCIPAL)
"""Who decides: the first of these that somebody else holds."""


@understands("extend")
def heard(ctx: Context) -> Outcome:
    """Free text: 「配件要从厂家发，申请延到下周五」."""
    assert ctx.meaning is not None
    hazard = the_meant_hazard(ctx, _likely(ctx), "more_time/which")
    item = ctx.meaning.items[0] if ctx.meaning.items else None
    due = item.due_day if item is not None else None
    return ask_for(ctx, hazard, due, (item.reason if item is not None else "") or ctx.words)


def ask_for(ctx: Context, hazard: Hazard, until: date | None, reason: str) -> Outcome:
    """Ask a leader for more time; who may decide gives it at once. Raises PersonError."""
    if hazard.state is not HazardState.OPEN:
        raise PersonError("hazards/wrong_state", hazard=hazard)
    if until is None:
        raise PersonError("more_time/until_when", hazard=hazard)
    if until <= ctx.day:
        raise PersonError("more_time/past", hazard=hazard, day=until)
    if ctx.person.holds(*APPROVERS, *LEADERS):
        return _extend(ctx, hazard, until, reason)
    if hazard.owner is not ctx.person and not ctx.person.holds(Post.FACILITIES):
        raise NotAllowed("more_time/not_yours", hazard=hazard)
    hazard.ask_more_time(until, ctx.person, ctx.now, reason)
    approvers = _approvers(ctx)
    outcome = say("more_time/asked", hazard=hazard, approvers=approvers)
    for approver in approvers:
        outcome += tell(approver, "more_time/please_decide", hazard=hazard, by=ctx.person, reason=reason)
    return outcome


@handles("同意", help="同意一处隐患延期", example="同意 12", posts=APPROVERS)
def agree(ctx: Context) -> Outcome:
    """The day that was asked for becomes the deadline."""
    hazard, _ = the_hazard(ctx, ctx.store.hazards.asking_more_time(), "more_time/decide_which")
    if hazard.asked_until is None:
        raise PersonError("more_time/decide_which", hazards=ctx.store.hazards.asking_more_time())
    return _extend(ctx, hazard, hazard.asked_until, "")


@handles("不同意", help="不同意延期，说一句原因", example="不同意 12 先借一个用上", posts=APPROVERS)
def refuse(ctx: Context) -> Outcome:
    """The deadline stays."""
    hazard, reason = the_hazard(ctx, ctx.store.hazards.asking_more_time(), "more_time/decide_which")
    if hazard.asked_until is None:
        raise PersonError("more_time/decide_which", hazards=ctx.store.hazards.asking_more_time())
    hazard.refuse_more_time(ctx.person, ctx.now, reason)
    outcome = say("more_time/refused", hazard=hazard)
    if hazard.owner is not None and hazard.owner is not ctx.person:
        outcome += tell(hazard.owner, "more_time/refused_for_you", hazard=hazard, by=ctx.person, reason=reason)
    return outcome


def hazard_of(ctx: Context, words: str) -> tuple[Hazard, date | None, str] | None:
    """The hazard, day and reason in 「隐患 12 到下周五 等配件」; None where the words speak of no hazard."""
    if not words.startswith("隐患"):
        return None
    hazard, rest = the_hazard(ctx, _likely(ctx), "more_time/which")
    found = find_day(rest, ctx.day)
    if found is None:
        return hazard, None, rest
    return hazard, found[0], found[1].removeprefix("到").removeprefix("至").strip(" ，,。:：")


def _likely(ctx: Context) -> list[Hazard]:
    return ctx.store.hazards.owned_by(ctx.person) or ctx.store.hazards.in_state(HazardState.OPEN)


def _extend(ctx: Context, hazard: Hazard, until: date, reason: str) -> Outcome:
    try:
        hazard.extend(until, ctx.person, ctx.now, reason)
    except WrongState as error:
        raise PersonError("hazards/wrong_state", hazard=hazard) from error
    outcome = say("more_time/extended", hazard=hazard)
    if hazard.owner is not None and hazard.owner is not ctx.person:
        outcome += tell(hazard.owner, "more_time/extended_for_you", hazard=hazard, by=ctx.person)
    return outcome


def _approvers(ctx: Context) -> list[Person]:
    for post in APPROVERS:
        people = [person for person in ctx.store.people.holding(post) if person is not ctx.person]
        if people:
            return people
    return []
