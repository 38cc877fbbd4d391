"""What only WeCom's AI bot has, on both its ways, beside the contract (test_hearing_contract.py)."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from bot.errors import Malformed, Unsupported, Untrusted, WireError
from bot.messages import CardRef, ChatKind, ChatRef, MediaRef, Message, Quote
from bot.platforms import wecom_bot, wecom_bot_stream
from bot.platforms.base import Answer, Callback
from bot.settings import WecomBot, WecomBotStream
from tests.kit import wire
from tests.platforms.cases import NOW, HandClock, wecom_bot_settings, wecom_bot_stream_settings

GROUP = ChatRef(ChatKind.GROUP, "wrk-sim-01")
URL = "https://ww-aibot-img.example/f/1?sign=a%2Bb&q=1"
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(hours=24)


@dataclass(frozen=True)
class Way:
    """One of the two. key: what a file's ref begins with."""

    settings: WecomBot | WecomBotStream
    key: str
    answers: str
    lasts: timedelta

    def parse(self, callback: Callback, clock: HandClock | None = None) -> Message:
        clock = clock or HandClock()
        message = (
            wecom_bot.build(self.settings, clock).parse(callback)
            if isinstance(self.settings, WecomBot)
            else wecom_bot_stream.build(self.settings, clock).parse(callback)
        )
        assert isinstance(message, Message)
        return message

    def says(self, text: str = "收到", **more: Any) -> Callback:
        more = {"account": "t001", "message_id": "m-1", **more}
        return wire.callback(self.settings, NOW, text=text, **more)

    def brings(self, body: object) -> Callback:
        if isinstance(self.settings, WecomBot):
            return wire.wecom_bot_callback(self.settings, NOW, body)
        return wire.wecom_bot_frame(body)


WAYS = (
    Way(wecom_bot_settings(), "-", "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=R1", AN_HOUR),
    Way(wecom_bot_stream_settings(), "AES-KEY-OF-THE-LINK", "req-m-1", A_DAY),
)
both = pytest.mark.parametrize("way", WAYS, ids=["callback", "stream"])


def body(**fields: Any) -> dict[str, Any]:
    whole = {"msgid": "m-1", "chattype": "single", "from": {"userid": "t001"}, "create_time": int(NOW.timestamp())}
    return {**whole, "msgtype": "text", "text": {"content": "收到"}, **fields}


@both
def test_a_message_brings_where_it_can_be_answered_and_how_long(way: Way) -> None:
    assert way.parse(way.says()).chat == ChatRef(ChatKind.DIRECT, "t001", "", way.answers, NOW + way.lasts)


@both
def test_pictures_are_read_as_something_to_fetch_in_their_order(way: Way) -> None:
    assert way.parse(way.says("", images=[URL])).images == (MediaRef(f"{way.key} {URL}"),)
    message = way.parse(way.says("看", images=[URL, f"{URL}&2"], chat=GROUP))
    assert message.text == "看"
    assert message.images == (MediaRef(f"{way.key} {URL}"), MediaRef(f"{way.key} {URL}&2"))


@both
def test_a_group_is_known_by_its_id_and_the_bots_name_is_dropped_once(way: Way) -> None:
    message = way.parse(way.says("@王老师 今天交了吗", chat=GROUP))
    assert (message.chat.kind, message.chat.id, message.text) == (ChatKind.GROUP, GROUP.id, "@王老师 今天交了吗")
    assert way.parse(way.says("@王老师 今天交了吗")).text == "@王老师 今天交了吗"
    assert way.parse(way.says("", chat=GROUP)).text == ""


@pytest.mark.parametrize("quote", [Quote("", "隐患 7 漏水"), Quote("", "看", (MediaRef(URL),))])
@both
def test_what_was_pointed_at_is_read(way: Way, quote: Quote) -> None:
    read = way.parse(way.says("复查 通过", quote=quote)).quote
    assert read == replace(quote, images=tuple(MediaRef(f"{way.key} {image.ref}") for image in quote.images))


