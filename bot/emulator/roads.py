"""How what people say comes to the bot: one file per way, <platform>_<kind>_road.py, named like the connection it is for.

A road that calls the bot's address is Callbacks; one that the bot opens itself (a long connection) is a server of its own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from bot.clock import monotonic
from bot.emulator.records import Chat, Exchange, Message, Parcel, Person

if TYPE_CHECKING:
    from bot.emulator.world import World

ATTEMPTS = 3
"""WeCom sends a callback three times in all (接收消息, copy of 2023); DingTalk's number is not documented."""


class Road(Protocol):
    """One platform's way to the bot. hears_groups: whether what is said in a group travels on it."""

    hears_groups: bool

    def carry(self, message: Message, chat: Chat, person: Person) -> str:
        """Bring one bubble; returns once the bot has taken it, or could not. Returns why not, "" when it did."""
        ...

    def start(self) -> None:
        """Listen, where it is the bot that calls."""
        ...

    def stop(self) -> None: ...


def road(channel: str, world: World) -> Road:
    """channel: a connection's platform and kind, "wecom app"."""
    module = importlib.import_module(f"bot.emulator.{channel.replace(' ', '_')}_road")
    found: Road = module.build(world)
    return found


class Callbacks:
    """Requests to the bot's address. parcels: the requests that carry one bubble. answered: told what came back with a 200."""

    def __init__(
        self,
        world: World,
        parcels: Callable[[Message, Chat, Person], Sequence[Parcel]],
        *,
        hears_groups: bool,
        answered: Callable[[Message, bytes], None] | None = None,
    ) -> None:
        self._world = world
        self._parcels = parcels
        self._answered = answered
        self.hears_groups = hears_groups

    def start(self) -> None:
        """The bot is called; nobody calls here."""

    def stop(self) -> None:
        """Nothing was started."""

    def carry(self, message: Message, chat: Chat, person: Person) -> str:
        """Each request up to three times; twice in all where callbacks come double."""
        failure = ""
        for parcel in self._parcels(message, chat, person):
            times = 2 if self._world.faults.on("duplicate_callback") else 1
            failures = [self._carry(parcel, message) for _ in range(times)]
            failure = failure or failures[0]
        return failure

    def bring(self, parcel: Parcel) -> str:
        """An event that no bubble stands for; twice where callbacks come double. Returns why it failed, "" when taken."""
        times = 2 if self._world.faults.on("duplicate_callback") else 1
        return [self._carry(parcel, None) for _ in range(times)][0]

    def _carry(self, parcel: Parcel, message: Message | None, attempts: int = ATTEMPTS) -> str:
        """Try so many times, the same bytes each time. Returns why it failed, "" when the bot took it."""
        failure, world = "", self._world
        for _ in range(attempts):
            started, status, answer = monotonic(), 0, ""
            try:
                status, _, content = world.post("POST", parcel.url, parcel.headers, parcel.body)
                answer = content.decode("utf-8", "replace")
                if status == 200 and self._answered is not None and message is not None:
                    self._answered(message, content)
                failure = "" if status == 200 else f"校铃没有收下（HTTP {status}）"
            except OSError:
                failure = "连不上校铃，请看看它开着没有"
            if not failure and world.faults.strikes("lost_ack"):
                failure, answer = "回执丢了", f"{answer}\n（回执丢了，平台没有看见）"
            world.note_exchange(
                Exchange(
                    "to_bot", parcel.title, world.clock.now(), "POST", parcel.url, dict(parcel.headers),
                    parcel.body.decode(), parcel.plain, status, answer, int((monotonic() - started) * 1000),
                    [message.id] if message is not None else [],
                )
            )  # fmt: skip
            if not failure:
                return ""
        return f"{failure}，试了 {attempts} 次"
