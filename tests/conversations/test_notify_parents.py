"""通知家长: written by one, agreed to by another, out by the front door or back to be forwarded."""

from __future__ import annotations

import pytest

from bot.connections import Connection
from bot.emulator import demo
from bot.facts import Ask, Guardian
from bot.messages import ChatRef, Outgoing
from bot.platforms.base import Capabilities, Deaf, Health, Sent
from bot.platforms.tally import Tally
from tests.kit.stage import Stage


class _FrontDoor(Deaf):
    """The other side of a channel to parents: it takes what is sent, and says where it went."""

    capabilities = Capabilities(hears=False, direct=False, groups=False, text_bytes=2048, parents=True)

    def __init__(self) -> None:
        self.tally = Tally()
        self.taken: list[tuple[str, str]] = []

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        self.taken.append((chat.id, outgoing.text))
        return Sent()

    def check(self) -> Health:
        return Health(True, "")


def front_door(school: Stage) -> _FrontDoor:
    """The school gets a channel to its parents."""
    door = _FrontDoor()
    hearing = school.app.connections.direct(demo.CODE)[school.platform][0]
    connection = Connection(demo.CODE, "parents", hearing.settings, door)
    school.app.connections._all[(demo.CODE, "parents")] = connection
    return door


def guardians(school: Stage) -> None:
    families = (
        Guardian("g1", "p1", "周小满", "三年级(2)班", "妈妈", True),
        Guardian("g2", "p1", "周小满", "三年级(2)班", "爸爸", False),
        Guardian("g3", "p2", "何苗", "三年级(2)班", "奶奶", False),
    )
    assert school.tells(Ask.GUARDIANS, *families, about="302") == []


def test_a_class_teacher_writes_and_the_moral_office_agrees(school: Stage) -> None:
    school.plays("""
        王小燕: 通知家长 三2班 明天起早读 7:50 到校
        bot: 通知 1（3年级2班）写好了，等刘洋同意。
        bot → 刘洋: 王小燕想通知3年级2班家长（通知 1）：
            明天起早读 7:50 到校
            「同意通知 1」　「不同意通知 1」
        王小燕: 同意通知 1
        bot: 这件事要年级组长、德育主任、副校长、校长来做。找他们说一声就行。
        [2026-11-23 09:00]
        刘洋: 同意通知 1
        bot: ✅ 通知 1 同意了，11月23日（周一）09:00发。
        bot → 王小燕: ✅ 通知 1 同意了，11月23日（周一）09:00发。
        bot → 王小燕: 没有能直接到家长的渠道，请您转发：
            【淄博高新区第一小学（演示）】明天起早读 7:50 到校
        刘洋: 同意通知 1
        bot: 眼下没有等同意的通知。
    """)


def test_other_classes_and_the_whole_school_are_for_the_offices_and_leaders(school: Stage) -> None:
    school.plays("""
        王小燕: 通知家长 全校 放假
        bot: 班主任只能通知自己班的家长；别的班和全校，请办公室或德育处来写。
        郑凯: 通知家长 三2班 带跳绳
        bot: 这件事要班主任、办公室主任、德育主任、校长、副校长来做。找他们说一声就行。
        吴静: 通知家长 全校
        bot: 请写给谁、说什么，不超过 300 个字。例如：通知家长 三2班 明天起早读 7:50 到校；通知家长 全校 周五下午两点放学
        吴静: 通知家长 全校 周五下午两点放学
        bot: 通知 1（全校）写好了，等李敏同意。
        bot → 李敏: 吴静想通知全校家长（通知 1）：
            周五下午两点放学
            「同意通知 1」　「不同意通知 1」
        刘洋: 同意通知 1
        bot: 这条要别的人来同意，不能自己同意自己写的。
        李敏: 不同意通知 1 时间还没定
        bot: 通知 1 不发了：时间还没定。
        bot → 吴静: 通知 1 不发了：时间还没定。
    """)


def test_several_classes_are_a_list_and_what_follows_are_the_words(school: Stage) -> None:
    school.plays("""
        吴静: 通知家长 三1班、三2班和一1班家长 明天带跳绳
        bot: 通知 1（3年级1班、3年级2班、1年级1班）写好了，等李敏同意。
        bot → 李敏: 吴静想通知3年级1班、3年级2班、1年级1班家长（通知 1）：
            明天带跳绳
            「同意通知 1」　「不同意通知 1」
        吴静: 通知家长 三2班 三1班明天来听课
        bot: 通知 2（3年级2班）写好了，等李敏同意。
        bot → 李敏: 吴静想通知3年级2班家长（通知 2）：
            三1班明天来听课
            「同意通知 2」　「不同意通知 2」
    """)


@pytest.mark.needs("unasked")
def test_it_goes_to_the_class_and_the_unreached_are_for_the_class_teacher_alone(school: Stage) -> None:
    door = front_door(school)
    guardians(school)
    school.says("吴静", "通知家长 三2班 明天带跳绳")
    said = school.says("李敏", "同意通知 1")
    assert "bot: ✅ 通知 1 同意了，11月23日（周一）07:00发。收得到的家长 1 位。" in said
    assert [line for line in said if "何苗" in line] == [
        "bot → 王小燕: 通知 1 到不了这 1 位学生的家长，请发纸条（只给您看）：何苗"
    ]
    assert not any("周小满" in line for line in said)
    assert door.taken == [("class:302", "【淄博高新区第一小学（演示）】明天带跳绳")]


def test_what_is_told_of_one_child_or_guardian_replaces_that_alone(school: Stage) -> None:
    guardians(school)
    moved = Guardian("g3", "p2", "何苗", "三年级(1)班", "奶奶", True, "301")
    follows = Guardian("g2", "p1", "周小满", "三年级(2)班", "爸爸", True, "302")
    assert school.tells(Ask.GUARDIANS, moved, about="pupil:p2") == []
    assert school.tells(Ask.GUARDIANS, follows, about="guardian:g2") == []
    assert school.tells(Ask.GUARDIANS, about="guardian:g1") == []
    with school.store() as store:
        rows = {(row.account, row.class_id, row.grade_class, row.reached) for row in store.guardians.of(())}
    assert rows == {("g3", "301", "3-1", True), ("g2", "302", "3-2", True)}


def test_parents_are_left_alone_in_the_evening(school: Stage) -> None:
    door = front_door(school)
    guardians(school)
    school.at("2026-11-23 20:40")
    school.says("吴静", "通知家长 三2班 明天带跳绳")
    assert "bot: ✅ 通知 1 同意了，11月24日（周二）07:00发。收得到的家长 1 位。" in school.says("李敏", "同意通知 1")
    assert door.taken == []
    school.at("2026-11-24 07:00")
    assert len(door.taken) == 1


def test_no_class_gets_more_than_two_a_day(school: Stage) -> None:
    for number in (1, 2, 3):
        school.says("吴静", f"通知家长 三2班 第{number}件事")
    for number in (1, 2):
        assert "同意了" in school.says("李敏", f"同意通知 {number}")[0]
    school.plays("""
        李敏: 同意通知 3
        bot: 11月23日（周一）已经给3年级2班家长发过两条通知了，一天不再多发。改天再回「同意通知 3」。
    """)
