"""A notice by the classes' groups: handed to each group's owner, who confirms it in WeCom, or does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.orm import Session

from bot.emulator import demo, wecom_customers
from bot.emulator.records import PARENTS
from bot.facts import Ask, ClassGroup, Guardian
from bot.store.arrivals import the_school
from bot.store.store import Store
from tests.kit.stage import Stage

pytestmark = [
    pytest.mark.on("wecom app", "wecom app/postgresql"),
    pytest.mark.routines("follows_notices"),
    pytest.mark.starts("2026-11-23T09:00"),
    pytest.mark.usefixtures("class_groups"),
]


on_one_database = pytest.mark.on("wecom app")


@pytest.fixture
def class_groups(school: Stage) -> None:
    """The school reaches parents by the classes' groups alone, and knows them."""
    connections = demo.settings_data(school.world.url, 8000)["school"][0]["connection"]
    school.restart(
        connection=[each for each in connections if each["platform"] == "wecom" and each["kind"] != "school"]
    )
    for group in wecom_customers.GROUPS:
        school.happens(partial(wecom_customers.tell, school.world, group.id, "create"))


def in_the_groups(school: Stage) -> list[tuple[str, str, str]]:
    """What parents read: group, in whose name, words."""
    return [
        (room.title, school.world.person(one.sender).name, one.text)
        for one in school.world.messages()
        if (room := school.world.chat(one.chat)).purpose == PARENTS
    ]


def test_two_teachers_confirm_and_one_does_not(school: Stage) -> None:
    school.plays("""
        吴静: 通知家长 全校 周五下午两点放学
        bot: 通知 1（全校）写好了，等李敏同意。
        bot → 李敏: 吴静想通知全校家长（通知 1）：
            周五下午两点放学
            「同意通知 1」　「不同意通知 1」
        李敏: 同意通知 1
        bot: ✅ 通知 1 同意了，11月23日（周一）09:00发。
        bot → 吴静: ✅ 通知 1 同意了，11月23日（周一）09:00发。
        [2026-11-23 09:02]
        bot → 陈晓: 通知 1 要发到“一年级1班家长群”，请在企业微信里确认发送。
            周五下午两点放学
        bot → 孙丽: 通知 1 要发到“三年级1班家长群”，请在企业微信里确认发送。
            周五下午两点放学
        bot → 王小燕: 通知 1 要发到“三年级2班家长群”，请在企业微信里确认发送。
            周五下午两点放学
        王小燕 按【确认发送】
        [2026-11-23 10:30]
        陈晓 按【确认发送】
        # still open: asked once more, after two hours
        [2026-11-23 11:05]
        bot → 孙丽: 通知 1 还没有发到“三年级1班家长群”，请在企业微信里确认发送。
        [2026-11-23 11:11]
        bot → 吴静: 通知 1：已发 2 个班，1 个班待确认。
            - 3年级1班：等孙丽在企业微信里确认
        # nobody is asked a third time
        [2026-11-23 18:00]
        （校铃重启）
        [2026-11-24 09:05]
        bot → 吴静: 通知 1：已发 2 个班，1 个班没发成。
            - 3年级1班（孙丽）：一天里没有确认，已经收回
            没发成的，请班主任自己在群里说一声。
        [2026-11-26 12:00]
    """)
    words = "【淄博高新区第一小学（演示）】周五下午两点放学"
    assert in_the_groups(school) == [("三年级2班家长群", "王小燕", words), ("一年级1班家长群", "陈晓", words)]
    (late,) = [each for each in school.world.customers.messages.values() if each.owner == "sun"]
    assert (late.ended, len(late.reminded)) == (True, 1)
    assert wecom_customers.confirm(school.world, "sun", late.id) == "这条群发已经取消了。"


def test_how_far_it_is_can_be_asked(school: Stage) -> None:
    school.runs("吴静: 通知家长 全校 周五下午两点放学\n李敏: 同意通知 1\n[2026-11-23 09:02]\n王小燕 按【确认发送】")
    school.plays("""
        李敏: 通知进度 1
        bot: 通知 1：已发 0 个班，3 个班待确认。
            - 1年级1班：等陈晓在企业微信里确认
            - 3年级1班：等孙丽在企业微信里确认
            - 3年级2班：等王小燕在企业微信里确认
        王小燕: 通知进度
        bot: 通知 1：已发 1 个班。
        郑凯: 通知进度
        bot: 这件事要班主任、办公室主任、德育主任、校长、副校长来做。找他们说一声就行。
        李敏: 通知进度 7
        bot: 没有在班级群里发的通知。要发就说「通知家长」加班级和内容。
    """)


