"""WeCom's AI bot over callbacks, the speaking half: one answer to one message, and every refusal is TryLater or GiveUp."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.emulator.wecom_bot_links import sealed
from bot.errors import DeliveryError, GiveUp, TryLater
from bot.messages import Button, ChatKind, ChatRef, MediaRef, Message, Outgoing, Picture
from bot.platforms import http, wecom_bot
from bot.platforms.base import Reach
from bot.platforms.wecom_bot import WecomBotPlatform
from bot.settings import WecomBot
from tests.kit import wire
from tests.kit.other_side import OtherSide, Says, other_side
from tests.platforms.cases import NOW, HandClock

PATH = "/cgi-bin/aibot/response"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
BUTTONS = (Button("通过", "复查 7 通过"), Button("不通过", "复查 7 不通过"))


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side() as listening:
        listening.says(PATH, {"errcode": 0, "errmsg": "ok"})
        yield listening


def settings(server: OtherSide) -> WecomBot:
    values = {"name": "bot", "platform": "wecom", "kind": "bot", "token": "syntheticToken", "encoding_aes_key": KEY}
    return WecomBot.model_validate(values | {"api_base": server.url})


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def platform(server: OtherSide, clock: HandClock) -> WecomBotPlatform:
    return wecom_bot.build(settings(server), clock)


def heard(platform: WecomBotPlatform, server: OtherSide, number: int = 1, kind: ChatKind = ChatKind.DIRECT) -> ChatRef:
    """The chat after somebody said something there."""
    url = f"{server.url}{PATH}?response_code=R{number}"
    chat = ChatRef(kind, "t001" if kind is ChatKind.DIRECT else "wrk1", "", url)
    said = wire.callback(settings(server), NOW, account="t001", text="帮助", chat=chat, message_id=f"m{number}")
    message = platform.parse(said)
    assert isinstance(message, Message)
    return message.chat


def asked(server: OtherSide) -> list[tuple[str, dict[str, Any]]]:
    return [(each.query["response_code"], each.json) for each in server.requests(PATH)]


@pytest.mark.parametrize("words", ["收到", "好的👌🏽", "**一**\n二\n\n三", 'a"b\\n&<漏>', "漏" * 6826])
def test_the_answer_goes_to_the_messages_own_address(words: str, platform: WecomBotPlatform, server: OtherSide) -> None:
    platform.send(heard(platform, server), Outgoing(text=words, markdown=True))
    assert asked(server) == [("R1", {"msgtype": "markdown", "markdown": {"content": words}})]
    assert "\\u" not in server.asked[0].body.decode()


def test_a_second_answer_to_one_message_has_nowhere_to_go(platform: WecomBotPlatform, server: OtherSide) -> None:
    chat = heard(platform, server)
    platform.send(chat, Outgoing(text="一"))
    with pytest.raises(GiveUp, match="已经回过"):
        platform.send(chat, Outgoing(text="二"))
    platform.send(heard(platform, server, 2), Outgoing(text="三"))
    assert [code for code, _ in asked(server)] == ["R1", "R2"]


def test_two_messages_in_one_breath_have_two_answers(platform: WecomBotPlatform, server: OtherSide) -> None:
    heard(platform, server, 1)
    last = heard(platform, server, 2)
    heard(platform, server, 3, ChatKind.GROUP)  # somewhere else
    for words in ("一", "二"):
        platform.send(last, Outgoing(text=words))
    with pytest.raises(GiveUp):
        platform.send(last, Outgoing(text="三"))
    assert sorted(code for code, _ in asked(server)) == ["R1", "R2"]


def test_after_an_hour_or_unasked_nothing_can_be_said(
    platform: WecomBotPlatform, server: OtherSide, clock: HandClock
) -> None:
    chat = heard(platform, server)
    clock.moment += timedelta(hours=1)
    for to in (chat, ChatRef(ChatKind.DIRECT, "t002")):
        with pytest.raises(GiveUp, match="一小时"):
            platform.send(to, Outgoing(text="一"))
    assert platform.capabilities.reach is Reach.NOBODY
    assert server.asked == []


def test_buttons_stand_on_a_card_in_private_and_nowhere_else(platform: WecomBotPlatform, server: OtherSide) -> None:
    outgoing = Outgoing(text="隐患 7 已整改\n请复查", buttons=BUTTONS)
    platform.send(heard(platform, server), outgoing)
    platform.send(heard(platform, server, 2, ChatKind.GROUP), outgoing)
    platform.send(heard(platform, server, 3), Outgoing(text="漏" * 500, buttons=BUTTONS))
    private, group, long = (body for _, body in asked(server))
    assert [button["key"] for button in private["template_card"]["button_list"]] == [each.says for each in BUTTONS]
    assert (group["msgtype"], long["msgtype"]) == ("markdown", "markdown")


def test_pictures_and_files_are_refused_and_it_is_said_what_can(platform: WecomBotPlatform, server: OtherSide) -> None:
    chat = heard(platform, server)
    for outgoing in (Outgoing(image=Picture(b"x" * 9, "a.png", "image/png")), Outgoing(file=Picture(b"x", "a", "b"))):
        with pytest.raises(GiveUp, match="bot_stream"):
            platform.send(chat, outgoing)
    assert server.asked == []


@pytest.mark.parametrize(
    ("says", "kind", "words"),
    [
        ({"errcode": -1}, TryLater, "繁忙"),
        ({"errcode": 45009}, TryLater, "频繁"),
        ({"errcode": 40201}, GiveUp, "骚扰"),
        ({"errcode": 999_999}, GiveUp, "999999"),
        ({"errcode": "gestern"}, TryLater, ""),
        ({}, TryLater, ""),
        (Says("<html>维护中</html>".encode(), content_type="text/html"), TryLater, "不是数据"),
        (Says({"error": "bad gateway"}, 502), TryLater, ""),
        (Says([1]), TryLater, ""),
        (Says(b"", 302, location="http://127.0.0.1:9/inside"), TryLater, ""),
    ],
)
def test_a_refusal_is_tried_again_or_given_up(
    says: Any, kind: type[DeliveryError], words: str, platform: WecomBotPlatform, server: OtherSide
) -> None:
    server.says(PATH, says)
    chat = heard(platform, server)
    with pytest.raises(kind) as caught:
        platform.send(chat, Outgoing(text="一"))
    assert words in caught.value.reason
    assert len(server.requests(PATH)) == 1


def test_an_answer_that_did_not_arrive_is_tried_at_the_same_address(
    platform: WecomBotPlatform, server: OtherSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", (0.3, 0.3))
    server.says(PATH, Says({}, hangs=3), {"errcode": 0})
    chat = heard(platform, server)
    with pytest.raises(TryLater) as caught:
        platform.send(chat, Outgoing(text="一"))
    assert caught.value.unknown
    platform.send(chat, Outgoing(text="一"))
    assert [code for code, _ in asked(server)] == ["R1", "R1"]


def test_the_callbacks_key_opens_what_people_send(platform: WecomBotPlatform, server: OtherSide) -> None:
    key = platform._key
    server.says("/f", Says(sealed(b"\xff\xd8\xff" + b"x" * 100, key), content_type="application/octet-stream"))
    fetched = platform.fetch(MediaRef(f"- {server.url}/f"), 1000)
    assert (fetched.content[:3], len(fetched.content), fetched.name) == (b"\xff\xd8\xff", 103, "文件.jpg")
    server.says("/f", Says(b"", 404))
    with pytest.raises(GiveUp, match="过期"):
        platform.fetch(MediaRef(f"- {server.url}/f"), 1000)
    server.says("/f", Says(b"", 503))
    with pytest.raises(TryLater):
        platform.fetch(MediaRef(f"- {server.url}/f"), 1000)
    server.says("/f", Says(b"not sealed at all"))
    with pytest.raises(GiveUp, match="解不开"):
        platform.fetch(MediaRef(f"- {server.url}/f"), 1000)


def test_a_poll_for_a_stream_is_told_that_it_is_over(platform: WecomBotPlatform, server: OtherSide) -> None:
    poll = {"msgid": "m", "msgtype": "stream", "stream": {"id": "st-1"}}
    answer = platform.parse(wire.wecom_bot_callback(settings(server), NOW, poll))
    assert set(json.loads(answer.body)) == {"encrypt", "msgsignature", "timestamp", "nonce"}  # type: ignore[union-attr]


def test_the_doctor_says_when_it_is_verified(platform: WecomBotPlatform) -> None:
    assert platform.check().well
    assert "保存" in platform.check().line
