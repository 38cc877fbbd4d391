"""帮助：能对校铃说什么；没听懂的话也到这里

The list follows the person: what their posts do not allow is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.context import Context, Outcome, Saying, say, stay
from bot.errors import NotMine
from bot.registry import catches, handles
from bot.render import LABELS
from handlers import answer_prompt

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

LONGEST_QUESTION = 12
"""Characters after 怎么; more than that tells a story."""

USUAL = ("hazard", "checkin")
"""What people most often want, where nothing can be guessed."""


@handles("帮助", "怎么用", "help", "?", "？", help="看看能说什么", example="帮助 隐患")
def start(ctx: Context) -> Outcome:
    """What this person may say: two examples of each kind, or all of the kind that is named. An open question stays open."""
    topics = _topics(ctx)
    named = [pair for pair in topics if ctx.words and ctx.words in pair[0]]
    named.sort(key=lambda pair: not pair[0].startswith(ctx.words))
    if ctx.words and not named:
        raise NotMine
    if named:
        return say("help/topic", topic=named[0][0], sayings=named[0][1]) + stay()
    return say("help/list", topics=topics) + stay()


@handles("怎么", "如何", "咋", help="问怎么说", example="怎么报隐患")
def how(ctx: Context) -> Outcome:
    """怎么报隐患: all of the kind that the question names. Another question is not for here."""
    named = [pair for pair in _topics(ctx) if _asks_about(ctx.words, *pair)]
    if not named:
        raise NotMine
    return say("help/topic", topic=named[0][0], sayings=named[0][1]) + stay()


def _asks_about(words: str, topic: str, sayings: Sequence[Saying]) -> bool:
    """Whether a question names a kind, or the word that starts one of its sayings; 报漏水怎么办 asks for something else."""
    names = [*topic.split("和"), *(saying.example.split()[0] for saying in sayings)]
    return len(words) <= LONGEST_QUESTION and any(name in words for name in names)


@catches("unknown")
def not_understood(ctx: Context) -> Outcome:
    """Nobody understood it: say what would be, the two likeliest first. A bare word is no report and nothing to guess at."""
    lines = answer_prompt.take_lines(ctx)
    if lines is not None:
        return lines
    guesses = [intent for intent, _ in ctx.meaning.guesses] if ctx.meaning is not None else []
    likely = [intent for intent in guesses if intent in WAYS]
    usual = [intent for intent in USUAL if intent not in likely]
    return say("help/not_understood", picture=ctx.has_picture, guesses=[*likely, *usual][:2])


def _topics(ctx: Context) -> list[tuple[str, list[Saying]]]:
    """What this person may say, by kind, in the order of templates/help/topics.yaml; what it does not name comes last."""
    allowed = [saying for saying in ctx.sayings if not saying.posts or ctx.person.holds(*saying.posts)]
    named = {handler for handlers in LABELS.topics.values() for handler in handlers}
    *_, last = LABELS.topics
    topics = []
    for topic, handlers in LABELS.topics.items():
        names = [*handlers, *(each.handler for each in allowed if topic == last and each.handler not in named)]
        sayings = [saying for name in dict.fromkeys(names) for saying in allowed if saying.handler == name]
        if sayings and "help" not in names:
            topics.append((topic, sayings))
    return topics
