"""Cards at the emulated DingTalk, called by hand: what is taken, pressed, changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from bot.emulator import demo
from bot.emulator.dingtalk_cards import Cards
from bot.emulator.records import Refused
from bot.emulator.world import World
from tests.emulator.emulated import Callers, FakeBot, from_bot


def button(label: str, says: str) -> dict[str, Any]:
    event = {"type": "sendCardRequest", "params": {"actionId": label, "params": {"says": says}}}
    return {"text": label, "color": "blue", "status": "normal", "event": event}


VALUES = {
    "title": "请复查隐患 1", "text": "赵海峰说改好了。", "pressed": "", "state": "open",
    "buttons": json.dumps([button("通过", "复查 1 通过"), button("退回", "复查 1 退回")], ensure_ascii=False),
}  # fmt: skip
CARD: dict[str, Any] = {
    "cardTemplateId": demo.DING_CARD, "outTrackId": "t-1", "cardData": {"cardParamMap": VALUES},
    "callbackType": "HTTP", "callbackRouteKey": "k1", "openSpaceId": "dtv1.card//IM_ROBOT.u1003",
    "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
}  # fmt: skip
ROUTE = {"callbackRouteKey": "k1", "callbackUrl": "http://127.0.0.1:9/callback/demo/ding", "apiSecret": "s"}
GROUP = f"dtv1.card//IM_GROUP.{demo.GROUPS[0].conversation}"


def card(call: Callers, method: str, path: str, body: dict[str, Any]) -> requests.Response:
    headers = {"x-acs-dingtalk-access-token": call.dingtalk_token()}
    return call.http.request(method, f"{call.url}/v1.0/card/{path}", json=body, headers=headers, timeout=10)


def put_out(call: Callers, **more: Any) -> requests.Response:
    card(call, "POST", "callbacks/register", ROUTE | {"forceUpdate": True})
    return card(call, "POST", "instances/createAndDeliver", CARD | more)


def test_a_card_shows_its_words_and_buttons(call: Callers, world: World) -> None:
    (result,) = put_out(call).json()["result"]["deliverResults"]
    assert (result["success"], bool(result["carrierId"])) == (True, True)
    (bubble,) = from_bot(world)
    assert bubble.buttons == [("通过", "复查 1 通过"), ("退回", "复查 1 退回")]
    assert bubble.text == "赵海峰说改好了。"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"cardTemplateId": "other.schema"}, "param.templateNotExist"),
        ({"outTrackId": "x" * 101}, "param.outTrackIdInvalid"),
        ({"cardData": {"cardParamMap": VALUES | {"done": True}}}, "param.cardDataInvalid"),
        ({"cardData": {"cardParamMap": VALUES | {"text": "长" * 342}}}, "param.cardDataInvalid"),
        ({"cardData": {}}, "param.cardDataInvalid"),
        ({"openSpaceId": "u1003"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": GROUP}, "param.deliverModelInvalid"),
        ({"callbackRouteKey": "k2"}, "param.callbackRouteKeyNotExist"),
    ],
)
def test_a_wrong_card_is_refused(call: Callers, world: World, more: dict[str, Any], code: str) -> None:
    answer = put_out(call, **more)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not from_bot(world)


def test_one_id_is_one_card(call: Callers, world: World) -> None:
    put_out(call)
    assert put_out(call).json()["code"] == "param.cardAlreadyExist"
    assert len(from_bot(world)) == 1


def test_a_space_that_does_not_exist_is_told_in_the_result_alone(call: Callers) -> None:
    answer = put_out(call, openSpaceId="dtv1.card//IM_ROBOT.u9999")
    assert answer.status_code == 200
    assert [one["success"] for one in answer.json()["result"]["deliverResults"]] == [False]


def test_a_change_by_key_leaves_the_rest_and_another_does_not(call: Callers, world: World) -> None:
    put_out(call)
    change = {"outTrackId": "t-1", "cardData": {"cardParamMap": {"pressed": "已选：通过", "buttons": "[]"}}}
    card(call, "PUT", "instances", change | {"cardUpdateOptions": {"updateCardDataByKey": True}})
    (bubble,) = from_bot(world)
    assert (bubble.text, bubble.buttons) == ("赵海峰说改好了。\n\n已选：通过", [])
    card(call, "PUT", "instances", change)
    assert from_bot(world)[0].text == "已选：通过"
    assert card(call, "PUT", "instances", change | {"outTrackId": "t-2"}).json()["code"] == "param.cardNotExist"


def test_a_press_goes_to_the_registered_address(call: Callers, world: World, bot: FakeBot) -> None:
    put_out(call)
    (bubble,) = from_bot(world)
    world.press("zhou", bubble.id, "复查 1 退回")
    (heard,) = bot.heard
    assert heard.url == ROUTE["callbackUrl"]
    assert {"x-ddpaas-signature", "x-ddpaas-signature-timestamp"} <= heard.headers.keys()
    body = json.loads(heard.body)
    assert (body["outTrackId"], body["userId"]) == ("t-1", "u1003")
    content = json.loads(body["content"])
    assert content["cardPrivateData"] == {"actionIds": ["退回"], "params": {"says": "复查 1 退回"}}
    with pytest.raises(Refused):
        world.press("wang", bubble.id, "复查 1 退回")
    with pytest.raises(Refused):
        world.press("zhou", bubble.id, "复查 2 退回")


def test_what_is_answered_to_a_press_changes_the_view_of_who_pressed_alone(call: Callers, world: World) -> None:
    answer = {"cardData": {"cardParamMap": {"pressed": "已选：通过", "buttons": "[]"}}}
    put_out(call)
    put_out(call, outTrackId="t-2", openSpaceId=GROUP, imGroupOpenDeliverModel={"robotCode": demo.DING_ROBOT})
    alone, in_group = from_bot(world)
    for bubble in (alone, in_group):
        Cards(world).answered(bubble, world.chat(bubble.chat), answer)
    assert (alone.buttons, alone.text) == ([], "赵海峰说改好了。\n\n已选：通过")
    assert len(in_group.buttons) == 2
    assert in_group.note


def test_a_card_in_a_group_names_people(call: Callers, world: World) -> None:
    model = {"robotCode": demo.DING_ROBOT, "atUserIds": {"u1008": "王小燕", "u9999": "谁"}}
    put_out(call, openSpaceId=GROUP, imGroupOpenDeliverModel=model)
    (bubble,) = from_bot(world)
    assert (bubble.chat, bubble.mentions) == ("dingtalk-group-staff", ["wang"])
