"""A school that hears through WeCom's AI bot: over the long connection that it opens itself, and over callbacks.

Whoever is to be told something has to have written once: the bot can write to nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.emulator.wecom_bot_stream_road import StreamRoad
from bot.store.records import Outbox, OutboxState
from bot.store.session import reading
from bot.store.waiting import NEVER_WROTE
from tests.kit.stage import Stage, stage


@pytest.fixture
def school(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    with stage("wecom", database_url, tmp_path, channels=("wecom bot_stream", "dingtalk robot")) as play:
        yield play


@pytest.fixture
def called(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """The same over callbacks."""
    with stage("wecom", database_url, tmp_path, channels=("wecom bot", "dingtalk robot")) as play:
        yield play


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


def test_a_hazard_from_its_report_to_its_end_in_private_and_in_the_group(school: Stage) -> None:
    for who in ("赵海峰", "周强"):
        school.says(who, "帮助")
    school.plays("""
        王小燕: 隐患 三楼东侧消防栓漏水 [图片]
        bot: ✅ 已登记隐患 1：三楼东侧消防栓漏水
            整改：赵海峰，11月26日（周四）前
        bot → 赵海峰: ⚠️ 请整改隐患 1：三楼东侧消防栓漏水
            王小燕 11月23日（周一）07:00 报，11月26日（周四）前改好。
            改好后拍张照片，回「整改 1」。
            照片：〔链接〕
        bot → 周强: ⚠️ 新隐患 1：三楼东侧消防栓漏水
            王小燕 11月23日（周一）07:00 报，由赵海峰整改，11月26日（周四）前。
            照片：〔链接〕
        赵海峰 @安全巡查群: 整改 1 修好了 [图片]
        bot: ✅ 隐患 1 已提交整改，等周强复查。
        bot → 周强: 请复查隐患 1：三楼东侧消防栓漏水
            赵海峰说改好了：修好了。
            看过后回「复查 1 通过」，或「复查 1 退回」加原因。
            照片：〔链接〕
        周强 「请复查隐患 1」: 复查 1 通过
        bot: ✅ 隐患 1 已销号。
        bot → 王小燕: ✅ 隐患 1（三楼东侧消防栓漏水）周强复查通过，已销号。谢谢。
        bot → 赵海峰: ✅ 隐患 1（三楼东侧消防栓漏水）周强复查通过，已销号。谢谢。
    """)


def test_a_pressed_button_says_its_words_and_its_card_ends(school: Stage) -> None:
    for who in ("赵海峰", "周强"):
        school.says(who, "帮助")
    school.says("王小燕", "隐患 三楼漏水")
    school.says("赵海峰", "整改 1 修好了", 1)
    school.plays("""
        周强 按【通过】
        bot: ✅ 隐患 1 已销号。
        bot → 王小燕: ✅ 隐患 1（三楼漏水）周强复查通过，已销号。谢谢。
        bot → 赵海峰: ✅ 隐患 1（三楼漏水）周强复查通过，已销号。谢谢。
    """)
    (card,) = (message for message in school.world.messages() if message.card and "复查" in message.text)
    assert (card.text, card.buttons) == ("已选择：复查 1 通过", [])
    assert unsent(school) == []


def test_a_quoted_picture_is_the_proof(school: Stage) -> None:
    school.says("赵海峰", "帮助")
    school.plays("""
        王小燕: 隐患 三楼漏水
        bot: ✅ 已登记隐患 1：三楼漏水
            整改：赵海峰，11月26日（周四）前
            有照片就接着发给我，没有也行。
        bot → 赵海峰: ⚠️ 请整改隐患 1：三楼漏水
            王小燕 11月23日（周一）07:00 报，11月26日（周四）前改好。
            改好后拍张照片，回「整改 1」。
        赵海峰: [图片]
        bot: 📷 照片收到了。它是什么？
            是隐患：回「隐患」加一句话，例如：隐患 三楼东侧消防栓漏水
            是整改照片：回「整改」加编号
            是值班照片：回「值班」加一句话
        赵海峰 「图片」: 整改 1
        bot: ✅ 隐患 1 已提交整改，等周强复查。
    """)


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


def test_over_callbacks_it_answers_in_private_and_in_the_group(called: Stage) -> None:
    called.plays("""
        王小燕: 隐患 三楼东侧消防栓漏水 [图片]
        bot: ✅ 已登记隐患 1：三楼东侧消防栓漏水
            整改：赵海峰，11月26日（周四）前
        赵海峰 @安全巡查群: 整改 1 修好了 [图片]
        bot: ✅ 隐患 1 已提交整改，等周强复查。
    """)
    assert unsent(called) == []
