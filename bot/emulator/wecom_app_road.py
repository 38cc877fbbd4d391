"""What members write to the self-built app comes as encrypted XML; its groups are only posted to."""

from __future__ import annotations

from bot.emulator import wecom_callbacks
from bot.emulator.roads import Callbacks
from bot.emulator.world import World


def build(world: World) -> Callbacks:
    """WeCom's way to the app."""
    return Callbacks(
        world,
        lambda message, chat, person: wecom_callbacks.parcels(message, person, world.bot_url, world.clock),
        hears_groups=False,
    )
