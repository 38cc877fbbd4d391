"""WeCom's addresses for what an app may ask about its company: the address book, approvals, attendance, reports.

Written from the documentation alone: 企业微信开发者中心 › 读取成员 (90196), 获取部门成员详情 (90201), 获取成员ID列表 (96067),
获取审批申请详情 (91983), 批量获取审批单号 (91816), 获取打卡记录数据 (90262), 获取汇报记录详情 (93394);
copies of 2023 to 2026.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from bot.clock import from_seconds, school_time
from bot.emulator.families import DEPARTMENTS, STAFF
from bot.emulator.records import WECOM, Person
from bot.emulator.wecom_door import SMALL_SCOPE, WecomError, answer, sees
from bot.emulator.wecom_gate import body, guard, number, page
from bot.emulator.wecom_office import APPROVER, ATTENDANCE, REPORTS, Punched, Request, Written, staff
from bot.emulator.wecom_office import department as department_of
from bot.emulator.wirelog import watch
from bot.emulator.world import World

REQUESTS_A_PAGE, PEOPLE_A_CALL, IDS_A_PAGE = 100, 100, 10_000
REQUESTS_SPAN, PUNCHES_SPAN = timedelta(days=31), timedelta(days=30)
WORK, OUTSIDE = 1, 2
"""opencheckindatatype; 3 is both."""

ONE, MEMBERS, IDS = "/cgi-bin/user/get", "/cgi-bin/user/list", "/cgi-bin/user/list_id"
PARTS = "/cgi-bin/department/list"
DETAIL, NUMBERS = "/cgi-bin/oa/getapprovaldetail", "/cgi-bin/oa/getapprovalinfo"
PUNCHES = "/cgi-bin/checkin/getcheckindata"
RECORDS, RECORD = "/cgi-bin/oa/journal/get_record_list", "/cgi-bin/oa/journal/get_record_detail"
_TITLES = {
    ONE: f"读成员 GET {ONE}",
    MEMBERS: f"部门成员 GET {MEMBERS}",
    IDS: f"成员号 POST {IDS}",
    PARTS: f"部门 GET {PARTS}",
    DETAIL: f"审批详情 POST {DETAIL}",
    NUMBERS: f"审批单号 POST {NUMBERS}",
    PUNCHES: f"打卡记录 POST {PUNCHES}",
    RECORDS: f"汇报单号 POST {RECORDS}",
    RECORD: f"汇报详情 POST {RECORD}",
}


def blueprint(world: World) -> Blueprint:
    pages = Blueprint("wecom_office_server", __name__)
    watch(pages, world, _TITLES)
    guard(pages, world)

    @pages.get(ONE)
    def member() -> Response:
        person = world.with_account(WECOM, request.args.get("userid", ""))
        if person is None or person not in staff(world):
            raise WecomError(60111)
        if not sees(world, person):
            raise WecomError(60011)
        return answer(**_member(world, person))

    @pages.get(MEMBERS)
    def members() -> Response:
        department = number(request.args.get("department_id", ""))
        if department not in DEPARTMENTS:
            raise WecomError(60003)
        if department not in _parts(world):
            raise WecomError(60011)
        return answer(userlist=[_member(world, one) for one in staff(world) if department_of(world, one) == department])

    @pages.get(PARTS)
    def departments() -> Response:
        rows = [
            {"id": key, "name": name, "parentid": int(key != 1), "order": key} for key, name in _parts(world).items()
        ]
        return answer(department=rows)

    @pages.post(IDS)
    def ids() -> Response:
        asked = body()
        size = number(asked.get("limit", IDS_A_PAGE))
        if not 1 <= size <= IDS_A_PAGE:
            raise WecomError(40058)
        rows = [{"userid": one.wecom, "department": department_of(world, one)} for one in staff(world)]
        some, cursor = page(rows, str(asked.get("cursor", "")), size)
        return answer(dept_user=some, **({"next_cursor": cursor} if cursor else {}))

    @pages.post(DETAIL)
    def detail() -> Response:
        found = world.office.requests.get(str(body().get("sp_no", "")))
        if found is None:
            raise WecomError(301025)
        return answer(info=_detail(found))

    @pages.post(NUMBERS)
    def numbers() -> Response:
        return _numbers(world, body())

    @pages.post(PUNCHES)
    def punches() -> Response:
        _check_open(world, ATTENDANCE)
        return _punches(world, body())

    @pages.post(RECORDS)
    def records() -> Response:
        _check_open(world, REPORTS)
        return _records(world, body())

    @pages.post(RECORD)
    def record() -> Response:
        _check_open(world, REPORTS)
        found = world.office.reports.get(str(body().get("journaluuid", "")))
        if found is None:
            raise WecomError(301065)
        return answer(info=_written(found))

    return pages


def _parts(world: World) -> dict[int, str]:
    """The departments in the app's visible scope."""
    part = world.faults.on("part_scope")
    return {key: name for key, name in DEPARTMENTS.items() if not part or key == SMALL_SCOPE}