@pytest.mark.parametrize("quote", [None, "x", {}, {"msgtype": "text"}, {"msgtype": "hologram", "hologram": {}}, []])
@both
def test_a_quote_of_an_unknown_form_is_no_error(way: Way, quote: object) -> None:
    assert way.parse(way.brings(body(quote=quote))).quote is None


@both
def test_accounts_are_one_whatever_their_case_and_a_moment_may_be_missing_or_a_string(way: Way) -> None:
    said = body(create_time=str(int(NOW.timestamp())), **{"from": {"userid": "T.Li"}})
    message = way.parse(way.brings(said))
    assert (message.account, message.chat.id, message.sent_at) == ("t.li", "t.li", NOW)
    del said["create_time"]
    assert way.parse(way.brings(said)).sent_at == NOW


@both
def test_a_click_is_read_in_both_of_its_forms(way: Way) -> None:
    pressed = {"event_key": "复查 7 通过", "task_id": "task-7"}
    for event in ({"template_card_event": pressed}, pressed):
        said = body(msgtype="event", event={"eventtype": "template_card_event", **event})
        message = way.parse(way.brings(said))
        assert (message.text, message.click) == ("复查 7 通过", "复查 7 通过")
        assert message.card is not None
        assert message.card.id == "task-7"
    assert isinstance(way.settings, WecomBot) or message.card == CardRef("task-7", "req-1", NOW + timedelta(seconds=5))


@pytest.mark.parametrize(
    "fields",
    [
        *({"msgtype": kind} for kind in ("video", "location", "hologram", "")),
        *(
            {"msgtype": "event", "event": {"eventtype": kind}}
            for kind in ("enter_chat", "feedback_event", "new_in_2030")
        ),
    ],
)
@both
def test_a_kind_that_nothing_handles_is_unsupported(way: Way, fields: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        way.parse(way.brings(body(**fields)))


@pytest.mark.parametrize(
    "fields",
    [
        {"text": None},
        {"text": {}},
        {"text": {"content": 7}},
        {"msgtype": "image"},
        {"msgtype": "image", "image": {"url": ""}},
        {"msgtype": "image", "image": {"url": "file:///etc/passwd"}},
        {"msgtype": "image", "image": {"url": "https://x.example/" + "a" * 1000}},
        {"msgtype": "image", "image": {"url": "https://x.example/", "aeskey": 7}},
        {"msgtype": "mixed", "mixed": {"msg_item": 7}},
        {"msgtype": "mixed", "mixed": {"msg_item": [7]}},
        {"msgid": None},
        {"msgid": ""},
        {"from": {}},
        {"from": None},
        {"chattype": "group"},
        {"create_time": "gestern"},
        {"create_time": "9" * 30},
        {"msgtype": "event", "event": None},
        {"msgtype": "event", "event": {"eventtype": "template_card_event", "event_key": "x"}},
        {"msgtype": "event", "event": {"eventtype": "template_card_event", "event_key": "", "task_id": "t"}},
        {"msgtype": None},
        {"msgtype": ["text"]},
    ],
)
@both
def test_a_message_without_what_the_documents_promise_is_malformed(way: Way, fields: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        way.parse(way.brings(body(**fields)))


@both
def test_fields_that_nobody_knows_yet_are_tolerated_and_kept(way: Way) -> None:
    message = way.parse(way.brings(body(neu=2030, deep={"x": [1]})))
    assert message.text == "收到"
    assert json.loads(json.dumps(message.raw))["neu"] == 2030


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("msgid", "msgtype", "text", "image", "mixed", "voice", "file", "event", "chattype", "chatid", "from", "quote")
KINDS = ("text", "image", "mixed", "voice", "file", "event", "stream")


@given(st.dictionaries(st.sampled_from((*NAMES, "create_time")), ANYTHING, max_size=4), st.sampled_from(KINDS))
@effort(max_examples=200, deadline=None)
def test_whatever_stands_in_a_field_there_is_a_message_or_one_of_our_errors(fields: dict[str, Any], kind: str) -> None:
    with suppress(WireError):
        WAYS[1].parse(WAYS[1].brings(body(**({"msgtype": kind} | fields))))


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"[]", b"null", b'{"cmd": "x"}', b'{"body": {}, "headers": {}}', b"[" * 9000, b'{"a":' * 9000],
)
def test_a_frame_that_is_none_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        WAYS[1].parse(Callback("FRAME", {}, {}, content))


