"""WeCom's home-school addresses: the pupils' departments, families, and notices to parents (学校通知).

Written from the documentation alone: 企业微信开发者中心 › 家校沟通, as restated in public clients, copies of 2022 to 2026.
A notice reaches who follows the school; the others come back as invalid. It carries no id and nothing can be answered.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Blueprint, Response, request

from bot.emulator import demo
from bot.emulator.families import CLASS, CLASS_NAMES, PARENTS, PUPILS, SCHOOL, Parent, Pupil, SchoolDepartment
from bot.emulator.wecom_door import WecomError, answer
from bot.emulator.wecom_gate import body, guard, number
from bot.emulator.wirelog import carried, watch
from bot.emulator.world import World

TEXT_BYTES = 2048
PEOPLE_A_CALL, CLASSES_A_CALL = 1000, 100
AGAIN_WITHIN, AGAIN_MOST = 1800, 14400
KINDS = ("text", "image", "file")
"""msgtypes that are shown here; there is neither markdown nor a card (家校沟通 › 发送学校通知)."""

SEND = "/cgi-bin/externalcontact/message/send"
DEPARTMENTS, PEOPLE = "/cgi-bin/school/department/list", "/cgi-bin/school/user"
SCOPE = "/cgi-bin/school/agent/get_allow_scope"
_TITLES = {
    SEND: f"学校通知 POST {SEND}",
    DEPARTMENTS: f"家校部门 GET {DEPARTMENTS}",
    f"{PEOPLE}/get": f"学生或家长 GET {PEOPLE}/get",
    f"{PEOPLE}/list": f"班里的学生 GET {PEOPLE}/list",
    f"{PEOPLE}/list_parent": f"班里的家长 GET {PEOPLE}/list_parent",
    SCOPE: f"家长范围 GET {SCOPE}",
}


def blueprint(world: World) -> Blueprint:
    pages = Blueprint("wecom_school_server", __name__)
    watch(pages, world, _TITLES)
    guard(pages, world)

    @pages.get(DEPARTMENTS)
    def departments() -> Response:
        wanted = number(request.args.get("id") or 0)
        rows = [row for row in SCHOOL if not wanted or wanted in _line(row)]
        if not rows:
            raise WecomError(60003)
        return answer(departments=[_department(row) for row in rows])

    @pages.get(f"{PEOPLE}/list")
    def pupils() -> Response:
        below = request.args.get("fetch_child") == "1"
        return answer(students=[_pupil(world, one) for one in _within(_asked_department(), below=below)])

    @pages.get(f"{PEOPLE}/list_parent")
    def parents() -> Response:
        ids = {pupil.id for pupil in _within(_asked_department(), below=False)}
        return answer(parents=[_parent(world, one) for one in PARENTS if ids & set(one.children)])

    @pages.get(f"{PEOPLE}/get")
    def person() -> Response:
        wanted = request.args.get("userid", "")
        for pupil in PUPILS:
            if pupil.id == wanted:
                return answer(user_type=1, student=_pupil(world, pupil))
        for parent in PARENTS:
            if parent.id == wanted:
                return answer(user_type=2, parent=_parent(world, parent))
        raise WecomError(60111)

    @pages.get(SCOPE)
    def scope() -> Response:
        if number(request.args.get("agentid", "")) != demo.AGENT_ID:
            raise WecomError(40056)
        return answer(allow_scope={"students": [], "departments": [{"partyid": number} for number in CLASS_NAMES]})

    @pages.post(SEND)
    def send() -> Response:
        return _send(world, body())

    return pages


def _send(world: World, asked: dict[str, Any]) -> Response:
    if asked.get("agentid") != demo.AGENT_ID:
        raise WecomError(40056)
    reached, invalid = _receivers(world, asked)
    what = _content(world, asked)
    if not reached:
        raise WecomError(81013)
    if asked.get("enable_duplicate_check") == 1:
        mark = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        if world.seen.before(mark) is not None:
            return answer(**invalid)
        interval = number(asked.get("duplicate_check_interval", AGAIN_WITHIN))
        world.seen.remember(mark, "sent", min(interval, AGAIN_MOST))
    for one, name in CLASS_NAMES.items():
        people = [parent for parent in reached if _in_class(parent, one, asked)]
        if people:
            carried(world.bot_says(world.chat(f"wecom-class-{one}"), **what, note=f"{name} {len(people)} 位家长收到了"))
    return answer(**invalid)


def _receivers(world: World, asked: dict[str, Any]) -> tuple[list[Parent], dict[str, list[Any]]]:
    """Who follows among those meant, and whom it cannot reach. recv_scope 0: guardians; 1, 2: pupils, who have no account."""
    scope = asked.get("recv_scope", 0)
    if scope not in (0, 1, 2):
        raise WecomError(40058)
    named, pupils, classes = (_ids(asked, key) for key in ("to_parent_userid", "to_student_userid", "to_party"))
    if len(named) > PEOPLE_A_CALL or len(pupils) > PEOPLE_A_CALL:
        raise WecomError(40058)
    if len(classes) > CLASSES_A_CALL:
        raise WecomError(82002)
    if scope == 1:
        raise WecomError(81013)
    everybody = asked.get("toall") == 1
    invalid_classes = [one for one in classes if one not in {str(row.id) for row in SCHOOL}]
    children = {
        pupil.id for pupil in PUPILS if everybody or pupil.id in pupils or set(classes) & set(_places(pupil.department))
    }
    meant = [one for one in PARENTS if one.id in named or children & set(one.children)]
    reached = [one for one in meant if _follows(world, one)]
    families = {child for parent in reached for child in parent.children}
    known = {one.id for one in PARENTS}
    return reached, {
        "invalid_parent_userid": [one.id for one in meant if not _follows(world, one)]
        + [one for one in named if one not in known],
        "invalid_student_userid": [one for one in pupils if one not in families],
        "invalid_party": [int(one) if one.isdecimal() else one for one in invalid_classes],
    }


def _content(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    kind = asked.get("msgtype")
    if kind not in KINDS:
        raise WecomError(40008)
    part = asked.get(kind)
    value = part.get("content" if kind == "text" else "media_id") if isinstance(part, dict) else None
    if not isinstance(value, str):
        raise WecomError(40058)
    if kind == "text":
        if not value.strip():
            raise WecomError(44004)
        if len(value.encode()) > TEXT_BYTES:
            raise WecomError(45002)
        return {"text": value}
    file = world.file(value)
    if file is None:
        raise WecomError(40007)
    return {"images": [file.id]} if kind == "image" else {"file": file.id, "title": file.name}


def _in_class(parent: Parent, department: int, asked: dict[str, Any]) -> bool:
    """Whether a notice to this guardian is shown in this class: where the pupils it is for are, else at the first child's."""
    children = [pupil for pupil in PUPILS if pupil.id in parent.children]
    classes, pupils = set(_ids(asked, "to_party")), set(_ids(asked, "to_student_userid"))
    meant = [one for one in children if one.id in pupils or classes & set(_places(one.department))] or children[:1]
    return department in {one.department for one in meant}