@on_one_database
def test_in_the_evening_parents_and_teachers_are_left_alone(school: Stage) -> None:
    school.plays("""
        [2026-11-23 20:40]
        王小燕: 通知家长 明天带跳绳
        bot: 通知 1（3年级2班）写好了，等刘洋同意。
        bot → 刘洋: 王小燕想通知3年级2班家长（通知 1）：
            明天带跳绳
            「同意通知 1」　「不同意通知 1」
        刘洋: 同意通知 1
        bot: ✅ 通知 1 同意了，11月24日（周二）07:00发。
        bot → 王小燕: ✅ 通知 1 同意了，11月24日（周二）07:00发。
        [2026-11-23 23:00]
        [2026-11-24 07:16]
        bot → 王小燕: 通知 1 要发到“三年级2班家长群”，请在企业微信里确认发送。
            明天带跳绳
        王小燕 按【确认发送】
        [2026-11-24 08:00]
        bot → 王小燕: 通知 1：已发 1 个班。
    """)


@on_one_database
def test_a_group_that_had_one_today_gets_no_second_and_its_author_is_told(school: Stage) -> None:
    world, group = school.world, "wrDEMO0class0302"
    own = wecom_customers.hand_over(world, "wang", [group], {}, {"text": "记得签字"})
    assert wecom_customers.confirm(world, "wang", own) == ""
    school.runs("吴静: 通知家长 三2班 明天带跳绳\n李敏: 同意通知 1\n[2026-11-23 09:02]\n王小燕 按【确认发送】")
    assert school.at("2026-11-23 09:20") == [
        "bot → 吴静: 通知 1：已发 0 个班，1 个班没发成。",
        "    - 3年级2班（王小燕）：这个群当天已经收过别的群发，企业微信没有发这条",
        "    没发成的，请班主任自己在群里说一声。",
    ]
    school.runs("吴静: 通知家长 一1班 明天带跳绳\n李敏: 同意通知 2\n[2026-11-23 09:25]\n陈晓 按【确认发送】")
    school.runs("吴静: 通知家长 一1班 明天带彩笔\n李敏: 同意通知 3")
    assert "    - 1年级1班（陈晓）：这个群当天已经发过一条，平台不让再发" in school.at("2026-11-23 09:40")
    assert [words[-5:] for _, _, words in in_the_groups(school)] == ["记得签字", "明天带跳绳"]


@on_one_database
def test_what_cannot_be_handed_over_is_told(school: Stage) -> None:
    del school.world.customers.groups["wrDEMO0class0302"]  # nobody told of it
    school.runs("吴静: 通知家长 三2班 明天带跳绳\n李敏: 同意通知 1")
    said = school.at("2026-11-23 09:02")
    assert said[0] == "bot → 吴静: 通知 1：已发 0 个班，1 个班没发成。"
    assert said[1] == "    - 3年级2班（王小燕）：企业微信里没有这个客户群了：可能解散了，或群主换了人"
    assert in_the_groups(school) == []


@on_one_database
def test_a_group_whose_owner_nobody_knows_is_its_authors_to_tell(school: Stage) -> None:
    stranger = school.world.add_stranger("林雨", "班主任")
    groups = school.world.customers.groups
    groups["wrDEMO0class0302"] = replace(groups["wrDEMO0class0302"], owner=stranger.id)
    school.happens(lambda: wecom_customers.tell(school.world, "wrDEMO0class0302", "create"))
    school.runs("吴静: 通知家长 三2班 明天带跳绳\n李敏: 同意通知 1")
    assert school.at("2026-11-23 09:02")[0] == (
        "bot → 吴静: 通知 1 要发到“三年级2班家长群”，群主不在校铃的名单里，请您转告群主在企业微信里确认发送。"
    )


