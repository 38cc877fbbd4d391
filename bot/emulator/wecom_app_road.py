"""What members write to the self-built app comes as encrypted XML, a press on a card as an event. Groups are only posted to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.emulator import wecom_callbacks
from bot.emulator.records import Chat, Message, Parcel, Person
from bot.emulator.roads import Callbacks
from bot.emulator.world import World

CODE_LASTS = timedelta(hours=72)


def build(world: World) -> Callbacks:
    """WeCom's way to the app."""

    def parcels(message: Message, chat: Chat, person: Person) -> Sequence[Parcel]:
        if not message.pressed:
            return wecom_callbacks.parcels(message, person, world.bot_url, world.clock)
        code = world.codes.issue([message.pressed], CODE_LASTS)
        on = world.message(message.pressed)
        return [wecom_callbacks.press(on, message, code, person, world.bot_url, world.clock)]

    return Callbacks(world, parcels, hears_groups=False)
