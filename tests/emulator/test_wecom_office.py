"""WeCom's office stand-in, asked by the bot's own calls and by hand; what it refuses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from bot.clock import SCHOOL_TZ
from bot.emulator import demo, wecom_office
from bot.emulator.app import EmulatorServer
from bot.emulator.records import Refused
from bot.emulator.world import World
from bot.errors import GiveUp
from bot.facts import Approval, Ask, Decision, Member, Punch, WorkReport
from bot.platforms.tally import Tally
from bot.platforms.wecom_calls import WecomCalls
from bot.platforms.wecom_facts import WecomFacts
from tests.emulator.emulated import MONDAY, Callers, FakeBot, HandClock


@pytest.fixture
def facts(server: EmulatorServer, clock: HandClock) -> WecomFacts:
    return WecomFacts(WecomCalls(demo.CORP_ID, demo.WECOM_SECRET, server.url, clock, Tally()).call, clock)


@pytest.fixture
def code(server: EmulatorServer, call: Callers, http: requests.Session) -> Any:
    """code("POST", path, body or query): its errcode."""
    token = call.wecom_token()

    def code(method: str, path: str, given: dict[str, Any]) -> int:
        query = {"access_token": token} | (given if method == "GET" else {})
        json = given if method == "POST" else None
        return int(http.request(method, f"{server.url}{path}", params=query, json=json).json()["errcode"])

    return code


def leave(world: World, first: str = "2026-11-25 12:00", last: str = "2026-11-26 12:00") -> str:
    span = [datetime.fromisoformat(each).replace(tzinfo=SCHOOL_TZ) for each in (first, last)]
    return wecom_office.apply_leave(world, "wang", *span)


def test_everybody_is_in_the_address_book(facts: WecomFacts, world: World) -> None:
    found = [one for one in facts.ask(Ask.MEMBERS, "") if isinstance(one, Member)]
    assert {one.account: one.name for one in found} == {one.wecom: one.name for one in demo.PEOPLE}
    world.add_stranger("新来的", "教师")
    assert len(facts.ask(Ask.MEMBERS, "")) == len(demo.PEOPLE) + 1
    assert facts.ask(Ask.MEMBER, "LiMin") == (Member("limin", "李敏", "", "副校长", ("校级领导",)),)
    assert facts.ask(Ask.MEMBER, "nobody") == ()


def test_a_request_is_told_as_it_stands(facts: WecomFacts, world: World) -> None:
    number = leave(world)
    decisions = []
    for step in (None, lambda: wecom_office.decide(world, number, True), lambda: wecom_office.withdraw(world, number)):
        if step is not None:
            step()
        (found,) = facts.ask(Ask.APPROVAL, number)
        assert isinstance(found, Approval)
        decisions.append(found.decision)
    assert decisions == [Decision.RUNNING, Decision.AGREED, Decision.WITHDRAWN]
    assert (found.account, found.kind, found.title) == ("wangxiaoyan", "事假", "请假")
    assert found.first == datetime(2026, 11, 25, 12, tzinfo=SCHOOL_TZ)
    assert found.last == datetime(2026, 11, 26, 23, 59, 59, tzinfo=SCHOOL_TZ)
    assert found.fields["请假事由"] == "家里有事"
    assert facts.ask(Ask.APPROVAL, "1") == ()


def test_every_step_is_told_to_the_app_as_an_event(world: World, bot: FakeBot) -> None:
    number = leave(world)
    wecom_office.decide(world, number, False)
    assert [heard.method for heard in bot.heard] == ["POST", "POST"]
    plain = [exchange.plain for exchange in world.exchanges()]
    for part in ("<![CDATA[sys]]>", "sys_approval_change", f"<SpNo>{number}</SpNo>", "<AgentID>3010040</AgentID>"):
        assert all(part in one for one in plain)
    assert ["<StatuChangeEvent>1<" in plain[0], "<StatuChangeEvent>3<" in plain[1]] == [True, True]


def test_a_bot_that_does_not_answer_is_tried_three_times(world: World, bot: FakeBot) -> None:
    bot.answers = [500, OSError(), 503]
    with pytest.raises(Refused):
        leave(world)
    assert len(bot.heard) == 3
    assert len({heard.body for heard in bot.heard}) == 1


def test_what_people_cannot_do_in_the_tool(world: World) -> None:
    number = leave(world)
    wecom_office.decide(world, number, True)
    for act in (
        lambda: wecom_office.decide(world, number, True),
        lambda: wecom_office.decide(world, "1", True),
        lambda: leave(world, "2026-11-26 12:00", "2026-11-25 12:00"),
        lambda: wecom_office.apply_leave(world, "nobody", MONDAY, MONDAY),
    ):
        with pytest.raises(Refused):
            act()
    wecom_office.withdraw(world, number)
    with pytest.raises(Refused):
        wecom_office.withdraw(world, number)


def test_what_was_missed_is_found_page_by_page(facts: WecomFacts, world: World, clock: HandClock) -> None:
    numbers = [leave(world) for _ in range(101)]
    clock.pass_by(days=40)
    numbers.append(leave(world))
    found = facts.ask(Ask.APPROVALS, "2026-11-22")
    assert [one.number for one in found if isinstance(one, Approval)] == numbers


def test_a_days_punches(facts: WecomFacts, world: World) -> None:
    due = MONDAY.replace(hour=7, minute=30)
    late = MONDAY.replace(hour=7, minute=41)
    wecom_office.punch(world, "wang", "上班打卡", late, due, "时间异常")
    wecom_office.punch(world, "chen", "上班打卡", due, due, "未打卡")
    wecom_office.punch(world, "wang", "外出打卡", late + timedelta(days=1))
    assert facts.ask(Ask.PUNCHES, "2026-11-23") == (
        Punch("wangxiaoyan", "on", late, due, "时间异常"),
        Punch("chenxiao", "on", None, due, "未打卡"),
    )


def test_a_days_reports(facts: WecomFacts, world: World, clock: HandClock) -> None:
    written = [wecom_office.write_report(world, "li", {"放学": "东门有序"}) for _ in range(101)]
    clock.pass_by(days=1)
    wecom_office.write_report(world, "li", {"放学": "有序"})
    found = [one for one in facts.ask(Ask.WORK_REPORTS, "2026-11-23") if isinstance(one, WorkReport)]
    assert [one.id for one in found] == written
    assert found[0] == WorkReport(written[0], "limin", "值班日报", MONDAY, {"放学": "东门有序"})


def test_a_tool_that_is_not_opened_to_the_app_says_so(facts: WecomFacts) -> None:
    for what in (Ask.PUNCHES, Ask.WORK_REPORTS):
        with pytest.raises(GiveUp, match="可调用接口的应用"):
            facts.ask(what, "2026-11-23")


DAY = {"starttime": int(MONDAY.timestamp()), "endtime": int(MONDAY.timestamp()) + 86399}
SPAN = {key: str(value) for key, value in DAY.items()}


@pytest.mark.parametrize(
    ("method", "path", "given", "expected"),
    [
        ("GET", "/cgi-bin/user/get", {"userid": "nobody"}, 60111),
        ("GET", "/cgi-bin/user/list", {"department_id": "99"}, 60003),
        ("POST", "/cgi-bin/oa/getapprovaldetail", {"sp_no": "1"}, 301025),
        ("POST", "/cgi-bin/oa/getapprovalinfo", DAY | {"size": 100}, 301025),
        ("POST", "/cgi-bin/oa/getapprovalinfo", SPAN | {"size": 101}, 301025),
        ("POST", "/cgi-bin/oa/getapprovalinfo", SPAN | {"endtime": str(DAY["endtime"] + 31 * 86400)}, 301025),
        ("POST", "/cgi-bin/oa/getapprovalinfo", SPAN | {"size": 100}, 0),
        ("POST", "/cgi-bin/oa/journal/get_record_list", DAY | {"cursor": 0, "limit": 101}, 301065),
        ("POST", "/cgi-bin/oa/journal/get_record_detail", {"journaluuid": "x"}, 301065),
        ("POST", "/cgi-bin/checkin/getcheckindata", DAY | {"opencheckindatatype": 3, "useridlist": []}, 301023),
        ("POST", "/cgi-bin/checkin/getcheckindata", DAY | {"opencheckindatatype": 3, "useridlist": ["x"]}, 301021),
        ("POST", "/cgi-bin/checkin/getcheckindata", DAY | {"opencheckindatatype": 4, "useridlist": ["limin"]}, 40058),
        (
            "POST",
            "/cgi-bin/checkin/getcheckindata",
            DAY | {"opencheckindatatype": 3, "useridlist": ["limin"], "endtime": DAY["starttime"] - 1},
            301024,
        ),
    ],
)
def test_what_is_wrong_is_refused(
    code: Any, world: World, method: str, path: str, given: dict[str, Any], expected: int
) -> None:
    wecom_office.punch(world, "wang", "上班打卡", MONDAY)
    wecom_office.write_report(world, "li", {})
    assert code(method, path, given) == expected


def test_more_than_600_calls_in_a_minute_are_too_many(code: Any, world: World) -> None:
    for _ in range(600):
        world.rates.count("wecom office", "/cgi-bin/department/list", timedelta(minutes=1))
    assert code("GET", "/cgi-bin/department/list", {}) == 45009
    assert code("GET", "/cgi-bin/user/get", {"userid": "limin"}) == 0
