"""The AI bot's callbacks sealed, signed and opened by the official package for Node (@wecom/crypto)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.errors import Untrusted
from bot.messages import Message
from bot.platforms import wecom_bot
from bot.platforms.base import Answer, Callback
from bot.settings import WecomBot
from tests.interop import official_crypto
from tests.platforms.cases import NOW, HandClock
from tests.setup import node

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TOKEN, NONCE, STAMP = "officialToken01", "1597212914", str(int(NOW.timestamp()))


@pytest.fixture(autouse=True)
def with_node() -> None:
    if reason := node.missing():
        pytest.skip(reason)


def official(**asked: str) -> dict[str, Any]:
    return official_crypto.official(**{"token": TOKEN, "key": KEY, "stamp": STAMP, "nonce": NONCE, **asked})


def platform(**settings: str) -> wecom_bot.WecomBotPlatform:
    values = {"name": "bot", "platform": "wecom", "kind": "bot", "token": TOKEN, "encoding_aes_key": KEY}
    return wecom_bot.build(WecomBot.model_validate(values | settings), HandClock())


def callback(body: object, name: str = "msg_signature") -> Callback:
    sealed = official(message=json.dumps(body, ensure_ascii=False))
    query = {name: sealed["signature"], "timestamp": STAMP, "nonce": NONCE}
    return Callback("POST", {}, query, json.dumps({"encrypt": sealed["sealed"]}).encode())


@pytest.mark.parametrize("words", ["收到", "漏" * 2000, "𠮷👌🏽\n二", "a" * 12])
def test_what_the_package_seals_and_signs_is_read(words: str) -> None:
    body = {"msgid": "m1", "chattype": "single", "from": {"userid": "t.li"}, "msgtype": "text"}
    message = platform().parse(callback(body | {"text": {"content": words}}))
    assert isinstance(message, Message)
    assert message.text == words


def test_another_token_is_not_believed() -> None:
    with pytest.raises(Untrusted):
        platform(token="another").parse(callback({"msgtype": "text"}))


def test_the_address_check_is_answered_with_what_the_package_sealed() -> None:
    sealed = official(message="4561237890")
    query = {"msg_signature": sealed["signature"], "timestamp": STAMP, "nonce": NONCE, "echostr": sealed["sealed"]}
    assert platform().parse(Callback("GET", {}, query, b"")) == Answer("4561237890")


def test_the_package_opens_our_answers_and_finds_them_signed() -> None:
    answer = platform().parse(callback({"msgid": "m", "msgtype": "stream", "stream": {"id": "st-1"}}))
    assert isinstance(answer, Answer)
    envelope = json.loads(answer.body)
    assert envelope["nonce"] == NONCE
    opened = official(sealed=envelope["encrypt"], stamp=str(envelope["timestamp"]))
    assert opened["id"] == ""
    assert opened["signature"] == envelope["msgsignature"]
    assert json.loads(opened["message"])["stream"] == {"id": "st-1", "finish": True, "content": ""}
