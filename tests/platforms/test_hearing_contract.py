"""One contract for every platform, the hearing half: what was said is what is read, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.channels import kinds
from bot.errors import GiveUp, Malformed, Unsupported, Untrusted, WireError
from bot.messages import ChatKind, MediaRef, Message, Quote
from bot.platforms.base import BODY_LIMIT, Answer, Callback, Platform
from tests.kit import wire
from tests.platforms.cases import (
    CASES,
    DINGTALK_NOTICE,
    DINGTALK_ROBOT,
    DINGTALK_STREAM,
    DINGTALK_WEBHOOK,
    GROUP,
    NOW,
    WECOM_APP,
    WECOM_BOT,
    WECOM_BOT_STREAM,
    WECOM_WEBHOOK,
    HandClock,
    Hearer,
)

SIGNED = (WECOM_APP, WECOM_BOT, DINGTALK_ROBOT)
"""Called at an address of ours, so that what comes has to prove itself."""

HEARING = (*SIGNED, WECOM_BOT_STREAM, DINGTALK_STREAM)
APART = {"wecom_school", "wecom_customers", "dingtalk_events"}
"""Parents' channels and a subscription of events: nobody talks there; what they do stands in files of their own."""

DEAF = (WECOM_WEBHOOK, DINGTALK_NOTICE, DINGTALK_WEBHOOK)

PICTURE = "https://pictures.example/f/1?sign=a%2Bb&q=1"

WORDS = {
    "chinese": "隐患 三楼东侧消防栓漏水",
    "emoji": "好的👌🏽👨‍👩‍👧 收到🙏",
    "rare characters": "𠮷野家 㐂",
    "2,000 characters": "漏" * 2000,
    "several lines": "一、操场\n二、食堂\n\n三、门卫",
    "markup": "<a href='x'>&amp; ]]> </Content> {\"text\": 1} \\n",
    "looks like a number": "0012",
}


def built(case: Hearer, clock: HandClock | None = None, **settings: Any) -> Platform:
    return case.build(case.settings(**settings), clock or HandClock())


def says(case: Hearer, text: str = "收到", **more: Any) -> Callback:
    more = {"account": "t001", "message_id": "7400000000000000123", **more}
    return wire.callback(case.settings(), more.pop("now", NOW), text=text, **more)


def heard(case: Hearer, callback: Callback) -> Message:
    message = built(case).parse(callback)
    assert isinstance(message, Message)
    return message


hearing = pytest.mark.parametrize("case", HEARING, ids=lambda case: case.name)
signed = pytest.mark.parametrize("case", SIGNED, ids=lambda case: case.name)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@hearing
def test_what_was_said_is_what_is_read(case: Hearer, words: str) -> None:
    message = heard(case, says(case, words))
    assert message.text == words
    assert message.account == "t001"
    assert message.sent_at == NOW
    assert (message.chat.kind, message.chat.id) == (ChatKind.DIRECT, "t001")
    assert (message.images, message.files, message.quote, message.click) == ((), (), None, "")


@hearing
def test_blanks_around_the_words_are_dropped(case: Hearer) -> None:
    assert heard(case, says(case, " \n 收到\u3000 ")).text == "收到"


@hearing
def test_a_picture_is_read_as_something_to_fetch(case: Hearer) -> None:
    (picture,) = heard(case, says(case, "", images=[PICTURE])).images
    assert picture.ref.endswith(PICTURE)  # an AI bot's has the key that opens it before it
    assert heard(case, says(case, "", images=[PICTURE])).text == ""


@hearing
def test_the_same_message_sent_again_has_the_same_id_and_another_has_another(case: Hearer) -> None:
    first, again = (heard(case, says(case, message_id="7400000000000000123")) for _ in range(2))
    assert first.id == again.id
    assert first.id != heard(case, says(case, message_id="7400000000000000124")).id
    later = says(case, message_id="7400000000000000123", now=NOW + timedelta(seconds=9))
    assert heard(case, later).id == first.id


