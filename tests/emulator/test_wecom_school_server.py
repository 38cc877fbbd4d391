"""WeCom's home-school stand-in, called by the bot's own platform and by hand: who is reached, who is listed, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.world import World
from bot.errors import GiveUp, TryLater
from bot.facts import Ask, Guardian
from bot.messages import ChatKind, ChatRef, Outgoing, Picture
from bot.platforms.wecom_school import WecomSchoolPlatform
from bot.settings import from_data
from tests.emulator.emulated import Callers, HandClock, from_bot, jpeg

SEND = "/cgi-bin/externalcontact/message/send"
TEXT = {"msgtype": "text", "agentid": demo.AGENT_ID, "text": {"content": "周五家长会"}}


@pytest.fixture
def platform(server: EmulatorServer, clock: HandClock, tmp_path: Any) -> WecomSchoolPlatform:
    settings = from_data(demo.settings_data(server.url, 8000), tmp_path)
    (parents,) = [one for one in settings.schools[0].connection if one.kind == "school"]
    return WecomSchoolPlatform(parents, clock)


@pytest.fixture
def post(server: EmulatorServer, call: Callers, http: requests.Session) -> Any:
    token = call.wecom_token()

    def post(**body: object) -> dict[str, Any]:
        return dict(http.post(f"{server.url}{SEND}", params={"access_token": token}, json=TEXT | body).json())

    return post


def room(name: str) -> ChatRef:
    return ChatRef(ChatKind.GROUP, name)


def test_a_class_hears_and_who_does_not_follow_is_counted(platform: WecomSchoolPlatform, world: World) -> None:
    note = platform.send(room("class:232"), Outgoing(text="周五家长会")).note
    assert note == "2 位家长没有收到，可能还没有关注“学校通知”"
    (message,) = from_bot(world)
    assert (message.chat, message.text) == ("wecom-class-232", "周五家长会")
    assert message.note == "三年级2班 2 位家长收到了"
    assert platform.send(room("class:一年级1班"), Outgoing(text="早读")).note == ""


@pytest.mark.parametrize(
    "chat", ["pupil:s20230202", "guardian:p1003", "guardian:nobody", "class:999", "class:五年级1班"]
)
def test_where_nobody_follows_nobody_hears(platform: WecomSchoolPlatform, world: World, chat: str) -> None:
    with pytest.raises(GiveUp):
        platform.send(room(chat), Outgoing(text="通知"))
    assert from_bot(world) == []


def test_one_childs_guardians_and_one_guardian(platform: WecomSchoolPlatform, world: World) -> None:
    platform.send(room("pupil:s20230203"), Outgoing(text="体检单"))
    platform.send(room("guardian:p1005"), Outgoing(image=Picture(jpeg(), "单.jpg", "image/jpeg")))
    first, second = from_bot(world)
    assert (first.chat, second.chat) == ("wecom-class-232", "wecom-class-211")
    assert second.images


def test_the_same_notice_again_is_swallowed(platform: WecomSchoolPlatform, world: World) -> None:
    for _ in range(2):
        platform.send(room("class:211"), Outgoing(text="通知", key="row-1"))
    assert len(from_bot(world)) == 1


def test_guardians_are_told_as_the_platform_keeps_them(platform: WecomSchoolPlatform) -> None:
    everybody = platform.ask(Ask.GUARDIANS, "")
    assert Guardian("p1001", "s20230201", "周小满", "三年级2班", "妈妈", True, "232") in everybody
    assert Guardian("p1002", "s20230201", "周小满", "三年级2班", "爸爸", False, "232") in everybody
    assert len(everybody) == 6
    assert {one.grade_class for one in everybody if isinstance(one, Guardian)} == {"三年级2班", "一年级1班"}
    assert len(platform.ask(Ask.GUARDIANS, "guardian:p1001")) == 2
    assert platform.ask(Ask.GUARDIANS, "pupil:nobody") == ()
    assert platform.ask(Ask.GUARDIANS, "23") == ()


def test_the_check_sees_the_classes_in_reach(platform: WecomSchoolPlatform) -> None:
    assert platform.check().well


def test_a_token_that_was_ended_is_renewed_and_a_busy_platform_is_tried_later(
    platform: WecomSchoolPlatform, world: World
) -> None:
    platform.check()
    world.faults.switch("expired_token", True)
    assert platform.ask(Ask.GUARDIANS, "pupil:s20250102")
    world.faults.switch("busy", True)
    with pytest.raises(TryLater):
        platform.ask(Ask.GUARDIANS, "")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"to_party": [232], "agentid": 1}, 40056),
        ({"to_party": [232], "recv_scope": 1}, 81013),
        ({"to_party": [232], "recv_scope": 3}, 40058),
        ({"to_party": "232"}, 40058),
        ({"to_party": [232] * 101}, 82002),
        ({"to_parent_userid": ["p1001"] * 1001}, 40058),
        ({"to_party": [232], "msgtype": "markdown", "markdown": {"content": "x"}}, 40008),
        ({"to_party": [232], "msgtype": "text", "text": {"content": " "}}, 44004),
        ({"to_party": [232], "msgtype": "text", "text": {"content": "漏" * 683}}, 45002),
        ({"to_party": [232], "msgtype": "image", "image": {"media_id": "x"}}, 40007),
        ({}, 81013),
    ],
)
def test_what_is_wrong_is_refused(post: Any, world: World, body: dict[str, Any], code: int) -> None:
    assert post(**body)["errcode"] == code
    assert from_bot(world) == []


def test_lists_name_whom_it_could_not_reach(post: Any) -> None:
    answer = post(to_parent_userid=["p1002", "p9"], to_student_userid=["s20230202", "s20230203"], to_party=[7])
    assert answer["errcode"] == 0
    assert (answer["invalid_parent_userid"], answer["invalid_party"]) == (["p1002", "p1003", "p9"], [7])
    assert answer["invalid_student_userid"] == ["s20230202"]


def test_everybody_who_follows_hears_what_is_for_all(post: Any, world: World) -> None:
    assert post(toall=1)["errcode"] == 0
    assert {message.chat for message in from_bot(world)} == {"wecom-class-211", "wecom-class-232"}


def test_without_a_good_token_nothing_is_answered(server: EmulatorServer, http: requests.Session) -> None:
    for query, code in (({}, 41001), ({"access_token": "x"}, 40014)):
        assert http.get(f"{server.url}/cgi-bin/school/department/list", params=query).json()["errcode"] == code
