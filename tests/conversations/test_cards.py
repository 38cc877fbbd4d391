"""Cards: a button or a form says its words for the person, and the card ends; how it shows that is each channel's own."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.hazards import HazardLevel, HazardState
from bot.emulator.records import Message, Refused
from tests.kit.stage import Stage

UNTIL_CHECKED = """
    王小燕: 隐患 三楼东侧消防栓漏水
    bot: ✅ 已登记隐患 1：三楼东侧消防栓漏水
        整改：赵海峰，11月26日（周四）前
        有照片就接着发给我，没有也行。
    bot → 赵海峰: ⚠️ 请整改隐患 1：三楼东侧消防栓漏水
        王小燕 11月23日（周一）07:00 报，11月26日（周四）前改好。
        改好后拍张照片，回「整改 1」。
    bot → 周强: ⚠️ 新隐患 1：三楼东侧消防栓漏水
        王小燕 11月23日（周一）07:00 报，由赵海峰整改，11月26日（周四）前。
    赵海峰: 整改 1 换了垫圈
    bot: 隐患 1 改好了？请发一张整改后的照片。
        没法拍，就回「没有」加一句原因。
    赵海峰: [图片]
    bot: ✅ 隐患 1 已提交整改，等周强复查。
    bot → 周强: 请复查隐患 1：三楼东侧消防栓漏水
        赵海峰说改好了：换了垫圈。
        看过后回「复查 1 通过」，或「复查 1 退回」加原因。
        照片：〔链接〕
"""


CHECKED = """
    周强 按【通过】
    bot: ✅ 隐患 1 已销号。
    bot → 王小燕: ✅ 隐患 1（三楼东侧消防栓漏水）周强复查通过，已销号。谢谢。
    bot → 赵海峰: ✅ 隐患 1（三楼东侧消防栓漏水）周强复查通过，已销号。谢谢。
"""

ENDS = {"wecom app": "按钮变成了“复查 1 通过”", "wecom bot_stream": "已选择：复查 1 通过"}
"""What the card shows after it; on DingTalk it says so at its end."""


def card_of(school: Stage, name: str) -> Message:
    """The one card in somebody's own chat that asks to be pressed."""
    (card,) = [
        each for each in school.world.messages() if each.buttons and each.card and each.chat == school.room(name).id
    ]
    return card


@pytest.mark.needs("unasked", "closing")
def test_a_hazard_is_checked_by_one_press_and_the_card_ends(school: Stage, channel: str) -> None:
    school.plays(UNTIL_CHECKED)
    card = card_of(school, "周强")
    school.plays(CHECKED)
    assert card.buttons == []
    assert f"{card.text}\n{card.note}".count(ENDS.get(channel, "已选：复查 1 通过")) == 1
    with pytest.raises(Refused):
        school.world.press(school.id_of("周强"), card.id, "复查 1 通过")


@pytest.mark.needs("unasked", "closing")
def test_a_card_can_be_pressed_after_a_restart(school: Stage) -> None:
    school.runs(UNTIL_CHECKED)
    school.runs("（校铃重启）")
    school.plays(CHECKED)


@pytest.mark.on("wecom app")
def test_a_second_press_before_the_card_has_ended_is_answered_kindly(school: Stage) -> None:
    school.runs(UNTIL_CHECKED)
    card = card_of(school, "周强")
    school.world.press(school.id_of("周强"), card.id, "复查 1 通过")
    assert card.buttons, "the deliverer has not come by yet"
    said = school.presses("周强", "通过")
    assert said[-1] == "bot: 隐患 1 已经销号了。"
    assert card.buttons == []


@pytest.mark.on("wecom app")
def test_how_grave_and_until_when_are_chosen_at_once_and_can_be_taken_back(school: Stage) -> None:
    school.runs("陈晓: 教学楼一楼安全出口的门拿链子锁着")
    school.plays("""
    周强 选【一般】【11月26日（周四）】
    bot: ✅ 隐患 1 核定为一般隐患，11月26日（周四）前改好。
    bot → 赵海峰: 隐患 1（教学楼一楼安全出口的门拿链子锁着）周强核定为一般隐患，11月26日（周四）前改好。
    bot → 张建国: 隐患 1（教学楼一楼安全出口的门拿链子锁着）周强核定为一般隐患，11月26日（周四）前改好。
    bot → 李敏: 隐患 1（教学楼一楼安全出口的门拿链子锁着）周强核定为一般隐患，11月26日（周四）前改好。
    """)
    (said,) = [each for each in school.world.messages() if each.pressed]
    assert (said.text, school.world.message(said.pressed).form) == ("一般、11月26日（周四）", {})
    with school.store() as store:
        (hazard,) = store.hazards.in_state(HazardState.OPEN)
        assert (hazard.level, hazard.due_on) == (HazardLevel.GENERAL, date(2026, 11, 26))
    school.says("周强", "撤回")
    with school.store() as store:
        (hazard,) = store.hazards.in_state(HazardState.OPEN)
        assert (hazard.level, hazard.due_on) == (HazardLevel.SUSPECTED_MAJOR, date(2026, 11, 23))
    school.plays("""
    周强: 核定 1 一般 11月20日前
    bot: 11月20日（周五）已经过了，请说一个以后的日子。
    """)


@pytest.mark.on("wecom app")
def test_what_is_done_is_ticked_and_what_is_not_is_moved(school: Stage) -> None:
    for text in ("检查消防栓", "报采购单", "清理=排水沟)", "补登记簿"):
        school.task("赵海峰", text, date(2026, 11, 27))
    school.at("2026-11-23 07:30")
    school.plays("""
    赵海峰 选【1 检查消防栓】【3 清理＝排水沟）】
    bot: ✅ 记下了：检查消防栓、清理=排水沟)。
        还有 2 项：
        - 2：报采购单
        - 4：补登记簿
    赵海峰: 延期
    bot: 哪一项要延期？
        - 2：报采购单
        - 4：补登记簿
        例如「延期 2 到11月24日」，后面可以加原因。
    赵海峰 选【4 补登记簿】【12月7日（周一）】
    bot: 好，补登记簿 延到12月7日（周一）。
    赵海峰: 完成
    bot: ✅ 记下了：报采购单。
    """)


@pytest.mark.on("wecom app")
def test_all_ticked_beside_one_is_all(school: Stage) -> None:
    for text in ("检查消防栓", "报采购单"):
        school.task("赵海峰", text, date(2026, 11, 27))
    school.at("2026-11-23 07:30")
    school.plays("""
    赵海峰 选【1 检查消防栓】【都做完了】
    bot: ✅ 记下了：检查消防栓、报采购单。
    """)
