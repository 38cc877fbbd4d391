"""What is said to the robot, in private or with @, comes as signed JSON."""

from __future__ import annotations

from collections.abc import Sequence

from bot.emulator import dingtalk_callbacks
from bot.emulator.records import Chat, Message, Parcel, Person
from bot.emulator.roads import Callbacks
from bot.emulator.world import World


def build(world: World) -> Callbacks:
    """DingTalk's way to the robot over HTTP."""

    def parcels(message: Message, chat: Chat, person: Person) -> Sequence[Parcel]:
        quoted = world.message(message.quote) if message.quote else None
        session = world.open_session(chat)
        return dingtalk_callbacks.parcels(message, quoted, person, chat, session, world.bot_url, world.clock)

    return Callbacks(world, parcels, hears_groups=True)