def test_words_with_several_pictures_arrive_in_their_order() -> None:
    message = heard(DINGTALK_ROBOT, says(DINGTALK_ROBOT, "操场 已清理", images=["a==", "b=="], chat=GROUP))
    assert message.text == "操场 已清理"
    assert message.images == (MediaRef("a=="), MediaRef("b=="))


def test_a_group_is_known_by_its_id_and_title_and_the_blank_left_by_the_mention_is_gone() -> None:
    url = f"{DINGTALK_ROBOT.settings().oapi_base}/robot/sendBySession?session=S1"
    chat = replace(GROUP, reply_url=url, reply_until=NOW + timedelta(minutes=90))
    message = heard(DINGTALK_ROBOT, says(DINGTALK_ROBOT, "今天交了吗", chat=chat))
    assert message.text == "今天交了吗"
    assert message.chat == chat


@pytest.mark.parametrize(
    "quote",
    [
        Quote("msgQ==", "隐患 7 三楼漏水"),
        Quote("msgQ==", "", (MediaRef("code=="),)),
        Quote("msgQ==", "看这里", (MediaRef("a=="), MediaRef("b=="))),
    ],
)
def test_what_was_pointed_at_is_read_with_its_pictures(quote: Quote) -> None:
    assert heard(DINGTALK_ROBOT, says(DINGTALK_ROBOT, "复查 通过", quote=quote)).quote == quote


def dingtalk(**fields: Any) -> Callback:
    settings = DINGTALK_ROBOT.settings()
    fields = {"msgId": "msg1==", "msgtype": "text", "text": {"content": "收到"}, **fields}
    return wire.dingtalk_callback(settings, NOW, wire.dingtalk_body(settings, NOW, "t001", fields))


def wecom(**fields: str) -> Callback:
    settings = WECOM_APP.settings()
    fields = {"MsgType": "text", "Content": "收到", "MsgId": "7400000000000000123", **fields}
    return wire.wecom_callback(settings, NOW, wire.wecom_xml(settings, NOW, "t001", fields))


@pytest.mark.parametrize(
    ("fields", "quote"),
    [
        ({"text": {"content": "复", "repliedMsg": {"msgId": "q", "content": '{"text": "漏水"}'}}}, Quote("q", "漏水")),
        ({"text": {"content": "复", "repliedMsg": {"msgId": "q", "content": "漏水"}}}, Quote("q", "漏水")),
        ({"text": {"content": "复", "repliedMsg": {"msgId": "q"}}}, Quote("q")),
        ({"text": {"content": "复", "repliedMsg": {}}}, None),
        ({"text": {"content": "复", "repliedMsg": "?"}}, None),
        ({"text": {"content": "复", "isReplyMsg": True}, "originalMsgId": "q"}, Quote("q")),
        ({"quoteMessage": {"msgId": "q", "msgtype": "text", "text": {"content": "漏水"}}}, Quote("q", "漏水")),
        (
            {
                "msgtype": "picture",
                "content": {"downloadCode": "c", "repliedMsg": {"msgId": "q", "content": {"text": "漏水"}}},
            },
            Quote("q", "漏水"),
        ),
        (
            {"msgtype": "richText", "content": {"richText": [{"text": "复"}], "quoteContent": "漏水"}},
            Quote("", "漏水"),
        ),
        (
            {
                "text": {
                    "content": "复",
                    "repliedMsg": {"msgId": "q", "content": {"richText": [{"content": "@李 ", "atName": "李"}, 7]}},
                }
            },
            Quote("q", "@李"),
        ),
    ],
)
def test_every_known_form_of_a_quote_is_read_and_an_unknown_one_is_no_error(
    fields: dict[str, Any], quote: Quote | None
) -> None:
    assert heard(DINGTALK_ROBOT, dingtalk(**fields)).quote == quote


def test_a_file_and_a_voice_are_read() -> None:
    file = {"downloadCode": "f==", "fileName": "名单.xlsx"}
    assert heard(DINGTALK_ROBOT, dingtalk(msgtype="file", content=file)).files == (MediaRef("f==", "名单.xlsx"),)
    voice = {"duration": 4000, "downloadCode": "v==", "recognition": "三楼漏水"}
    assert heard(DINGTALK_ROBOT, dingtalk(msgtype="audio", content=voice)).text == "三楼漏水"


