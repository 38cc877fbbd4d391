"""What WeCom knows besides messages, asked over real HTTP of a server that answers as the documentation says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.clock import SCHOOL_TZ
from bot.errors import GiveUp, Malformed, TryLater, Unsupported
from bot.facts import Approval, Ask, Decision, Member, Punch
from bot.platforms.tally import Tally
from bot.platforms.wecom_calls import WecomCalls
from bot.platforms.wecom_facts import WecomFacts, read_event
from tests.kit.other_side import Asked, OtherSide, Says, other_side
from tests.platforms.cases import HandClock

USER, USERS, DEPARTMENTS = "/cgi-bin/user/get", "/cgi-bin/user/list", "/cgi-bin/department/list"
PUNCHES = "/cgi-bin/checkin/getcheckindata"
DETAIL, INFO = "/cgi-bin/oa/getapprovaldetail", "/cgi-bin/oa/getapprovalinfo"
LI = {"userid": "T.Li", "name": "李敏", "department": [2, 9], "position": "副校长", "status": 1}


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side() as listening:
        listening.says("/cgi-bin/gettoken", {"errcode": 0, "access_token": "tok-1", "expires_in": 7200})
        rows = [{"id": 1, "name": "学校"}, {"id": 2, "name": "校办"}]
        listening.says(DEPARTMENTS, {"errcode": 0, "department": rows})
        listening.says(USER, {"errcode": 0, **LI})
        yield listening


@pytest.fixture
def facts(server: OtherSide) -> WecomFacts:
    return WecomFacts(WecomCalls("ww0sim0corp", "s", server.url, HandClock(), Tally()).call)


def stamp(day: int, hour: int) -> int:
    return int(datetime(2026, 11, day, hour, tzinfo=SCHOOL_TZ).timestamp())


def titled(text: str) -> list[dict[str, str]]:
    return [{"text": text, "lang": "zh_CN"}]


def leave(kind: str = "halfday", begin: object = None, end: object = None) -> dict[str, Any]:
    options = [{"key": "1", "value": titled("事假")}]
    dates = {"type": kind, "new_begin": begin or stamp(25, 12), "new_end": end or stamp(26, 12), "new_duration": 129600}
    value = {"vacation": {"selector": {"type": "single", "options": options}, "attendance": {"date_range": dates}}}
    return {"control": "Vacation", "id": "Vacation-1", "title": titled("请假"), "value": value}


def detail(*contents: dict[str, Any], status: int = 2) -> dict[str, Any]:
    info = {
        "sp_no": "202611250007", "sp_name": "教师请假", "sp_status": status, "template_id": "TPL-1",
        "applyer": {"userid": "WangXiaoYan", "partyid": "2"}, "apply_data": {"contents": list(contents)},
    }  # fmt: skip
    return {"errcode": 0, "info": info}


def approval(facts: WecomFacts) -> Approval:
    (found,) = facts.ask(Ask.APPROVAL, "202611250007")
    assert isinstance(found, Approval)
    return found


def test_a_member_is_read_with_what_a_new_app_is_told(facts: WecomFacts, server: OtherSide) -> None:
    assert facts.ask(Ask.MEMBER, "t.li") == (Member("t.li", "李敏", "", "副校长", ("校办",)),)
    assert server.requests(USER)[0].query == {"userid": "t.li", "access_token": "tok-1"}


@pytest.mark.parametrize(("status", "active"), [(1, True), (2, False), (4, True), (5, False)])
def test_who_was_disabled_or_left_is_no_longer_active(
    facts: WecomFacts, server: OtherSide, status: int, active: bool
) -> None:
    server.says(USER, {"errcode": 0, **LI, "status": status})
    assert [one.active for one in facts.ask(Ask.MEMBER, "t.li") if isinstance(one, Member)] == [active]


def test_somebody_deleted_is_nobody_and_a_renamed_one_is_found_under_both_ids(
    facts: WecomFacts, server: OtherSide
) -> None:
    old, new = facts.ask(Ask.MEMBER, "old.li t.li")
    assert old == Member("old.li", active=False)
    assert isinstance(new, Member)
    assert (new.account, new.active) == ("t.li", True)
    server.says(USER, {"errcode": 60111})
    assert facts.ask(Ask.MEMBER, "t.li") == ()


def test_everybody_is_read_department_by_department_each_once(facts: WecomFacts, server: OtherSide) -> None:
    people = {"1": [{"userid": "Head", "name": "张建国"}], "2": [LI, {"userid": "head", "name": "张建国"}]}
    server.decides(USERS, lambda asked: Says({"errcode": 0, "userlist": people[asked.query["department_id"]]}))
    found = [one.account for one in facts.ask(Ask.MEMBERS, "") if isinstance(one, Member)]
    assert found == ["head", "t.li"]


def test_a_contacts_secret_that_is_told_no_names_gives_the_ids_page_by_page(
    facts: WecomFacts, server: OtherSide
) -> None:
    server.says(DEPARTMENTS, {"errcode": 48002})
    first = {"errcode": 0, "dept_user": [{"userid": "A", "department": 1}], "next_cursor": "c"}
    last = {"errcode": 0, "dept_user": [{"userid": "a", "department": 2}, {"userid": "B", "department": 2}]}
    server.says("/cgi-bin/user/list_id", first, last)
    assert facts.ask(Ask.MEMBERS, "") == (Member("a"), Member("b"))
    assert [asked.json["cursor"] for asked in server.requests("/cgi-bin/user/list_id")] == ["", "c"]
    server.says("/cgi-bin/user/list_id", first)
    with pytest.raises(TryLater):
        facts.ask(Ask.MEMBERS, "")


def test_a_leave_names_its_kind_and_its_half_days(facts: WecomFacts, server: OtherSide) -> None:
    reason = {"control": "Textarea", "id": "Textarea-1", "title": titled("事由"), "value": {"text": "看病"}}
    server.says(DETAIL, detail(leave(), reason))
    found = approval(facts)
    assert (found.number, found.template, found.title) == ("202611250007", "TPL-1", "教师请假")
    assert (found.account, found.kind, found.decision) == ("wangxiaoyan", "事假", Decision.AGREED)
    assert found.first == datetime(2026, 11, 25, 12, tzinfo=SCHOOL_TZ)
    assert found.last == datetime(2026, 11, 26, 23, 59, 59, tzinfo=SCHOOL_TZ)
    assert found.fields == {"请假": "事假；11月25日12:00—11月26日23:59", "事由": "看病"}


def test_hours_end_when_they_say_also_as_strings(facts: WecomFacts, server: OtherSide) -> None:
    server.says(DETAIL, detail(leave("hour", str(stamp(25, 8)), str(stamp(25, 12)))))
    assert approval(facts).last == datetime(2026, 11, 25, 12, tzinfo=SCHOOL_TZ)


@pytest.mark.parametrize(
    ("status", "decision"),
    [
        (1, Decision.RUNNING), (2, Decision.AGREED), (3, Decision.REFUSED), (4, Decision.WITHDRAWN),
        (6, Decision.WITHDRAWN), (7, Decision.WITHDRAWN), (10, Decision.AGREED), (99, Decision.RUNNING),
    ],
)  # fmt: skip
def test_how_a_request_stands(facts: WecomFacts, server: OtherSide, status: int, decision: Decision) -> None:
    server.says(DETAIL, detail(status=status))
    assert approval(facts).decision is decision


def test_numbers_choices_members_and_tables_become_words(facts: WecomFacts, server: OtherSide) -> None:
    def control(kind: str, label: str, **value: object) -> dict[str, Any]:
        return {"control": kind, "id": f"{kind}-{label}", "title": titled(label), "value": value}

    row = {"list": [control("Text", "物品", text="粉笔"), control("Number", "数量", new_number="3")]}
    server.says(
        DETAIL,
        detail(
            control("Money", "金额", new_money="7.50"),
            control("Date", "日期", date={"type": "day", "s_timestamp": str(stamp(25, 0))}),
            control("Contact", "同行", members=[{"userid": "a", "name": "郑凯"}, {"userid": "b", "name": "马德胜"}]),
            control("Table", "明细", children=[row, row]),
            control("File", "附件", files=[{"file_id": "m1"}]),
            control("Text", "空", text=""),
        ),
    )
    assert approval(facts).fields == {
        "金额": "7.50",
        "日期": "2026年11月25日",
        "同行": "郑凯、马德胜",
        "明细": "物品：粉笔，数量：3；物品：粉笔，数量：3",
        "附件": "1 个文件",
    }


def test_what_was_missed_is_read_in_spans_of_31_days_and_past_empty_pages(facts: WecomFacts, server: OtherSide) -> None:
    def answer(asked: Asked) -> Says:
        cursor = asked.json["new_cursor"]
        pages: dict[str, dict[str, Any]] = {"": {"sp_no_list": ["1"], "new_next_cursor": "p"}, "p": {"sp_no_list": []}}
        return Says({"errcode": 0, **pages[cursor]})

    server.decides(INFO, answer)
    since = datetime(2026, 9, 1, tzinfo=SCHOOL_TZ)
    assert facts.missed(since, since + timedelta(days=40)) == ("1",)
    asked = [one.json for one in server.requests(INFO)]
    assert [one["new_cursor"] for one in asked] == ["", "p", "", "p"]
    assert all(isinstance(one["starttime"], str) for one in asked)
    assert all(int(one["endtime"]) - int(one["starttime"]) < 31 * 86400 for one in asked)


def test_a_day_of_attendance_is_asked_for_a_hundred_people_at_a_time(facts: WecomFacts, server: OtherSide) -> None:
    server.says(DEPARTMENTS, {"errcode": 0, "department": [{"id": 1, "name": "学校"}]})
    server.says(USERS, {"errcode": 0, "userlist": [{"userid": f"T{n}", "name": "x"} for n in range(101)]})
    late = {
        "userid": "T0", "checkin_type": "上班打卡", "exception_type": "时间异常",
        "checkin_time": stamp(25, 8), "sch_checkin_time": stamp(25, 7),
    }  # fmt: skip
    missing = {"userid": "t0", "checkin_type": "下班打卡", "exception_type": "未打卡", "checkin_time": stamp(25, 17)}
    out = {"userid": "T1", "checkin_type": "外出打卡", "checkin_time": stamp(25, 10)}
    server.says(PUNCHES, {"errcode": 0, "checkindata": [late, missing]}, {"errcode": 0, "checkindata": [out]})
    at = [datetime(2026, 11, 25, hour, tzinfo=SCHOOL_TZ) for hour in (7, 8, 10)]
    assert facts.ask(Ask.PUNCHES, "2026-11-25") == (
        Punch("t0", "on", at[1], at[0], "时间异常"),
        Punch("t0", "off", None, None, "未打卡"),
        Punch("t1", "out", at[2]),
    )
    asked = [one.json for one in server.requests(PUNCHES)]
    assert [len(one["useridlist"]) for one in asked] == [100, 1]
    assert (asked[0]["starttime"], asked[0]["endtime"]) == (stamp(25, 0), stamp(26, 0) - 1)


@pytest.mark.parametrize(
    ("what", "path", "code", "words"),
    [
        (Ask.MEMBER, USER, 60011, "可见范围"),
        (Ask.MEMBER, USER, 48002, "可见范围"),
        (Ask.APPROVAL, DETAIL, 48002, "审批→API"),
        (Ask.APPROVAL, DETAIL, 301055, "审批→API"),
    ],
)
def test_what_the_app_may_not_ask_is_given_up_with_the_next_click(
    facts: WecomFacts, server: OtherSide, what: Ask, path: str, code: int, words: str
) -> None:
    server.says(path, {"errcode": code})
    with pytest.raises(GiveUp, match=words) as caught:
        facts.ask(what, "x")
    assert str(code) in caught.value.reason


def test_a_token_that_is_over_is_renewed_once(facts: WecomFacts, server: OtherSide) -> None:
    server.says(USER, {"errcode": 42001}, {"errcode": 0, **LI})
    assert len(facts.ask(Ask.MEMBER, "t.li")) == 1
    assert len(server.requests("/cgi-bin/gettoken")) == 2


@pytest.mark.parametrize("answer", [{"errcode": 45009}, {"errcode": -1}, {"errcode": 0, **LI, "department": ["x"]}])
def test_what_may_go_better_later_is_tried_later(facts: WecomFacts, server: OtherSide, answer: dict[str, Any]) -> None:
    server.says(USER, answer)
    with pytest.raises(TryLater):
        facts.ask(Ask.MEMBER, "t.li")


def test_what_cannot_be_asked_here_is_given_up(facts: WecomFacts) -> None:
    with pytest.raises(GiveUp):
        facts.ask(Ask.WORK_REPORTS, "2026-11-25")


def event(name: str, **fields: object) -> dict[str, Any]:
    return {"FromUserName": "sys", "CreateTime": "1790000100", "MsgType": "event", "Event": name, **fields}


@pytest.mark.parametrize(
    ("raw", "what", "about"),
    [
        (event("change_contact", ChangeType="create_user", UserID="T.Li"), Ask.MEMBER, "t.li"),
        (event("change_contact", ChangeType="delete_user", UserID="T.Li"), Ask.MEMBER, "t.li"),
        (event("change_contact", ChangeType="update_user", UserID="A", NewUserID="B"), Ask.MEMBER, "a b"),
        (event("sys_approval_change", ApprovalInfo={"SpNoStr": "7", "StatuChangeEvent": "2"}), Ask.APPROVAL, "7"),
        (event("sys_approval_change", ApprovalInfo={"SpNo": "8", "StatuChangeEvent": "6"}), Ask.APPROVAL, "8"),
        (event("change_school_contact", ChangeType="subscribe", Id="p1"), Ask.GUARDIANS, "guardian:p1"),
        (event("change_school_contact", ChangeType="update_student", Id="s1"), Ask.GUARDIANS, "pupil:s1"),
        (event("change_school_contact", ChangeType="create_deparmtment", Id="31"), Ask.GUARDIANS, "31"),
        (event("change_school_contact", ChangeType="delete_department", Id="31"), Ask.GUARDIANS, "31"),
        (event("doc_change", ChangeType="form_complete", FormId=["F1", "F2"]), Ask.FORM, "F1 F2"),
    ],
)
def test_an_event_says_what_to_ask(raw: dict[str, Any], what: Ask, about: str) -> None:
    news = read_event(raw)
    assert (news.what, news.about, news.raw) == (what, about, raw)
    assert news.id == read_event(raw | {"AgentID": "1"}).id
    assert news.id != read_event(raw | {"CreateTime": "1790000101"}).id


def test_two_steps_of_one_request_in_the_same_second_are_two_events() -> None:
    steps = [event("sys_approval_change", ApprovalInfo={"SpNo": "8", "StatuChangeEvent": n}) for n in ("2", "6")]
    assert len({read_event(step).id for step in steps}) == 2


@pytest.mark.parametrize(
    "raw",
    [
        event("change_contact", ChangeType="update_tag", TagId="1"),
        event("sys_approval_change", ApprovalInfo={"SpNo": "8", "StatuChangeEvent": "10"}),
        event("doc_change", ChangeType="delete_form", FormId="F1"),
        event("click", EventKey="x"),
    ],
)
def test_an_event_that_changes_nothing_here_is_unsupported(raw: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        read_event(raw)


def test_an_event_without_its_subject_is_malformed() -> None:
    with pytest.raises(Malformed):
        read_event(event("sys_approval_change", ApprovalInfo={"StatuChangeEvent": "2"}))
    with pytest.raises(Malformed):
        read_event(event("change_contact", ChangeType="create_user"))
