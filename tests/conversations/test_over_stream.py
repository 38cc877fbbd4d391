"""DingTalk's Stream mode: a frame that comes again is handled once, and another process opens another line."""

from __future__ import annotations

import pytest

from bot.emulator.dingtalk_stream_road import StreamRoad
from tests.kit.stage import Stage

pytestmark = pytest.mark.on("dingtalk stream")


@pytest.mark.parametrize("fault", ["cut_line", "lost_ack", "duplicate_callback"])
def test_what_comes_twice_is_handled_once(school: Stage, fault: str) -> None:
    road = school.world.roads["dingtalk"]
    assert isinstance(road, StreamRoad)
    road.comes_again = 5
    school.world.faults.switch(fault, on=True)
    first = school.runs("王小燕: 隐患 三楼东侧消防栓漏水 [图片]")
    assert first.count("bot: ") == 1
    school.world.faults.switch(fault, on=False)
    with school.store() as store:
        assert store.hazards.numbered(1) is not None
        assert store.hazards.numbered(2) is None


def test_another_process_opens_another_line(school: Stage) -> None:
    school.runs("（校铃重启）")
    assert "bot: " in school.runs("王小燕: 帮助")
