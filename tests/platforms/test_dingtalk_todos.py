"""DingTalk's 待办 over real HTTP: against the emulated servers, and against answers as the documentation lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.dingtalk_todos import TodoCard, TodoLists
from bot.emulator.world import World
from bot.errors import GiveUp, TryLater
from bot.messages import ChatKind, ChatRef, TodoItem, TodoState
from bot.platforms import dingtalk_stream
from bot.platforms.base import TodoKeeper
from bot.settings import DingtalkStream
from tests.kit.other_side import OtherSide, Says, other_side
from tests.kit.stage import MONDAY, HandClock

ZHAO = ChatRef(ChatKind.DIRECT, "u1004")
ITEM = TodoItem(
    "xiaoling-demo-1", "整改隐患 1：漏水", MONDAY + timedelta(days=3), "https://bot.example/t/1", TodoState.OPEN
)
TASKS = "/v1.0/todo/users/union-u1004/tasks"


def connect(url: str, clock: HandClock, **more: Any) -> dingtalk_stream.DingtalkStreamPlatform:
    values = {
        "name": "ding",
        "platform": "dingtalk",
        "kind": "stream",
        "api_base": url,
        "oapi_base": url,
        "todos": True,
    }
    values |= {"app_key": demo.DING_KEY, "app_secret": demo.DING_SECRET}
    return dingtalk_stream.build(DingtalkStream.model_validate(values | more), clock)


class Lists:
    """The emulated platform, and the connection to it."""

    def __init__(self, world: World, url: str, clock: HandClock) -> None:
        self.platform, self.world, self.clock = connect(url, clock), world, clock

    def cards(self) -> list[TodoCard]:
        return TodoLists(self.world).of("赵海峰")


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Lists]:
    clock = HandClock(MONDAY)
    world = World(tmp_path, clock, "http://127.0.0.1:9")
    with EmulatorServer(world) as emulator:
        yield Lists(world, emulator.url, clock)
    world.close()


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side() as listening:
        listening.says("/v1.0/oauth2/accessToken", {"accessToken": "t", "expireIn": 7200})
        listening.says("/topapi/v2/user/get", {"errcode": 0, "result": {"userid": "u1004", "unionid": "union-u1004"}})
        yield listening


def test_put_in_moved_ticked_opened_again_and_taken_out(lists: Lists) -> None:
    keep = lists.platform.keep
    reference = keep(ZHAO, ITEM).reference
    (card,) = lists.cards()
    assert (card.id, card.source, card.subject, card.done) == (reference, ITEM.source, ITEM.title, False)
    assert (card.due, card.url) == (int(ITEM.due_at.timestamp() * 1000), ITEM.link)
    there = replace(ITEM, reference=reference, tried=True)
    moved = replace(there, due_at=ITEM.due_at + timedelta(days=1), title="整改隐患 1：漏水得厉害")
    assert keep(ZHAO, moved).reference == reference
    assert [(card.subject, card.due) for card in lists.cards()] == [(moved.title, int(moved.due_at.timestamp() * 1000))]
    keep(ZHAO, replace(moved, state=TodoState.DONE))
    assert [card.done for card in lists.cards()] == [True]
    keep(ZHAO, moved)
    assert [card.done for card in lists.cards()] == [False]
    keep(ZHAO, replace(moved, state=TodoState.GONE))
    assert lists.cards() == []
    assert "删掉" in keep(ZHAO, moved).note, "what is deleted there is not put in again"


def test_twice_is_once(lists: Lists) -> None:
    first = lists.platform.keep(ZHAO, ITEM).reference
    assert lists.platform.keep(ZHAO, ITEM).reference == first, "the platform says that it is there: it is found"
    again = replace(ITEM, tried=True)
    lists.platform.tally.take()
    assert lists.platform.keep(ZHAO, again).reference == first
    assert lists.platform.tally.take()["api"] == 2, "looked for, not tried"
    assert len(lists.cards()) == 1
    assert lists.platform.keep(ZHAO, replace(again, state=TodoState.DONE)).reference == first
    assert [card.done for card in lists.cards()] == [True]


def test_what_is_over_before_it_was_put_in_costs_nothing(lists: Lists) -> None:
    for state in (TodoState.DONE, TodoState.GONE):
        assert lists.platform.keep(ZHAO, replace(ITEM, state=state)).reference == ""
    assert lists.cards() == []
    assert lists.platform.tally.take()["api"] == 0


def test_a_day_that_is_over_is_left_out(lists: Lists) -> None:
    lists.platform.keep(ZHAO, replace(ITEM, due_at=MONDAY - timedelta(days=1)))
    assert [card.due for card in lists.cards()] == [None], "dueTime is invalid, where it lies behind"


def test_it_counts_and_the_directory_does_not(lists: Lists) -> None:
    lists.platform.keep(ZHAO, ITEM)
    taken = lists.platform.tally.take()
    assert (taken["api"], taken["free"]) == (1, 3), "a token, the person, their department's name"
    lists.platform.keep(ZHAO, replace(ITEM, source="xiaoling-demo-2"))
    assert lists.platform.tally.take() == {"api": 1}, "their unionId is known now"


def test_a_long_list_is_looked_through(lists: Lists) -> None:
    lists.platform.keep(ZHAO, ITEM)
    (card,) = lists.cards()
    for number in range(45):
        lists.world.ding_office.todos[f"task{number}"] = replace(card, id=f"task{number}", source=f"other-{number}")
    sought = replace(ITEM, source="other-44", tried=True)
    assert lists.platform.keep(ZHAO, sought).reference == "task44"


def test_who_left_has_no_list_and_a_missing_permission_is_named(lists: Lists) -> None:
    with pytest.raises(GiveUp, match="unionId"):
        lists.platform.keep(ChatRef(ChatKind.DIRECT, "u9999"), ITEM)
    lists.world.ding_office.withheld.add("/v1.0/todo")
    with pytest.raises(GiveUp, match=r"权限.*Todo\.Todo\.Write"):
        lists.platform.keep(ZHAO, ITEM)
    lists.world.ding_office.withheld.clear()
    lists.world.faults.switch("over_quota", on=True)
    with pytest.raises(GiveUp, match="次数用完"):
        lists.platform.keep(ZHAO, ITEM)
    assert lists.platform.tally.take_refused() == {"api"}, "the administrators hear of it"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Says({"code": "todo.taskCreate.lockError", "message": "todo.taskCreate.lockError"}, 400), TryLater),
        (Says({"code": "todo.taskCreate.flowControlError", "message": "flowControl"}, 400), TryLater),
        (Says({"code": "todo.taskCreate.systemError", "message": "todo.taskCreate.systemError"}, 500), TryLater),
        (Says({"code": "todo.taskCreate.paramError", "message": "subject is oversize"}, 400), GiveUp),
    ],
)
def test_refusals_are_one_of_two(server: OtherSide, answer: Says, error: type[Exception]) -> None:
    server.says(TASKS, answer)
    with pytest.raises(error):
        connect(server.url, HandClock(MONDAY)).keep(ZHAO, ITEM)


def test_there_but_nowhere_to_be_found_is_told(server: OtherSide) -> None:
    server.says(TASKS, Says({"code": "todo.taskCreate.paramError", "message": "task exist"}, 400))
    server.says("/v1.0/todo/users/union-u1004/org/tasks/query", {"todoCards": []})
    with pytest.raises(GiveUp, match="查不到"):
        connect(server.url, HandClock(MONDAY)).keep(ZHAO, ITEM)


def test_an_answer_that_never_came_may_have_been_carried_out(server: OtherSide) -> None:
    server.says(TASKS, Says(breaks="request"))
    with pytest.raises(TryLater) as told:
        connect(server.url, HandClock(MONDAY)).keep(ZHAO, ITEM)
    assert told.value.unknown


def test_only_where_the_school_wants_it(server: OtherSide) -> None:
    platform = connect(server.url, HandClock(MONDAY), todos=False)
    assert isinstance(platform, TodoKeeper)
    assert (platform.capabilities.todos, connect(server.url, HandClock(MONDAY)).capabilities.todos) == (False, True)
