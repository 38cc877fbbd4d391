"""审批 decided while the bot was away: asked for when it is back, and once a night; what it has had already stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pytest
from sqlalchemy import select

from bot.clock import SCHOOL_TZ
from bot.emulator import wecom_office
from bot.emulator.dingtalk_office import LEAVE
from bot.facts import Ask
from bot.store.records import Errand
from bot.store.session import reading
from tests.kit.stage import Stage

WEDNESDAY = date(2026, 11, 25)
AGREED = [
    "bot → 王小燕: 您的请假批下来了：11月25日（周三），这几天不问您。提前回来回「销假」。",
    "bot → 吴静: 王小燕请假：11月25日（周三），事假。",
]


@contextmanager
def nobody_listens(school: Stage) -> Iterator[None]:
    """What the platforms tell meanwhile is refused, and they give up."""
    post = school.world.post
    school.world.post = school.world.patient_post = lambda *_: (503, {}, b"")
    yield
    school.world.post = school.world.patient_post = post


def leave(school: Stage) -> Callable[[], object]:
    """王小燕 asks for Wednesday on this platform, and gets it. Returns how she takes it back."""
    world = school.world
    if school.platform == "dingtalk":
        number = world.ding_office.apply_leave("王小燕", WEDNESDAY, WEDNESDAY)
        world.ding_office.decide(number, agreed=True)
        return lambda: world.ding_office.revoke(number)
    first, last = (datetime(2026, 11, 25, hour, 30, tzinfo=SCHOOL_TZ) for hour in (7, 17))
    with pytest.raises(Exception, match="没有收下"):
        wecom_office.apply_leave(world, school.id_of("王小燕"), first, last)
    (number,) = world.office.requests
    with pytest.raises(Exception, match="没有收下"):
        wecom_office.decide(world, number, agreed=True)
    return lambda: wecom_office.withdraw(world, number)


def asked_since(school: Stage) -> list[str]:
    with reading(school.app.engine) as session:
        return [row.details for row in session.scalars(select(Errand).where(Errand.what == Ask.APPROVALS))]


@pytest.mark.on("wecom app", "dingtalk robot/sqlite")
@pytest.mark.routines("catches_up_approvals")
def test_a_leave_agreed_to_while_the_bot_was_down_is_known_when_it_is_back(school: Stage) -> None:
    school.restart(approval=[{"template": LEAVE, "means": "leave"}])
    assert school.at("2026-11-23 07:10") == []
    with nobody_listens(school):
        take_back = leave(school)
    school.restart()
    assert school.at("2026-11-23 09:00") == AGREED
    with school.store() as store:
        assert len(store.people.away(WEDNESDAY)) == 1
    school.restart()
    assert school.at("2026-11-24 07:30") == [], "neither the next return nor the night tells it again"
    assert asked_since(school)[-1] == f"2026-11-17 {LEAVE}", "a week before the last look"
    assert school.at("2026-11-24 22:00") == []
    with nobody_listens(school):
        try:
            take_back()
        except Exception as error:  # noqa: BLE001 - WeCom's office says that nobody took the event
            assert "没有收下" in str(error)
    assert school.at("2026-11-25 06:00") == [], "found at night, told in the morning"
    assert school.at("2026-11-25 07:01") == [
        "bot → 王小燕: 11月25日（周三）的请假在审批里撤了，照常提醒。",
        "bot → 吴静: 王小燕的请假撤了：11月25日（周三）。",
    ]
    with school.store() as store:
        assert store.people.away(WEDNESDAY) == frozenset()


@pytest.mark.on("wecom app")
@pytest.mark.routines("catches_up_approvals")
def test_a_machine_that_slept_asks_when_it_wakes_and_only_once(school: Stage) -> None:
    school.at("2026-11-23 07:10")

    def asked_at(day: int, hour: int, minute: int) -> int:
        school.clock.turn_to(datetime(2026, 11, day, hour, minute, tzinfo=SCHOOL_TZ))
        before = len(asked_since(school))
        school.app.scheduler.tick()
        school.settle()
        return len(asked_since(school)) - before

    assert asked_at(23, 7, 15) == 0, "five minutes without a look are nothing"
    assert asked_at(23, 7, 30) == 1, "the machine was asleep"
    assert asked_at(24, 2, 45) == 1, "the night's look, which was owed, serves for the return as well"
    assert asked_at(24, 2, 50) == 0
