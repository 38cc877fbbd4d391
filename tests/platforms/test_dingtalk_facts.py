"""What DingTalk is asked, over real HTTP against the emulated servers; and against servers that answer wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SCHOOL_TZ, from_ms
from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.dingtalk_office import LEAVE, DingtalkOffice
from bot.emulator.world import World
from bot.errors import GiveUp, TryLater
from bot.facts import Approval, Ask, Decision, FormAnswer, Guardian, Member, Punch, WorkReport
from bot.platforms import dingtalk_events
from bot.platforms.dingtalk_events import DingtalkEventsPlatform
from bot.platforms.dingtalk_form import field_words, leave_kind, span
from bot.settings import DingtalkEvents
from tests.emulator.emulated import FakeBot, HandClock
from tests.kit.other_side import OtherSide, Says, other_side
from tests.platforms.test_dingtalk_events import settings

MONDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 27)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(tmp_path: Path, clock: HandClock) -> Iterator[World]:
    world = World(tmp_path / "demonstration", clock, "http://127.0.0.1:9", FakeBot(clock).post)
    with EmulatorServer(world):
        yield world
    world.close()


@pytest.fixture
def office(world: World) -> DingtalkOffice:
    return world.ding_office


@pytest.fixture
def ding(world: World, clock: HandClock) -> DingtalkEventsPlatform:
    return dingtalk_events.build(DingtalkEvents.model_validate(demo.dingtalk_events_data(world.url)), clock)


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side() as listening:
        listening.says("/v1.0/oauth2/accessToken", {"accessToken": "t", "expireIn": 7200})
        yield listening


def at(hour: int, minute: int, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SCHOOL_TZ)


def other(server: OtherSide, clock: HandClock) -> DingtalkEventsPlatform:
    return dingtalk_events.build(settings(api_base=server.url, oapi_base=server.url), clock)


# people


def test_one_member_is_told_with_department_and_both_ids(ding: DingtalkEventsPlatform) -> None:
    wang = Member("u1008", "王小燕", "", "三年级2班班主任", ("教导处",), union_id="union-u1008")
    assert ding.ask(Ask.MEMBER, "u1008") == (wang,)


def test_who_left_is_nobody_and_among_several_somebody_inactive(
    ding: DingtalkEventsPlatform, office: DingtalkOffice
) -> None:
    office.leaves("王小燕")
    assert ding.ask(Ask.MEMBER, "u1008") == ()
    several = ding.ask(Ask.MEMBER, "u1008,u1002")
    assert [(one.account, one.active) for one in several if isinstance(one, Member)] == [
        ("u1008", False),
        ("u1002", True),
    ]
    office.returns("王小燕")
    assert ding.ask(Ask.MEMBER, "u1008") != ()


def test_the_directory_holds_everybody_once(ding: DingtalkEventsPlatform, office: DingtalkOffice) -> None:
    office.leaves("郑凯")
    members = [one for one in ding.ask(Ask.MEMBERS, "") if isinstance(one, Member)]
    assert sorted(one.account for one in members) == sorted(p.dingtalk for p in demo.PEOPLE if p.name != "郑凯")
    assert {one.departments for one in members} == {("校办",), ("教导处",), ("总务处",)}
    assert all(one.union_id and one.active for one in members)


def test_contacts_use_up_nothing_of_the_months_quota(ding: DingtalkEventsPlatform) -> None:
    ding.ask(Ask.MEMBERS, "")
    assert set(ding.tally.take()) == {"free"}


def test_a_member_of_two_departments_is_one_and_who_may_not_be_seen_is_there(
    server: OtherSide, clock: HandClock
) -> None:
    tree = {1: [{"dept_id": 2, "name": "语文组"}, {"dept_id": 3, "name": "三年级组"}, {"dept_id": 1, "name": "again"}]}
    pages = {(2, 0): ([{"userid": "u1", "name": "甲"}], 1), (2, 1): ([{"userid": "u2", "name": "乙"}], None)}
    pages[3, 0] = ([{"userid": "u1", "name": "甲"}], None)

    def users(asked: Any) -> Says:
        rows, following = pages.get((asked.json["dept_id"], asked.json["cursor"]), ([], None))
        more = {"has_more": following is not None} | ({"next_cursor": following} if following is not None else {})
        return Says({"errcode": 0, "result": {"list": rows, **more}})

    server.decides("/topapi/v2/user/list", users)
    server.decides(
        "/topapi/v2/department/listsub",
        lambda asked: Says({"errcode": 0, "result": tree.get(asked.json["dept_id"], [])}),
    )
    server.says("/topapi/user/listid", {"errcode": 0, "result": {"userid_list": ["u1", "u9"]}})
    members = {one.account: one for one in other(server, clock).ask(Ask.MEMBERS, "") if isinstance(one, Member)}
    assert members["u1"].departments == ("语文组", "三年级组")
    assert members["u2"].departments == ("语文组",)
    assert members["u9"] == Member("u9")


# approvals


@pytest.mark.parametrize("kit", [True, False])
def test_a_leave_goes_its_way(ding: DingtalkEventsPlatform, office: DingtalkOffice, kit: bool) -> None:
    number = office.apply_leave("王小燕", MONDAY, FRIDAY, "病假", kit=kit)
    asked = f"{number}|{LEAVE}"
    (running,) = ding.ask(Ask.APPROVAL, asked)
    assert isinstance(running, Approval)
    assert (running.number, running.template, running.account) == (number, LEAVE, "u1008")
    assert (running.decision, running.kind) == (Decision.RUNNING, "病假")
    assert (running.first, running.last) == (at(0, 0), at(23, 59, FRIDAY))
    assert running.fields["请假事由"] == "家里有事"
    office.decide(number, agreed=True)
    (agreed,) = ding.ask(Ask.APPROVAL, asked)
    assert isinstance(agreed, Approval)
    assert agreed.decision is Decision.AGREED


def test_refused_and_taken_back(ding: DingtalkEventsPlatform, office: DingtalkOffice) -> None:
    decisions = []
    for act in (lambda number: office.decide(number, agreed=False), office.withdraw):
        number = office.apply_leave("王小燕", MONDAY, MONDAY)
        act(number)
        (approval,) = ding.ask(Ask.APPROVAL, number)
        assert isinstance(approval, Approval)
        assert approval.template == ""
        decisions.append(approval.decision)
    assert decisions == [Decision.REFUSED, Decision.WITHDRAWN]


def test_an_agreed_leave_that_is_taken_back_is_told_as_withdrawn_under_its_own_number(
    ding: DingtalkEventsPlatform, office: DingtalkOffice
) -> None:
    number = office.apply_leave("王小燕", MONDAY, FRIDAY)
    office.decide(number, agreed=True)
    (withdrawn,) = ding.ask(Ask.APPROVAL, f"{office.revoke(number)}|{LEAVE}")
    assert isinstance(withdrawn, Approval)
    assert (withdrawn.number, withdrawn.decision) == (number, Decision.WITHDRAWN)


def test_what_was_missed_is_found_by_its_template_page_after_page(server: OtherSide, clock: HandClock) -> None:
    pages = [{"result": {"list": ["a-1", "a-2"], "nextToken": "2"}}, {"result": {"list": ["a-3"]}}]
    server.says("/v1.0/workflow/processes/instanceIds/query", *pages)
    server.says("/v1.0/workflow/processInstances", {"result": {"status": "COMPLETED", "result": "agree"}})
    found = other(server, clock).ask(Ask.APPROVALS, "2026-11-16 TPL-of-wecom PROC-1")
    assert [(one.number, one.template) for one in found if isinstance(one, Approval)] == [
        ("a-1", "PROC-1"), ("a-2", "PROC-1"), ("a-3", "PROC-1"),
    ]  # fmt: skip
    first, second = server.requests("/v1.0/workflow/processes/instanceIds/query")
    assert (first.json["nextToken"], second.json["nextToken"]) == (0, 2)
    assert from_ms(first.json["startTime"]) == at(0, 0, date(2026, 11, 16))


def test_since_a_day(ding: DingtalkEventsPlatform, office: DingtalkOffice, clock: HandClock) -> None:
    old = office.apply_leave("陈晓", MONDAY, MONDAY)
    clock.pass_by(days=8)
    new = office.apply_leave("王小燕", MONDAY, MONDAY)
    both = ding.ask(Ask.APPROVALS, f"2026-11-20 {LEAVE}")
    assert [one.number for one in both if isinstance(one, Approval)] == [old, new]
    office.decide(old, agreed=True)
    office.revoke(old)
    again = [one for one in ding.ask(Ask.APPROVALS, f"2026-11-20 {LEAVE}") if isinstance(one, Approval)]
    assert [(one.number, one.decision) for one in again if one.number == old] == [
        (old, Decision.AGREED),
        (old, Decision.WITHDRAWN),
    ]
    assert ding.ask(Ask.APPROVALS, "2026-11-20") == (), "without a template there is nothing to list"
    with pytest.raises(GiveUp):
        ding.ask(Ask.APPROVALS, f"gestern {LEAVE}")


SPANS: dict[str, tuple[str, datetime, datetime]] = {
    "days": ('["2026-11-23","2026-11-27",5,"day","事假","请假类型"]', at(0, 0), at(23, 59, FRIDAY)),
    "halves": ('["2026-11-23 上午","2026-11-23 上午",0.5,"halfDay","事假","请假类型"]', at(0, 0), at(12, 0)),
    "afternoon": ('["2026-11-23 下午","2026-11-27 上午",4,"halfDay","事假"]', at(12, 0), at(12, 0, FRIDAY)),
    "AM and PM": ('["2026-11-23 AM","2026-11-23 PM",1,"halfDay","事假"]', at(0, 0), at(23, 59)),
    "minutes": ('["2026-11-23 13:30","2026-11-23 15:00",1.5,"hour","事假"]', at(13, 30), at(15, 0)),
    "milliseconds": ("[1795397400000,1795402800000]", from_ms(1795397400000), from_ms(1795402800000)),
}


@pytest.mark.parametrize(("value", "first", "last"), SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("kind", ["DDHolidayField", "DDDateRangeField"])
def test_a_span_is_read_however_it_is_written(value: str, first: datetime, last: datetime, kind: str) -> None:
    parts = [{"name": '["开始时间","结束时间"]', "value": value, "componentType": kind}]
    assert span(parts) == (first, last)
    assert leave_kind(parts) == ("事假" if kind == "DDHolidayField" and "事假" in value else "")


@pytest.mark.parametrize(
    "value", ["", "null", "[]", "[1,2]", '["x","y"]', "[" * 5000, '["2026-13-40","2026-11-27"]', None, 7]
)
def test_a_span_that_is_none_is_no_error(value: object) -> None:
    assert span([{"name": "x", "value": value, "componentType": "DDHolidayField"}]) == (None, None)


def test_two_dates_called_beginning_and_end_are_a_span() -> None:
    parts = [
        {"name": "开始日期", "value": "2026-11-23", "componentType": "DDDateField"},
        {"name": "结束日期", "value": "2026-11-27", "componentType": "DDDateField"},
    ]
    assert span(parts) == (at(0, 0), at(23, 59, FRIDAY))


def test_a_forms_words_are_as_people_write_them() -> None:
    parts = [
        {"name": "多选", "value": '["甲","乙"]'},
        {
            "name": "明细",
            "value": '[[{"name":"项目","value":"灯管"},{"name":"数量","value":"2"}],[{"name":"项目","value":"门锁"}]]',
        },
        {"name": "新明细", "value": '[{"rowValue":[{"label":"项目","value":"水管"}]}]'},
        {"name": "附件", "value": '[{"fileName":"单子.pdf","fileId":"1"}]'},
        {"name": "空的", "value": "null"},
        {"name": "没填"},
        {"value": "没有名字"},
    ]
    assert field_words(parts) == {
        "多选": "甲、乙",
        "明细": "项目：灯管、数量：2；项目：门锁",
        "新明细": "项目：水管",
        "附件": "单子.pdf",
    }


# attendance, reports, forms, families


def test_a_days_punches(ding: DingtalkEventsPlatform, office: DingtalkOffice) -> None:
    office.punch("王小燕", at(7, 31), at(7, 40))
    office.punch("孙丽", at(7, 48), at(7, 40), result="Late")
    office.punch("赵海峰", None, at(7, 40))
    office.punch("王小燕", at(16, 30), at(17, 0), on=False, result="Early")
    office.punch("王小燕", at(7, 31, FRIDAY), at(7, 40, FRIDAY))
    assert set(ding.ask(Ask.PUNCHES, "2026-11-23")) == {
        Punch("u1008", "on", at(7, 31), at(7, 40)),
        Punch("u1005", "on", at(7, 48), at(7, 40), "迟到"),
        Punch("u1004", "on", None, at(7, 40), "缺卡"),
        Punch("u1008", "off", at(16, 30), at(17, 0), "早退"),
    }
    assert ding.tally.take()["api"] == 1
    assert ding.ask(Ask.PUNCHES, "2026-11-24") == ()


def test_punches_come_in_pages_of_fifty(ding: DingtalkEventsPlatform, office: DingtalkOffice) -> None:
    for number in range(120):
        office.punch("王小燕", at(7, number % 60), at(7, 40))
    assert len(ding.ask(Ask.PUNCHES, "2026-11-23")) == 120


def test_a_days_reports_in_pages_of_twenty(
    ding: DingtalkEventsPlatform, office: DingtalkOffice, clock: HandClock
) -> None:
    numbers = [office.write_report("孙丽", "教研日志", 今日完成="听课两节", 明日计划=f"第{n}周教研") for n in range(45)]
    clock.pass_by(days=1)
    office.write_report("孙丽", "教研日志", 今日完成="")
    reports = [one for one in ding.ask(Ask.WORK_REPORTS, "2026-11-23") if isinstance(one, WorkReport)]
    assert [report.id for report in reports] == numbers
    assert reports[1].account == "u1005"
    assert (reports[1].template, list(reports[1].fields)) == ("教研日志", ["今日完成", "明日计划"])
    assert reports[1].at == at(7, 0)


def test_a_forms_answers(ding: DingtalkEventsPlatform, office: DingtalkOffice) -> None:
    number = office.fill_in("马德胜", 通道畅通="是", 灭火器="齐全")
    answer = FormAnswer("FORM-DEMO", number, "u1011", "", at(7, 0), {"通道畅通": "是", "灭火器": "齐全"})
    assert ding.ask(Ask.FORM, "FORM-DEMO") == (answer,)


def test_an_education_forms_answer_goes_by_the_pupils_name(server: OtherSide, clock: HandClock) -> None:
    row = {
        "formInstanceId": "i1",
        "creator": "guard01",
        "createTime": 1795397400000,
        "studentName": "学生甲",
        "forms": [{"label": "体温", "value": "36.5"}],
    }
    pages = [{"result": {"list": [row], "hasMore": True, "nextToken": 1}}, {"result": {"list": [], "hasMore": False}}]
    server.says("/v1.0/swform/forms/F1/instances", *pages)
    (answer,) = other(server, clock).ask(Ask.FORM, "F1|1")
    assert isinstance(answer, FormAnswer)
    assert (answer.account, answer.name, answer.fields) == ("", "学生甲", {"体温": "36.5"})
    first, second = server.requests("/v1.0/swform/forms/F1/instances")
    assert (first.query["bizType"], second.query["nextToken"]) == ("1", "1")


FATHER = Guardian("guard01", "stu01", "学生甲", "三年级2班", "爸爸")


def test_guardians_of_all_classes_and_of_one(ding: DingtalkEventsPlatform) -> None:
    everybody = ding.ask(Ask.GUARDIANS, "")
    assert len(everybody) == 4
    assert FATHER in everybody
    assert Guardian("guard01", "stu03", "学生丙", "一年级1班", "爸爸") in everybody
    assert ding.ask(Ask.GUARDIANS, "9312")[0] == FATHER
    assert ding.ask(Ask.GUARDIANS, "77") == ding.ask(Ask.GUARDIANS, "x") == ()


# faults


def test_a_missing_permission_is_named(ding: DingtalkEventsPlatform, office: DingtalkOffice) -> None:
    office.withheld = {"/v1.0/workflow", "/topapi/edu"}
    number = office.apply_leave("王小燕", MONDAY, MONDAY)
    with pytest.raises(GiveUp, match="权限管理.*Workflow.Instance.Read"):
        ding.ask(Ask.APPROVAL, number)
    with pytest.raises(GiveUp, match="60011"):
        ding.ask(Ask.GUARDIANS, "")


def test_busy_and_too_fast_come_later(ding: DingtalkEventsPlatform, world: World) -> None:
    world.faults.switch("busy", on=True)
    with pytest.raises(TryLater):
        ding.ask(Ask.MEMBER, "u1008")
    world.faults.switch("busy", on=False)
    ding.ask(Ask.MEMBER, "u1008")
    for _ in range(30):
        world.rates.count("dingtalk api", "/topapi/v2/user/get", timedelta(seconds=1))
        world.rates.count("dingtalk api", "/v1.0/workflow/processInstances", timedelta(seconds=1))
    with pytest.raises(TryLater, match="90018"):
        ding.ask(Ask.MEMBER, "u1008")
    with pytest.raises(TryLater, match="QpsLimit"):
        ding.ask(Ask.APPROVAL, "x")


def test_a_token_that_ends_on_the_way_is_fetched_again(ding: DingtalkEventsPlatform, world: World) -> None:
    ding.ask(Ask.MEMBER, "u1008")
    world.faults.switch("expired_token", on=True)
    assert ding.ask(Ask.MEMBER, "u1008") != ()


def test_an_unknown_instance_is_given_up(ding: DingtalkEventsPlatform) -> None:
    with pytest.raises(GiveUp):
        ding.ask(Ask.APPROVAL, "nobody-knows")


PATHS = {
    Ask.MEMBER: ("u1", "/topapi/v2/user/get"),
    Ask.MEMBERS: ("", "/topapi/v2/department/listsub"),
    Ask.PUNCHES: ("2026-11-23", "/topapi/user/listid"),
    Ask.WORK_REPORTS: ("2026-11-23", "/topapi/report/list"),
    Ask.APPROVAL: ("a-1", "/v1.0/workflow/processInstances"),
    Ask.APPROVALS: ("2026-11-20 PROC-1", "/v1.0/workflow/processes/instanceIds/query"),
    Ask.FORM: ("F1", "/v1.0/swform/forms/F1/instances"),
    Ask.GUARDIANS: ("", "/topapi/edu/dept/list"),
}
STRANGE: tuple[Any, ...] = (
    {"errcode": 0},
    {"errcode": 0, "result": 7},
    {"errcode": 0, "result": [7]},
    {"errcode": 0, "result": {"list": [7], "data_list": [{}], "details": [{"dept_id": "x"}], "hasMore": True}},
    Says(b"<html>", content_type="text/html"),
    Says({"errcode": -1}, 502),
    Says({"status": 1111, "punish": "deny"}),
)


@pytest.mark.parametrize("answer", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("what", PATHS)
def test_an_answer_that_is_not_as_documented_ends_as_one_of_our_errors_or_as_nothing(
    server: OtherSide, clock: HandClock, what: Ask, answer: Any
) -> None:
    about, path = PATHS[what]
    server.says("/topapi/v2/department/listsub", {"errcode": 0, "result": []})
    server.says("/topapi/v2/user/list", {"errcode": 0, "result": {"list": []}})
    server.says(path, answer)
    try:
        facts = other(server, clock).ask(what, about)
    except (GiveUp, TryLater):
        return
    assert all(isinstance(fact, Approval) and fact.decision is Decision.RUNNING for fact in facts)


def test_a_list_without_an_end_is_given_up(
    server: OtherSide, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.dingtalk_pages.MOST_PAGES", 5)
    server.says("/topapi/report/list", {"errcode": 0, "result": {"data_list": [], "has_more": True, "next_cursor": 0}})
    with pytest.raises(GiveUp, match="没有尽头"):
        other(server, clock).ask(Ask.WORK_REPORTS, "2026-11-23")
    assert len(server.requests("/topapi/report/list")) == 5


@pytest.mark.parametrize("what", [Ask.PUNCHES, Ask.WORK_REPORTS])
def test_a_day_that_is_none_is_given_up(ding: DingtalkEventsPlatform, what: Ask) -> None:
    with pytest.raises(GiveUp):
        ding.ask(what, "gestern")
