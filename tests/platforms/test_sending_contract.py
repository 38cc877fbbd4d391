"""One contract for every platform, the speaking half: what is said arrives, and every refusal is TryLater or GiveUp."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import DeliveryError, GiveUp, TryLater
from bot.messages import ChatRef, MediaRef, Outgoing, Picture
from bot.platforms import http
from bot.platforms.base import Sent
from tests.kit import wire
from tests.kit.other_side import Asked, OtherSide, Says, other_side
from tests.platforms.cases import (
    CASES,
    DINGTALK_NOTICE,
    DINGTALK_ROBOT,
    DINGTALK_STREAM,
    DINGTALK_WEBHOOK,
    GROUP,
    NOW,
    WECOM_APP,
    WECOM_WEBHOOK,
    Case,
    HandClock,
)

WITH_TOKEN = tuple(case for case in CASES if case.token_path)
FETCHING = (WECOM_APP, DINGTALK_ROBOT)

PICTURE = Picture(bytes(range(256)) * 300 + b"\r\n--\r\n", "9月汇总.png", "image/png")
SHEET = Picture(b"PK\x03\x04" + bytes(range(256)) * 100, "9月汇总.xlsx", "application/vnd.ms-excel")
HTML = Says("<html>维护中</html>".encode(), content_type="text/html")
SOMEBODY_ELSES = Says({"error": "bad gateway"}, 502)

every = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
with_token = pytest.mark.parametrize("case", WITH_TOKEN, ids=lambda case: case.name)
fetching = pytest.mark.parametrize("case", FETCHING, ids=lambda case: case.name)


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side() as listening:
        yield listening


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform's 20 seconds of patience are too long for a test."""
    monkeypatch.setattr(http, "TIMEOUT", (0.3, 0.3))


def uploaded(server: OtherSide, case: Case) -> None:
    server.says(case.upload_path, {"errcode": 0, "type": "file", "media_id": "@media1", "created_at": "1790000000"})


# what is said arrives


@pytest.mark.parametrize("words", ["收到", "好的👌🏽", "一\n二\n\n三", "漏" * 600, 'a"b\\n&<漏>'])
@every
def test_words_arrive_as_they_were_said(case: Case, words: str, server: OtherSide) -> None:
    sent = case.connect(server).send(case.chat, Outgoing(text=words))
    (asked,) = server.requests(case.send_path)
    assert case.words(asked) == words
    assert "\\u" not in asked.body.decode().replace("\\\\", ""), "escaped, WeCom refuses it"
    references = [case.ok[name] for name in ("msgid", "processQueryKey", "task_id") if name in case.ok]
    assert sent.reference == "".join(map(str, references))