def test_control_characters_in_a_frame_are_no_error() -> None:
    frame = WAYS[1].says("三楼")
    spoilt = replace(frame, body=frame.body.replace("三楼".encode(), "三\x00\x0b楼".encode()))
    assert WAYS[1].parse(spoilt).text == "三楼"


# who it comes from


CALLBACK = WAYS[0]


def _with(callback: Callback, name: str, value: str | None) -> Callback:
    query = {key: given for key, given in callback.query.items() if key != name}
    return replace(callback, query=query | ({name: value} if value is not None else {}))


def test_the_signature_covers_the_words() -> None:
    with pytest.raises(Untrusted):
        CALLBACK.parse(replace(CALLBACK.says(), body=CALLBACK.says("通过").body))


@pytest.mark.parametrize("name", ["msgsignature", "signature"])
@pytest.mark.parametrize("member", ["encrypt", "Encrypt"])
def test_the_spellings_that_samples_have_are_read(name: str, member: str) -> None:
    assert isinstance(CALLBACK.settings, WecomBot)
    good = wire.wecom_bot_callback(CALLBACK.settings, NOW, body(), name=member)
    query = {name if key == "msg_signature" else key: value for key, value in good.query.items()}
    assert CALLBACK.parse(replace(good, query=query)).text == "收到"


def test_words_for_somebody_else_are_not_believed() -> None:
    assert isinstance(CALLBACK.settings, WecomBot)
    with pytest.raises(Untrusted):
        CALLBACK.parse(wire.wecom_bot_callback(CALLBACK.settings, NOW, body(), receiver="ww0corp"))


@pytest.mark.parametrize("content", [b"", b"x", b"[]", b"null", b'{"msgtype": "te', b"\xff\xfe", b"[" * 9000])
def test_signed_rubbish_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        CALLBACK.parse(wire.wecom_bot_callback(wecom_bot_settings(), NOW, content))


@pytest.mark.parametrize("content", [b"", b"x", b"[]", b"{}", b'{"encrypt": 7}', b"\xff", b"[" * 9000])
def test_a_body_with_nothing_sealed_is_refused(content: bytes) -> None:
    with pytest.raises((Malformed, Untrusted)):
        CALLBACK.parse(replace(CALLBACK.says(), body=content))


@pytest.mark.parametrize("sealed", ["AAAA", "!", "A" * 43, "=", "QUJD" * 1000, "A" * 64])
def test_signed_words_that_nobody_sealed_are_malformed(sealed: str) -> None:
    settings = wecom_bot_settings()
    stamp = str(int(NOW.timestamp()))
    query = wire.wecom_signed(settings, stamp, sealed)
    with pytest.raises(Malformed):
        CALLBACK.parse(Callback("POST", {}, query, json.dumps({"encrypt": sealed}).encode()))


def test_the_address_check_is_answered_bare_also_where_a_plus_became_a_blank() -> None:
    platform = wecom_bot.build(wecom_bot_settings(), HandClock())
    for number in range(20):  # some of them hold a "+"
        sealed = wire.wecom_sealed(wecom_bot_settings(), f"echo{number}")
        query = wire.wecom_signed(wecom_bot_settings(), str(int(NOW.timestamp())), sealed)
        for echo in (sealed, sealed.replace("+", " ")):
            assert platform.parse(Callback("GET", {}, query | {"echostr": echo}, b"")) == Answer(f"echo{number}")
    with pytest.raises(Untrusted):
        platform.parse(Callback("GET", {}, query, b""))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/cgi-bin/aibot/response?response_code=R1",
        "http://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=R1",
        "https://qyapi.weixin.qq.com@evil.example/cgi-bin/aibot/response",
        "https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=x",
        "https://[::1/",
        7,
        None,
        "",
    ],
)
def test_an_answer_address_elsewhere_is_not_used(url: object) -> None:
    chat = CALLBACK.parse(CALLBACK.brings(body(response_url=url))).chat
    assert (chat.reply_url, chat.reply_until) == ("", None)
