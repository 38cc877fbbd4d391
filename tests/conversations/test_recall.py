"""撤回: what the bot said is taken back where the channel can; 撤销 stays what it was."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from bot.clock import SCHOOL_TZ
from bot.connections import Connection
from bot.emulator import demo
from bot.facts import Ask, Guardian
from bot.messages import ChatRef, Outgoing
from bot.platforms.base import Capabilities, Deaf, Health, Sent
from bot.platforms.tally import Tally
from bot.store.records import RECALL, Outbox, OutboxState
from bot.store.session import reading
from tests.kit.stage import Stage

ON_DINGTALK = pytest.mark.on("dingtalk robot")
ON_WECOM = pytest.mark.on("wecom app")


def seen(school: Stage, room: str) -> list[str]:
    """What still stands of the bot in a chat: the first line of each."""
    chat = school.room(room).id
    lines = [
        line.text.replace("**", "") for line in school.world.messages() if line.chat == chat and line.sender == "bot"
    ]
    return [line.splitlines()[0].strip() for line in lines if line.strip()]


def recalls(school: Stage) -> int:
    with reading(school.app.engine) as session:
        return sum(RECALL in said for said in session.scalars(select(Outbox.said)))


def bulletin(school: Stage) -> str:
    """The bot posts the week's tasks into the staff's group; its first line there."""
    school.app.writer.do(school.without_duty)
    school.task("赵海峰", "检查消防栓", datetime(2026, 11, 26, tzinfo=SCHOOL_TZ).date())
    # an hour and a half after somebody spoke there, no session's address is left
    school.at("2026-11-23 09:10")
    return seen(school, "教职工群")[-1]


@ON_DINGTALK
def test_a_post_in_the_group_is_taken_back_by_quoting_it(school: Stage) -> None:
    words = bulletin(school)
    assert words == "本周工作提示"
    school.plays("""
        郑凯 @教职工群 「本周工作提示」: 撤回
        bot: @郑凯 这条要发的人或管理员来撤回。找他们说一声就行。
    """)
    said = school.says("吴静", "撤回", group="教职工群", quote="本周工作提示")
    assert said == ["bot: @吴静 教职工群那条（07:30，本周工作提示）正在撤回；没撤成会告诉您。"]
    assert words not in seen(school, "教职工群")
    with reading(school.app.engine) as session:
        states = [row.state for row in session.scalars(select(Outbox)) if "本周工作提示" in row.said.get("text", "")]
    assert OutboxState.RECALLED in states
    assert recalls(school) == 1
    school.plays("""
        吴静: 撤回消息
        bot: 近一天没有您能撤回的消息。要收回自己刚做的一步，回「撤销」。
    """)


@ON_DINGTALK
def test_what_a_sessions_address_said_cannot_be_taken_back_and_is_corrected(school: Stage) -> None:
    """The group was bound a moment ago: what goes out over its session's address has no number."""
    school.says("陈宇", "绑定 教职工群", group="教职工群")
    bulletin(school)
    school.plays("""
        陈宇: 撤回消息
        bot: 撤回哪一条？回编号。
            1. 教职工群那条（07:30，本周工作提示）
        陈宇: 1
        bot: 教职工群那条（07:30，本周工作提示）撤不回来：这个渠道发出去就收不回。
            要更正，直接回正确的话（不超过 200 字），我替您发到教职工群；不用就回「不用」。
        陈宇: 消防栓改到周五查
        bot: ✅ 更正发到教职工群了。
        bot → 教职工群: 更正：消防栓改到周五查
            （陈宇）
    """)
    assert recalls(school) == 0


@ON_WECOM
def test_what_somebody_caused_is_taken_back_from_a_list_on_a_channel_without_quotes(school: Stage) -> None:
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    school.at("2026-11-23 07:20")
    school.says("周强", "整改通知 1 11月25日前")
    notice = seen(school, "赵海峰")[-1]
    school.at("2026-11-23 07:40")
    assert school.says("赵海峰", "撤回消息")[0].startswith("bot: 近一天没有"), "it was not theirs to send"
    said = school.says("周强", "撤回")
    assert said[0] == "bot: 撤回哪一条？回编号。"
    assert said[1:] == [
        "    1. 发给李敏的那条（07:20，整改通知书（隐患 1））",
        "    2. 发给赵海峰的那条（07:20，整改通知书（隐患 1））",
    ]
    assert "正在撤回" in school.says("周强", "2")[0]
    assert notice not in seen(school, "赵海峰")