@every
def test_markdown_arrives_with_line_breaks_that_the_platform_shows(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    words = "**9月小结**\n- 隐患 3\n- 未整改 1\n[查看](https://bot.example/s/1)"
    platform.send(case.chat, Outgoing(text=words, markdown=True, title="小结"))
    (asked,) = server.requests(case.send_path)
    assert case.words(asked) == case.shown(words)
    assert b"markdown" in asked.body.lower()


@every
def test_the_longest_text_that_it_promises_to_take_is_within_the_platforms_limit(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    longest = platform.capabilities.text_bytes
    for words in ("漏" * (longest // 3), "a\n" * (longest // 2), '"' * longest):
        platform.send(case.chat, Outgoing(text=words, markdown=platform.capabilities.markdown))
    for asked in server.requests(case.send_path):
        if case in (DINGTALK_ROBOT, DINGTALK_STREAM):
            assert isinstance(asked.json["msgParam"], str)
            assert len(asked.json["msgParam"].encode()) <= 15_000
        elif case is DINGTALK_NOTICE:
            assert len(json.dumps(asked.json["msg"], ensure_ascii=False).encode()) <= 2048
        else:
            limit = {WECOM_APP.name: 2048, WECOM_WEBHOOK.name: 2048, DINGTALK_WEBHOOK.name: 20_000}[case.name]
            assert len(case.words(asked).encode()) <= limit


@every
def test_a_picture_arrives_intact_or_is_refused_where_the_channel_cannot(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    uploaded(server, case)
    if not platform.capabilities.images:
        with pytest.raises(GiveUp, match="图片"):
            platform.send(case.chat, Outgoing(image=PICTURE))
        assert server.asked == []
        return
    platform.send(case.chat, Outgoing(image=PICTURE))
    (asked,) = server.requests(case.send_path)
    if case is WECOM_WEBHOOK:
        image = asked.json["image"]
        assert base64.b64decode(image["base64"], validate=True) == PICTURE.content
        assert image["md5"] == hashlib.md5(PICTURE.content, usedforsecurity=False).hexdigest()
        return
    (form,) = server.requests(case.upload_path)
    assert form.part == PICTURE.content
    assert (form.query["type"], form.query["access_token"]) == ("image", "tok-1")
    assert b'name="media"' in form.body
    assert "@media1" in asked.body.decode()


@every
def test_a_file_arrives_intact_under_its_name_or_is_refused(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    uploaded(server, case)
    if not platform.capabilities.files:
        with pytest.raises(GiveUp, match="文件"):
            platform.send(case.chat, Outgoing(file=SHEET))
        return
    platform.send(case.chat, Outgoing(file=SHEET))
    (form,) = server.requests(case.upload_path)
    assert form.part == SHEET.content
    assert "9月汇总.xlsx" in form.body.decode("utf-8", "replace") or "9%E6%9C%88%E6%B1%87%E6%80%BB.xlsx" in str(
        form.body
    )
    assert "@media1" in server.requests(case.send_path)[0].body.decode()


def test_dingtalk_takes_only_some_kinds_of_file_and_says_which(server: OtherSide) -> None:
    with pytest.raises(GiveUp, match=r"\.csv.*xlsx"):
        DINGTALK_ROBOT.connect(server).send(DINGTALK_ROBOT.chat, Outgoing(file=replace(SHEET, name="名单.csv")))
    assert server.asked == []


def test_a_picture_that_wecoms_webhook_would_refuse_is_not_sent(server: OtherSide) -> None:
    big = replace(PICTURE, content=b"x" * (2 * 1024 * 1024 + 1))
    with pytest.raises(GiveUp, match="图片太大"):
        WECOM_WEBHOOK.connect(server).send(GROUP, Outgoing(image=big))
    assert server.asked == []


@pytest.mark.parametrize("case", [WECOM_WEBHOOK, DINGTALK_WEBHOOK], ids=lambda case: case.name)
@pytest.mark.parametrize("markdown", [False, True])
def test_who_is_mentioned_in_a_group_is_mentioned(case: Case, markdown: bool, server: OtherSide) -> None:
    case.connect(server).send(case.chat, Outgoing(text="请看", markdown=markdown, mentions=("t001", "t002")))
    (asked,) = server.requests(case.send_path)
    if case is DINGTALK_WEBHOOK:
        assert asked.json["at"]["atUserIds"] == ["t001", "t002"]
        assert all(f"@{account}" in case.words(asked) for account in ("t001", "t002"))
    elif markdown:
        assert all(f"<@{account}>" in case.words(asked) for account in ("t001", "t002"))
    else:
        assert asked.json["text"]["mentioned_list"] == ["t001", "t002"]


@pytest.mark.parametrize("case", [WECOM_APP, DINGTALK_WEBHOOK], ids=lambda case: case.name)
def test_a_key_becomes_the_platforms_own_check_against_duplicates(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    platform.send(case.chat, Outgoing(text="一", key="k-1"))
    platform.send(case.chat, Outgoing(text="一"))
    bodies = [asked.json for asked in server.requests(case.send_path)]
    names = {"enable_duplicate_check", "msgUuid"}
    assert [bool(names & set(body)) for body in bodies] == [True, False]


def test_dingtalks_webhook_is_signed_with_the_present_time_where_it_has_a_secret(server: OtherSide) -> None:
    DINGTALK_WEBHOOK.connect(server).send(GROUP, Outgoing(text="一"))
    DINGTALK_WEBHOOK.connect(server, secret=None).send(GROUP, Outgoing(text="一"))
    signed, bare = server.requests("/robot/send")
    stamp = str(int(NOW.timestamp() * 1000))
    sign = wire.dingtalk_sign("SECsynthetic0002", stamp)
    assert signed.query == {"access_token": "hooktoken", "timestamp": stamp, "sign": sign}
    assert bare.query == {"access_token": "hooktoken"}


# DingTalk's session address


SESSION = "/robot/sendBySession"
DING_GROUP = "/v1.0/robot/groupMessages/send"


def answering(server: OtherSide, chat: ChatRef = GROUP, **lasts: float) -> ChatRef:
    """A chat in which somebody has just written."""
    server.says(SESSION, {"errcode": 0, "errmsg": "ok"})
    server.says(DING_GROUP, {"processQueryKey": "pq2"})
    until = NOW + timedelta(**(lasts or {"minutes": 90}))
    return replace(chat, reply_url=f"{server.url}{SESSION}?session=S1", reply_until=until)


def test_while_the_session_lives_answers_take_its_address_and_mention(server: OtherSide) -> None:
    platform = DINGTALK_ROBOT.connect(server)
    platform.send(answering(server), Outgoing(text="请看", markdown=True, mentions=("t001",), key="k-1"))
    (asked,) = server.asked
    assert (asked.path, asked.query) == (SESSION, {"session": "S1"})
    assert asked.json["at"] == {"atUserIds": ["t001"], "isAtAll": False}
    assert "@t001" in asked.json["markdown"]["text"]
    assert asked.json["markdown"]["title"]


def test_one_to_one_nobody_is_mentioned(server: OtherSide) -> None:
    platform = DINGTALK_ROBOT.connect(server)
    platform.send(answering(server, DINGTALK_ROBOT.chat), Outgoing(text="请看", mentions=("t001",)))
    assert server.asked[0].json == {"msgtype": "text", "text": {"content": "请看"}}


@pytest.mark.parametrize("seconds", [59, 0, -1])
def test_a_session_about_to_end_is_not_used(seconds: int, server: OtherSide) -> None:
    platform = DINGTALK_ROBOT.connect(server)
    assert platform.send(answering(server, seconds=seconds), Outgoing(text="请看")) == Sent("pq2")
    (asked,) = server.requests(DING_GROUP)
    assert asked.json["openConversationId"] == GROUP.id
    assert server.requests(SESSION) == []


def test_a_session_that_is_over_is_replaced_at_once(server: OtherSide) -> None:
    platform = DINGTALK_ROBOT.connect(server)
    chat = answering(server)
    server.says(SESSION, {"errcode": 300001, "errmsg": "session 不存在"})
    assert platform.send(chat, Outgoing(text="请看")) == Sent("pq2")
    assert [asked.path for asked in server.asked] == [SESSION, DINGTALK_ROBOT.token_path, DING_GROUP]


def test_pictures_never_take_the_sessions_address(server: OtherSide) -> None:
    platform = DINGTALK_ROBOT.connect(server)
    uploaded(server, DINGTALK_ROBOT)
    platform.send(answering(server), Outgoing(image=PICTURE))
    assert server.requests(SESSION) == []
    (asked,) = server.requests(DING_GROUP)
    assert asked.json["msgKey"] == "sampleImageMsg"
    assert json.loads(asked.json["msgParam"]) == {"photoURL": "@media1"}


def test_the_sessions_address_leads_nowhere_else(server: OtherSide) -> None:
    platform = DINGTALK_ROBOT.connect(server)
    chat = answering(server)
    server.says(SESSION, Says(b"", 302, location=f"{server.url}/inside"))
    server.says("/inside", {"errcode": 0})
    with pytest.raises(TryLater):
        platform.send(chat, Outgoing(text="请看"))
    assert server.requests("/inside") == []


# refusals

REFUSALS: tuple[tuple[Case, Says | dict[str, Any], type[DeliveryError], timedelta | None, str], ...] = (
    (WECOM_APP, {"errcode": -1}, TryLater, None, "繁忙"),
    (WECOM_APP, {"errcode": 45009}, TryLater, timedelta(minutes=1), "频繁"),
    (WECOM_APP, {"errcode": 45033}, TryLater, timedelta(seconds=5), "同时"),
    (WECOM_APP, {"errcode": 81013}, GiveUp, None, "可见范围"),
    (WECOM_APP, {"errcode": 0, "invaliduser": "t.li", "msgid": "m"}, GiveUp, None, "可见范围"),
    (WECOM_APP, {"errcode": 60020, "errmsg": "not allow, from ip: 1.2.3.4, more"}, GiveUp, None, "1.2.3.4"),
    (WECOM_APP, {"errcode": 999_999}, GiveUp, None, "999999"),
    (WECOM_APP, {"errcode": "gestern"}, TryLater, None, ""),
    (WECOM_APP, {}, TryLater, None, ""),
    (WECOM_WEBHOOK, {"errcode": 45009}, TryLater, timedelta(minutes=1), "频繁"),
    (WECOM_WEBHOOK, {"errcode": 93000}, GiveUp, None, "重新添加机器人"),
    (WECOM_WEBHOOK, {"errcode": 999_999}, GiveUp, None, "999999"),
    (WECOM_WEBHOOK, {"errcode": "gestern"}, TryLater, None, ""),
    (WECOM_WEBHOOK, {}, TryLater, None, ""),
    (DINGTALK_ROBOT, {"processQueryKey": "p", "invalidStaffIdList": ["t001"]}, GiveUp, None, "没有这个账号"),
    (DINGTALK_ROBOT, {"flowControlledStaffIdList": ["t001"]}, TryLater, timedelta(minutes=1), "频繁"),
    (DINGTALK_ROBOT, Says({"code": "robot.oto.notExist"}, 400), GiveUp, None, "发布"),
    (DINGTALK_ROBOT, Says({"code": "invalidParameter.msgParam.tooLong"}, 400), GiveUp, None, "太长"),
    (DINGTALK_ROBOT, Says({"code": "invalidParameter.robotCode.auth"}, 400), GiveUp, None, "robot_code"),
    (DINGTALK_ROBOT, Says({"code": "send.too.fast"}, 400), TryLater, timedelta(minutes=1), "频繁"),
    (
        DINGTALK_ROBOT,
        Says({"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}, 403),
        TryLater,
        timedelta(seconds=2),
        "频繁",
    ),
    (DINGTALK_ROBOT, Says({"code": "Forbidden.AccessDenied.IpNotInWhiteList"}, 403), GiveUp, None, "出口 IP"),
    (DINGTALK_ROBOT, Says({"code": "Forbidden.AccessDenied.ApiCountLimitForOrg"}, 403), GiveUp, None, "用完"),
    (DINGTALK_ROBOT, Says({"code": "system.error"}, 500), TryLater, None, "服务器"),
    (DINGTALK_ROBOT, Says({"code": "new.in.2030"}, 400), GiveUp, None, "new.in.2030"),
    (DINGTALK_ROBOT, {"status": 1111, "punish": "deny"}, TryLater, timedelta(minutes=5), "IP"),
    (DINGTALK_NOTICE, {"errcode": 143103}, TryLater, timedelta(minutes=1), "太多"),
    (DINGTALK_NOTICE, {"errcode": 41044}, GiveUp, None, "agent_id"),
    (DINGTALK_NOTICE, {"errcode": 1430002}, GiveUp, None, "审查"),
    (DINGTALK_WEBHOOK, {"errcode": -1}, TryLater, None, "繁忙"),
    (DINGTALK_WEBHOOK, {"errcode": 130101}, TryLater, timedelta(minutes=10), "10 分钟"),
    (DINGTALK_WEBHOOK, {"errcode": 310000, "errmsg": "sign not match"}, GiveUp, None, "加签"),
    (DINGTALK_WEBHOOK, {"errcode": 300005}, GiveUp, None, "webhook 地址"),
    (DINGTALK_WEBHOOK, {"errcode": 88, "sub_code": "90018"}, TryLater, timedelta(seconds=2), "频繁"),
    (DINGTALK_WEBHOOK, {"errcode": 460101}, GiveUp, None, "460101"),
    (DINGTALK_WEBHOOK, {"status": 1111, "punish": "deny"}, TryLater, timedelta(minutes=5), "IP"),
    (DINGTALK_WEBHOOK, {}, TryLater, None, ""),
    *((case, HTML, TryLater, None, "不是数据") for case in CASES),
    *((case, Says(b"<html>", 502, "text/html"), TryLater, None, "") for case in CASES),
    *((case, SOMEBODY_ELSES, TryLater, None, "") for case in CASES),
    *((case, Says([1]), TryLater, None, "") for case in CASES),
)


@pytest.mark.parametrize(("case", "says", "kind", "after", "words"), REFUSALS)
def test_a_refusal_is_tried_again_or_given_up(
    case: Case,
    says: Says | dict[str, Any],
    kind: type[DeliveryError],
    after: timedelta | None,
    words: str,
    server: OtherSide,
) -> None:
    platform = case.connect(server)
    server.says(case.send_path, says)
    with pytest.raises(kind) as caught:
        platform.send(case.chat, Outgoing(text="一"))
    assert words in caught.value.reason
    assert getattr(caught.value, "after", None) == after
    assert "tok-1" not in caught.value.reason
    assert len(server.requests(case.send_path)) == 1, "asked once, tried again by the deliverer alone"


@every
def test_an_upload_without_an_id_is_tried_later(case: Case, server: OtherSide) -> None:
    if not case.upload_path:
        assert case is DINGTALK_WEBHOOK
        return
    platform = case.connect(server)
    server.says(case.upload_path, {"errcode": 0})
    with pytest.raises(TryLater):
        platform.send(case.chat, Outgoing(file=SHEET))
    assert server.requests(case.send_path) == []


# the transport


@pytest.mark.parametrize(
    ("says", "unknown"),
    [
        (Says({}, hangs=3), True),
        (Says({"errcode": 0}, breaks="request"), True),
        (Says({"errcode": 0, "processQueryKey": "p" * 99}, breaks="body"), True),
        (Says({"errcode": 0, "processQueryKey": "p" * 99}, stalls=3), True),
    ],
    ids=["silence", "hung up", "broken off", "stuck"],
)
@every
@pytest.mark.usefixtures("hurried")
def test_a_call_that_may_have_been_carried_out_is_unknown(
    case: Case, says: Says, unknown: bool, server: OtherSide
) -> None:
    platform = case.connect(server)
    server.says(case.send_path, says)
    with pytest.raises(TryLater) as caught:
        platform.send(case.chat, Outgoing(text="一"))
    assert caught.value.unknown is unknown


@every
def test_a_call_that_nobody_answers_was_not_carried_out(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    server.close()
    with pytest.raises(TryLater, match="网络") as caught:
        platform.send(case.chat, Outgoing(text="一"))
    assert not caught.value.unknown


@with_token
@pytest.mark.usefixtures("hurried")
def test_without_a_token_nothing_was_sent(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    for says in (Says({}, hangs=3), Says({}, breaks="request"), SOMEBODY_ELSES, HTML, Says({"errcode": 0})):
        server.says(case.token_path, says)
        with pytest.raises(TryLater) as caught:
            platform.send(case.chat, Outgoing(text="一"))
        assert not caught.value.unknown
    assert server.requests(case.send_path) == []


# the token


@with_token
def test_a_token_serves_until_a_minute_before_its_end(case: Case, server: OtherSide) -> None:
    clock = HandClock()
    platform = case.connect(server, clock)
    for seconds in (0, 7139, 7141):
        clock.moment = NOW + timedelta(seconds=seconds)
        platform.send(case.chat, Outgoing(text="一"))
    assert [case.given_token(asked) for asked in server.requests(case.send_path)] == ["tok-1", "tok-1", "tok-2"]


STALE = [pytest.param(case, says, id=f"{case.name}-{n}") for case in WITH_TOKEN for n, says in enumerate(case.stale)]


@pytest.mark.parametrize(("case", "stale"), STALE)
def test_a_refused_token_is_fetched_again_once_and_the_words_arrive(case: Case, stale: Says, server: OtherSide) -> None:
    platform = case.connect(server)
    server.says(case.send_path, stale, case.ok)
    platform.send(case.chat, Outgoing(text="一"))
    assert [case.given_token(asked) for asked in server.requests(case.send_path)] == ["tok-1", "tok-2"]
    assert len(server.requests(case.token_path)) == 2


@pytest.mark.parametrize(("case", "stale"), STALE)
def test_a_token_that_is_always_refused_is_given_up_and_not_tried_for_ever(
    case: Case, stale: Says, server: OtherSide
) -> None:
    platform = case.connect(server)
    server.says(case.send_path, stale)
    with pytest.raises(GiveUp):
        platform.send(case.chat, Outgoing(text="一"))
    assert len(server.requests(case.send_path)) == 2


@with_token
def test_a_token_refused_during_an_upload_leaves_the_picture_whole(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    server.says(case.upload_path, {"errcode": 42001}, {"errcode": 0, "media_id": "@media1"})
    platform.send(case.chat, Outgoing(image=PICTURE))
    assert [form.part == PICTURE.content for form in server.requests(case.upload_path)] == [True, True]


THREADS = 8


def at_once(case: Case, platform: Any) -> None:
    together = threading.Barrier(THREADS)

    def send(_: int) -> None:
        together.wait(5)
        platform.send(case.chat, Outgoing(text="一"))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, range(THREADS)))


@with_token
def test_many_threads_fetch_one_token(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    server.says(case.token_path, Says(case.token("tok-1"), hangs=0.2))
    at_once(case, platform)
    assert len(server.requests(case.token_path)) == 1
    assert len(server.requests(case.send_path)) == THREADS


@with_token
def test_many_threads_with_a_dead_token_fetch_one_new_one(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    platform.send(case.chat, Outgoing(text="一"))

    def judge(asked: Asked) -> Says:
        return case.stale[0] if case.given_token(asked) == "tok-1" else Says(case.ok)

    server.decides(case.send_path, judge)
    at_once(case, platform)
    assert len(server.requests(case.token_path)) == 2


@pytest.mark.parametrize(
    ("case", "says", "words"),
    [
        (WECOM_APP, Says({"errcode": 40001}), "secret"),
        (WECOM_APP, Says({"errcode": 40013}), "corp_id"),
        (WECOM_APP, SOMEBODY_ELSES, "502"),
        (DINGTALK_ROBOT, Says({"code": "invalidClientIdOrSecret"}, 400), "app_secret"),
        (DINGTALK_ROBOT, SOMEBODY_ELSES, "502"),
    ],
)
def test_the_doctor_is_told_what_to_do_about_wrong_credentials(
    case: Case, says: Says, words: str, server: OtherSide
) -> None:
    platform = case.connect(server)
    server.says("/cgi-bin/agent/get", {"errcode": 0, "allow_partys": {"partyid": [1]}})  # WeCom looks at the app, too
    assert platform.check().well
    server.says(case.token_path, says)
    health = platform.check()
    assert not health.well
    assert words in health.todo


# what people sent


MEDIA = {"wecom_app": "/cgi-bin/media/get", "dingtalk_robot": "/file"}
DOWNLOAD = "/v1.0/robot/messageFiles/download"


def offering(server: OtherSide, case: Case, *says: Says) -> None:
    server.says(DOWNLOAD, {"downloadUrl": f"{server.url}/file?Expires=1&Signature=x%2B"})
    server.says(MEDIA[case.name], *says)


@fetching
def test_a_picture_that_somebody_sent_is_fetched_to_the_byte(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    offering(server, case, Says(PICTURE.content, content_type="image/png"))
    fetched = platform.fetch(MediaRef("code/1+x==", "a.png"), len(PICTURE.content))
    assert (fetched.content, fetched.name) == (PICTURE.content, "a.png")
    if case is WECOM_APP:
        assert server.requests(MEDIA[case.name])[0].query == {"access_token": "tok-1", "media_id": "code/1+x=="}
    else:
        assert server.requests(DOWNLOAD)[0].json == {"downloadCode": "code/1+x==", "robotCode": "dingapp1"}
        assert "x-acs-dingtalk-access-token" not in server.requests("/file")[0].headers


@fetching
def test_more_than_asked_for_is_given_up_without_reading_it_all(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    offering(server, case, Says(b"x" * 5_000_000, content_type="image/png"))
    with pytest.raises(GiveUp, match="超过 1 MB"):
        platform.fetch(MediaRef("code"), 1024 * 1024)


@fetching
@pytest.mark.usefixtures("hurried")
def test_a_download_that_fails_on_its_way_is_tried_later(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    bad = (Says(PICTURE.content, breaks="body"), Says(PICTURE.content, stalls=3), Says(b"", hangs=3), Says(b"", 503))
    for says in bad:
        offering(server, case, replace(says, content_type="image/png"))
        with pytest.raises(TryLater):
            platform.fetch(MediaRef("code"), 1024 * 1024)


@fetching
def test_what_the_platform_no_longer_has_is_given_up(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    offering(server, case, Says({"errcode": 40007, "errmsg": "invalid media_id"}))
    server.says(DOWNLOAD, Says({"code": "invalidParameter.robotCode.downloadCode"}, 400))
    with pytest.raises(GiveUp, match="过期"):
        platform.fetch(MediaRef("code"), 1024 * 1024)


@fetching
def test_a_token_refused_at_a_download_is_fetched_again_once(case: Case, server: OtherSide) -> None:
    platform = case.connect(server)
    good = Says(PICTURE.content, content_type="image/png")
    if case is WECOM_APP:
        offering(server, case, case.stale[0], good)
    else:
        offering(server, case, good)
        server.says(DOWNLOAD, case.stale[0], {"downloadUrl": f"{server.url}/file"})
    assert platform.fetch(MediaRef("code"), 1024 * 1024).content == PICTURE.content
    assert len(server.requests(case.token_path)) == 2