@on_one_database
def test_a_teacher_on_leave_is_left_alone_and_the_author_passes_it_on(school: Stage) -> None:
    school.says("王小燕", "请假 今天 发烧")
    school.runs("吴静: 通知家长 三2班 明天带跳绳\n李敏: 同意通知 1")
    said = school.at("2026-11-23 11:05")
    assert [line for line in said if "群主" in line] == [
        "bot → 吴静: 通知 1 要发到“三年级2班家长群”，群主王小燕今天请假，请您转告，要在企业微信里确认才发得出去。",
        "bot → 吴静: 通知 1 还没有发到“三年级2班家长群”，请您再转告一下群主王小燕，在企业微信里确认发送。",
    ]
    assert not any(line.startswith("bot → 王小燕") for line in said)


@on_one_database
def test_what_nobody_has_confirmed_can_be_taken_back(school: Stage) -> None:
    school.runs("吴静: 通知家长 一1班、三2班 明天带跳绳\n李敏: 同意通知 1\n[2026-11-23 09:02]\n王小燕 按【确认发送】")
    assert "正在撤回" in school.says("吴静", "撤回通知 1")[0]
    ended = {each.owner: each.ended for each in school.world.customers.messages.values()}
    assert ended == {"chen": True, "wang": False}
    said = school.at("2026-11-23 12:00")
    assert "bot → 吴静: 通知 1：已发 1 个班。" in said
    assert not any(line.startswith("bot → 陈晓") for line in said)


@on_one_database
def test_the_settings_decide_which_group_is_a_classs_and_notices_are_forgotten_whole(school: Stage) -> None:
    def known() -> dict[str, str]:
        with school.store() as store:
            return {row.name: row.grade_class for row in store.class_groups.of(())}

    assert known() == {"三年级1班家长群": "3-1", "三年级2班家长群": "3-2", "一年级1班家长群": "1-1"}
    taken = ("三年级1班",)
    facts = (
        ClassGroup("wrA", "向日葵班", "sunli", "三年级1班", taken),
        ClassGroup("wrB", "三年级1班家长群", "sunli", "", taken),
        ClassGroup("wrC", "三年级2班任课老师", "wangxiaoyan", "", taken),
        ClassGroup("wrD", "三年级2班家长群", "wangxiaoyan", "", taken),
    )
    assert school.tells(Ask.CLASS_GROUPS, *facts, connection="classgroups") == []
    assert known() == {"向日葵班": "3-1", "三年级2班家长群": "3-2"}
    assert school.tells(Ask.CLASS_GROUPS, about="wrD", connection="classgroups") == []
    assert known() == {"向日葵班": "3-1"}
    assert school.tells(Ask.CLASS_GROUPS, connection="classgroups") == []
    assert known() == {"向日葵班": "3-1"}, "nothing at all is no list"
    school.runs("吴静: 通知家长 三1班 明天带跳绳\n李敏: 同意通知 1")

    def forget(session: Session) -> int:
        store = Store(session, the_school(session, demo.CODE))
        store.notices.forget(school.clock.now() + timedelta(days=1))
        return len(store.notices.unreported_since())

    assert school.app.writer.do(forget) == 0


@on_one_database
def test_what_needs_no_confirmation_comes_first_and_no_class_hears_it_twice(school: Stage) -> None:
    connections = demo.settings_data(school.world.url, 8000)["school"][0]["connection"]
    school.restart(connection=[each for each in connections if each["platform"] == "wecom"])
    mother = Guardian("p1001", "s20230201", "周小满", "三年级2班", "妈妈", True, "232")
    assert school.tells(Ask.GUARDIANS, mother, about="232", connection="parents") == []
    school.happens(lambda: wecom_customers.dissolve(school.world, "wrDEMO0class0101"))
    school.runs("吴静: 通知家长 三1班、三2班和一1班 明天带跳绳")
    said = school.says("李敏", "同意通知 1")
    assert "bot → 三年级2班家长: 【淄博高新区第一小学（演示）】明天带跳绳" in said
    assert said[-2:] == [
        "bot → 吴静: 这些班没有能直接到家长的渠道：1年级1班。请您转发：",
        "    【淄博高新区第一小学（演示）】明天带跳绳",
    ]
    assert [each.owner for each in school.world.customers.messages.values()] == ["sun"]
