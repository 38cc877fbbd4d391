"""A card of DingTalk's, over Stream and over HTTP: a button says its words for the person, and the card ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.emulator.dingtalk_stream_road import StreamRoad
from bot.emulator.records import Refused
from tests.conversations.test_wecom_card import UNTIL_CHECKED
from tests.kit.stage import Stage, stage


@pytest.fixture(params=["dingtalk stream", "dingtalk robot"])
def school(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """The demonstration school on DingTalk, heard in one way and in the other."""
    with stage("dingtalk", database_url, tmp_path, channels=("wecom app", request.param)) as play:
        road = play.world.roads["dingtalk"]
        if isinstance(road, StreamRoad):
            road.comes_again = 5
        yield play


CHECKED = """
    周强 按【通过】
    bot: ✅ 隐患 1 已销号。
    bot → 王小燕: ✅ 隐患 1（三楼东侧消防栓漏水）周强复查通过，已销号。谢谢。
    bot → 赵海峰: ✅ 隐患 1（三楼东侧消防栓漏水）周强复查通过，已销号。谢谢。
"""


def test_a_hazard_is_checked_by_one_press_and_the_card_ends(school: Stage) -> None:
    school.runs(UNTIL_CHECKED)
    school.plays(CHECKED)
    (card,) = [message for message in school.world.messages() if message.card]
    assert card.card["id"].startswith("demo-")
    assert card.buttons == []
    assert card.text.endswith("已选：复查 1 通过")
    with pytest.raises(Refused):
        school.world.press(school.id_of("周强"), card.id, "复查 1 通过")


@pytest.mark.parametrize("fault", ["lost_ack", "duplicate_callback", "cut_line"])
def test_a_press_that_comes_twice_counts_once(school: Stage, fault: str) -> None:
    school.runs(UNTIL_CHECKED)
    school.world.faults.switch(fault, on=True)
    school.plays(CHECKED)


def test_a_card_can_be_pressed_after_a_restart(school: Stage) -> None:
    school.runs(UNTIL_CHECKED)
    school.runs("（校铃重启）")
    school.plays(CHECKED)
