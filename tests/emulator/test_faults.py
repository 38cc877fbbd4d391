"""Each switch at the desk, seen from the bot's side."""

from __future__ import annotations

import json
import time

from bot.emulator.records import WECOM
from bot.emulator.world import World
from tests.emulator.emulated import Callers, FakeBot, Say, from_bot

TEXT = {"msgtype": "text", "text": {"content": "早"}}
DING_TEXT = {"msgKey": "sampleText", "msgParam": '{"content": "早"}', "userIds": ["u1008"]}


def on(world: World) -> list[str]:
    return [fault.id for fault in world.faults.all() if fault.on]


def test_busy_refuses_three_sends_whatever_the_platform(call: Callers, world: World) -> None:
    world.faults.switch("busy", True)
    assert call.wecom_send(**TEXT)["errcode"] == -1
    assert call.wecom_post(TEXT)["errcode"] == -1
    assert on(world) == ["busy"]
    answer = call.dingtalk("oToMessages/batchSend", **DING_TEXT)
    assert (answer.status_code, answer.json()["code"]) == (500, "system.error")
    assert on(world) == []
    assert from_bot(world) == []
    assert call.wecom_send(**TEXT)["errcode"] == 0


def test_slow_holds_every_call(call: Callers, world: World) -> None:
    token = call.wecom_token()
    world.faults.switch("slow", True)
    started = time.monotonic()
    assert call.wecom_send(token, **TEXT)["errcode"] == 0
    assert time.monotonic() - started >= world.faults.slow_seconds
    world.faults.switch("slow", False)
    assert on(world) == []


def test_expired_tokens_die_at_once_and_a_new_one_ends_it(call: Callers, world: World) -> None:
    wecom, dingtalk = call.wecom_token(), call.dingtalk_token()
    world.faults.switch("expired_token", True)
    assert call.wecom_send(wecom, **TEXT)["errcode"] == 42001
    assert call.dingtalk("oToMessages/batchSend", dingtalk, **DING_TEXT).json()["code"] == "InvalidAuthentication"
    assert call.wecom_send(**TEXT)["errcode"] == 0
    assert call.dingtalk("oToMessages/batchSend", **DING_TEXT).status_code == 200
    assert on(world) == []


def test_a_lost_receipt_brings_the_same_message_once_more(bot: FakeBot, world: World, says: Say) -> None:
    world.faults.switch("lost_ack", True)
    assert says("王小燕", "值班").state == "sent"
    assert len(bot.heard) == 2
    assert len({json.loads(heard.body)["msgId"] for heard in bot.heard}) == 1
    assert on(world) == []
    says("王小燕", "值班")
    assert len(bot.heard) == 3


def test_duplicate_callbacks_as_long_as_it_is_on(bot: FakeBot, world: World, says: Say) -> None:
    world.faults.switch("duplicate_callback", True)
    says("王小燕", "值班", WECOM)
    says("王小燕", "值班")
    world.faults.switch("duplicate_callback", False)
    says("王小燕", "值班")
    assert len(bot.heard) == 5
    assert bot.heard[0] == bot.heard[1]
    assert bot.heard[2] == bot.heard[3]


def test_beginning_anew_ends_every_fault_and_token(call: Callers, world: World, says: Say) -> None:
    token = call.wecom_token()
    for fault in world.faults.all():
        world.faults.switch(fault.id, True)
    says("王小燕", "值班")
    world.reset()
    assert (on(world), world.messages(), world.exchanges()) == ([], [], [])
    assert call.wecom_send(token, **TEXT)["errcode"] == 40014
