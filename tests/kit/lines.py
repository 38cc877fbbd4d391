"""The emulator's ends of the long connections, on an emulated school of their own, for whoever wants to dial them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.clock import Clock
from bot.emulator import dingtalk_stream_road, wecom_bot_stream_road
from bot.emulator.app import EmulatorServer
from bot.emulator.world import World

NOWHERE = "http://127.0.0.1:9"


@contextmanager
def wecom_line(home: Path, clock: Clock) -> Iterator[tuple[World, wecom_bot_stream_road.StreamRoad]]:
    """The AI bot's."""
    world = World(home, clock, NOWHERE, channels=("wecom bot_stream", "dingtalk robot"))
    with EmulatorServer(world):
        road = world.roads["wecom"]
        assert isinstance(road, wecom_bot_stream_road.StreamRoad)
        yield world, road
    world.close()


@contextmanager
def dingtalk_line(
    home: Path, clock: Clock, comes_again: float
) -> Iterator[tuple[dingtalk_stream_road.StreamRoad, str]]:
    """The Stream gateway, and its address. comes_again: seconds until what was not acknowledged is brought again."""
    world = World(home, clock, NOWHERE, channels=("wecom app", "dingtalk stream"))
    with EmulatorServer(world) as emulator:
        road = world.roads["dingtalk"]
        assert isinstance(road, dingtalk_stream_road.StreamRoad)
        road.comes_again = comes_again
        yield road, emulator.url
    world.close()