def _check_open(world: World, tool: str) -> None:
    if tool not in world.office.opened:
        raise WecomError(48002)


def _records(world: World, asked: dict[str, Any]) -> Response:
    """Cursors are numbers here; endflag 1 is the last page."""
    start, end = _span(asked, REQUESTS_SPAN, 301065)
    size = number(asked.get("limit"), 301065)
    if not 1 <= size <= REQUESTS_A_PAGE:
        raise WecomError(301065)
    found = [one.id for one in world.office.reports.values() if start <= one.at <= end]
    some, cursor = page(found, str(asked.get("cursor", 0)), size)
    return answer(journaluuid_list=some, next_cursor=int(cursor or len(found)), endflag=int(not cursor))


def _numbers(world: World, asked: dict[str, Any]) -> Response:
    """By when they were handed in. Times must be strings; new_next_cursor is missing on the last page."""
    if not isinstance(asked.get("starttime"), str) or not isinstance(asked.get("endtime"), str):
        raise WecomError(301025)
    start, end = _span(asked, REQUESTS_SPAN, 301025)
    size = number(asked.get("size", REQUESTS_A_PAGE), 301025)
    if not 1 <= size <= REQUESTS_A_PAGE:
        raise WecomError(301025)
    wanted: dict[str, set[str]] = {}
    for one in asked.get("filters") or []:
        wanted.setdefault(str(one.get("key")), set()).add(str(one.get("value")))
    found = [
        one.number
        for one in world.office.requests.values()
        if start <= one.at <= end and all(_described(one).get(key) in values for key, values in wanted.items())
    ]
    some, cursor = page(found, str(asked.get("new_cursor", "")), size)
    return answer(sp_no_list=some, **({"new_next_cursor": cursor} if cursor else {}))


def _punches(world: World, asked: dict[str, Any]) -> Response:
    people = asked.get("useridlist")
    if not isinstance(people, list) or not 1 <= len(people) <= PEOPLE_A_CALL:
        raise WecomError(301023)
    if any(world.with_account(WECOM, str(one)) is None for one in people):
        raise WecomError(301021)
    start, end = _span(asked, PUNCHES_SPAN, 301024)
    kind = asked.get("opencheckindatatype")
    if kind not in (WORK, OUTSIDE, WORK | OUTSIDE):
        raise WecomError(40058)
    wanted = {str(one).lower() for one in people}
    rows = [
        _punched(one)
        for one in world.office.punches
        if one.account in wanted and start <= one.at <= end and kind & (OUTSIDE if one.kind == "外出打卡" else WORK)
    ]
    return answer(checkindata=rows)


def _span(asked: dict[str, Any], most: timedelta, refusal: int) -> tuple[datetime, datetime]:
    start, end = (from_seconds(str(number(asked.get(key), refusal))) for key in ("starttime", "endtime"))
    if end < start or end - start > most:
        raise WecomError(refusal)
    return start, end