def test_who_is_not_of_the_school_is_known_by_the_encrypted_id() -> None:
    missing, empty = dingtalk(), dingtalk(senderStaffId="")
    body = json.loads(missing.body)
    del body["senderStaffId"]
    missing = wire.dingtalk_callback(DINGTALK_ROBOT.settings(), NOW, body)
    assert {heard(DINGTALK_ROBOT, callback).account for callback in (missing, empty)} == {"$:LWCP_v1:$t001"}


def test_wecom_accounts_are_one_whatever_their_case() -> None:
    assert heard(WECOM_APP, says(WECOM_APP, account="T.Li")).account == "t.li"


def test_a_moment_may_be_a_number_or_a_string() -> None:
    assert heard(DINGTALK_ROBOT, dingtalk(createAt=str(int(NOW.timestamp() * 1000)))).sent_at == NOW


def test_one_group_message_to_two_robots_is_two_messages() -> None:
    assert heard(DINGTALK_ROBOT, dingtalk()).id != heard(DINGTALK_ROBOT, dingtalk(robotCode="dingapp2")).id


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/robot/sendBySession?session=S1",
        "http://127.0.0.1:9@evil.example/",
        "http://127.0.0.1:90/robot/sendBySession",
        "https://127.0.0.1:9/robot/sendBySession",
        "http://127.0.0.1:9\\@evil.example/",
        "http://[::1/",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        7,
        None,
    ],
)
def test_an_answer_address_elsewhere_is_not_believed_because_the_sign_does_not_cover_it(url: object) -> None:
    message = heard(DINGTALK_ROBOT, dingtalk(sessionWebhook=url))
    assert (message.text, message.chat.reply_url, message.chat.reply_until) == ("收到", "", None)


# not from the platform


def _without(callback: Callback, name: str) -> Callback:
    return replace(
        callback,
        headers={key: value for key, value in callback.headers.items() if key != name},
        query={key: value for key, value in callback.query.items() if key != name},
    )


def _with(callback: Callback, name: str, change: Callable[[str], str]) -> Callback:
    return replace(
        callback,
        headers={key: change(value) if key == name else value for key, value in callback.headers.items()},
        query={key: change(value) if key == name else value for key, value in callback.query.items()},
    )


def _other_letter(text: str) -> str:
    return ("b" if text[0] == "a" else "a") + text[1:]


_WECOM = ("msg_signature", "timestamp", "nonce")
SIGNED_BY = {"wecom_app": _WECOM, "wecom_bot": _WECOM, "dingtalk_robot": ("sign", "timestamp")}


@signed
def test_what_is_not_signed_as_it_should_be_is_not_believed(case: Hearer) -> None:
    platform, good = built(case), says(case)
    forged = [
        change for name in SIGNED_BY[case.name] for change in (_without(good, name), _with(good, name, lambda _: ""))
    ]
    forged += [_with(good, name, _other_letter) for name in SIGNED_BY[case.name]]
    forged += [_with(good, SIGNED_BY[case.name][0], lambda _: "签名é")]
    for callback in forged:
        with pytest.raises(Untrusted):
            platform.parse(callback)
    assert isinstance(platform.parse(good), Message)


@signed
def test_another_schools_secret_signs_nothing_here(case: Hearer) -> None:
    other = {"app_secret": "another"} if case is DINGTALK_ROBOT else {"token": "anotherToken"}
    with pytest.raises(Untrusted):
        built(case, **other).parse(says(case))


def test_wecoms_signature_covers_the_words() -> None:
    good, other = says(WECOM_APP), says(WECOM_APP, "通过")
    with pytest.raises(Untrusted):
        built(WECOM_APP).parse(replace(good, body=other.body))


