"""The clock walks from one due time to the next, and the bot does each at its time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.emulator.records import Refused
from bot.emulator.turning import STEPS, Turning
from bot.emulator.world import World
from tests.emulator.emulated import MONDAY, FakeBot, HandClock


@pytest.fixture
def turning(world: World, clock: HandClock, bot: FakeBot) -> Turning:
    bot.agenda = [
        (MONDAY + timedelta(minutes=30), "周一任务提醒"),
        (MONDAY + timedelta(hours=10), "值班情况上报"),
        (MONDAY + timedelta(days=7, minutes=30), "周一任务提醒"),
    ]
    return Turning(world, clock)


def test_next_stops_at_the_very_next_thing(turning: Turning, clock: HandClock) -> None:
    assert [due.what for due in turning.turn("next")] == ["周一任务提醒"]
    assert clock.now() == MONDAY + timedelta(minutes=30)
    assert turning.next is not None and turning.next.what == "值班情况上报"


def test_a_long_way_stops_at_everything_on_it(turning: Turning, clock: HandClock, bot: FakeBot) -> None:
    assert len(turning.turn("day")) == 2
    assert bot.turned_at == [MONDAY + timedelta(minutes=30), MONDAY + timedelta(hours=10), MONDAY + timedelta(days=1)]
    assert clock.now() == MONDAY + timedelta(days=1)


def test_monday_is_the_next_one_at_half_past_seven(turning: Turning, clock: HandClock) -> None:
    turning.turn("monday")  # it is Monday, 07:00
    assert clock.now() == MONDAY + timedelta(minutes=30)
    turning.turn("monday")
    assert clock.now() == MONDAY + timedelta(days=7, minutes=30)


def test_a_moment_without_offset_is_the_schools(turning: Turning, clock: HandClock) -> None:
    turning.turn("2026-11-24T08:15")
    assert clock.now() == MONDAY + timedelta(days=1, hours=1, minutes=15)


def test_the_desks_hear_of_every_step(turning: Turning, world: World) -> None:
    with world.subscribe() as mine:
        turning.turn("day")
        told = [mine.get(timeout=1) for _ in range(5)]
    kinds = [(event.kind, event.data.get("now", "")[5:16]) for event in told if event]
    assert kinds[0] == ("bot", "")
    assert kinds[-3:] == [("clock", "11-23T07:30"), ("clock", "11-23T17:00"), ("clock", "11-24T07:00")]


@pytest.mark.parametrize(
    ("word", "line"),
    [("2026-11-23T06:59", "只往前走"), ("2026-11-23T07:00:00+08:00", "只往前走"), ("昨天", "看不懂"), ("2028-01-01", "200 天")],
)  # fmt: skip
def test_a_wrong_moment_moves_nothing(turning: Turning, clock: HandClock, word: str, line: str) -> None:
    with pytest.raises(Refused) as caught:
        turning.turn(word)
    assert line in caught.value.line
    assert clock.now() == MONDAY


def test_next_without_anything_ahead(world: World, clock: HandClock) -> None:
    with pytest.raises(Refused, match="后面没有排着的事"):
        Turning(world, clock).turn("next")


def test_without_the_bot_the_clock_stands(world: World, clock: HandClock) -> None:
    def nobody(*_: object) -> tuple[int, dict[str, str], bytes]:
        raise ConnectionError

    world.post = nobody
    with pytest.raises(Refused, match="没有开着"):
        Turning(world, clock).turn("day")
    assert clock.now() == MONDAY


def test_a_bot_that_never_comes_to_an_end_is_left_after_a_bounded_number_of_steps(
    world: World, clock: HandClock, bot: FakeBot
) -> None:
    bot.agenda = [(MONDAY + timedelta(seconds=n), "又一件") for n in range(1, STEPS + 100)]
    assert len(Turning(world, clock).turn("day")) == STEPS


def test_the_desks_hear_when_the_bot_comes(world: World, turning: Turning, bot: FakeBot) -> None:
    def nobody(*_: object) -> tuple[int, dict[str, str], bytes]:
        raise ConnectionError

    world.post = nobody
    with world.subscribe() as mine:
        turning.watch()
        try:
            assert not turning.first_up.wait(0.5)
            world.post = bot.post
            assert turning.first_up.wait(1.5)
            told = [mine.get(timeout=1) for _ in range(2)]
        finally:
            turning.stop()
    assert [(event.kind, event.data.get("up")) for event in told if event] == [("bot", True), ("clock", None)]
    assert turning.shown()["next"] == {"at": "2026-11-23T07:30:00+08:00", "what": "周一任务提醒"}
