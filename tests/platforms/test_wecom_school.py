"""WeCom's notices to parents over real HTTP, against a server that answers as the documentation says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.connections import build_platform
from bot.errors import GiveUp, TryLater, Unsupported
from bot.facts import Ask, Guardian
from bot.messages import ChatKind, ChatRef, MediaRef, Outgoing, Picture
from bot.platforms import http
from bot.platforms.base import Callback, Informant, Listener
from bot.platforms.wecom_school import WecomSchoolPlatform
from bot.settings import WecomSchool
from tests.kit.other_side import Asked, OtherSide, Says, other_side
from tests.platforms.cases import HandClock

SEND, SCOPE = "/cgi-bin/externalcontact/message/send", "/cgi-bin/school/agent/get_allow_scope"
DEPARTMENTS, PUPILS, PERSON = (
    "/cgi-bin/school/department/list",
    "/cgi-bin/school/user/list",
    "/cgi-bin/school/user/get",
)
SECRET = "synthetic-school-secret"
SHEET = Picture(b"PK\x03\x04" + bytes(range(256)) * 100, "回执.xlsx", "application/vnd.ms-excel")
PHOTO = Picture(bytes(range(256)) * 300 + b"\r\n--\r\n", "校服.png", "image/png")
SCHOOL = [
    {"id": 1, "name": "本部", "type": 4},
    {"id": 10, "name": "三年级", "type": 2, "parentid": 1},
    {"id": 31, "name": "2班", "type": 1, "parentid": 10},
    {"id": 11, "name": "一年级", "type": 2, "parentid": 1},
    {"id": 32, "name": "一年级1班", "type": 1, "parentid": 11},
    {"id": 33, "name": "6班", "type": 1, "parentid": 10, "is_graduated": 1},
]


def pupil(number: int, name: str, department: int, *parents: dict[str, Any]) -> dict[str, Any]:
    return {"student_userid": f"S{number}", "name": name, "department": [department], "parents": list(parents)}


def parent(number: int, relation: str, follows: int) -> dict[str, Any]:
    return {
        "parent_userid": f"P{number}", "relation": relation, "mobile": "13800000000", "is_subscribe": follows,
    }  # fmt: skip


TWINS = (
    pupil(1, "小禾", 31, parent(1, "妈妈", 1), parent(2, "爸爸", 0)),
    pupil(2, "小苗", 32, parent(1, "妈妈", 1)),
)
MOTHER = Guardian("P1", "S1", "小禾", "三年级2班", "妈妈", True, "31")
FATHER = Guardian("P2", "S1", "小禾", "三年级2班", "爸爸", False, "31")
OTHER_CHILD = Guardian("P1", "S2", "小苗", "一年级1班", "妈妈", True, "32")


def families(asked: Asked) -> Says:
    """school/user/list and school/user/get."""
    if asked.path == PUPILS:
        found = [one for one in TWINS if str(one["department"][0]) == asked.query["department_id"]]
        return Says({"errcode": 0, "students": found})
    name = asked.query["userid"]
    for one in TWINS:
        if one["student_userid"] == name:
            return Says({"errcode": 0, "user_type": 1, "student": one})
    if name == "P1":
        children = [{"student_userid": f"S{number}", "relation": "妈妈"} for number in (1, 2)]
        row = {"parent_userid": "P1", "mobile": "13800000000", "is_subscribe": 1, "children": children}
        return Says({"errcode": 0, "user_type": 2, "parent": row})
    return Says({"errcode": 60111, "errmsg": "userid not found"})


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side() as listening:
        tokens = [{"errcode": 0, "access_token": f"tok-{n}", "expires_in": 7200} for n in (1, 2)]
        listening.says("/cgi-bin/gettoken", *tokens)
        listening.says("/cgi-bin/media/upload", {"errcode": 0, "type": "file", "media_id": "@media1"})
        listening.says(SEND, {"errcode": 0, "errmsg": "ok"})
        listening.says(DEPARTMENTS, {"errcode": 0, "departments": SCHOOL})
        listening.decides(PUPILS, families)
        listening.decides(PERSON, families)
        yield listening


@pytest.fixture
def platform(server: OtherSide) -> WecomSchoolPlatform:
    values = {
        "name": "parents", "platform": "wecom", "kind": "school", "corp_id": "ww0sim0corp", "agent_id": 1000005,
        "secret": SECRET, "api_base": server.url,
    }  # fmt: skip
    built = build_platform(WecomSchool.model_validate(values), HandClock())
    assert isinstance(built, WecomSchoolPlatform)
    return built


def room(name: str) -> ChatRef:
    return ChatRef(ChatKind.GROUP, name)


CLASS = room("class:31")


# what is said arrives


@pytest.mark.parametrize("words", ["周五 16:00 家长会", "好的👌🏽", "一\n二\n\n三", "漏" * 682, 'a"b\\n&<漏>'])
def test_words_arrive_as_they_were_said(platform: WecomSchoolPlatform, server: OtherSide, words: str) -> None:
    sent = platform.send(CLASS, Outgoing(text=words))
    (asked,) = server.requests(SEND)
    assert asked.json["text"] == {"content": words}
    assert len(words.encode()) <= platform.capabilities.text_bytes
    assert "\\u" not in asked.body.decode().replace("\\\\", ""), "escaped, WeCom refuses it"
    assert (sent.reference, sent.note) == ("", "")


@pytest.mark.parametrize(
    ("chat", "to"),
    [
        ("class:31", {"to_party": [31]}),
        ("class:三年级2班", {"to_party": [31]}),
        ("class:一年级1班", {"to_party": [32]}),
        ("pupil:S1", {"to_student_userid": ["S1"]}),
        ("guardian:P1", {"to_parent_userid": ["P1"]}),
    ],
)
def test_it_goes_to_the_guardians_alone(
    platform: WecomSchoolPlatform, server: OtherSide, chat: str, to: dict[str, Any]
) -> None:
    platform.send(room(chat), Outgoing(text="通知"))
    (asked,) = server.requests(SEND)
    rest = {"recv_scope": 0, "toall": 0, "agentid": 1000005, "msgtype": "text", "text": {"content": "通知"}}
    assert asked.json == {**to, **rest}
    assert asked.query == {"access_token": "tok-1"}


@pytest.mark.parametrize("chat", ["31", "class:", "class:五年级9班", "class:三年级6班", "all:", "guardian"])
def test_an_unknown_room_is_given_up_before_anything_is_sent(
    platform: WecomSchoolPlatform, server: OtherSide, chat: str
) -> None:
    with pytest.raises(GiveUp):
        platform.send(room(chat), Outgoing(text="通知"))
    assert server.requests(SEND) == []


@pytest.mark.parametrize(("kind", "picture"), [("image", PHOTO), ("file", SHEET)])
def test_pictures_and_files_arrive_intact(
    platform: WecomSchoolPlatform, server: OtherSide, kind: str, picture: Picture
) -> None:
    platform.send(CLASS, Outgoing(**{kind: picture}))
    (form,) = server.requests("/cgi-bin/media/upload")
    assert (form.part, form.query) == (picture.content, {"type": kind, "access_token": "tok-1"})
    (asked,) = server.requests(SEND)
    assert (asked.json["msgtype"], asked.json[kind]) == (kind, {"media_id": "@media1"})


def test_a_second_try_of_one_notice_is_the_same_request_and_asks_to_be_swallowed(
    platform: WecomSchoolPlatform, server: OtherSide
) -> None:
    for _ in range(2):
        platform.send(CLASS, Outgoing(text="通知", key="row-7"))
    first, second = server.requests(SEND)
    assert first.body == second.body
    assert (first.json["enable_duplicate_check"], first.json["duplicate_check_interval"]) == (1, 14400)


# whom it did not reach


def test_whom_a_notice_did_not_reach_is_counted_and_not_named(platform: WecomSchoolPlatform, server: OtherSide) -> None:
    lists = {"invalid_parent_userid": ["P2", "P9"], "invalid_student_userid": ["S4"], "invalid_party": []}
    server.says(SEND, {"errcode": 0, **lists})
    note = platform.send(CLASS, Outgoing(text="通知")).note
    assert note == "2 位家长、1 名学生的家长没有收到，可能还没有关注“学校通知”"


def test_older_answers_list_whom_they_did_not_reach_in_one_string(
    platform: WecomSchoolPlatform, server: OtherSide
) -> None:
    server.says(SEND, {"errcode": 0, "invalid_external_user": "wm1|wm2"})
    assert platform.send(CLASS, Outgoing(text="通知")).note.startswith("2 位家长没有收到")


@pytest.mark.parametrize(
    ("chat", "lists", "words"),
    [
        ("class:31", {"invalid_party": [31]}, "这个班"),
        ("pupil:S1", {"invalid_student_userid": ["S1"]}, "这名学生的家长"),
        ("guardian:P1", {"invalid_parent_userid": ["P1"]}, "这位家长"),
    ],
)
def test_a_notice_that_reached_nobody_is_given_up(
    platform: WecomSchoolPlatform, server: OtherSide, chat: str, lists: dict[str, Any], words: str
) -> None:
    server.says(SEND, {"errcode": 0, **lists})
    with pytest.raises(GiveUp, match=words):
        platform.send(room(chat), Outgoing(text="通知"))


@pytest.mark.parametrize(
    ("code", "words"),
    [(81013, "一位都没有收到"), (48002, "家长可使用的应用"), (60011, "家长可使用的应用"), (99999, "维护人员")],
)
def test_a_refusal_is_given_up_with_the_next_click(
    platform: WecomSchoolPlatform, server: OtherSide, code: int, words: str
) -> None:
    server.says(SEND, {"errcode": code, "errmsg": "no"})
    with pytest.raises(GiveUp, match=words) as caught:
        platform.send(CLASS, Outgoing(text="通知"))
    assert str(code) in caught.value.reason
    assert len(server.requests(SEND)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Says({"errcode": -1}), Says({"errcode": 45009}), Says({"errcode": 45033}), Says({"errmsg": "no code"}), Says([]),
        Says(b"<html>", content_type="text/html"), Says({}, 502), Says(breaks="request"), Says({"errcode": 0}, breaks="body"),
    ],
)  # fmt: skip
def test_what_may_go_better_later_is_tried_later(
    platform: WecomSchoolPlatform, server: OtherSide, answer: Says
) -> None:
    server.says(SEND, answer)
    with pytest.raises(TryLater):
        platform.send(CLASS, Outgoing(text="通知"))


def test_an_answer_that_never_comes_may_have_been_carried_out(
    platform: WecomSchoolPlatform, server: OtherSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", (0.3, 0.3))
    server.says(SEND, Says({"errcode": 0}, hangs=2))
    with pytest.raises(TryLater) as caught:
        platform.send(CLASS, Outgoing(text="通知"))
    assert caught.value.unknown


def test_no_secret_stands_in_a_reason(platform: WecomSchoolPlatform, server: OtherSide) -> None:
    for path, code in (("/cgi-bin/gettoken", 40001), (SEND, 40013)):
        server.says(path, {"errcode": code, "errmsg": f"{SECRET} tok-1"})
        with pytest.raises(GiveUp) as caught:
            platform.send(CLASS, Outgoing(text="通知"))
        assert SECRET not in str(caught.value)
        assert "tok-1" not in str(caught.value)
        server.says("/cgi-bin/gettoken", {"errcode": 0, "access_token": "tok-1", "expires_in": 7200})


def test_a_stale_token_is_renewed_once_and_one_token_serves_all_threads(
    platform: WecomSchoolPlatform, server: OtherSide
) -> None:
    server.says(SEND, {"errcode": 42001}, {"errcode": 0})
    platform.send(CLASS, Outgoing(text="通知"))
    assert [one.query["access_token"] for one in server.requests(SEND)] == ["tok-1", "tok-2"]
    start = threading.Barrier(4)

    def one() -> None:
        start.wait()
        platform.send(CLASS, Outgoing(text="通知"))

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(one) for _ in range(4)]:
            done.result()
    assert len(server.requests("/cgi-bin/gettoken")) == 2


# what it is


def test_it_speaks_to_parents_and_hears_nothing(platform: WecomSchoolPlatform) -> None:
    can = platform.capabilities
    assert can.parents
    assert not (can.hears or can.direct or can.groups or can.buttons or can.markdown or can.recalls)
    assert isinstance(platform, Informant)
    assert not isinstance(platform, Listener)
    with pytest.raises(Unsupported):
        platform.parse(Callback("POST", {}, {}, b"<xml/>"))
    with pytest.raises(GiveUp, match="学校通知"):
        platform.fetch(MediaRef("m1"), 10)


@pytest.mark.parametrize(
    ("answer", "well", "words"),
    [
        ({"errcode": 0, "allow_scope": {"students": [], "departments": [{"partyid": 31}]}}, True, ""),
        ({"errcode": 0, "allow_scope": {"students": [], "departments": []}}, False, "家长可使用的应用"),
        ({"errcode": 48002}, False, "48002"),
    ],
)
def test_the_check_says_whether_parents_can_be_written_to(
    platform: WecomSchoolPlatform, server: OtherSide, answer: dict[str, Any], well: bool, words: str
) -> None:
    server.says(SCOPE, answer)
    health = platform.check()
    assert (health.well, words in health.todo) == (well, True)
    assert server.requests(SCOPE)[0].query["agentid"] == "1000005"
    assert server.requests(SEND) == []


def test_calls_are_counted(platform: WecomSchoolPlatform, server: OtherSide) -> None:
    platform.send(room("class:三年级2班"), Outgoing(text="通知"))
    assert platform.tally.take() == {"free": 1, "api": 1, "message": 1}


# whom it knows


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ("", (MOTHER, FATHER, OTHER_CHILD)),
        ("31", (MOTHER, FATHER)),
        ("pupil:S2", (OTHER_CHILD,)),
        ("guardian:P1", (MOTHER, OTHER_CHILD)),
        ("10", ()),
        ("33", ()),
        ("99", ()),
        ("pupil:P1", ()),
        ("guardian:S1", ()),
        ("guardian:P404", ()),
    ],
)
def test_the_guardians_of_a_class_a_pupil_one_of_them_or_all(
    platform: WecomSchoolPlatform, about: str, found: tuple[Guardian, ...]
) -> None:
    assert platform.ask(Ask.GUARDIANS, about) == found


def test_a_pupil_in_two_classes_is_told_once(platform: WecomSchoolPlatform, server: OtherSide) -> None:
    server.decides(PUPILS, lambda asked: Says({"errcode": 0, "students": [TWINS[0]]}))
    assert platform.ask(Ask.GUARDIANS, "") == (MOTHER, FATHER)


def test_a_class_that_is_gone_meanwhile_has_nobody(platform: WecomSchoolPlatform, server: OtherSide) -> None:
    server.decides(PUPILS, lambda asked: Says({"errcode": 60123}))
    assert platform.ask(Ask.GUARDIANS, "31") == ()


def test_who_may_not_look_is_told_what_to_click(platform: WecomSchoolPlatform, server: OtherSide) -> None:
    server.says(DEPARTMENTS, {"errcode": 48002})
    with pytest.raises(GiveUp, match="家校沟通→API"):
        platform.ask(Ask.GUARDIANS, "")
    with pytest.raises(GiveUp):
        platform.ask(Ask.MEMBERS, "")


@pytest.mark.parametrize("rows", [[{"name": "x"}], [{"id": "x"}], ["x"]])
def test_an_answer_unlike_the_documentation_is_asked_again_later(
    platform: WecomSchoolPlatform, server: OtherSide, rows: list[Any]
) -> None:
    server.says(DEPARTMENTS, {"errcode": 0, "departments": rows})
    with pytest.raises(TryLater):
        platform.ask(Ask.GUARDIANS, "")
    with pytest.raises(TryLater):
        platform.send(room("class:三年级2班"), Outgoing(text="通知"))