def test_wecoms_words_for_another_corporation_are_not_believed() -> None:
    settings = WECOM_APP.settings()
    xml = wire.wecom_xml(settings, NOW, "t001", {"MsgType": "text", "Content": "收到", "MsgId": "1"})
    with pytest.raises(Untrusted):
        built(WECOM_APP).parse(wire.wecom_callback(settings, NOW, xml, corp_id="wwsomebodyelse"))


@signed
def test_too_old_and_too_new_are_not_believed_and_the_edge_is(case: Hearer) -> None:
    tolerance = timedelta(seconds=case.settings().tolerance)
    for sign in (1, -1):
        inside, outside = HandClock(NOW + sign * tolerance), HandClock(NOW + sign * (tolerance + timedelta(seconds=1)))
        assert isinstance(built(case, inside).parse(says(case)), Message)
        with pytest.raises(Untrusted, match="timestamp"):
            built(case, outside).parse(says(case))


@signed
def test_recorded_traffic_of_any_age_is_read_where_the_setting_says_so(case: Hearer) -> None:
    long_after = HandClock(NOW + timedelta(days=3000))
    assert isinstance(built(case, long_after, tolerance=0).parse(says(case)), Message)


@pytest.mark.parametrize("stamp", ["", "now", "1e9", "-1", "9" * 30, "9" * 5000, "nan", "1.5", "²"])
@signed
def test_a_signed_time_that_is_none_is_not_believed(case: Hearer, stamp: str) -> None:
    settings = case.settings()
    if case is DINGTALK_ROBOT:
        callback = replace(says(case), headers=wire.dingtalk_headers(settings, stamp))
    elif case is WECOM_BOT:
        sealed = wire.wecom_sealed(settings, "{}")
        body = json.dumps({"encrypt": sealed}).encode()
        callback = Callback("POST", {}, wire.wecom_signed(settings, stamp, sealed), body)
    else:
        callback = says(case)
        sealed = wire.wecom_sealed(settings, "<xml/>")
        query = wire.wecom_signed(settings, stamp, sealed)
        callback = replace(callback, query=query, body=f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode())
    with pytest.raises(Untrusted):
        built(case).parse(callback)


# signed, and yet not a message


BILLION = "<!DOCTYPE x [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMBS = {
    "a billion laughs": f"{BILLION}]><xml><MsgType>&i;</MsgType></xml>",
    "somebody else's file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><MsgType>&e;</MsgType></xml>',
    "a document type alone": "<!DOCTYPE x><xml><MsgType>text</MsgType></xml>",
    "an outer subset": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><xml><MsgType>text</MsgType></xml>',
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_an_xml_bomb_goes_off_nowhere(bomb: str) -> None:
    platform, settings = built(WECOM_APP), WECOM_APP.settings()
    with pytest.raises(Malformed):
        platform.parse(Callback("POST", {}, {}, bomb.encode()))
    with pytest.raises(Malformed):
        platform.parse(wire.wecom_callback(settings, NOW, bomb))


