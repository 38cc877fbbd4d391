"""What WeCom knows besides messages, asked over real HTTP of a server that answers as the documentation says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from bot.clock import SCHOOL_TZ
from bot.errors import GiveUp, Malformed, TryLater, Unsupported
from bot.facts import Approval, Ask, Decision, FormAnswer, FormMade, FormQuestion, Member, NewForm, Punch, WorkReport
from bot.platforms.tally import Tally
from bot.platforms.wecom_calls import WecomCalls
from bot.platforms.wecom_facts import WecomFacts, read_event
from tests.kit.other_side import Asked, OtherSide, Says, other_side
from tests.platforms.cases import HandClock

USER, USERS, DEPARTMENTS = "/cgi-bin/user/get", "/cgi-bin/user/list", "/cgi-bin/department/list"
PUNCHES = "/cgi-bin/checkin/getcheckindata"
DETAIL, INFO = "/cgi-bin/oa/getapprovaldetail", "/cgi-bin/oa/getapprovalinfo"
RECORDS, RECORD = "/cgi-bin/oa/journal/get_record_list", "/cgi-bin/oa/journal/get_record_detail"
FORM, STATISTIC, ANSWER = (f"/cgi-bin/wedoc/get_form_{each}" for each in ("info", "statistic", "answer"))
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
    clock = HandClock()
    return WecomFacts(WecomCalls("ww0sim0corp", "s", server.url, clock, Tally()).call, clock)


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
    server.says(DETAIL, detail(leave()))
    (found,) = facts.ask(Ask.APPROVALS, "2026-10-15 TPL-1")
    assert isinstance(found, Approval)
    assert found.decision is Decision.AGREED
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
        (Ask.WORK_REPORTS, RECORDS, 48002, "汇报→API"),
        (Ask.FORM, FORM, 48002, "文档→API"),
        (Ask.GUARDIANS, "/cgi-bin/school/department/list", 48002, "家校沟通→API"),
    ],
)
def test_what_the_app_may_not_ask_is_given_up_with_the_next_click(
    facts: WecomFacts, server: OtherSide, what: Ask, path: str, code: int, words: str
) -> None:
    server.says(path, {"errcode": code})
    with pytest.raises(GiveUp, match=words) as caught:
        facts.ask(what, "2026-11-25")
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


def journal(asked: Asked) -> Says:
    said = {"control": "Textarea", "id": "Textarea-1", "title": titled("今日情况"), "value": {"text": "一切正常"}}
    info = {
        "journal_uuid": asked.json["journaluuid"], "template_name": "值班日报", "report_time": stamp(25, 20),
        "submitter": {"userid": "T.Li"}, "apply_data": {"contents": [said]},
    }  # fmt: skip
    return Says({"errcode": 0, "info": info})


def test_a_days_reports_are_read_page_by_page(facts: WecomFacts, server: OtherSide) -> None:
    first = {"errcode": 0, "journaluuid_list": ["J1"], "next_cursor": 1, "endflag": 0}
    last = {"errcode": 0, "journaluuid_list": ["J2"], "next_cursor": 2, "endflag": 1}
    server.says(RECORDS, first, last)
    server.decides(RECORD, journal)
    at = datetime(2026, 11, 25, 20, tzinfo=SCHOOL_TZ)
    assert facts.ask(Ask.WORK_REPORTS, "2026-11-25") == tuple(
        WorkReport(each, "t.li", "值班日报", at, {"今日情况": "一切正常"}) for each in ("J1", "J2")
    )
    asked = [one.json for one in server.requests(RECORDS)]
    assert [one["cursor"] for one in asked] == [0, 1]
    assert (asked[0]["starttime"], asked[0]["endtime"], asked[0]["limit"]) == (stamp(25, 0), stamp(26, 0) - 1, 100)


def test_pages_of_reports_that_never_end_are_asked_again_later(facts: WecomFacts, server: OtherSide) -> None:
    server.says(RECORDS, {"errcode": 0, "journaluuid_list": [], "next_cursor": 0, "endflag": 0})
    with pytest.raises(TryLater):
        facts.ask(Ask.WORK_REPORTS, "2026-11-25")


OPTIONS = [{"key": 1, "value": "步行"}, {"key": 2, "value": "其他"}]
QUESTIONS = [
    {"question_id": 1, "title": "路上平安吗", "reply_type": 1},
    {"question_id": 2, "title": "怎么来的", "reply_type": 2, "option_item": OPTIONS},
    {"question_id": 3, "title": "照片", "reply_type": 9},
    {"question_id": 4, "title": "和谁", "reply_type": 19},
    {"question_id": 5, "title": "多久", "reply_type": 22},
]


def collected(server: OtherSide, *items: dict[str, Any], **answer: Any) -> None:
    """One form with one part and one answer."""
    server.says(FORM, {"errcode": 0, "form_info": {"form_question": {"items": QUESTIONS}, "repeated_id": ["R1"]}})
    people = [{"userid": "T.Li", "user_name": "李敏", "answer_id": 7, "submit_time": stamp(22, 8)}]
    server.says(STATISTIC, {"errcode": 0, "submit_users": people, "has_more": False})
    row = {
        "answer_id": 7,
        "user_name": "李敏",
        "ctime": stamp(22, 8),
        "answer_status": 1,
        "reply": {"items": list(items)},
    }
    server.says(ANSWER, {"errcode": 0, "answer": {"answer_list": [row | answer]}})


def test_answers_of_a_form_become_words_under_their_questions(facts: WecomFacts, server: OtherSide) -> None:
    collected(
        server,
        {"question_id": 1, "text_reply": "平安"},
        {"question_id": 2, "option_reply": [1, 2], "option_extend_reply": [{"option_reply": 2, "extend_text": "骑车"}]},
        {"question_id": 3, "file_extend_reply": [{"name": "a.jpg", "fileid": "f1"}]},
        {"question_id": 4, "member_reply": {"list": [{"userid": "t.wang"}]}},
        {"question_id": 5, "duration_reply": {"days": 1, "hours": 2}},
    )
    fields = {
        "路上平安吗": "平安",
        "怎么来的": "步行、其他（骑车）",
        "照片": "1 个文件",
        "和谁": "t.wang",
        "多久": "1天2小时",
    }
    at = datetime(2026, 11, 22, 8, tzinfo=SCHOOL_TZ)
    assert facts.ask(Ask.FORM, "F1") == (FormAnswer("F1", "R1-7", "t.li", "李敏", at, fields),)
    (asked,) = server.requests(STATISTIC)
    assert (asked.json["repeated_id"], asked.json["req_type"]) == ("R1", 2)
    assert asked.json["end_time"] - asked.json["start_time"] == 15 * 86400
    assert server.requests(ANSWER)[0].json == {"repeated_id": "R1", "answer_ids": [7]}


def test_a_guardian_is_known_by_name_and_a_deleted_answer_is_none(facts: WecomFacts, server: OtherSide) -> None:
    collected(server, {"question_id": 1, "text_reply": "平安"})
    outside = [{"tmp_external_userid": "wo1", "user_name": "小禾妈妈", "answer_id": 7}]
    server.says(STATISTIC, {"errcode": 0, "submit_users": outside})
    (found,) = facts.ask(Ask.FORM, "F1")
    assert isinstance(found, FormAnswer)
    assert (found.account, found.name) == ("", "李敏")
    collected(server, {"question_id": 1, "text_reply": "平安"}, answer_status=2)
    assert facts.ask(Ask.FORM, "F1") == ()


def test_answers_are_fetched_a_hundred_at_a_time_from_all_pages_and_forms(facts: WecomFacts, server: OtherSide) -> None:
    collected(server)
    pages = {0: range(60), 60: range(60, 120)}

    def statistic(asked: Asked) -> Says:
        cursor = asked.json["cursor"]
        rows = [{"userid": "a", "user_name": "a", "answer_id": number} for number in pages[cursor]]
        return Says({"errcode": 0, "submit_users": rows, "has_more": cursor == 0, "cursor": 60})

    server.decides(STATISTIC, statistic)
    facts.ask(Ask.FORM, "F1 F2")
    assert [len(one.json["answer_ids"]) for one in server.requests(ANSWER)] == [100, 20, 100, 20]
    assert [one.json["formid"] for one in server.requests(FORM)] == ["F1", "F2"]


def test_pages_of_people_that_never_end_are_asked_again_later(facts: WecomFacts, server: OtherSide) -> None:
    collected(server)
    server.says(STATISTIC, {"errcode": 0, "submit_users": [], "has_more": True, "cursor": 0})
    with pytest.raises(TryLater):
        facts.ask(Ask.FORM, "F1")


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


def new_form(until: datetime) -> str:
    questions = (FormQuestion("灭火器", ("正常", "有问题")), FormQuestion("灭火器：哪里有问题", needed=False))
    return NewForm("安全自查", "看一眼", questions, ("t.li",), until).text()


def test_a_form_is_made_for_those_who_are_asked_and_closes_by_itself(facts: WecomFacts, server: OtherSide) -> None:
    server.says("/cgi-bin/wedoc/create_form", {"errcode": 0, "formid": "F9"})
    server.says("/cgi-bin/wedoc/doc_share", {"errcode": 0, "share_url": "https://doc.weixin.qq.com/forms/x"})
    until = datetime(2026, 11, 23, 16, tzinfo=SCHOOL_TZ)
    assert facts.ask(Ask.NEW_FORM, new_form(until)) == (FormMade("F9"),)
    assert facts.ask(Ask.FORM_LINK, "F9") == (FormMade("F9", "https://doc.weixin.qq.com/forms/x"),)
    made = server.requests("/cgi-bin/wedoc/create_form")[0].json["form_info"]
    assert made["form_setting"] == {
        "fill_out_auth": 1, "can_anonymous": False, "fill_in_range": {"userids": ["t.li"]}, "timed_finish": stamp(23, 16),
    }  # fmt: skip
    assert [(item["pos"], item["reply_type"], item["must_reply"]) for item in made["form_question"]["items"]] == [
        (1, 2, True),
        (2, 1, False),
    ]
    assert server.requests("/cgi-bin/wedoc/doc_share")[0].json == {"formid": "F9"}


def test_a_form_that_comes_to_nothing(facts: WecomFacts, server: OtherSide) -> None:
    with pytest.raises(GiveUp, match="已经过了"):
        facts.ask(Ask.NEW_FORM, new_form(datetime(2026, 11, 23, 8, tzinfo=SCHOOL_TZ)))
    assert server.requests("/cgi-bin/wedoc/create_form") == []
    server.says("/cgi-bin/wedoc/create_form", {"errcode": 0})
    with pytest.raises(TryLater) as error:
        facts.ask(Ask.NEW_FORM, new_form(datetime(2026, 11, 23, 16, tzinfo=SCHOOL_TZ)))
    assert error.value.unknown, "one may have been made"
    server.says("/cgi-bin/wedoc/doc_share", {"errcode": 0})
    with pytest.raises(TryLater):
        facts.ask(Ask.FORM_LINK, "F9")
