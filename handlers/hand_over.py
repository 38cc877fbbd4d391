"""转派 12 赵师傅：把一处隐患转给别人整改"""

from __future__ import annotations

from bot.context import Context, Outcome, say, tell
from bot.domain.hazards import Hazard, HazardState, WrongState
from bot.domain.people import LEADERS, Post
from bot.errors import NotAllowed, PersonError
from bot.pointing import the_hazard, the_meant_hazard, the_person
from bot.registry import handles, understands

MAY_HAND_OVER = (Post.SAFETY_OFFICER, Post.FACILITIES, *LEADERS)


@handles("转派", "转给", help="把隐患转给别人整改", example="转派 12 赵师傅")
def start(ctx: Context) -> Outcome:
    """By number and name."""
    hazard, words = the_hazard(ctx, _likely(ctx), "hand_over/which")
    return _hand_over(ctx, hazard, words)


@understands("reassign")
def heard(ctx: Context) -> Outcome:
    """Free text: 「这个归电工，转给赵师傅吧」."""
    return _hand_over(ctx, the_meant_hazard(ctx, _likely(ctx), "hand_over/which"), ctx.words)


def _hand_over(ctx: Context, hazard: Hazard, words: str) -> Outcome:
    if hazard.owner is not ctx.person and not ctx.person.holds(*MAY_HAND_OVER):
        raise NotAllowed("hand_over/not_yours", hazard=hazard)
    to = the_person(ctx, words, "hand_over/to_whom")
    before = hazard.owner
    if to is before:
        raise PersonError("hand_over/already", hazard=hazard)
    try:
        hazard.hand_over(to, ctx.person, ctx.now)
    except WrongState as error:
        raise PersonError("hazards/wrong_state", hazard=hazard) from error
    outcome = say("hand_over/done", hazard=hazard) + tell(to, "hand_over/yours_now", hazard=hazard, by=ctx.person)
    if before is not None and before is not ctx.person:
        outcome += tell(before, "hand_over/no_longer_yours", hazard=hazard, by=ctx.person)
    return outcome


def _likely(ctx: Context) -> list[Hazard]:
    return ctx.store.hazards.owned_by(ctx.person) or ctx.store.hazards.in_state(HazardState.OPEN)