def _ids(asked: dict[str, Any], key: str) -> list[str]:
    value = asked.get(key) or []
    if not isinstance(value, list):
        raise WecomError(40058)
    return [str(one) for one in value]


def _asked_department() -> int:
    wanted = number(request.args.get("department_id", ""))
    if wanted not in {row.id for row in SCHOOL}:
        raise WecomError(60003)
    return wanted


def _within(department: int, *, below: bool) -> list[Pupil]:
    wanted = str(department)
    return [
        pupil for pupil in PUPILS if (wanted in _places(pupil.department) if below else str(pupil.department) == wanted)
    ]


def _places(department: int) -> tuple[str, ...]:
    """A class and everything above it, as text."""
    row = next(one for one in SCHOOL if one.id == department)
    return tuple(str(one) for one in _line(row))


def _line(row: SchoolDepartment) -> tuple[int, ...]:
    above = next((one for one in SCHOOL if one.id == row.parent), None)
    return (row.id, *(_line(above) if above else ()))


def _department(row: SchoolDepartment) -> dict[str, Any]:
    kind = {"is_graduated": 0, "open_group_chat": 0} if row.type == CLASS else {}
    return {"id": row.id, "name": row.name, "parentid": row.parent, "type": row.type, "order": row.id, **kind}


def _follows(world: World, parent: Parent) -> bool:
    return world.office.follows.get(parent.id, parent.follows)


def _pupil(world: World, pupil: Pupil) -> dict[str, Any]:
    parents = [
        {
            "parent_userid": one.id,
            "relation": one.children[pupil.id],
            "mobile": "",
            "is_subscribe": int(_follows(world, one)),
        }
        for one in PARENTS
        if pupil.id in one.children
    ]
    return {"student_userid": pupil.id, "name": pupil.name, "department": [pupil.department], "parents": parents}


def _parent(world: World, parent: Parent) -> dict[str, Any]:
    children = [{"student_userid": one, "relation": relation} for one, relation in parent.children.items()]
    return {
        "parent_userid": parent.id,
        "mobile": "",
        "is_subscribe": int(_follows(world, parent)),
        "children": children,
    }
