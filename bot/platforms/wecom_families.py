"""WeCom's school address book (家校通讯录): the guardians of a class, of a pupil, of everybody.

Phone numbers are there and are not read. A class hangs below its grade, and its name may be the number alone (2班).
Source: 企业微信开发者中心 › 家校沟通 › 家校通讯录管理, as restated in a public client for Go and in SKIT's samples, 2022 to 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bot.errors import TryLater
from bot.facts import Guardian
from bot.platforms.wecom_calls import Call
from bot.platforms.wecom_errors import Refused
from bot.platforms.wecom_people import UNKNOWN
from bot.platforms.wecom_permission import SCHOOL, allowed_by

CLASS, GRADE = 1, 2
"""A department's type; 3 is a stage, 4 a campus."""

PUPIL, GUARDIAN = 1, 2
"""user_type of user/get."""

NO_DEPARTMENT = frozenset({60003, 60123})


def guardians(call: Call, about: str) -> tuple[Guardian, ...]:
    """about: a class's department id, "pupil:<student_userid>", "guardian:<parent_userid>", "" for all classes.

    Each guardian once for each pupil. () where there is no such class or person (any more). Raises TryLater, GiveUp.
    """
    kind, _, name = about.partition(":")
    with allowed_by(SCHOOL), _as_documented():
        classes = _classes(call)
        match kind:
            case "pupil":
                found = list(_of_pupils(_pupil(call, name), classes))
            case "guardian":
                found = list(_of_guardian(call, name, classes))
            case _:
                # a grade's or a campus's id is no class: its families are told class by class
                wanted = [one for one in classes if about in ("", str(one))]
                found = [row for one in wanted for row in _of_class(call, one, classes)]
    return tuple({(row.account, row.pupil): row for row in reversed(found)}.values())[::-1]


def class_called(call: Call, name: str) -> int:
    """The department id of the class that is called so; 0 where there is none, or more than one. Raises TryLater, GiveUp."""
    with allowed_by(SCHOOL), _as_documented():
        found = [number for number, called in _classes(call).items() if called == name]
    return found[0] if len(found) == 1 else 0


@contextmanager
def _as_documented() -> Iterator[None]:
    """Raises TryLater for an answer that is not."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TryLater("企业微信答复的内容和文档不一样") from error


def _classes(call: Call) -> dict[int, str]:
    """Department id → the class's full name, of all that have not left the school."""
    rows = {int(row["id"]): row for row in call("GET", "/cgi-bin/school/department/list").get("departments") or ()}
    return {
        number: _full_name(row, rows.get(int(row.get("parentid") or 0), {}))
        for number, row in rows.items()
        if int(row.get("type") or 0) == CLASS and not row.get("is_graduated")
    }


def _full_name(row: Mapping[str, Any], above: Mapping[str, Any]) -> str:
    name = str(row.get("name") or "")
    grade = str(above.get("name") or "") if int(above.get("type") or 0) == GRADE else ""
    return name if name.startswith(grade) else f"{grade}{name}"


def _of_class(call: Call, number: int, classes: Mapping[int, str]) -> Iterator[Guardian]:
    try:
        answer = call("GET", "/cgi-bin/school/user/list", None, {"department_id": str(number), "fetch_child": "0"})
    except Refused as error:
        if error.code not in NO_DEPARTMENT:
            raise
        return
    yield from _of_pupils(answer.get("students") or (), classes, number)


def _of_pupils(pupils: Iterable[Mapping[str, Any]], classes: Mapping[int, str], number: int = 0) -> Iterator[Guardian]:
    """number: their class; 0 takes it from the pupil's own departments."""
    for pupil in pupils:
        department = number or _class_of(pupil, classes)
        for parent in pupil.get("parents") or ():
            yield _guardian(parent, pupil, parent, department, classes)


def _of_guardian(call: Call, account: str, classes: Mapping[int, str]) -> Iterator[Guardian]:
    parent = _person(call, account, GUARDIAN, "parent")
    for child in (parent or {}).get("children") or ():
        for pupil in _pupil(call, str(child["student_userid"])):
            yield _guardian(parent or {}, pupil, child, _class_of(pupil, classes), classes)


def _guardian(
    parent: Mapping[str, Any],
    pupil: Mapping[str, Any],
    tie: Mapping[str, Any],
    department: int,
    classes: Mapping[int, str],
) -> Guardian:
    """tie: what holds their relation."""
    return Guardian(
        account=str(parent["parent_userid"]),
        pupil=str(pupil["student_userid"]),
        pupil_name=str(pupil.get("name") or ""),
        grade_class=classes.get(department, ""),
        relation=str(tie.get("relation") or ""),
        reached=int(parent.get("is_subscribe") or 0) == 1,
        class_id=str(department) if department else "",
    )


def _class_of(pupil: Mapping[str, Any], classes: Mapping[int, str]) -> int:
    return next((int(each) for each in pupil.get("department") or () if int(each) in classes), 0)


def _pupil(call: Call, account: str) -> Sequence[Mapping[str, Any]]:
    found = _person(call, account, PUPIL, "student")
    return () if found is None else (found,)


def _person(call: Call, account: str, kind: int, key: str) -> Mapping[str, Any] | None:
    try:
        answer = call("GET", "/cgi-bin/school/user/get", None, {"userid": account})
    except Refused as error:
        if error.code not in UNKNOWN:
            raise
        return None
    found = answer.get(key)
    return found if isinstance(found, Mapping) and int(answer.get("user_type") or kind) == kind else None
