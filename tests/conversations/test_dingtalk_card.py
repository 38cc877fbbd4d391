"""A card of DingTalk's, over Stream and over HTTP: what comes of a press twice counts once, and the card has an id of ours."""

from __future__ import annotations

import pytest

from bot.emulator.dingtalk_stream_road import StreamRoad
from tests.conversations.test_cards import CHECKED, UNTIL_CHECKED, card_of
from tests.kit.stage import Stage

pytestmark = pytest.mark.on("dingtalk stream", "dingtalk robot")


@pytest.mark.parametrize("fault", ["lost_ack", "duplicate_callback", "cut_line"])
def test_a_press_that_comes_twice_counts_once(school: Stage, fault: str) -> None:
    road = school.world.roads["dingtalk"]
    if isinstance(road, StreamRoad):
        road.comes_again = 5
    school.runs(UNTIL_CHECKED)
    assert card_of(school, "周强").card["id"].startswith("demo-")
    school.world.faults.switch(fault, on=True)
    school.plays(CHECKED)