DEEP = BODY_LIMIT // 8
RUBBISH: dict[str, tuple[Hearer, bytes]] = {
    "no words": (DINGTALK_ROBOT, b""),
    "no JSON": (DINGTALK_ROBOT, b"text=1"),
    "half of it": (DINGTALK_ROBOT, b'{"msgtype": "te'),
    "a list": (DINGTALK_ROBOT, b"[]"),
    "nothing in it": (DINGTALK_ROBOT, b"null"),
    "no UTF-8": (DINGTALK_ROBOT, b'{"msgtype": "\xff\xfe"}'),
    "deeper than any stack": (DINGTALK_ROBOT, b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "deep lists": (DINGTALK_ROBOT, b"[" * BODY_LIMIT),
    "no XML": (WECOM_APP, b"text"),
    "half of XML": (WECOM_APP, b"<xml><MsgType>text</Msg"),
    "empty XML": (WECOM_APP, b"<xml/>"),
    "another root": (WECOM_APP, b"<html><MsgType>text</MsgType></html>"),
    "XML without UTF-8": (WECOM_APP, b"<xml><MsgType>\xff\xfe</MsgType></xml>"),
    "deep XML": (WECOM_APP, b"<a>" * (DEEP // 2) + b"</a>" * (DEEP // 2)),
    "kind of two": (WECOM_APP, b"<xml><MsgType>text</MsgType><MsgType>text</MsgType></xml>"),
    "nothing sealed": (WECOM_APP, b""),
}


@pytest.mark.parametrize(("case", "body"), RUBBISH.values(), ids=RUBBISH)
def test_signed_rubbish_is_malformed(case: Hearer, body: bytes) -> None:
    settings = case.settings()
    signed = wire.wecom_callback if case is WECOM_APP else wire.dingtalk_callback
    with pytest.raises(Malformed):
        built(case).parse(signed(settings, NOW, body))


@pytest.mark.parametrize("sealed", ["AAAA", "!", "A" * 43, "=", "QUJD" * 1000])
def test_signed_words_that_nobody_sealed_are_malformed_or_not_believed(sealed: str) -> None:
    query = wire.wecom_query(WECOM_APP.settings(), NOW, sealed)
    callback = Callback("POST", {}, query, f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode())
    with pytest.raises((Malformed, Untrusted)):
        built(WECOM_APP).parse(callback)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": None},
        {"text": {}},
        {"text": {"content": None}},
        {"text": "收到"},
        {"msgtype": "picture"},
        {"msgtype": "picture", "content": {"downloadCode": None}},
        {"msgtype": "richText", "content": {"richText": "x"}},
        {"msgtype": "richText", "content": {"richText": [7]}},
        {"msgtype": "file", "content": []},
        {"msgId": None},
        {"msgId": ""},
        {"createAt": None},
        {"createAt": "gestern"},
        {"createAt": "9" * 30},
        {"createAt": 1e300},
        {"senderStaffId": "", "senderId": ""},
        {"conversationType": "2", "conversationId": ""},
    ],
)
def test_a_dingtalk_message_without_what_the_documents_promise_is_malformed(fields: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        built(DINGTALK_ROBOT).parse(dingtalk(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"CreateTime": "gestern"},
        {"CreateTime": "9" * 30},
        {"CreateTime": ""},
        {"MsgId": ""},
        {"FromUserName": ""},
        {"MsgType": ""},
        {"MsgType": "image"},
        {"MsgType": "image", "MediaId": ""},
    ],
)
def test_a_wecom_message_without_what_the_documents_promise_is_malformed(fields: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        built(WECOM_APP).parse(wecom(**fields))


@pytest.mark.parametrize(
    "callback",
    [
        *(wecom(MsgType=kind) for kind in ("voice", "video", "location", "link", "file", "hologram")),
        *(wecom(MsgType="event", Event=event) for event in ("subscribe", "enter_agent", "LOCATION", "new_in_2030")),
        *(
            dingtalk(msgtype=kind)
            for kind in ("video", "unknownMsgType", "interactiveCard", "chatRecord", "hologram", "")
        ),
    ],
)
def test_a_kind_that_nothing_handles_is_unsupported(callback: Callback) -> None:
    case = DINGTALK_ROBOT if "sign" in callback.headers else WECOM_APP
    with pytest.raises(Unsupported):
        built(case).parse(callback)


@pytest.mark.parametrize("name", ["errorCode", "errCode"])
@pytest.mark.parametrize("code", ["20001", 20001])
def test_a_message_without_words_for_want_of_quota_warns_the_operator(name: str, code: object) -> None:
    with capture_logs() as logged, pytest.raises(Unsupported, match="quota"):
        built(DINGTALK_ROBOT).parse(dingtalk(text=None, **{name: code}))
    assert [(line["log_level"], "额度" in line["todo"]) for line in logged] == [("warning", True)]


@pytest.mark.parametrize(
    "callback", [wecom(Neu="2030", Deep="<x/>"), dingtalk(neu=2030, deep={"x": [1]})], ids=["wecom", "dingtalk"]
)
def test_fields_that_nobody_knows_yet_are_tolerated_and_kept(callback: Callback) -> None:
    case = DINGTALK_ROBOT if "sign" in callback.headers else WECOM_APP
    message = heard(case, callback)
    assert message.text == "收到"
    kept = {key.lower(): value for key, value in message.raw.items()}
    assert str(kept["neu"]) == "2030"
    assert "deep" in kept
    json.dumps(message.raw)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("msgId", "msgtype", "text", "content", "createAt", "conversationType", "conversationId", "conversationTitle")
NAMES += (
    "senderStaffId",
    "senderId",
    "senderNick",
    "robotCode",
    "sessionWebhook",
    "sessionWebhookExpiredTime",
    "errCode",
)
KINDS = ("text", "picture", "richText", "audio", "file")


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=4), st.sampled_from(KINDS))
@effort(max_examples=300, deadline=None)
def test_whatever_stands_in_a_dingtalk_field_there_is_a_message_or_one_of_our_errors(
    fields: dict[str, Any], kind: str
) -> None:
    with suppress(WireError):
        built(DINGTALK_ROBOT).parse(dingtalk(**({"msgtype": kind} | fields)))


