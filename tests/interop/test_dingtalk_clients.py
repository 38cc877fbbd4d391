"""DingTalk's own clients against the emulator's gateway: what they hear and answer proves it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator import demo
from bot.emulator.dingtalk_stream_road import StreamRoad
from bot.emulator.dingtalk_stream_server import CARD, ROBOT
from tests.kit.lines import dingtalk_line
from tests.kit.stage import MONDAY, HandClock
from tests.setup import node

SAID = {"msgId": "msg1==", "msgtype": "text", "text": {"content": " 今天交了吗"}}
PRESSED = {"type": "actionCallback", "outTrackId": "t1", "userId": "u1008", "content": '{"cardPrivateData": {}}'}
EVENT = {"eventType": "user_add_org", "eventId": "e1", "eventBornTime": "1700000000000"}


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[tuple[StreamRoad, str]]:
    with dingtalk_line(tmp_path, HandClock(MONDAY), 5) as line:
        yield line


def brings_all(road: StreamRoad) -> None:
    """A message, a click, an event and a ping; every one is answered as documented."""
    said = road.bring("CALLBACK", ROBOT, SAID)
    assert said.taken
    pressed = road.bring("CALLBACK", CARD, PRESSED)
    assert pressed.taken
    assert pressed.data["response"]["cardData"] == {"cardParamMap": {"state": "closed"}}
    line = road.line("EVENT", "*")
    assert line is not None
    happened = road.bring_once(line, "EVENT", "*", {"userId": ["u1"]}, **EVENT)
    assert happened.body is not None
    assert happened.body["code"] == 200
    assert road.ping(line)


def what_it_heard(road: StreamRoad, command: list[str], **environment: str) -> list[Any]:
    """Start a client, bring it everything, end it."""
    environment = os.environ | {"NO_PROXY": "127.0.0.1"} | environment
    folder = Path(__file__).parent
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as client:
        try:
            brings_all(road)
        finally:
            client.kill()
            told = client.communicate()[0]
    return [json.loads(line.removeprefix("GOT "))["data"] for line in told.splitlines() if line.startswith("GOT ")]


def test_the_official_python_client(gateway: tuple[StreamRoad, str]) -> None:
    road, url = gateway
    command = [sys.executable, "dingtalk_client.py", demo.DING_KEY, demo.DING_SECRET]
    assert what_it_heard(road, command, DINGTALK_OPENAPI_ENDPOINT=url) == [SAID, PRESSED, {"userId": ["u1"]}]


def test_the_official_node_client(gateway: tuple[StreamRoad, str]) -> None:
    if reason := node.missing():
        pytest.skip(reason)
    road, url = gateway
    command = ["node", "dingtalk_client.mjs", url, demo.DING_KEY, demo.DING_SECRET]
    assert what_it_heard(road, command) == [SAID, PRESSED, {"userId": ["u1"]}]