@ON_WECOM
def test_a_platform_that_refuses_after_all_is_told(school: Stage) -> None:
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    school.at("2026-11-23 07:20")
    school.says("王小燕", "撤回消息")
    row = school.world.messages()[-1]
    assert row.text
    for message in school.world.messages():
        message.wire_id = "another"
    said = school.says("王小燕", "1")
    assert "正在撤回" in said[0]
    assert said[1].startswith("bot: 没撤成："), said


@ON_DINGTALK
def test_a_card_is_taken_back_too_and_only_once(school: Stage) -> None:
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    school.says("赵海峰", "整改 1 换了垫圈", pictures=1)
    school.at("2026-11-23 07:20")
    chat = school.room("周强").id
    card = [line for line in school.world.messages() if line.card and line.chat == chat][-1]
    assert "请复查隐患 1" in card.text
    said = school.says("赵海峰", "撤回消息")
    number = next(line.strip()[0] for line in said if "请复查隐患 1" in line)
    assert "正在撤回" in school.says("赵海峰", number)[0]
    assert (card.text, card.buttons) == ("", [])
    assert not any("请复查隐患 1" in line for line in school.says("赵海峰", "撤回消息"))


@ON_DINGTALK
def test_the_step_just_taken_is_still_what_one_means(school: Stage) -> None:
    school.plays("""
        王小燕: 隐患 三楼漏水
        bot: ✅ 已登记隐患 1：三楼漏水
            整改：赵海峰，11月26日（周四）前
            有照片就接着发给我，没有也行。
        bot → 赵海峰: ⚠️ 请整改隐患 1：三楼漏水
            王小燕 11月23日（周一）07:00 报，11月26日（周四）前改好。
            改好后拍张照片，回「整改 1」。
        bot → 周强: ⚠️ 新隐患 1：三楼漏水
            王小燕 11月23日（周一）07:00 报，由赵海峰整改，11月26日（周四）前。
        王小燕 @教职工群: 撤回消息
        bot: @王小燕 近一天没有您能撤回的消息。要收回自己刚做的一步，回「撤销」。
        王小燕 「已登记隐患 1」: 撤回
        bot: 已撤销隐患 1。
        bot → 赵海峰: 隐患 1（三楼漏水）已由报的人撤销，不用管了。
        郑凯: 撤回
        bot: 没有十分钟内能收回的。说错了的可以回「更正」。
    """)


class _FrontDoor(Deaf):
    """A channel to parents that takes nothing back, as 学校通知."""

    capabilities = Capabilities(hears=False, direct=False, groups=False, text_bytes=2048, parents=True)

    def __init__(self) -> None:
        self.tally = Tally()
        self.taken: list[str] = []

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        self.taken.append(outgoing.text)
        return Sent("job")

    def check(self) -> Health:
        return Health(True, "")


@ON_DINGTALK
def test_a_notice_to_parents_that_is_not_out_is_stopped_and_one_that_is_out_is_not(school: Stage) -> None:
    door = _FrontDoor()
    hearing = school.app.connections.direct(demo.CODE)[school.platform][0]
    school.app.connections._all[(demo.CODE, "parents")] = Connection(demo.CODE, "parents", hearing.settings, door)
    school.tells(Ask.GUARDIANS, Guardian("g1", "p1", "周小满", "三年级(2)班", "妈妈", True, "302"), about="302")
    school.at("2026-11-23 06:40")
    school.says("王小燕", "通知家长 三2班 明天带跳绳")
    school.at("2026-11-23 22:30")
    school.says("刘洋", "同意通知 1")
    assert "来撤回" in school.says("郑凯", "撤回通知 1")[0]
    assert school.says("王小燕", "撤回通知 1")[0].endswith("还没发出去，不发了。")
    school.at("2026-11-24 09:00")
    assert door.taken == []
    assert "已经撤回" in school.says("王小燕", "撤回通知 1")[0]
    school.says("王小燕", "通知家长 三2班 后天带跳绳")
    school.says("刘洋", "同意通知 2")
    assert len(door.taken) == 1
    assert "撤不回来：发给家长的收不回" in school.says("王小燕", "撤回通知 2")[0]
