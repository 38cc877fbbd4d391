"""免 今天没课：校铃问的这一次不用做或做不了，说一句原因"""

from __future__ import annotations

from bot.context import Context, Outcome, say
from bot.errors import NotMine, PersonError
from bot.pointing import named_question, reports_to_give, unanswered
from bot.registry import handles

LONGEST = 200
"""Characters of a reason that are kept."""

NOT_EXCUSING = "洗费疫检税责"
"""免洗洗手液没有了 excuses nobody."""


@handles("免", help="这次不用做或做不了，说一句原因", example="免 今天没课")
def start(ctx: Context) -> Outcome:
    """It does not apply: the reason stands for the answer."""
    if ctx.words.startswith(tuple(NOT_EXCUSING)):
        raise NotMine
    asked = [*unanswered(ctx), *reports_to_give(ctx)]
    open_one = [item for item in asked if item.round.routine == ctx.memory.get("routine")]
    meant = named_question(ctx, asked) or next(iter(open_one if open_one else asked if len(asked) == 1 else ()), None)
    if not asked:
        raise PersonError("excuse/nothing")
    if meant is None:
        raise PersonError("excuse/which", asked=asked)
    reason = ctx.words.removeprefix(meant.round.title).strip(" ，,。")[:LONGEST]
    if not reason:
        raise PersonError("excuse/why", title=meant.round.title)
    meant.excuse(ctx.now, reason)
    return say("excuse/noted", title=meant.round.title, reason=None if ctx.in_group else reason)
