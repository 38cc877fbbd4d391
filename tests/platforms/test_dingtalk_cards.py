"""A text with buttons becomes an interactive card of DingTalk's, comes back as the words of a button, and is closed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import GiveUp, Malformed, TryLater, Unsupported, Untrusted
from bot.messages import Button, CardRef, ChatKind, ChatRef, Message, Outgoing
from bot.platforms.base import Callback
from bot.platforms.dingtalk_cards import VALUE_BYTES, read_press
from bot.platforms.dingtalk_line import CARD
from tests.kit.other_side import OtherSide, Says, other_side
from tests.platforms.cases import DINGTALK_ROBOT, DINGTALK_STREAM, GROUP, NOW, HandClock

CREATE, CHANGE = "/v1.0/card/instances/createAndDeliver", "/v1.0/card/instances"
REGISTER = "/v1.0/card/callbacks/register"
OK = {"success": True, "result": {"outTrackId": "x", "deliverResults": [{"success": True, "carrierId": "pq7"}]}}
NOT_SEEN = {"success": True, "result": {"deliverResults": [{"success": False, "errorMsg": "场域不存在"}]}}
BUTTONS = (Button("通过", "复查 1 通过"), Button("退回", "复查 1 退回"))
WORDS = Outgoing(
    text="请复查隐患 1\n看过后回「复查 1 通过」。", title="请复查隐患 1", buttons=BUTTONS, card_id="demo-7-abc"
)
DOCS = Path(__file__).resolve().parents[2] / "docs"
SECRET = "SYNTHETIC-card-secret"
OVER_HTTP = {"card_secret": SECRET, "card_url": "https://bot.example.edu.cn/callback/mmxx/ding"}
TEMPLATE = {"card_template": "1a2b.schema"}

PRESS: dict[str, Any] = {
    "type": "actionCallback", "outTrackId": "demo-7-abc", "corpId": "dingcorp1", "userId": "t001", "userIdType": 1,
    "content": json.dumps({"cardPrivateData": {"actionIds": ["1"], "params": {"says": "复查 1 通过"}}}),
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side() as server:
        server.says(CREATE, OK)
        server.says(CHANGE, {"success": True, "result": True})
        server.says(REGISTER, {"success": True})
        yield server


def stream(server: OtherSide) -> Any:
    return DINGTALK_STREAM.connect(server, **TEMPLATE)


def robot(server: OtherSide) -> Any:
    return DINGTALK_ROBOT.connect(server, **TEMPLATE, **OVER_HTTP)


def test_a_card_to_one_person_holds_strings_alone(server: OtherSide) -> None:
    sent = stream(server).send(DINGTALK_STREAM.chat, WORDS)
    assert sent.reference == "pq7"
    (asked,) = server.requests(CREATE)
    body = asked.json
    assert (body["cardTemplateId"], body["outTrackId"], body["callbackType"]) == ("1a2b.schema", "demo-7-abc", "STREAM")
    assert body["openSpaceId"] == "dtv1.card//IM_ROBOT.t001"
    assert body["imRobotOpenDeliverModel"] == {"spaceType": "IM_ROBOT", "robotCode": "dingapp1"}
    values = body["cardData"]["cardParamMap"]
    assert (values["title"], values["state"], values["pressed"]) == ("请复查隐患 1", "open", "")
    assert values["text"] == "请复查隐患 1  \n看过后回「复查 1 通过」。"
    assert all(isinstance(value, str) for value in values.values())
    buttons = json.loads(values["buttons"])
    assert [(one["text"], one["event"]["params"]["params"]["says"]) for one in buttons] == [
        ("通过", "复查 1 通过"),
        ("退回", "复查 1 退回"),
    ]


def test_a_card_in_a_group_names_whom_it_is_for(server: OtherSide) -> None:
    chat = replace(GROUP, reply_url=f"{server.url}/robot/sendBySession?session=1", reply_until=NOW.replace(year=2030))
    stream(server).send(chat, replace(WORDS, mentions=("t001",)))
    (asked,) = server.requests(CREATE)
    assert asked.json["openSpaceId"] == f"dtv1.card//IM_GROUP.{GROUP.id}"
    assert asked.json["imGroupOpenDeliverModel"] == {"robotCode": "dingapp1", "atUserIds": {"t001": "t001"}}


def test_a_robot_registers_its_address_once(server: OtherSide) -> None:
    platform = robot(server)
    for _ in range(2):
        platform.send(DINGTALK_ROBOT.chat, WORDS)
    (registered,) = [asked.json for asked in server.requests(REGISTER)]
    assert (registered["callbackUrl"], registered["apiSecret"]) == (OVER_HTTP["card_url"], SECRET)
    for asked in server.requests(CREATE):
        assert (asked.json["callbackType"], asked.json["callbackRouteKey"]) == ("HTTP", registered["callbackRouteKey"])


def test_where_registering_was_refused_the_words_go_out_all_the_same(server: OtherSide) -> None:
    server.says(REGISTER, Says({"code": "param.error"}, 400), {"success": True})
    platform = robot(server)
    platform.send(DINGTALK_ROBOT.chat, WORDS)
    assert "复查 1 通过" in DINGTALK_ROBOT.words(server.requests(DINGTALK_ROBOT.send_path)[0])
    platform.send(DINGTALK_ROBOT.chat, WORDS)
    assert len(server.requests(REGISTER)) == 2
    assert len(server.requests(CREATE)) == 1


def test_what_was_put_out_before_is_not_put_out_again(server: OtherSide) -> None:
    server.says(CREATE, Says({"code": "param.cardAlreadyExist"}, 400))
    stream(server).send(DINGTALK_STREAM.chat, WORDS)
    assert not server.requests(DINGTALK_STREAM.send_path)


@pytest.mark.parametrize(
    "outgoing",
    [
        replace(WORDS, text="长" * 342),
        replace(WORDS, buttons=tuple(Button(f"第 {n} 件", f"整改 {n} " + "长" * 30) for n in range(6))),
        replace(WORDS, buttons=()),
    ],
)
def test_what_does_not_fit_goes_out_in_words(server: OtherSide, outgoing: Outgoing) -> None:
    stream(server).send(DINGTALK_STREAM.chat, outgoing)
    assert not server.requests(CREATE)
    (asked,) = server.requests(DINGTALK_STREAM.send_path)
    assert DINGTALK_STREAM.words(asked) == outgoing.text


def test_six_usual_buttons_fit(server: OtherSide) -> None:
    stream(server).send(
        DINGTALK_STREAM.chat, replace(WORDS, buttons=tuple(Button(f"第 {n} 件", f"整改 {n}") for n in range(6)))
    )
    (asked,) = server.requests(CREATE)
    assert len(asked.json["cardData"]["cardParamMap"]["buttons"].encode()) <= VALUE_BYTES


def test_without_a_template_there_are_no_buttons(server: OtherSide) -> None:
    platform = DINGTALK_STREAM.connect(server)
    can = platform.capabilities
    assert (can.buttons, can.group_buttons, can.closes) == (0, 0, False)
    platform.send(DINGTALK_STREAM.chat, WORDS)
    assert not server.requests(CREATE)
    can = stream(server).capabilities
    assert (can.buttons, can.group_buttons, can.closes) == (6, 6, True)


@pytest.mark.parametrize("code", ["param.templateNotExist", "param.templateUnpublished", "param.openSpaceIdInvalid"])
def test_a_template_that_is_not_right_costs_the_buttons_not_the_words(server: OtherSide, code: str) -> None:
    server.says(CREATE, Says({"code": code}, 400))
    stream(server).send(DINGTALK_STREAM.chat, WORDS)
    assert len(server.requests(DINGTALK_STREAM.send_path)) == 1


def test_a_card_that_nobody_sees_is_said_in_words_also_at_the_next_try(server: OtherSide) -> None:
    server.says(CREATE, NOT_SEEN, Says({"code": "param.cardAlreadyExist"}, 400))
    platform = stream(server)
    server.says(DINGTALK_STREAM.send_path, Says({"code": "system.error"}, 500), DINGTALK_STREAM.ok)
    with pytest.raises(TryLater):
        platform.send(DINGTALK_STREAM.chat, WORDS)
    platform.send(DINGTALK_STREAM.chat, WORDS)
    assert len(server.requests(DINGTALK_STREAM.send_path)) == 2


def test_a_busy_platform_is_asked_again_with_the_same_card(server: OtherSide) -> None:
    server.says(CREATE, Says({"code": "system.busy"}, 400), OK)
    platform = stream(server)
    with pytest.raises(TryLater):
        platform.send(DINGTALK_STREAM.chat, WORDS)
    platform.send(DINGTALK_STREAM.chat, WORDS)
    assert len({asked.json["outTrackId"] for asked in server.requests(CREATE)}) == 1


def test_a_pressed_card_is_changed_by_key(server: OtherSide) -> None:
    stream(server).send(DINGTALK_STREAM.chat, Outgoing(text="复查 1 通过", closes=CardRef("demo-7-abc")))
    (asked,) = server.requests(CHANGE)
    assert asked.method == "PUT"
    assert asked.json["cardUpdateOptions"] == {"updateCardDataByKey": True}
    values = asked.json["cardData"]["cardParamMap"]
    assert values == {"state": "closed", "pressed": "已选：复查 1 通过", "buttons": "[]"}


def test_a_card_that_is_gone_needs_no_closing_and_other_refusals_are_told(server: OtherSide) -> None:
    server.says(CHANGE, Says({"code": "param.cardNotExist"}, 400), Says({"code": "param.contentUnsafe"}, 400))
    platform = stream(server)
    closing = Outgoing(text="复查 1 通过", closes=CardRef("demo-7-abc"))
    assert platform.send(DINGTALK_STREAM.chat, closing).note
    with pytest.raises(GiveUp):
        platform.send(DINGTALK_STREAM.chat, closing)


def pressed(server: OtherSide, data: dict[str, Any]) -> Message:
    frame = Callback("FRAME", {"type": "CALLBACK", "topic": CARD}, {}, json.dumps(data).encode())
    message = stream(server).parse(frame)
    assert isinstance(message, Message)
    return message


def test_a_press_is_read_as_what_the_button_says(server: OtherSide) -> None:
    message = pressed(server, PRESS)
    assert (message.text, message.click, message.card) == ("复查 1 通过", "复查 1 通过", CardRef("demo-7-abc"))
    assert message.chat == ChatRef(ChatKind.DIRECT, "t001")
    assert pressed(server, PRESS).id == message.id
    assert pressed(server, PRESS | {"userId": "t002"}).id != message.id


def test_a_press_in_a_group_is_answered_there(server: OtherSide) -> None:
    for space in (GROUP.id, f"dtv1.card//IM_GROUP.{GROUP.id}"):
        chat = pressed(server, PRESS | {"spaceType": "IM_GROUP", "spaceId": space}).chat
        assert (chat.kind, chat.id) == (ChatKind.GROUP, GROUP.id)


@pytest.mark.parametrize(
    "content",
    [
        {"params": {"says": "好"}},
        {"userPrivateData": {"params": {"says": "好"}}},
        {"actionData": {"cardPrivateData": {"params": {"says": "好"}}}},
        {"cardPrivateData": {"params": {"says": " 好 "}}, "params": "x"},
    ],
)
def test_the_words_are_found_wherever_a_template_puts_them(content: dict[str, Any]) -> None:
    assert read_press(PRESS | {"content": content}, HandClock()).text == "好"
    old = {name: value for name, value in PRESS.items() if name != "content"} | {"value": json.dumps(content)}
    assert read_press(old, HandClock()).text == "好"


@pytest.mark.parametrize(
    "change",
    [{"content": "no json"}, {"content": "[]"}, {"content": "{}"}, {"outTrackId": ""}, {"userId": 5}, {"userId": None}],
)
def test_what_is_no_press_of_ours_is_kept_unread(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_press(PRESS | change, HandClock())


def test_other_callbacks_of_cards_are_not_ours() -> None:
    with pytest.raises(Unsupported):
        read_press(PRESS | {"type": "dynamicData"}, HandClock())


def signed(stamp: int, secret: str = SECRET) -> Callback:
    digest = hmac.new(secret.encode(), str(stamp).encode(), hashlib.sha256).digest()
    headers = {"x-ddpaas-signature-timestamp": str(stamp), "x-ddpaas-signature": base64.b64encode(digest).decode()}
    return Callback("POST", headers, {}, json.dumps(PRESS).encode())


def test_a_press_over_http_is_believed_by_its_own_signature(server: OtherSide) -> None:
    now = int(NOW.timestamp() * 1000)
    platform = robot(server)
    message = platform.parse(signed(now))
    assert isinstance(message, Message)
    assert message.click == "复查 1 通过"
    for wrong in (signed(now, "another"), signed(now - 3_700_000)):
        with pytest.raises(Untrusted):
            platform.parse(wrong)
    with pytest.raises(Untrusted):
        DINGTALK_ROBOT.connect(server).parse(signed(now, ""))


def test_the_documented_signature_is_right(server: OtherSide) -> None:
    """As written down from the platform's documentation, with a made-up secret."""
    headers = {"x-ddpaas-signature-timestamp": "1700000000000"}
    headers["x-ddpaas-signature"] = "KSfz78+JR66gggbTOJTcs79wpzcZq1mKol1z4lReeuE="
    more = OVER_HTTP | {"card_secret": "synthetic-api-secret", "tolerance": 0}
    platform = DINGTALK_ROBOT.connect(server, **TEMPLATE, **more)
    assert isinstance(platform.parse(Callback("POST", headers, {}, json.dumps(PRESS).encode())), Message)


def test_the_template_to_import_has_every_variable_that_is_sent(server: OtherSide) -> None:
    stream(server).send(DINGTALK_STREAM.chat, WORDS)
    sent = server.requests(CREATE)[0].json["cardData"]["cardParamMap"]
    template = json.loads((DOCS / "dingtalk-card-template.json").read_text("utf-8"))
    editor = json.loads(template["editorData"])
    assert {one["id"] for one in editor["variableList"]} == sent.keys()
    assert editor["mockData"]["cardData"].keys() == sent.keys()
    shown = json.dumps(editor["schema"])
    assert all(f'"variable": "{name}"' in shown for name in sent if name != "state")
    assert all(f"`{name}`" in (DOCS / "dingtalk-card.md").read_text("utf-8") for name in sent)
