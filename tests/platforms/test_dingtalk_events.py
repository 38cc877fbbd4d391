"""DingTalk's encrypted events: the worked example, what is believed, how each event is read, and the sealed answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from wechatpy.work.crypto import PrpCrypto

from bot import errors
from bot.errors import GiveUp, Malformed, Unsupported, Untrusted
from bot.facts import Ask, News
from bot.messages import ChatKind, ChatRef, MediaRef, Outgoing
from bot.platforms import dingtalk_events
from bot.platforms.base import Answer, Callback, Informant, Platform
from bot.platforms.dingtalk_events import DingtalkEventsPlatform, read_event
from bot.platforms.dingtalk_seal import Seal
from bot.settings import DingtalkEvents
from tests.platforms.cases import NOW, HandClock

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
TOKEN, OWNER = "synthTok01", "dingsynthetic01"
EXAMPLE = {
    "stamp": "1700000000000",
    "nonce": "n0nce001",
    "plain": '{"EventType":"user_add_org","UserId":["u1"],"备注":"测试"}',
    "encrypt": "4j/AuRx71kQlxVlzbpsMWKEyadkqrVkK4TKs8elO2mDhqo1NRRf39rQUz3bNyE1QfYOWMSuCbOgAgoY21pOJ8k85cINZkDLXS/t4TtW1"
    "+5LHVw4wOUlqGUFA8lRg0DwSFvtmVNOTsubI6gJH/1t1qMxXABUQQVFmtP4ugdfOq78=",
    "signature": "e26ba83f9186773be301ccd66e2367b687e5c1da",
}
ANSWER = "wrNmYnsdngNwZHPRm4NnS9igoB4Q1r5uWc7CnJAE0bbPo+hAavuMfB6bL5/EvlCa4pnv5cAmwzNdcaSpnwgr7Q=="


def settings(**more: Any) -> DingtalkEvents:
    values = {
        "name": "dingevents",
        "platform": "dingtalk",
        "kind": "events",
        "app_key": OWNER,
        "app_secret": "SYNTHETIC-app-secret-0001",
        "token": TOKEN,
        "aes_key": KEY,
        "api_base": "http://127.0.0.1:9",
        "oapi_base": "http://127.0.0.1:9",
    }
    return DingtalkEvents.model_validate(values | more)


def platform(clock: HandClock | None = None, **more: Any) -> DingtalkEventsPlatform:
    return dingtalk_events.build(settings(**more), clock or HandClock())


def pushed(plain: object, *, seal: Seal | None = None, stamp: str = "", new: bool = True) -> Callback:
    """One push. new: the spellings msg_signature and timestamp, else signature and timeStamp."""
    seal = seal or Seal(TOKEN, KEY, OWNER)
    words = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    stamp, sealed = stamp or ms(NOW), seal.close(words)
    names = ("msg_signature", "timestamp") if new else ("signature", "timeStamp")
    query = {names[0]: seal.signature(stamp, "n1", sealed), names[1]: stamp, "nonce": "n1"}
    return Callback("POST", {}, query, json.dumps({"encrypt": sealed}).encode())


def ms(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


LEFT = {
    "EventType": "user_leave_org",
    "EventTime": int(ms(NOW)),
    "CorpId": "dingcorp1",
    "UserId": ["u1"],
    "eventId": "e1",
}


def read(callback: Callback) -> News:
    news = platform().parse(callback)
    assert isinstance(news, News)
    return news


# the seal


def test_the_worked_example_is_sealed_signed_and_opened_to_the_byte() -> None:
    seal = Seal(TOKEN, KEY, OWNER)
    sealed = seal.close(EXAMPLE["plain"], b"0123456789abcdef")
    assert sealed == EXAMPLE["encrypt"]
    assert seal.signature(EXAMPLE["stamp"], EXAMPLE["nonce"], sealed) == EXAMPLE["signature"]
    assert seal.open(sealed) == EXAMPLE["plain"]
    assert seal.close("success", b"fedcba9876543210") == ANSWER
    assert seal.signature(EXAMPLE["stamp"], EXAMPLE["nonce"], ANSWER) == "c4fc599a2f1e1a82cec81c99592ba5b08480fffe"


@pytest.mark.parametrize("last", "89+/")
def test_the_last_character_of_a_key_may_carry_bits_that_belong_to_no_byte(last: str) -> None:
    assert Seal(TOKEN, KEY[:42] + last, OWNER).open(EXAMPLE["encrypt"]) == EXAMPLE["plain"]


@pytest.mark.parametrize("length", range(70))
def test_every_length_is_padded_to_32_and_read_again_also_by_another_hand(length: int) -> None:
    seal, words = Seal(TOKEN, KEY, OWNER), "漏" * length
    sealed = seal.close(words)
    assert seal.open(sealed) == words
    assert PrpCrypto(bytes(range(32))).decrypt(sealed, OWNER) == words


# believed or not


def test_what_is_not_signed_as_it_should_be_is_not_believed() -> None:
    good = pushed(LEFT)
    forged = [
        Callback("POST", {}, {**good.query, name: value}, good.body)
        for name in ("msg_signature", "timestamp", "nonce")
        for value in ("", "x", "签名é", good.query[name] + "0")
    ]
    forged.append(Callback("POST", {}, {}, good.body))
    forged.append(Callback("POST", {}, good.query, pushed({**LEFT, "UserId": ["u2"]}).body))
    for callback in forged:
        with pytest.raises(Untrusted):
            platform().parse(callback)
    assert read(good).about == "u1"


def test_another_token_and_another_app_are_not_believed() -> None:
    with pytest.raises(Untrusted):
        platform().parse(pushed(LEFT, seal=Seal("anotherToken", KEY, OWNER)))
    with pytest.raises(Untrusted, match="owner"):
        platform().parse(pushed(LEFT, seal=Seal(TOKEN, KEY, "dingsomebodyelse")))


def test_both_spellings_of_the_query_are_read() -> None:
    assert read(pushed(LEFT, new=False)) == read(pushed(LEFT))


def test_too_old_and_too_new_are_not_believed_and_the_edge_is() -> None:
    tolerance = timedelta(seconds=settings().tolerance)
    for sign in (1, -1):
        inside, outside = HandClock(NOW + sign * tolerance), HandClock(NOW + sign * (tolerance + timedelta(seconds=1)))
        assert isinstance(platform(inside).parse(pushed(LEFT)), News)
        with pytest.raises(Untrusted, match="timestamp"):
            platform(outside).parse(pushed(LEFT))
    assert isinstance(platform(HandClock(NOW + timedelta(days=999)), tolerance=0).parse(pushed(LEFT)), News)


@pytest.mark.parametrize("stamp", ["now", "-", "9" * 30, "9" * 5000, "nan", "1.5"])
def test_a_signed_time_that_is_none_is_not_believed(stamp: str) -> None:
    with pytest.raises(Untrusted):
        platform().parse(pushed(LEFT, stamp=stamp))


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"null", b'{"encrypt": 7}', b"{}", b"\xff\xfe", b"[" * 60000])
def test_a_body_that_is_no_envelope_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        platform().parse(Callback("POST", {}, {}, body))


@pytest.mark.parametrize("sealed", ["AAAA", "!", "A" * 43, "=", "QUJD" * 1000, "漏"])
def test_signed_words_that_nobody_sealed_are_malformed(sealed: str) -> None:
    stamp = ms(NOW)
    query = {"msg_signature": Seal(TOKEN, KEY, OWNER).signature(stamp, "n", sealed), "timestamp": stamp, "nonce": "n"}
    with pytest.raises(Malformed):
        platform().parse(Callback("POST", {}, query, json.dumps({"encrypt": sealed}).encode()))


@pytest.mark.parametrize(
    "plain",
    ["", "x", "[]", "7", "[" * 9000, {}, {"EventType": 7}, {"EventType": "user_add_org"}]
    + [{**LEFT, "UserId": value} for value in (None, "", [], [7], [""], {})]
    + [{**LEFT, "EventTime": value} for value in ("gestern", "9" * 30, [])]
    + [{"EventType": "bpms_instance_change", "EventTime": 1, "type": "finish"}],
)
def test_signed_rubbish_is_malformed(plain: object) -> None:
    with pytest.raises(Malformed):
        platform().parse(pushed(plain))


# what is answered


def opened(answer: Answer, clock: HandClock) -> str:
    """The answer as DingTalk reads it."""
    assert (answer.status, answer.content_type) == (200, "application/json; charset=utf-8")
    body = json.loads(answer.body)
    assert set(body) == {"msg_signature", "timeStamp", "nonce", "encrypt"}
    assert body["timeStamp"] == ms(clock.now())
    seal = Seal(TOKEN, KEY, OWNER)
    assert seal.signed(body["msg_signature"], body["timeStamp"], body["nonce"], body["encrypt"])
    return seal.open(body["encrypt"])


def test_the_check_of_the_address_and_an_event_are_answered_with_success_sealed_anew() -> None:
    clock = HandClock()
    subscription = platform(clock)
    checked = subscription.parse(pushed({"EventType": "check_url"}))
    assert isinstance(checked, Answer)
    assert opened(checked, clock) == opened(subscription.acknowledge(), clock) == "success"
    assert checked.body != subscription.acknowledge().body


def test_it_hears_and_can_be_asked_and_says_nothing() -> None:
    subscription: Platform = platform()
    assert isinstance(subscription, Informant)
    assert frozenset(Ask) - subscription.asks == {Ask.NEW_FORM, Ask.FORM_LINK, Ask.CLASS_GROUPS, Ask.POSTING}
    assert not subscription.capabilities.direct
    assert not subscription.capabilities.groups
    with pytest.raises(GiveUp):
        subscription.send(ChatRef(ChatKind.DIRECT, "u1"), Outgoing("早"))
    with pytest.raises(GiveUp):
        subscription.fetch(MediaRef("x"), 1)


def test_events_count_as_messages_and_the_check_does_not() -> None:
    subscription = platform()
    subscription.parse(pushed({"EventType": "check_url"}))
    subscription.parse(pushed(LEFT))
    assert subscription.tally.take() == {"message": 1}


# what each event says

WIRE = Path(__file__).parent.parent / "wire" / "dingtalk_events"
SAMPLES = sorted(path for path in WIRE.glob("*.json") if ".read." not in path.name)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_read_as_it_is_written_beside_it(sample: Path) -> None:
    """<name>.http.json is the decrypted object of a push; <name>.stream.json the headers and data of a frame."""
    content = json.loads(sample.read_text("utf-8"))
    expected = json.loads(sample.with_suffix(".read.json").read_text("utf-8"))

    def parsed() -> News:
        if sample.stem.endswith(".http"):
            return read(pushed(content))
        headers = content["headers"]
        born = datetime.fromtimestamp(int(headers["eventBornTime"]) / 1000, UTC)
        return read_event(headers["eventType"], headers["eventId"], born, json.loads(content["data"]))

    if "error" in expected:
        with pytest.raises(getattr(errors, expected["error"])):
            parsed()
        return
    news = parsed()
    assert {"id": news.id, "what": news.what, "about": news.about, "at": news.at.isoformat()} == expected
    assert json.loads(json.dumps(news.raw)) == news.raw
    assert news.raw["eventType"]


def test_there_are_samples_of_both_forms() -> None:
    assert len(SAMPLES) >= 16
    assert {path.stem.rpartition(".")[2] for path in SAMPLES} == {"http", "stream"}


def test_the_same_event_has_the_same_id_and_another_has_another() -> None:
    first, again = read(pushed(LEFT)), read(pushed(LEFT))
    assert first.id == again.id
    assert first.id != read(pushed({**LEFT, "eventId": "e2"})).id
    nameless = {name: value for name, value in LEFT.items() if name != "eventId"} | {"BizId": "u1"}
    later = {**nameless, "EventTime": int(ms(NOW)) + 1}
    assert read(pushed(nameless)).id != read(pushed(later)).id
    bare = {name: value for name, value in nameless.items() if name != "BizId"}
    assert read(pushed(bare)).id == read(pushed(bare)).id != read(pushed({**bare, "UserId": ["u2"]})).id


def test_a_list_of_people_too_long_to_keep_is_not_cut_but_everybody_is_asked() -> None:
    some, many = [f"u{number:04}" for number in range(40)], [f"u{number:04}" for number in range(60)]
    assert (read(pushed({**LEFT, "UserId": some})).about).split(",") == some
    news = read(pushed({**LEFT, "UserId": many}))
    assert (news.what, news.about) == (Ask.MEMBERS, "")


def test_an_unknown_event_is_unsupported_whatever_it_holds() -> None:
    for plain in (
        {"EventType": "brand_new"},
        {"EventType": "check_in", "EventTime": "x"},
        {"EventType": "chat_disband"},
    ):
        with pytest.raises(Unsupported):
            platform().parse(pushed(plain))
