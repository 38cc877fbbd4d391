"""The same conversations where the school has no public address: DingTalk's Stream mode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.emulator.dingtalk_stream_road import StreamRoad
from tests.kit.stage import Stage, stage


@pytest.fixture
def school(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """The demonstration school, its DingTalk robot heard over a connection that the bot opened."""
    with stage("dingtalk", database_url, tmp_path, channels=("wecom app", "dingtalk stream")) as play:
        road = play.world.roads["dingtalk"]
        assert isinstance(road, StreamRoad)
        road.comes_again = 5
        yield play


REPORTED = """
    王小燕: 隐患 三楼东侧消防栓漏水 [图片]
"""


def test_a_hazard_is_reported_by_words_with_a_picture_and_in_a_group(school: Stage) -> None:
    said = school.runs(REPORTED)
    assert "已登记" in said
    assert "bot → 赵海峰" in said
    assert "bot: " in school.runs("周强 @安全巡查群: 查 隐患 1")


@pytest.mark.parametrize("fault", ["cut_line", "lost_ack", "duplicate_callback"])
def test_what_comes_twice_is_handled_once(school: Stage, fault: str) -> None:
    school.world.faults.switch(fault, on=True)
    first = school.runs(REPORTED)
    assert first.count("bot: ") == 1
    school.world.faults.switch(fault, on=False)
    with school.store() as store:
        assert store.hazards.numbered(1) is not None
        assert store.hazards.numbered(2) is None


def test_another_process_opens_another_line(school: Stage) -> None:
    school.runs("（校铃重启）")
    assert "bot: " in school.runs("王小燕: 帮助")
