"""帮助：能对校铃说什么；没听懂的话也到这里

The list follows the person: what their posts do not allow is not shown.
"""

from __future__ import annotations

from bot.context import Context, Outcome, Saying, say, stay
from bot.registry import catches, handles

WAYS = (
    "hazard",
    "incident",
    "rectify",
    "recheck",
    "extend",
    "reassign",
    "amend",
    "withdraw",
    "checkin",
    "duty",
    "query",
)
"""What can be guessed at: the rest of what people mean needs no answer, or has none yet."""

USUAL = ("hazard", "checkin")
"""What people most often want, where nothing can be guessed."""


@handles("帮助", "怎么用", "help", "?", "？", help="看看能说什么", alone=True)
def start(ctx: Context) -> Outcome:
    """What this person may say. An open question stays open."""
    return say("help/list", sayings=_allowed(ctx)) + stay()


@catches("unknown")
def not_understood(ctx: Context) -> Outcome:
    """Nobody understood it: say what would be, the two likeliest first. A bare word is no report and nothing to guess at."""
    guesses = [intent for intent, _ in ctx.meaning.guesses] if ctx.meaning is not None else []
    likely = [intent for intent in guesses if intent in WAYS]
    usual = [intent for intent in USUAL if intent not in likely]
    return say("help/not_understood", picture=ctx.has_picture, guesses=[*likely, *usual][:2])


def _allowed(ctx: Context) -> list[Saying]:
    return [saying for saying in ctx.sayings if not saying.posts or ctx.person.holds(*saying.posts)]
