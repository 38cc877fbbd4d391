"""The emulated school's groups with parents: what waits in 群发助手, what a press does, one a day, the rules by hand."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bot.emulator import demo, wecom_customers
from bot.emulator.app import EmulatorServer
from bot.emulator.records import SENT, TOOL, WECOM
from bot.emulator.transcript import transcript
from bot.emulator.world import World
from tests.emulator.emulated import HandClock

ROOM = "wrDEMO0class0302"
MESSAGE = {"chat_type": "group", "chat_id_list": [ROOM], "sender": "WangXiaoYan", "text": {"content": "带跳绳"}}


@pytest.fixture
def post(server: EmulatorServer, http: requests.Session) -> Any:
    """post(name, **body): one call under /cgi-bin/externalcontact, with the token of 客户联系."""
    query = {"corpid": demo.CORP_ID, "corpsecret": demo.CUSTOMERS_SECRET}

    def post(name: str, **body: object) -> dict[str, Any]:
        token = http.get(f"{server.url}/cgi-bin/gettoken", params=query).json()["access_token"]
        url = f"{server.url}/cgi-bin/externalcontact/{name}"
        return dict(http.post(url, params={"access_token": token}, json=body).json())

    return post


def in_the_room(world: World) -> list[tuple[str, str]]:
    return [(one.sender, one.text) for one in world.messages() if one.chat == wecom_customers.chat_id(ROOM)]


def test_it_stands_in_the_group_only_once_its_owner_has_pressed(post: Any, world: World) -> None:
    msgid = post("add_msg_template", **MESSAGE)["msgid"]
    (task,) = [one for one in world.messages() if one.sender == TOOL]
    assert (task.chat, task.text) == ("wecom-wang", "【群发助手】管理员请您发到：三年级2班家长群\n带跳绳")
    assert in_the_room(world) == []
    assert post("get_groupmsg_task", msgid=msgid)["task_list"] == [{"userid": "wangxiaoyan", "status": 0}]
    assert world.press("wang", task.id, "确认发送").state == SENT
    assert in_the_room(world) == [("wang", "带跳绳")]
    (result,) = post("get_groupmsg_send_result", msgid=msgid, userid="wangxiaoyan")["send_list"]
    assert (result["chat_id"], result["status"]) == (ROOM, 1)
    assert post("get_groupmsg_send_result", msgid=msgid, userid="limin")["send_list"] == []
    said = transcript(world)
    assert "王小燕 按【确认发送】" in said
    assert "群发助手" not in said


def test_a_group_takes_one_a_day_from_one_sender(post: Any, world: World, clock: HandClock) -> None:
    statuses = []
    for hours in (0, 1, 24):
        clock.pass_by(hours=hours)
        msgid = post("add_msg_template", **MESSAGE)["msgid"]
        assert wecom_customers.confirm(world, "wang", msgid) == ""
        statuses.append(post("get_groupmsg_send_result", msgid=msgid, userid="wangxiaoyan")["send_list"][0]["status"])
    assert statuses == [1, 3, 1]
    assert len(in_the_room(world)) == 2


def test_what_was_ended_cannot_be_sent_and_reminders_are_three_a_day(post: Any, world: World) -> None:
    msgid = post("add_msg_template", **MESSAGE)["msgid"]
    assert [post("remind_groupmsg_send", msgid=msgid)["errcode"] for _ in range(4)] == [0, 0, 0, 45009]
    assert wecom_customers.confirm(world, "chen", msgid) == "这条群发已经处理过了。"
    assert post("cancel_groupmsg_send", msgid=msgid)["errcode"] == 0
    assert wecom_customers.confirm(world, "wang", msgid) == "这条群发已经取消了。"
    assert in_the_room(world) == []
    assert [
        one["msgid"] for one in post("get_groupmsg_list_v2", chat_type="group", **span(world))["group_msg_list"]
    ] == [msgid]


def span(world: World) -> dict[str, int]:
    now = int(world.clock.now().timestamp())
    return {"start_time": now - 3600, "end_time": now}


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("add_msg_template", MESSAGE | {"chat_type": "single"}, 40058),
        ("add_msg_template", MESSAGE | {"chat_id_list": []}, 40058),
        ("add_msg_template", MESSAGE | {"sender": "nobody"}, 60111),
        ("add_msg_template", MESSAGE | {"text": {"content": " "}}, 44004),
        ("add_msg_template", MESSAGE | {"text": {"content": "漏" * 1334}}, 45002),
        ("add_msg_template", MESSAGE | {"attachments": [{"msgtype": "image", "image": {"media_id": "x"}}]}, 40007),
        ("add_msg_template", MESSAGE | {"attachments": [{"msgtype": "voice"}]}, 40008),
        ("remind_groupmsg_send", {"msgid": "x"}, 40058),
        ("get_groupmsg_list_v2", {"chat_type": "group", "start_time": 0, "end_time": 3_000_000}, 40058),
        ("groupchat/list", {"limit": 1001}, 40058),
        ("groupchat/get", {"chat_id": "wr9"}, 40050),
        ("message/send", {}, 48002),
    ],
)
def test_rules(post: Any, world: World, name: str, body: dict[str, Any], code: int) -> None:
    assert post(name, **body)["errcode"] == code
    assert [one for one in world.messages() if one.sender == TOOL] == []


def test_groups_that_are_not_the_senders_are_listed(post: Any, world: World) -> None:
    answer = post("add_msg_template", **MESSAGE | {"chat_id_list": [ROOM, "wrDEMO0class0101", "wr9"]})
    assert answer["fail_list"] == ["wrDEMO0class0101", "wr9"]
    assert post("add_msg_template", **MESSAGE | {"chat_id_list": ["wr9"]})["msgid"] == ""
    listed = post("groupchat/list", limit=2)
    assert len(listed["group_chat_list"]) == 2
    assert len(post("groupchat/list", limit=2, cursor=listed["next_cursor"])["group_chat_list"]) == 2
    wangs = post("groupchat/list", owner_filter={"userid_list": ["WangXiaoYan"]})["group_chat_list"]
    assert [one["chat_id"] for one in wangs] == [ROOM, "wrDEMO0committee"]
    assert world.direct("wang", WECOM).id == "wecom-wang"
