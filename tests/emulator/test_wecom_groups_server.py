"""Groups that an app makes, by the bot's own platform and by hand: rules, refusals, rates, and when they show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from bot.emulator import demo, wecom_groups, wecom_groups_server
from bot.emulator.app import EmulatorServer
from bot.emulator.world import World
from bot.errors import GiveUp, TryLater
from bot.messages import ChatKind, ChatRef, Outgoing, Picture
from bot.platforms.wecom_app import WecomAppPlatform
from bot.settings import from_data
from tests.emulator.emulated import Callers, HandClock, from_bot, jpeg

PEOPLE = ["wangxiaoyan", "chenxiao"]


@pytest.fixture
def platform(server: EmulatorServer, clock: HandClock, tmp_path: Any) -> WecomAppPlatform:
    (app,) = [
        each
        for each in from_data(demo.settings_data(server.url, 8000), tmp_path).schools[0].connection
        if (each.platform, each.kind) == ("wecom", "app")
    ]
    return WecomAppPlatform(app, clock)


@pytest.fixture
def code(server: EmulatorServer, call: Callers, http: requests.Session) -> Any:
    """code("create", {…}): the errcode of one call; with a token and, where none is said, the group "g1"."""
    token = call.wecom_token()

    def code(name: str, given: dict[str, Any]) -> int:
        url, query = f"{server.url}/cgi-bin/appchat/{name}", {"access_token": token}
        if name == "get":
            return int(http.get(url, params=query | given).json()["errcode"])
        return int(http.post(url, params=query, json={"chatid": "g1"} | given).json()["errcode"])

    return code


def test_a_group_is_made_once_filled_up_and_shows_with_its_first_message(
    platform: WecomAppPlatform, world: World, server: EmulatorServer, http: requests.Session
) -> None:
    def shown() -> list[str]:
        return [chat["title"] for chat in http.get(f"{server.url}/api/state").json()["chats"]]

    made = platform.create_group("通知群", "WuJing", PEOPLE)
    again = platform.create_group("通知群", "wujing", ["limin", *PEOPLE])
    assert (made.new, made.joined) == (True, ("wujing", *PEOPLE))
    assert (again.new, again.joined, again.id) == (False, ("limin",), made.id)
    assert "通知群" not in shown()
    group = ChatRef(ChatKind.GROUP, made.id)
    platform.send(group, Outgoing(text="开会", mentions=("limin",)))
    platform.send(group, Outgoing(image=Picture(jpeg(), "图.jpg", "image/jpeg")))
    first, second = from_bot(world)
    assert (first.text, first.mentions, len(second.images)) == ("开会 @李敏", ["li"], 1)
    assert world.chat(first.chat).members == ("wu", "wang", "chen", "li")
    assert "通知群" in shown()
    assert platform.tally.take()["message"] == 2


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("create", {"chatid": "g-1"}, 86001),
        ("create", {"chatid": "g" * 33}, 86001),
        ("create", {"chatid": "g1"}, 86001),
        ("create", {"chatid": "g2", "name": ""}, 86004),
        ("create", {"chatid": "g2", "name": "群" * 51}, 86004),
        ("create", {"chatid": "g2", "owner": "limin"}, 86005),
        ("create", {"chatid": "g2", "userlist": ["wangxiaoyan", "WangXiaoYan"]}, 86006),
        ("create", {"chatid": "g2", "userlist": [*PEOPLE, "nobody"]}, 86007),
        ("create", {"chatid": "g2", "userlist": "limin"}, 40058),
        ("create", {"chatid": "g2"}, 0),
        ("get", {"chatid": "g9"}, 86003),
        ("get", {"chatid": "theirs"}, 86008),
        ("update", {"del_user_list": ["chenxiao"]}, 86006),
        ("update", {"add_user_list": ["limin"], "del_user_list": ["wangxiaoyan"]}, 86005),
        ("update", {"add_user_list": ["limin"], "del_user_list": ["wangxiaoyan"], "owner": "limin", "name": "新"}, 0),
        ("send", {"chatid": "g9", "msgtype": "text", "text": {"content": "早"}}, 86003),
        ("send", {"chatid": "theirs", "msgtype": "text", "text": {"content": "早"}}, 86008),
        ("send", {"msgtype": "template_card", "template_card": {}}, 40008),
        ("send", {"msgtype": "text", "text": {"content": " "}}, 44004),
        ("send", {"msgtype": "markdown", "markdown": {"content": "**早** <@limin>"}}, 0),
    ],
)
def test_rules(code: Any, world: World, name: str, given: dict[str, Any], expected: int) -> None:
    wecom_groups.create(world, demo.AGENT_ID, "通知群", "", PEOPLE, "g1")
    wecom_groups.create(world, wecom_groups.OTHER_APP, "别人的", "", PEOPLE, "theirs")
    made = {"name": "又一个", "userlist": PEOPLE} if name == "create" else {}
    assert code(name, made | given) == expected


def test_too_many_are_refused_or_dropped_without_a_word(
    code: Any, world: World, monkeypatch: pytest.MonkeyPatch, clock: HandClock
) -> None:
    for name, most in (("MADE_A_DAY", 1), ("READERS_A_MINUTE", 6), ("MEMBER_A_MINUTE", 2)):
        monkeypatch.setattr(wecom_groups_server, name, most)
    made = {"name": "群", "userlist": PEOPLE}
    assert [code("create", made | {"chatid": f"g{number}"}) for number in (1, 2)] == [0, 45009]
    message = {"msgtype": "text", "text": {"content": "早"}}
    assert [code("send", message) for _ in range(4)] == [0, 0, 0, 45009]
    assert ["没有给他们看" in one.note for one in from_bot(world)] == [False, False, True]
    clock.pass_by(minutes=1)
    assert code("send", message) == 0


def test_a_refusal_is_said_with_what_to_do(platform: WecomAppPlatform, world: World) -> None:
    world.faults.switch("part_scope", True)
    with pytest.raises(GiveUp, match="看得见全公司.*最上面的部门.*60011"):
        platform.create_group("通知群", "wujing", PEOPLE)
    world.faults.switch("part_scope", False)
    with pytest.raises(GiveUp, match="至少要两个人.*86006"):
        platform.create_group("通知群", "wujing", ["WuJing"])
    chatid, _ = wecom_groups.create(world, wecom_groups.OTHER_APP, "别人的", "", PEOPLE)
    with pytest.raises(GiveUp, match="不是校铃的应用建的.*86008"):
        platform.send(ChatRef(ChatKind.GROUP, chatid), Outgoing(text="早"))
    world.faults.switch("crowded", True)
    with pytest.raises(TryLater) as caught:
        platform.create_group("通知群", "wujing", PEOPLE)
    assert caught.value.after == timedelta(seconds=5)


def test_groups_outlive_the_emulator(world: World, clock: HandClock) -> None:
    wecom_groups.create(world, demo.AGENT_ID, "通知群", "", PEOPLE, "g1")
    again = World(world.home, clock, "http://127.0.0.1:9", world.post)
    assert wecom_groups.the_group(again, demo.AGENT_ID, "g1").members == ("wang", "chen")
    again.close()
