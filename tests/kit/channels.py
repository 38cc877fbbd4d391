"""Which transcript is played on which channel and database: pairs that are chosen, not every channel times every database.

A channel differs in what it carries, a database in how it keeps it, and they meet in nothing but the store. So every
transcript is played once on every channel that can carry it, and each platform meets both databases on the way: one channel
of it with the one, another with the other. Where the two may have to do with each other (the hazard loop, the month, what
breaks: order, repeats, restarts, leases) the mark "crossed" adds the usual channel of each platform on the other database.

What a channel cannot carry is left out by what the transcript says that it needs, never by a list of channels: the need is
held against what the channel says about itself, and after the play it has to have been used. Left out like this, a play is
not a test that could not run: it does not exist. The mark "on" is for stories about one channel's own ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import select

from bot.connections import build_platform
from bot.emulator import demo
from bot.emulator.records import BOT, DIRECT, GROUP, Message
from bot.platforms.base import Capabilities, Informant, Platform, Reach
from bot.settings import from_data
from bot.store.records import Errand
from bot.store.session import reading
from tests.kit.stage import Stage

PAIRS = {
    "wecom app": "sqlite",
    "wecom bot": "sqlite",
    "wecom bot_stream": "postgresql",
    "dingtalk robot": "postgresql",
    "dingtalk stream": "sqlite",
}
"""Channel -> the database that every transcript meets there."""

CROSSED = (("wecom app", "postgresql"), ("dingtalk robot", "sqlite"))

OTHERS = {"wecom": "dingtalk robot", "dingtalk": "wecom app"}
"""What the other platform is heard through meanwhile: an emulated school has both, the bot's settings only one."""


def channels_with(channel: str) -> tuple[str, ...]:
    """The channel and the other platform's."""
    return channel, OTHERS[channel.split()[0]]


class _NoClock:
    """Nothing is said while a channel is asked what it can do."""

    def now(self) -> None:
        raise AssertionError


@cache
def platform_of(channel: str) -> Platform:
    """The product's own connection, to be asked what it can do."""
    data = demo.settings_data("http://127.0.0.1:9", 8000, (channel,), {channel: "ws://127.0.0.1:9"})
    settings = from_data(data, Path())
    return build_platform(settings.schools[0].connection[0], _NoClock())  # type: ignore[arg-type]


def capabilities(channel: str) -> Capabilities:
    return platform_of(channel).capabilities


@dataclass(frozen=True, slots=True)
class Need:
    """Something that not every channel has. used: whether it took place in a play, in these messages of it."""

    had: Callable[[str], bool]
    used: Callable[[Stage, list[Message]], bool]


def _wrote_unasked(school: Stage, messages: list[Message]) -> bool:
    """In private, to somebody who was not the last to speak, or after the answer."""
    spoke, answered = "", False
    for message in messages:
        if message.sender != BOT:
            spoke, answered = message.chat, False
        elif message.chat != spoke and school.world.chat(message.chat).kind == DIRECT or answered:
            return True
        else:
            answered = True
    return False


def _was_told(school: Stage, _messages: list[Message]) -> bool:
    with reading(school.app.engine) as session:
        return session.scalar(select(Errand.id).limit(1)) is not None


NEEDS: Mapping[str, Need] = {
    "unasked": Need(lambda channel: capabilities(channel).reach is not Reach.NOBODY, _wrote_unasked),
    "facts": Need(lambda channel: isinstance(platform_of(channel), Informant), _was_told),
    # an app's groups are those that it made itself; nothing is heard there, and nobody quotes to it
    "groups": Need(
        lambda channel: channel != "wecom app",
        lambda school, messages: any(
            each.sender != BOT and school.world.chat(each.chat).kind == GROUP for each in messages
        ),
    ),
    "quotes": Need(lambda channel: channel != "wecom app", lambda _, messages: any(each.quote for each in messages)),
    "pictures": Need(
        lambda channel: capabilities(channel).images,
        lambda _, messages: any(each.sender == BOT and each.images for each in messages),
    ),
    "closing": Need(
        lambda channel: capabilities(channel).closes, lambda _, messages: any(each.pressed for each in messages)
    ),
}
"""unasked: people are written to who did not just ask. facts: the platform tells what it knows. groups: people are heard in
them. quotes: people quote the bot. pictures: the bot sends some. closing: a card that was pressed ends."""


def pairs(needs: tuple[str, ...], on: tuple[str, ...], *, crossed: bool) -> Iterator[tuple[str, str]]:
    """(channel, database). on: "wecom app", or "wecom app/postgresql" for that database; () is every channel."""
    named = [entry.partition("/") for entry in on or PAIRS]
    chosen = [(channel, database or PAIRS[channel]) for channel, _, database in named]
    if crossed:
        chosen += [pair for pair in CROSSED if pair[0] in dict(chosen)]
    for pair in chosen:
        if all(NEEDS[need].had(pair[0]) for need in needs):
            yield pair
