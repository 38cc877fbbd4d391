"""WeCom's groups with parents over real HTTP, against a server that answers as the documentation says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.connections import build_platform
from bot.errors import GiveUp, TryLater
from bot.facts import Ask, ClassGroup, Fate, Posting
from bot.messages import ChatKind, ChatRef, MediaRef, Outgoing, Picture
from bot.platforms.wecom_customers import WecomCustomersPlatform
from bot.settings import WecomCustomers
from tests.kit.other_side import Asked, OtherSide, Says, other_side
from tests.platforms.cases import NOW, HandClock

GROUPS, GROUP = "/cgi-bin/externalcontact/groupchat/list", "/cgi-bin/externalcontact/groupchat/get"
ADD, REMIND, CANCEL, RECORDS, TASKS, RESULTS = (
    f"/cgi-bin/externalcontact/{name}"
    for name in (
        "add_msg_template", "remind_groupmsg_send", "cancel_groupmsg_send", "get_groupmsg_list_v2", "get_groupmsg_task",
        "get_groupmsg_send_result",
    )
)  # fmt: skip
OK = {"errcode": 0, "errmsg": "ok"}
CLASS = ChatRef(ChatKind.GROUP, "class:wr1", "三年级2班家长群")
NOTICE = Outgoing(text="明天带跳绳", key="row-1")
OWNERS = {"wr1": "T.Li", "wr2": "t.wang"}


def one_group(asked: Asked) -> Says:
    chat_id = asked.json["chat_id"]
    if chat_id not in OWNERS:
        return Says({"errcode": 40050, "errmsg": "invalid chatid"})
    return Says(OK | {"group_chat": {"chat_id": chat_id, "name": f"群{chat_id}", "owner": OWNERS[chat_id]}})


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side() as listening:
        listening.says("/cgi-bin/gettoken", OK | {"access_token": "tok-1", "expires_in": 7200})
        listening.says("/cgi-bin/media/upload", OK | {"type": "image", "media_id": "@media1"})
        listening.decides(GROUP, one_group)
        listening.says(RECORDS, OK | {"group_msg_list": []})
        listening.says(ADD, OK | {"msgid": "msg1", "fail_list": []})
        yield listening


@pytest.fixture
def platform(server: OtherSide) -> WecomCustomersPlatform:
    values = {
        "name": "classes", "platform": "wecom", "kind": "customers", "corp_id": "ww0sim0corp", "secret": "synthetic-secret",
        "class_groups": [{"grade_class": "一年级1班", "chat_id": "wr2"}], "api_base": server.url,
    }  # fmt: skip
    built = build_platform(WecomCustomers.model_validate(values), HandClock())
    assert isinstance(built, WecomCustomersPlatform)
    return built


def test_a_notice_is_handed_to_the_groups_owner(platform: WecomCustomersPlatform, server: OtherSide) -> None:
    assert platform.send(CLASS, NOTICE).reference == "msg1"
    (asked,) = server.requests(ADD)
    assert asked.json == {
        "chat_type": "group", "chat_id_list": ["wr1"], "sender": "T.Li", "text": {"content": "明天带跳绳"},
    }  # fmt: skip
    assert "\\u" not in asked.body.decode()
    platform.send(CLASS, Outgoing(image=Picture(b"\x89PNG", "校服.png", "image/png")))
    attachments = [{"msgtype": "image", "image": {"media_id": "@media1"}}]
    assert server.requests(ADD)[1].json["attachments"] == attachments


@pytest.mark.parametrize(
    ("words", "group", "again"), [("明天带跳绳", "wr1", True), ("别的事", "wr1", False), ("明天带跳绳", "wr2", False)]
)
def test_the_same_words_to_the_same_group_are_handed_over_once(
    platform: WecomCustomersPlatform, server: OtherSide, words: str, group: str, again: bool
) -> None:
    server.says(RECORDS, OK | {"group_msg_list": [{"msgid": "msg0", "text": {"content": words}}]})
    server.says(RESULTS, OK | {"send_list": [{"chat_id": group, "userid": "t.li", "status": 0}]})
    assert platform.send(CLASS, NOTICE).reference == ("msg0" if again else "msg1")
    assert len(server.requests(ADD)) == (0 if again else 1)
    looked = server.requests(RECORDS)[0].json
    assert (looked["chat_type"], looked["filter_type"]) == ("group", 0)
    assert (looked["start_time"], looked["end_time"]) == (int(NOW.timestamp()) - 86400, int(NOW.timestamp()))


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        (ADD, OK | {"msgid": "", "fail_list": ["wr1"]}, "没有收下"),
        (ADD, {"errcode": 84074}, "可调用接口的应用.*84074"),
        (RECORDS, {"errcode": 48002}, "可调用接口的应用.*48002"),
        (ADD, {"errcode": 60020, "errmsg": "not allow, from ip: 198.51.100.7, more info"}, "198.51.100.7"),
        (ADD, {"errcode": 99999}, "维护人员"),
    ],
)
def test_a_refusal_is_given_up_with_the_next_click(
    platform: WecomCustomersPlatform, server: OtherSide, path: str, answer: dict[str, Any], words: str
) -> None:
    server.says(path, answer)
    with pytest.raises(GiveUp, match=words):
        platform.send(CLASS, NOTICE)


def test_a_group_that_is_gone_is_given_up(platform: WecomCustomersPlatform, server: OtherSide) -> None:
    with pytest.raises(GiveUp, match="没有这个客户群了"):
        platform.send(ChatRef(ChatKind.GROUP, "class:wr9"), NOTICE)
    assert server.requests(ADD) == []


@pytest.mark.parametrize(
    ("answer", "unknown"),
    [
        (Says({"errcode": -1}), False), (Says({"errcode": 45033}), False), (Says(OK), True), (Says({}, 502), True),
        (Says(breaks="request"), True),
    ],
)  # fmt: skip
def test_what_may_go_better_later_is_tried_later(
    platform: WecomCustomersPlatform, server: OtherSide, answer: Says, unknown: bool
) -> None:
    server.says(ADD, answer)
    with pytest.raises(TryLater) as caught:
        platform.send(CLASS, NOTICE)
    assert caught.value.unknown is unknown


def test_asking_again_never_fails_for_good(platform: WecomCustomersPlatform, server: OtherSide) -> None:
    server.says(REMIND, OK, {"errcode": 40058})
    assert platform.send(CLASS, Outgoing(reminds="msg1")).note == ""
    assert "再提醒一次" in platform.send(CLASS, Outgoing(reminds="msg1")).note
    assert server.requests(REMIND)[0].json == {"msgid": "msg1"}
    assert server.requests(ADD) == []


def test_what_nobody_confirmed_is_taken_back_and_what_is_out_is_not(
    platform: WecomCustomersPlatform, server: OtherSide
) -> None:
    server.says(TASKS, OK | {"task_list": [{"userid": "t.li", "status": 0}]})
    server.says(RESULTS, *(OK | {"send_list": [{"chat_id": "wr1", "status": status}]} for status in (0, 1)))
    server.says(CANCEL, OK)
    platform.recall(CLASS, "msg1")
    assert server.requests(CANCEL)[0].json == {"msgid": "msg1"}
    with pytest.raises(GiveUp, match="已经确认发出去了"):
        platform.recall(CLASS, "msg1")
    assert len(server.requests(CANCEL)) == 1


def test_what_became_of_it_in_each_group(platform: WecomCustomersPlatform, server: OtherSide) -> None:
    first = OK | {"task_list": [{"userid": "T.Li", "status": 2}], "next_cursor": "c"}
    server.says(TASKS, first, OK | {"task_list": [{"userid": "t.wang", "status": 0}]})
    sent = [{"chat_id": f"wr{status}", "userid": "T.Li", "status": status} for status in (1, 2, 3)]
    server.says(RESULTS, OK | {"send_list": sent}, OK | {"send_list": [{"chat_id": "wr4", "status": 0}]})
    found = platform.ask(Ask.POSTING, "msg1")
    assert [(one.chat, one.account, one.fate) for one in found if isinstance(one, Posting)] == [
        ("class:wr1", "t.li", Fate.SENT),
        ("class:wr2", "t.li", Fate.REFUSED),
        ("class:wr3", "t.li", Fate.REFUSED),
        ("class:wr4", "t.wang", Fate.WAITING),
    ]
    assert "当天已经收过" in next(one.reason for one in found if isinstance(one, Posting) and one.chat == "class:wr3")
    assert [asked.json["cursor"] for asked in server.requests(TASKS)] == ["", "c"]
    server.says(TASKS, OK | {"task_list": [{"status": 0}]})
    with pytest.raises(TryLater, match="文档"):
        platform.ask(Ask.POSTING, "msg1")


def test_the_groups_and_whose_they_are(platform: WecomCustomersPlatform, server: OtherSide) -> None:
    server.says(GROUPS, OK | {"group_chat_list": [{"chat_id": one, "status": 0} for one in ("wr1", "wr2", "wr9")]})
    taken = ("一年级1班",)
    both = (ClassGroup("wr1", "群wr1", "t.li", "", taken), ClassGroup("wr2", "群wr2", "t.wang", "一年级1班", taken))
    assert platform.ask(Ask.CLASS_GROUPS, "") == both
    assert platform.ask(Ask.CLASS_GROUPS, "wr2") == both[1:]
    assert platform.ask(Ask.CLASS_GROUPS, "wr9") == ()
    server.says(GROUPS, {"errcode": 81017, "errmsg": "too many"})
    with pytest.raises(GiveUp, match="使用范围太大.*81017"):
        platform.ask(Ask.CLASS_GROUPS, "")
    with pytest.raises(GiveUp):
        platform.ask(Ask.MEMBERS, "")


def test_it_reaches_parents_through_a_confirmation_and_hears_nothing(platform: WecomCustomersPlatform) -> None:
    can = platform.capabilities
    assert (can.parents, can.confirmed, can.posts_a_day) == (True, True, 1)
    assert not (can.hears or can.direct or can.groups or can.buttons or can.markdown)
    with pytest.raises(GiveUp, match="客户群"):
        platform.fetch(MediaRef("m1"), 10)


@pytest.mark.parametrize(
    ("answer", "well", "words"),
    [
        (OK | {"group_chat_list": [{"chat_id": "wr1"}]}, True, ""),
        (OK | {"group_chat_list": []}, False, "三年级2班家长群"),
        ({"errcode": 48002}, False, "可调用接口的应用"),
    ],
)
def test_the_check_says_whether_groups_are_seen(
    platform: WecomCustomersPlatform, server: OtherSide, answer: dict[str, Any], well: bool, words: str
) -> None:
    server.says(GROUPS, answer)
    health = platform.check()
    assert (health.well, words in health.todo) == (well, True)
