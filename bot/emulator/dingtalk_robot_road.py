"""What is said to the robot, in private or with @, comes as signed JSON; a press on a card to the address registered for it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.emulator import dingtalk_callbacks
from bot.emulator.dingtalk_cards import Cards, press_data, press_parcel
from bot.emulator.records import Chat, Message, Parcel, Person
from bot.emulator.roads import Callbacks
from bot.emulator.world import World


def build(world: World) -> Callbacks:
    """DingTalk's way to the robot over HTTP."""

    def parcels(message: Message, chat: Chat, person: Person) -> Sequence[Parcel]:
        if message.pressed:
            on = world.message(message.pressed)
            return [press_parcel(on, press_data(on, message.text, person, chat), world.clock)]
        quoted = world.message(message.quote) if message.quote else None
        session = world.open_session(chat)
        return dingtalk_callbacks.parcels(message, quoted, person, chat, session, world.bot_url, world.clock)

    def answered(message: Message, answer: bytes) -> None:
        if not message.pressed:
            return
        try:
            data = json.loads(answer)
        except ValueError:
            return
        if isinstance(data, dict):
            Cards(world).answered(world.message(message.pressed), world.chat(message.chat), data)

    return Callbacks(world, parcels, hears_groups=True, answered=answered)
