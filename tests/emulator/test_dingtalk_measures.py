"""DingTalk's measures by the second and by the month, seen from the bot's side."""

from __future__ import annotations

import json
from datetime import timedelta

from bot.emulator import demo
from bot.emulator.world import World
from tests.emulator.emulated import Callers, FakeBot, HandClock, Say, from_bot

TEXT = {"msgKey": "sampleText", "msgParam": '{"content": "早"}', "userIds": ["u1008"]}
OLD_TEXT = {"msgtype": "text", "text": {"content": "早上好"}}


def send(call: Callers, token: str) -> str:
    answer = call.dingtalk("oToMessages/batchSend", token, **TEXT)
    return str(answer.json().get("code", "ok"))


def test_the_21st_call_of_a_second_waits_and_is_not_counted(call: Callers, world: World, clock: HandClock) -> None:
    token = call.dingtalk_token()
    world.rates.count("dingtalk second", "/v1.0/robot/oToMessages/batchSend", timedelta(seconds=1))
    for _ in range(19):
        world.rates.count("dingtalk second", "/v1.0/robot/oToMessages/batchSend", timedelta(seconds=1))
    assert send(call, token) == "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
    assert world.quotas.used("api") == 0
    clock.pass_by(seconds=1)
    assert send(call, token) == "ok"
    assert world.quotas.used("api") == 1


def test_what_the_month_gives_is_used_up_and_comes_back(call: Callers, world: World, clock: HandClock) -> None:
    assert world.quotas.limits == {"api": 5000, "message": 3000}
    token = call.dingtalk_token()
    world.quotas.limits["api"] = 2
    assert [send(call, token) for _ in range(3)] == ["ok", "ok", "Forbidden.AccessDenied.ApiCountLimitForOrg"]
    old = call.http.post(f"{call.url}/media/upload?access_token={token}&type=image", timeout=10)
    assert (old.status_code, old.json()["errcode"]) == (200, 90020)
    clock.pass_by(days=8)
    assert send(call, call.dingtalk_token()) == "ok"


def test_webhooks_and_what_people_say_are_messages(call: Callers, world: World, says: Say) -> None:
    says("王小燕", "值班")
    call.dingtalk_old(f"{call.url}/robot/send", OLD_TEXT, access_token=demo.GROUPS[1].token)
    assert (world.quotas.used("message"), world.quotas.used("api")) == (2, 0)
    world.quotas.limits["message"] = 2
    answer = call.dingtalk_old(f"{call.url}/robot/send", OLD_TEXT, access_token=demo.GROUPS[1].token)
    assert answer["errcode"] == 90020


def test_a_message_beyond_the_month_comes_without_its_words(world: World, bot: FakeBot, says: Say) -> None:
    world.quotas.limits["message"] = 0
    says("王小燕", "隐患 漏水")
    body = json.loads(bot.heard[0].body)
    assert body["errorCode"] == "20001"
    assert not {"text", "content"} & body.keys()
    assert "漏水" not in bot.heard[0].body.decode()


def test_the_switch_uses_it_up_at_once(call: Callers, world: World, bot: FakeBot, says: Say) -> None:
    token = call.dingtalk_token()
    world.faults.switch("over_quota", True)
    assert send(call, token) == "Forbidden.AccessDenied.ApiCountLimitForOrg"
    says("王小燕", "值班")
    assert json.loads(bot.heard[0].body)["errorCode"] == "20001"
    world.faults.switch("over_quota", False)
    assert send(call, token) == "ok"
    assert len(from_bot(world)) == 1
