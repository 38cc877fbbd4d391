"""帮助：能对校铃说什么；没听懂的话也到这里

The list follows the person: what their posts do not allow is not shown.
"""

from __future__ import annotations

from bot.context import Context, Outcome, Saying, say, stay
from bot.registry import catches, handles


@handles("帮助", "怎么用", "help", "?", "？", help="看看能说什么", alone=True)
def start(ctx: Context) -> Outcome:
    """What this person may say. An open question stays open."""
    return say("help/list", sayings=_allowed(ctx)) + stay()


@catches("unknown")
def not_understood(ctx: Context) -> Outcome:
    """Nobody understood it: say what would be."""
    return say("help/not_understood", picture=ctx.has_picture)


def _allowed(ctx: Context) -> list[Saying]:
    return [saying for saying in ctx.sayings if not saying.posts or ctx.person.holds(*saying.posts)]
