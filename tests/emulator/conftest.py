"""The emulator as a server on a free port, beside a bot that only writes down what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.emulator.app import EmulatorServer
from bot.emulator.records import DINGTALK, Message
from bot.emulator.world import World
from tests.emulator.emulated import Callers, FakeBot, HandClock, Say, jpeg


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def bot(clock: HandClock) -> FakeBot:
    return FakeBot(clock)


@pytest.fixture
def world(tmp_path: Path, clock: HandClock, bot: FakeBot) -> Iterator[World]:
    world = World(tmp_path / "demonstration", clock, "http://127.0.0.1:9", bot.post)
    world.faults.slow_seconds = 0.3
    yield world
    world.close()


@pytest.fixture
def server(world: World) -> Iterator[EmulatorServer]:
    with EmulatorServer(world) as server:
        yield server


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def call(server: EmulatorServer, http: requests.Session) -> Callers:
    return Callers(http, server.url)


@pytest.fixture
def says(world: World) -> Say:
    """says("王小燕", "隐患 …", platform, images=…): in private, or in a group by its title."""

    def says(
        name: str, text: str, platform: str = DINGTALK, group: str = "", images: int = 0, quote: str | None = None
    ) -> Message:
        person = world.person_named(name)
        chat = world.group(group, platform) if group else world.direct(person.id, platform)
        return world.say(person.id, chat.id, text, [(f"{n}.jpg", jpeg()) for n in range(images)], quote)

    return says