TAGS = ("MsgType", "Content", "MsgId", "CreateTime", "FromUserName", "MediaId", "Event", "AgentID")
INNER = st.text("漏0a<>/&; \n", max_size=12) | st.sampled_from(["<a>1</a>", "<a/><a/>", "text", "image", "event"])


@given(st.lists(st.tuples(st.sampled_from(TAGS), INNER), max_size=8))
@effort(max_examples=300, deadline=None)
def test_whatever_stands_in_a_wecom_document_there_is_a_message_or_one_of_our_errors(
    fields: list[tuple[str, str]],
) -> None:
    xml = "<xml>" + "".join(f"<{name}>{value}</{name}>" for name, value in fields) + "</xml>"
    with suppress(WireError):
        built(WECOM_APP).parse(wire.wecom_callback(WECOM_APP.settings(), NOW, xml))


# what is answered


def test_the_address_check_is_answered_with_the_bare_words_also_where_a_plus_became_a_blank() -> None:
    settings = WECOM_APP.settings()
    for number in range(20):  # some of them hold a "+"
        check = wire.wecom_address_check(settings, NOW, f"echo{number}")
        spoilt = replace(check, query={**check.query, "echostr": check.query["echostr"].replace("+", " ")})
        for callback in (check, spoilt):
            assert built(WECOM_APP).parse(callback) == Answer(f"echo{number}")
    with pytest.raises(Untrusted):
        built(WECOM_APP).parse(_with(check, "msg_signature", _other_letter))


@signed
def test_the_acknowledgement_says_nothing_in_the_chat(case: Hearer) -> None:
    answer = built(case).acknowledge()
    assert answer.status == 200
    assert answer.body == ('{"msgtype":"empty"}' if case is DINGTALK_ROBOT else "")


@pytest.mark.parametrize("case", DEAF, ids=lambda case: case.name)
def test_who_hears_nothing_says_so(case: Hearer) -> None:
    platform = built(case)
    assert not platform.capabilities.hears
    with pytest.raises(Unsupported):
        platform.parse(Callback("POST", {}, {}, b"{}"))
    with pytest.raises(GiveUp):
        platform.fetch(MediaRef("x"), 100)
    assert platform.acknowledge().body == ""


def test_every_platform_is_in_the_contract() -> None:
    every = {f"{platform}_{kind}" for platform, kind in (each.split() for each in kinds())}
    assert every - APART == {case.name for case in (*CASES, *HEARING)}
    assert {case.name for case in (*CASES, *HEARING) if built(case).capabilities.hears} == {
        each.name for each in HEARING
    }


def test_dingtalks_sign_is_the_one_worked_out_by_hand() -> None:
    # the synthetic check of the reference, computed apart from both this kit and the product
    assert wire.dingtalk_sign("SYNTHETIC-app-secret-0001", "1700000000000") == (
        "sDScIleFRUVCAMSezJqNbymNgykW+WCUGwQL78pd1lA="
    )