def _member(world: World, person: Person) -> dict[str, Any]:
    """As an app made since 2022-06 is told: no phone number."""
    department = department_of(world, person)
    return {
        "userid": person.wecom, "name": person.name, "department": [department], "main_department": department,
        "position": person.post, "status": 1, "isleader": 0, "is_leader_in_dept": [0], "order": [0],
    }  # fmt: skip


def _described(one: Request) -> dict[str, str]:
    """What filters look at. record_type 1: leave."""
    return {
        "template_id": one.template,
        "creator": one.person.wecom,
        "sp_status": str(one.status.value),
        **({} if one.said else {"record_type": "1"}),
    }


def _detail(one: Request) -> dict[str, Any]:
    decided = one.decided_at
    node = {
        "approver": {"userid": APPROVER}, "speech": "", "sp_status": int(one.status if decided else 1),
        "sptime": int(decided.timestamp()) if decided else 0, "media_id": [],
    }  # fmt: skip
    return {
        "sp_no": one.number, "sp_name": one.title, "sp_status": int(one.status), "template_id": one.template,
        "apply_time": int(one.at.timestamp()),
        "applyer": {"userid": one.person.wecom, "partyid": str(STAFF.get(one.person.id, 1))},
        "sp_record": [{"sp_status": node["sp_status"], "approverattr": 1, "details": [node]}], "notifyer": [],
        "apply_data": {"contents": _contents(one)}, "comments": [],
    }  # fmt: skip


def _contents(one: Request) -> list[dict[str, Any]]:
    if one.said:
        return [_words("Text", label, text) for label, text in one.said.items()]
    return [_vacation(one), _words("Textarea", "请假事由", one.reason)]


def _written(one: Written) -> dict[str, Any]:
    contents = [_words("Textarea", label, text) for label, text in one.said.items()]
    return {
        "journal_uuid": one.id, "template_name": one.template, "report_time": int(one.at.timestamp()),
        "submitter": {"userid": one.account}, "receivers": [{"userid": APPROVER}], "readed_receivers": [],
        "apply_data": {"contents": contents}, "comments": [],
    }  # fmt: skip


def _vacation(one: Request) -> dict[str, Any]:
    """Whole and half days are named by the moment at which their last half begins; everything else by the hour."""
    half = all(school_time(moment).strftime("%H:%M") in ("00:00", "12:00") for moment in (one.first, one.last))
    seconds = int((one.last - one.first).total_seconds()) + (12 * 3600 if half else 0)
    dates = {
        "type": "halfday" if half else "hour", "new_begin": int(one.first.timestamp()),
        "new_end": int(one.last.timestamp()), "new_duration": seconds,
    }  # fmt: skip
    chosen = {"type": "single", "options": [{"key": "1", "value": _titled(one.kind)}], "exp_type": 0}
    attendance = {"date_range": dates, "type": 1}
    value = {"vacation": {"selector": chosen, "attendance": attendance}}
    return {"control": "Vacation", "id": "vacation-1563793073898", "title": _titled("请假类型"), "value": value}


def _words(control: str, label: str, text: str) -> dict[str, Any]:
    return {"control": control, "id": f"{control}-1563793073899", "title": _titled(label), "value": {"text": text}}


def _titled(text: str) -> list[dict[str, str]]:
    return [{"text": text, "lang": "zh_CN"}]


def _punched(one: Punched) -> dict[str, Any]:
    return {
        "userid": one.account, "groupname": "教职工", "checkin_type": one.kind, "exception_type": one.wrong,
        "checkin_time": int(one.at.timestamp()), "location_title": "东门", "location_detail": "", "wifiname": "", "notes": "",
        "wifimac": "", "mediaids": [], "sch_checkin_time": int(one.due_at.timestamp()) if one.due_at else 0, "groupid": 1,
        "schedule_id": 0, "timeline_id": 1,
    }  # fmt: skip
