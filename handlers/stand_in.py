"""替班 周三 郑凯：自己值班那天请别人替，对方回「同意替班」就换好了"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Context, Outcome, keep, say, stay, tell
from bot.domain.absences import Swap, SwapState
from bot.domain.people import Post, Turn
from bot.errors import PersonError
from bot.language.days import find_day
from bot.pointing import the_person
from bot.registry import handles

AHEAD = timedelta(days=60)

ASKED_FOR = (
    r"值班(?!室|表|老师|记录).{0,8}(?:跟|和|与|请|让|找).{1,6}(?:换|替|顶|代)"
    r"|(?:跟|和|与)[\u4e00-\u9fff]{2,4}(?:换|调)(?:一下)?(?:个)?(?:值班|班(?!级|主任))"
    r"|(?:请|让|找)[\u4e00-\u9fff]{2,4}(?:替|顶|代)(?:我|一下|个).{0,6}(?:值|班(?!级|主任))"
    r"|^[\u4e00-\u9fff]{2,4}能(?:不能)?(?:帮我|替我).{0,6}值班"
)
"""明天值班能不能跟李敏换一下, 周三请郑凯替我值班."""


@handles("替班", "换班", help="自己值班那天请别人替", example="替班 周三 郑凯", spoken=ASKED_FOR)
def start(ctx: Context) -> Outcome:
    """Ask a colleague to take one's next turn, or the one of that day."""
    found = find_day(ctx.words, ctx.day)
    turns = ctx.store.absences.turns_of(ctx.person, ctx.day, ctx.day + AHEAD)
    if found is not None:
        turns = [turn for turn in turns if turn.day == found[0]]
    if not turns:
        raise PersonError("stand_in/no_turn", day=found[0] if found else None)
    turn = turns[0]
    other = the_person(ctx, ctx.words, "stand_in/whom")
    if ctx.store.absences.turn(other, turn.post, turn.day) is not None:
        raise PersonError("stand_in/on_duty_too", person=other, turn=turn)
    swap = Swap(
        school_id=ctx.store.school.id,
        day=turn.day,
        post=turn.post,
        asker=ctx.person,
        stand_in=other,
        asked_at=ctx.now,
        state=SwapState.ASKED,
    )
    asked = say("stand_in/asked", swap=swap) + stay()
    return keep(swap) + asked + tell(other, "stand_in/please", at_once=True, swap=swap)


@handles("同意替班", "可以替班", "我替", help="答应替别人值班")
def agree(ctx: Context) -> Outcome:
    """The duty table changes."""
    swap = _waiting(ctx)
    turn = ctx.store.absences.turn(swap.asker, swap.post, swap.day)
    if turn is None:
        swap.refuse()
        raise PersonError("stand_in/over")
    swap.agree()
    ctx.store.absences.give_away(turn)
    outcome = keep(Turn.of(ctx.person, swap.post, swap.day)) + say("stand_in/agreed", swap=swap) + stay()
    outcome += tell(swap.asker, "stand_in/agreed_for_you", at_once=True, swap=swap)
    for reader in ctx.store.people.holding(Post.OFFICE):
        if reader not in (ctx.person, swap.asker):
            outcome += tell(reader, "stand_in/for_the_office", at_once=True, swap=swap)
    return outcome


@handles("替班不行", "不能替", "替不了", help="替不了别人值班")
def refuse(ctx: Context) -> Outcome:
    """Somebody else has to be found."""
    swap = _waiting(ctx)
    swap.refuse()
    return say("stand_in/refused") + stay() + tell(swap.asker, "stand_in/refused_for_you", at_once=True, swap=swap)


def _waiting(ctx: Context) -> Swap:
    waiting = ctx.store.absences.asked_to_stand_in(ctx.person, ctx.day)
    if not waiting:
        raise PersonError("stand_in/nothing")
    return waiting[-1]
