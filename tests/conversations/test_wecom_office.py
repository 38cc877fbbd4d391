"""What happens in WeCom's own tools comes to the bot as its events do, and is asked of WeCom's server: no short cut between."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.clock import SCHOOL_TZ
from bot.emulator import wecom_office
from tests.kit.stage import Stage

pytestmark = pytest.mark.on("wecom app")


def at(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day} {clock}").replace(tzinfo=SCHOOL_TZ)


def asks_for_leave(school: Stage, who: str, first: datetime, last: datetime) -> str:
    """Handed in, which changes nothing yet."""
    numbers: list[str] = []
    said = school.happens(
        lambda: numbers.append(wecom_office.apply_leave(school.world, school.id_of(who), first, last))
    )
    assert said == []
    return numbers[0]


AGREED = [
    "bot → 王小燕: 您的请假批下来了：11月25日（周三）到11月26日（周四），这几天不问您。提前回来回「销假」。",
    "bot → 吴静: 王小燕请假：11月25日（周三）到11月26日（周四），事假。",
]


def test_a_leave_that_is_agreed_to_in_wecom_is_known_here(school: Stage) -> None:
    number = asks_for_leave(school, "王小燕", at(25, "12:00"), at(26, "12:00"))
    assert school.happens(lambda: wecom_office.decide(school.world, number, agreed=True)) == AGREED
    assert school.happens(lambda: wecom_office.withdraw(school.world, number)) == [
        "bot → 王小燕: 11月25日（周三）到11月26日（周四）的请假在审批里撤了，照常提醒。",
        "bot → 吴静: 王小燕的请假撤了：11月25日（周三）到11月26日（周四）。",
    ]


def test_a_leave_that_is_refused_changes_nothing(school: Stage) -> None:
    number = asks_for_leave(school, "王小燕", at(25, "08:00"), at(25, "11:30"))
    assert school.happens(lambda: wecom_office.decide(school.world, number, agreed=False)) == []


def test_an_event_that_comes_twice_is_told_once(school: Stage) -> None:
    number = asks_for_leave(school, "王小燕", at(25, "12:00"), at(26, "12:00"))
    school.world.faults.switch("duplicate_callback", True)
    assert school.happens(lambda: wecom_office.decide(school.world, number, agreed=True)) == AGREED


def test_a_busy_platform_is_asked_again_later(school: Stage) -> None:
    number = asks_for_leave(school, "王小燕", at(25, "12:00"), at(26, "12:00"))
    school.world.faults.switch("busy", True)
    assert school.happens(lambda: wecom_office.decide(school.world, number, agreed=True)) == []
    school.world.faults.switch("busy", False)
    assert school.at("2026-11-23 07:01") == AGREED


@pytest.mark.routines("evening_duty_report", "reads_reports")
def test_a_duty_that_was_written_in_wecoms_own_report_is_reported_here(school: Stage) -> None:
    school.at("2026-11-23 20:30")
    assert school.happens(lambda: wecom_office.write_report(school.world, "li", {"放学": "东门有序"})) == []
    assert school.at("2026-11-23 21:31")[-1] == "bot → 张建国: 11月23日（周一）值班情况：李敏已报。"


@pytest.mark.routines("looks_at_directory")
def test_a_notice_goes_to_the_parents_whom_the_directory_named(school: Stage) -> None:
    """The nightly look finds everybody where the roster has them, and the classes' guardians."""
    assert school.at("2026-11-24 07:30") == []
    school.plays("""
        王小燕: 通知家长 三2班 明天起早读 7:50 到校
        bot: 通知 1（3年级2班）写好了，等刘洋同意。
        bot → 刘洋: 王小燕想通知3年级2班家长（通知 1）：
            明天起早读 7:50 到校
            「同意通知 1」　「不同意通知 1」
        刘洋: 同意通知 1
        bot: ✅ 通知 1 同意了，11月24日（周二）07:30发。收得到的家长 2 位。
        bot → 王小燕: ✅ 通知 1 同意了，11月24日（周二）07:30发。收得到的家长 2 位。
        bot → 三年级2班家长: 【淄博高新区第一小学（演示）】明天起早读 7:50 到校
        bot → 王小燕: 通知 1 到不了这 1 位学生的家长，请发纸条（只给您看）：何苗
    """)
