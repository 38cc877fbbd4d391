"""DingTalk's servers as far as they tell what the school knows: contacts, approvals, attendance, reports, forms, families.

Written from the documentation alone, snapshot of 2026-08-22: 钉钉开放平台 › 通讯录 (0056, 0062-0065, 0082), OA 审批 (0491-0506),
考勤 (0195), 日志 (0294-0300), 智能填表 (0970-0972), 家校通讯录 (1126, 1155-1176), 推送失败的事件 (0015), 错误码 (0012, 0013).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from bot.clock import SCHOOL_TZ
from bot.emulator.dingtalk_office import (
    CAMPUS,
    CLASSES,
    DEPARTMENTS,
    FAMILIES,
    GRADES,
    LONGEST_ATTENDANCE,
    PERIOD,
    ROOT,
    DingtalkOffice,
    Instance,
    within,
)
from bot.emulator.records import DINGTALK, Person
from bot.emulator.wirelog import json_body, watch
from bot.emulator.world import World

QPS = 20
_SECOND = timedelta(seconds=1)
_SPAN, _BACK = timedelta(days=120), timedelta(days=365)
_REPORTS_SPAN = timedelta(days=180)

_TITLES = {
    "/topapi/v2/user/get": "查人 POST /topapi/v2/user/get",
    "/topapi/v2/user/list": "部门的人 POST /topapi/v2/user/list",
    "/topapi/user/listid": "部门的人号 POST /topapi/user/listid",
    "/topapi/v2/department/listsub": "下级部门 POST /topapi/v2/department/listsub",
    "/topapi/v2/department/get": "查部门 POST /topapi/v2/department/get",
    "/v1.0/workflow/processInstances": "查审批单 GET /v1.0/workflow/processInstances",
    "/v1.0/workflow/processes/instanceIds/query": "查审批单号 POST /v1.0/workflow/processes/instanceIds/query",
    "/attendance/list": "查打卡 POST /attendance/list",
    "/topapi/report/list": "查日志 POST /topapi/report/list",
    "/topapi/edu/dept/list": "查家校部门 POST /topapi/edu/dept/list",
    "/topapi/edu/dept/get": "查家校部门 POST /topapi/edu/dept/get",
    "/topapi/edu/user/list": "查家校人员 POST /topapi/edu/user/list",
    "/topapi/edu/user/relation/list": "查家校关系 POST /topapi/edu/user/relation/list",
    "/call_back/get_call_back_failed_result": "推送失败的事件 GET /call_back/get_call_back_failed_result",
}

_SCOPES = {"/v1.0/workflow": "Workflow.Instance.Read", "/v1.0/swform": "qyapi_swapp_collection_read"}


class _OldError(Exception):
    def __init__(self, code: int, message: str, sub_code: str = "") -> None:
        super().__init__(code)
        self.code, self.message, self.sub_code = code, message, sub_code


class _NewError(Exception):
    def __init__(self, code: str, message: str, status: int = 400, scopes: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.code, self.message, self.status, self.scopes = code, message, status, scopes


def blueprint(world: World) -> Blueprint:
    """The addresses of both hosts, told apart by their paths."""
    pages = Blueprint("dingtalk_office_server", __name__)
    watch(pages, world, _TITLES)
    server = _Server(world)

    @pages.errorhandler(_NewError)
    def refused(error: _NewError) -> tuple[Response, int]:
        body: dict[str, Any] = {"code": error.code, "message": error.message, "requestid": secrets.token_hex(8).upper()}
        if error.scopes:
            body["accessdenieddetail"] = {"requiredScopes": list(error.scopes)}
        return jsonify(body), error.status

    @pages.errorhandler(_OldError)
    def refused_200(error: _OldError) -> Response:
        body: dict[str, Any] = {"errcode": error.code, "errmsg": error.message, "request_id": secrets.token_hex(6)}
        if error.sub_code:
            body |= {"sub_code": error.sub_code, "sub_msg": error.message}
        return jsonify(body)

    def old(path: str, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        def view() -> Response:
            return jsonify({"errcode": 0, "errmsg": "ok", **answer(server.old_call())})

        pages.add_url_rule(path, f"old {path}", view, methods=["POST"])

    old("/topapi/v2/user/get", server.user)
    old("/topapi/v2/user/list", server.users)
    old("/topapi/user/listid", server.user_ids)
    old("/topapi/v2/department/listsub", server.departments)
    old("/topapi/v2/department/get", server.department)
    old("/attendance/list", server.attendance)
    old("/topapi/report/list", server.reports)
    old("/topapi/edu/dept/list", server.edu_departments)
    old("/topapi/edu/dept/get", server.edu_department)
    old("/topapi/edu/user/list", server.edu_users)
    old("/topapi/edu/user/relation/list", server.edu_relations)

    @pages.get("/call_back/get_call_back_failed_result")
    def failed() -> Response:
        server.old_call()
        rows, more = world.ding_office.events.take_failed()
        return jsonify(errcode=0, errmsg="ok", failed_list=rows, has_more=more)

    @pages.get("/v1.0/workflow/processInstances")
    def instance() -> Response:
        server.new_call()
        return jsonify(server.instance(request.args.get("processInstanceId", "")))

    @pages.post("/v1.0/workflow/processes/instanceIds/query")
    def instance_ids() -> Response:
        server.new_call()
        return jsonify(server.instance_ids(json_body() or {}))

    @pages.get("/v1.0/swform/forms/<code>/instances")
    def answers(code: str) -> Response:
        server.new_call()
        return jsonify(server.answers(code))

    @pages.get("/v1.0/swform/instances/<number>")
    def answer(number: str) -> Response:
        server.new_call()
        return jsonify(server.answer(number))

    return pages


class _Server:
    """The work behind the addresses."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _office(self) -> DingtalkOffice:
        return self._world.ding_office

    def old_call(self) -> dict[str, Any]:
        """The body, its token, permission, faults and pace checked."""
        if self._world.tokens[DINGTALK].state(request.args.get("access_token", "")) != "good":
            raise _OldError(40014, "不合法的access_token")
        if any(request.path.startswith(path) for path in self._office.withheld):
            raise _OldError(88, "ding talk error[subcode=60011,submsg=没有调用该接口的权限]", "60011")
        if self._world.faults.strikes("busy"):
            raise _OldError(-1, "系统繁忙")
        if self._too_fast():
            raise _OldError(90018, "您的服务器调用钉钉开放平台所有接口的请求太频繁")
        return json_body() or {}

    def new_call(self) -> None:
        if self._world.tokens[DINGTALK].state(request.headers.get("x-acs-dingtalk-access-token", "")) != "good":
            raise _NewError("InvalidAuthentication", "不合法的access_token")
        if any(request.path.startswith(path) for path in self._office.withheld):
            scopes = [scope for path, scope in _SCOPES.items() if request.path.startswith(path)]
            raise _NewError("Forbidden.AccessDenied.AccessTokenPermissionDenied", "没有权限", 403, scopes)
        if self._world.faults.strikes("busy"):
            raise _NewError("system.error", "系统繁忙，请稍后再试", 500)
        if self._too_fast():
            raise _NewError("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "请求太频繁", 403)

    def _too_fast(self) -> bool:
        return self._world.rates.count("dingtalk api", request.path, _SECOND) > QPS

    # contacts

    def user(self, body: dict[str, Any]) -> dict[str, Any]:
        account = body.get("userid")
        if not isinstance(account, str) or not account or len(account) > 64:
            raise _OldError(33012, "无效的USERID")
        person = next((person for person in self._office.staff() if person.dingtalk == account), None)
        if person is None:
            raise _OldError(60121, "找不到该用户")
        return {"result": self._shown(person)}

    def users(self, body: dict[str, Any]) -> dict[str, Any]:
        people = self._of_department(body)
        cursor, size = _whole(body, "cursor"), _whole(body, "size")
        if not 1 <= size <= 100:
            raise _OldError(400002, "参数错误：size")
        result: dict[str, Any] = {"list": [self._shown(person) for person in people[cursor : cursor + size]]}
        result["has_more"] = cursor + size < len(people)
        if result["has_more"]:
            result["next_cursor"] = cursor + size
        return {"result": result}

    def user_ids(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"result": {"userid_list": [person.dingtalk for person in self._of_department(body)]}}

    def departments(self, body: dict[str, Any]) -> dict[str, Any]:
        above = _whole(body, "dept_id") or ROOT
        self._known(above)
        rows = [
            {"dept_id": number, "name": name, "parent_id": parent, "auto_add_user": False, "create_dept_group": False}
            for number, (name, parent) in DEPARTMENTS.items()
            if parent == above
        ]
        return {"result": rows}

    def department(self, body: dict[str, Any]) -> dict[str, Any]:
        number = _whole(body, "dept_id")
        self._known(number)
        name, parent = DEPARTMENTS[number]
        return {"result": {"dept_id": number, "name": name, "parent_id": parent}}

    def _of_department(self, body: dict[str, Any]) -> list[Person]:
        number = _whole(body, "dept_id")
        self._known(number)
        return [person for person in self._office.staff() if self._office.department(person) == number]

    def _known(self, number: int) -> None:
        if number not in DEPARTMENTS:
            raise _OldError(60003, "部门不存在")

    def _shown(self, person: Person) -> dict[str, Any]:
        """mobile is missing: the app has no field permission for it."""
        return {
            "userid": person.dingtalk,
            "unionid": f"union-{person.dingtalk}",
            "name": person.name,
            "title": person.post,
            "dept_id_list": [self._office.department(person)],
            "active": True,
            "admin": False,
            "boss": person.id == "zhang",
            "leader_in_dept": [],
        }

    # approvals

    def instance(self, number: str) -> dict[str, Any]:
        instance = self._office.instances.get(number)
        if instance is None:
            raise _NewError("processInstanceNotExist", "审批实例不存在")
        return {"success": True, "result": _instance(instance)}

    def instance_ids(self, body: dict[str, Any]) -> dict[str, Any]:
        now = self._world.clock.now()
        try:
            first = _moment(body["startTime"])
            last = _moment(body.get("endTime") or int(now.timestamp() * 1000))
            token, size = int(body["nextToken"]), int(body["maxResults"])
        except (KeyError, TypeError, ValueError) as error:
            raise _NewError("invalidParameter", "参数不对") from error
        if size > 20 or last - first > _SPAN or now - first > _BACK or not body.get("processCode"):
            raise _NewError("invalidParameter", "参数超出范围")
        found = [
            one.number
            for one in self._office.instances.values()
            if one.template == body["processCode"] and first <= one.at <= last
        ]
        result: dict[str, Any] = {"list": found[token : token + size]}
        if token + size < len(found):
            result["nextToken"] = str(token + size)
        return {"success": True, "result": result}

    # attendance, reports, forms

    def attendance(self, body: dict[str, Any]) -> dict[str, Any]:
        people, offset, limit = body.get("userIdList"), _whole(body, "offset"), _whole(body, "limit")
        try:
            first, last = (
                datetime.strptime(str(body[name]), "%Y-%m-%d %H:%M:%S").replace(tzinfo=SCHOOL_TZ)
                for name in ("workDateFrom", "workDateTo")
            )
        except (KeyError, ValueError) as error:
            raise _OldError(40035, "不合法的参数") from error
        if not isinstance(people, list) or not 1 <= len(people) <= 50 or not 1 <= limit <= 50:
            raise _OldError(40035, "不合法的参数")
        if last - first > LONGEST_ATTENDANCE:
            raise _OldError(40035, "时间跨度不能超过7天")
        found = [one for one in self._office.punches if one["userId"] in people and within(one, first, last)]
        return {"recordresult": found[offset : offset + limit], "hasMore": offset + limit < len(found)}

    def reports(self, body: dict[str, Any]) -> dict[str, Any]:
        first, last, cursor, size = (_whole(body, name) for name in ("start_time", "end_time", "cursor", "size"))
        if not 1 <= size <= 20 or last - first > _REPORTS_SPAN.total_seconds() * 1000:
            raise _OldError(400002, "参数错误")
        found = [report for report in self._office.reports if first <= report["create_time"] <= last]
        more = cursor + size < len(found)
        return {
            "result": {
                "data_list": found[cursor : cursor + size],
                "has_more": more,
                "next_cursor": cursor + size if more else 0,
                "size": size,
            }
        }

    def answers(self, code: str) -> dict[str, Any]:
        form = self._office.forms.get(code)
        kind = "1" if form is not None and form.education else "0"
        token, size = request.args.get("nextToken", 0, int), request.args.get("maxResults", 0, int)
        if form is None or not 1 <= size <= 100 or request.args.get("bizType") != kind:
            raise _NewError("swform.listFormInstances.paramError", "参数不对")
        # whether the list carries the words is not documented: here it does not, so that they have to be fetched
        rows = [
            {key: value for key, value in one.items() if key != "forms"} for one in form.answers[token : token + size]
        ]
        more = token + size < len(form.answers)
        return {"success": True, "result": {"list": rows, "hasMore": more, "nextToken": token + size}}

    def answer(self, number: str) -> dict[str, Any]:
        for form in self._office.forms.values():
            for one in form.answers:
                if one["formInstanceId"] == number:
                    return {"success": True, "result": one}
        raise _NewError("swform.getFormInstance.paramError", "没有这份填写")

    # families

    def edu_departments(self, body: dict[str, Any]) -> dict[str, Any]:
        above = body.get("super_id")
        rows = [row for row in _edu_rows() if row["super_id"] == above]
        return {"result": _paged(body, "details", rows) | {"super_id": above or 0}}

    def edu_department(self, body: dict[str, Any]) -> dict[str, Any]:
        row = next((row for row in _edu_rows() if row["dept_id"] == _whole(body, "dept_id")), None)
        if row is None:
            raise _OldError(60003, "部门不存在")
        return {"result": {"detail": row}}

    def edu_users(self, body: dict[str, Any]) -> dict[str, Any]:
        class_id, role = _class_id(body), body.get("role")
        pairs = {
            "student": [(pupil, name) for number, pupil, name, *_ in FAMILIES if number == class_id],
            "guardian": [
                (guardian, relation) for number, _, _, guardian, _, relation in FAMILIES if number == class_id
            ],
            "teacher": [],
        }
        if role not in pairs:
            raise _OldError(400002, "参数错误：role")
        rows = [
            {"userid": account, "unionid": "", "name": name, "role": role, "class_id": class_id, "feature": "{}"}
            for account, name in dict.fromkeys(pairs[str(role)])
        ]
        return {"result": _paged(body, "details", rows)}

    def edu_relations(self, body: dict[str, Any]) -> dict[str, Any]:
        class_id = _class_id(body)
        rows = [
            {
                "class_id": number,
                "from_userid": guardian,
                "to_userid": pupil,
                "relation_code": code,
                "relation_name": relation,
            }
            for number, pupil, _, guardian, code, relation in FAMILIES
            if number == class_id
        ]
        return {"result": _paged(body, "relations", rows)}


def _instance(instance: Instance) -> dict[str, Any]:
    finished = {} if instance.finished_at is None else {"finishTime": _minutes(instance.finished_at)}
    main = {"mainProcessInstanceId": instance.main} if instance.main else {}
    return {
        "title": instance.title,
        "status": instance.status,
        "result": instance.result,
        "businessId": "202611230900000000001",
        "originatorUserId": instance.account,
        "originatorDeptId": "-1",
        "createTime": _minutes(instance.at),
        "bizAction": instance.action,
        "operationRecords": [],
        "tasks": [{"taskId": 7001, "userId": "u1001", "status": "COMPLETED" if finished else "RUNNING"}],
        "formComponentValues": instance.values,
        **finished,
        **main,
    }


def _edu_rows() -> list[dict[str, Any]]:
    def row(number: int, name: str, kind: str, chain: Sequence[int]) -> dict[str, Any]:
        return {
            "dept_id": number,
            "name": name,
            "nick": "",
            "chain": json.dumps([*chain, number]),
            "contact_type": "classic",
            "dept_type": kind,
            "feature": "{}",
            "super_id": chain[-1] if chain else None,
        }

    rows = [row(CAMPUS, "本部", "campus", ()), row(PERIOD, "小学", "period", (CAMPUS,))]
    rows += [row(number, name, "grade", (CAMPUS, PERIOD)) for number, name in GRADES.items()]
    rows += [row(number, name, "class", (CAMPUS, PERIOD, grade)) for number, (name, grade) in CLASSES.items()]
    return rows


def _class_id(body: dict[str, Any]) -> int:
    number = _whole(body, "class_id")
    if number not in CLASSES:
        raise _OldError(60003, "班级不存在")
    return number


def _paged(body: dict[str, Any], name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    page, size = _whole(body, "page_no"), _whole(body, "page_size")
    if page < 1 or not 1 <= size <= 30:
        raise _OldError(400002, "参数错误：page_size")
    start = (page - 1) * size
    return {name: rows[start : start + size], "has_more": start + size < len(rows)}


def _whole(body: dict[str, Any], name: str) -> int:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _OldError(400002, f"参数错误：{name}")
    return value


def _moment(milliseconds: object) -> datetime:
    return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)


def _minutes(moment: datetime) -> str:
    """As the page shows it: "2022-08-31T11:52Z"."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
