"""WeCom's AI bot over the long connection that it opens itself: a line that breaks, frames that come twice, and people who
never wrote, to whom it cannot write."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.emulator.wecom_bot_stream_road import StreamRoad
from bot.store.records import Outbox, OutboxState
from bot.store.session import reading
from bot.store.waiting import NEVER_WROTE
from tests.kit.stage import Stage

pytestmark = [pytest.mark.on("wecom bot_stream"), pytest.mark.silent]


def road(school: Stage) -> StreamRoad:
    found = school.world.roads["wecom"]
    assert isinstance(found, StreamRoad)
    return found


def unsent(school: Stage) -> list[Outbox]:
    with reading(school.app.engine) as session:
        return list(session.scalars(select(Outbox).where(Outbox.state != OutboxState.SENT)))


def test_a_form_is_sent_off_to_the_bot_as_words(school: Stage) -> None:
    school.says("周强", "帮助")
    school.runs("陈晓: 教学楼一楼安全出口的门拿链子锁着")
    school.plays("""
        周强 选【重大】【11月24日（周二）】
        bot: ✅ 隐患 1 核定为重大隐患，11月24日（周二）前改好。
            请停用现场，当天报上级，整改要落实责任、措施、资金、时限、预案。
    """)
    (pressed,) = [each for each in school.world.messages() if each.pressed]
    assert school.world.message(pressed.pressed).text == "已选择：核定 1 重大 11月24日前"


def test_over_a_restart_the_line_is_opened_again_and_answers_go_on(school: Stage) -> None:
    school.plays("""
        王小燕: 隐患
        bot: 哪里、什么情况？一句话就行，能带照片更好。
            例如：三楼东侧消防栓漏水
        （校铃重启）
        王小燕: 东门防撞柱倒了一根
        bot: ✅ 已登记隐患 1：东门防撞柱倒了一根
            整改：周强，11月26日（周四）前
            有照片就接着发给我，没有也行。
    """)


def test_after_the_line_broke_answers_come_over_the_new_one(school: Stage) -> None:
    road(school).drop()
    assert road(school).connected.wait(10)
    assert school.says("王小燕", "隐患")[0].startswith("bot: 哪里、什么情况？")


def test_every_frame_that_comes_twice_is_heard_once(school: Stage) -> None:
    school.world.faults.switch("duplicate_callback", True)
    school.plays("""
        王小燕: 隐患
        bot: 哪里、什么情况？一句话就行，能带照片更好。
            例如：三楼东侧消防栓漏水
    """)


def test_who_never_wrote_hears_what_they_missed_with_their_first_word(school: Stage) -> None:
    with capture_logs() as logged:
        said = school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    assert [line for line in said if line.startswith("bot → ")] == []
    assert [line["todo"] for line in logged if line["event"] == "never_wrote"] == ["xiaoling doctor"] * 2
    assert {row.reason for row in unsent(school)} == {NEVER_WROTE}
    caught_up = school.says("赵海峰", "帮助")
    assert any("请整改隐患 1" in line for line in caught_up)
    assert len(unsent(school)) == 1, "周强 has not written yet"
