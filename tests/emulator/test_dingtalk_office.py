"""DingTalk's office called by hand: limits and refusals of its servers; events that come again and are at last kept."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import requests
from wechatpy.work.crypto import PrpCrypto

from bot.emulator import demo
from bot.emulator.dingtalk_events_road import seal, signature
from bot.emulator.world import World
from tests.emulator.emulated import Callers, FakeBot, HandClock

MONDAY = date(2026, 11, 23)
DAY = {"workDateFrom": "2026-11-23 00:00:00", "workDateTo": "2026-11-23 23:59:59", "offset": 0, "limit": 50}


def old(call: Callers, path: str, **body: object) -> dict[str, Any]:
    return call.dingtalk_old(f"{call.url}{path}", body, access_token=call.dingtalk_token())


def new(call: Callers, method: str, path: str, body: object = None, **query: object) -> requests.Response:
    headers = {"x-acs-dingtalk-access-token": call.dingtalk_token()}
    url = f"{call.url}{path}"
    return call.http.request(method, url, json=body, params=query, headers=headers, timeout=10)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/topapi/v2/user/get", {"userid": "nobody"}, 60121),
        ("/topapi/v2/user/get", {"userid": ""}, 33012),
        ("/topapi/v2/user/get", {"userid": 7}, 33012),
        ("/topapi/v2/user/list", {"dept_id": 1, "cursor": 0, "size": 101}, 400002),
        ("/topapi/v2/user/list", {"dept_id": 77, "cursor": 0, "size": 10}, 60003),
        ("/topapi/user/listid", {"dept_id": 77}, 60003),
        ("/topapi/v2/department/listsub", {"dept_id": 77}, 60003),
        ("/attendance/list", {**DAY, "userIdList": ["u"] * 51}, 40035),
        ("/attendance/list", {**DAY, "userIdList": ["u"], "limit": 51}, 40035),
        ("/attendance/list", {**DAY, "userIdList": ["u"], "workDateTo": "2026-12-01 00:00:00"}, 40035),
        ("/attendance/list", {**DAY, "userIdList": ["u"], "workDateTo": "gestern"}, 40035),
        ("/topapi/report/list", {"start_time": 0, "end_time": 1, "cursor": 0, "size": 21}, 400002),
        ("/topapi/report/list", {"start_time": 0, "end_time": 181 * 86400000, "cursor": 0, "size": 20}, 400002),
        ("/topapi/edu/dept/list", {"page_no": 1, "page_size": 31}, 400002),
        ("/topapi/edu/user/list", {"class_id": 9312, "role": "boss", "page_no": 1, "page_size": 30}, 400002),
        ("/topapi/edu/user/list", {"class_id": 1, "role": "student", "page_no": 1, "page_size": 30}, 60003),
    ],
)
def test_the_old_server_answers_200_with_a_code(call: Callers, path: str, body: dict[str, object], code: int) -> None:
    assert old(call, path, **body)["errcode"] == code


def test_the_old_server_wants_a_token(call: Callers) -> None:
    assert call.dingtalk_old(f"{call.url}/topapi/v2/user/get", {"userid": "u1008"})["errcode"] == 40014


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"maxResults": 21}, 400),
        ({"startTime": 0}, 400),
        ({"processCode": ""}, 400),
        ({"nextToken": "x"}, 400),
    ],
)
def test_ids_of_instances_within_their_limits(
    call: Callers, clock: HandClock, change: Mapping[str, object], status: int
) -> None:
    now = int(clock.now().timestamp() * 1000)
    body = {"processCode": "PROC-X", "startTime": now - 1000, "endTime": now, "nextToken": 0, "maxResults": 20}
    assert new(call, "POST", "/v1.0/workflow/processes/instanceIds/query", body | dict(change)).status_code == status


def test_a_withheld_permission_is_named_as_each_server_names_it(call: Callers, world: World) -> None:
    world.ding_office.withheld = {"/v1.0/workflow", "/topapi/report"}
    answer = new(call, "GET", "/v1.0/workflow/processInstances", processInstanceId="x")
    assert answer.status_code == 403
    assert answer.json()["accessdenieddetail"] == {"requiredScopes": ["Workflow.Instance.Read"]}
    refused = old(call, "/topapi/report/list")
    assert (refused["errcode"], refused["sub_code"]) == (88, "60011")


def test_more_than_twenty_calls_a_second_are_refused(call: Callers) -> None:
    token = call.dingtalk_token()
    url = f"{call.url}/topapi/v2/user/get"
    codes = [call.dingtalk_old(url, {"userid": "u1008"}, access_token=token)["errcode"] for _ in range(40)]
    assert codes[:20] == [0] * 20
    assert 90018 in codes[20:]


# events


def test_an_event_is_sealed_as_another_hand_opens_it(world: World, bot: FakeBot) -> None:
    world.ding_office.events.subscribed = True
    world.ding_office.leaves("王小燕")
    (heard,) = bot.heard
    body = json.loads(heard.body)
    key = base64.b64decode(demo.DING_EVENT_AES_KEY + "=")
    event = json.loads(PrpCrypto(key).decrypt(body["encrypt"], demo.DING_KEY))
    assert (event["EventType"], event["UserId"]) == ("user_leave_org", ["u1008"])
    assert event["CorpId"] == demo.DING_CORP_ID


def test_without_an_address_nothing_is_pushed(world: World, bot: FakeBot) -> None:
    world.ding_office.leaves("王小燕")
    assert bot.heard == []


def test_an_address_that_does_not_answer_the_check_rightly_is_not_saved(world: World, bot: FakeBot) -> None:
    assert world.ding_office.events.subscribe() is False, "200 alone is no success"
    assert len(bot.heard) == 1


def test_what_is_not_answered_comes_again_after_10_and_30_seconds_and_is_then_kept(
    world: World, bot: FakeBot, clock: HandClock, call: Callers
) -> None:
    events = world.ding_office.events
    events.subscribed = True
    number = world.ding_office.apply_leave("王小燕", MONDAY, MONDAY)
    assert len(bot.heard) == 2
    for seconds, tried in ((9, 0), (1, 2), (29, 0), (1, 2), (600, 0)):
        clock.pass_by(seconds=seconds)
        assert events.resend() == tried
    first, third = (json.loads(bot.heard[place].body)["encrypt"] for place in (0, 4))
    assert first != third, "sealed anew"
    url = f"{call.url}/call_back/get_call_back_failed_result"
    query = {"access_token": call.dingtalk_token()}
    answer = call.http.get(url, params=query, timeout=10).json()
    assert [row["bpmsCallBackData"]["processInstanceId"] for row in answer["failed_list"]] == [number] * 2
    assert answer["has_more"] is False
    assert call.http.get(url, params=query, timeout=10).json()["failed_list"] == []


def test_the_right_answer_ends_it(world: World, clock: HandClock) -> None:
    def answers(*_: object) -> tuple[int, Mapping[str, str], bytes]:
        stamp, sealed = "1700000000000", seal("success")
        body = {"msg_signature": signature(stamp, "n", sealed), "timeStamp": stamp, "nonce": "n", "encrypt": sealed}
        return 200, {}, json.dumps(body).encode()

    world.post = answers
    events = world.ding_office.events
    assert events.subscribe()
    world.ding_office.leaves("王小燕")
    clock.pass_by(minutes=5)
    assert events.resend() == 0
