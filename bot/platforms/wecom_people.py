"""WeCom's address book (通讯录): one member, and everybody in the app's visible scope.

Apps made since 2022-06 get no phone numbers; a contacts secret used from new addresses since 2022-08 gets ids alone.
Sources: 企业微信开发者中心 › 读取成员 (90196), 获取部门成员详情 (90201), 获取成员ID列表 (96067); copies of 2023 to 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import GiveUp, TryLater
from bot.facts import Member
from bot.platforms.wecom_calls import Call
from bot.platforms.wecom_errors import Refused
from bot.platforms.wecom_permission import NO_PERMISSION, PEOPLE, allowed_by

UNKNOWN = frozenset({40003, 46004, 60111})
"""No such userid (90313)."""

GONE = frozenset({2, 5})
"""status: 1 active, 2 disabled, 4 not activated yet, 5 left. Who has not opened WeCom yet is staff all the same."""

IDS = 10_000
"""Ids of one page of user/list_id at most."""


def member(call: Call, about: str) -> tuple[Member, ...]:
    """One member by userid; () where there is none. "old new": the old id, no longer active, and the new one."""
    *old, userid = about.split()
    with allowed_by(PEOPLE):
        try:
            row = call("GET", "/cgi-bin/user/get", None, {"userid": userid})
        except Refused as error:
            if error.code not in UNKNOWN:
                raise
            found: tuple[Member, ...] = ()
        else:
            found = (read_member(row, _departments(call)),)
    return (*(Member(account=account.lower(), active=False) for account in old), *found)


def members(call: Call) -> tuple[Member, ...]:
    """Everybody whom the app may see, each once; ids alone where WeCom gives no more."""
    with allowed_by(PEOPLE):
        try:
            names = _names(call)
            rows = [row for department in names for row in _in_department(call, department)]
        except Refused as error:
            if error.code not in NO_PERMISSION:
                raise
            return _ids(call)
    found = (read_member(row, names) for row in rows)
    return tuple({person.account: person for person in found}.values())


def read_member(row: Mapping[str, Any], names: Mapping[int, str]) -> Member:
    """One row of user/get or user/list. names: department id → name; an unknown one is left out."""
    departments = row.get("department") or ()
    return Member(
        account=str(row.get("userid", "")).lower(),
        name=str(row.get("name") or ""),
        phone=str(row.get("mobile") or ""),
        title=str(row.get("position") or ""),
        departments=tuple(names[int(each)] for each in departments if int(each) in names),
        active=int(row.get("status") or 1) not in GONE,
    )


def pages(call: Call, path: str, body: Mapping[str, Any], cursor: str = "next_cursor") -> Iterator[dict[str, Any]]:
    """Every page of a POST that goes on from a cursor, until none is given. cursor: what the answer calls the next one.

    Raises TryLater where the same cursor comes again: the pages would never end.
    """
    asked, seen = {"cursor": "", **body}, {""}
    while True:
        answer = call("POST", path, asked)
        yield answer
        following = str(answer.get(cursor) or "")
        if not following:
            return
        if following in seen:
            raise TryLater("企业微信翻页翻不完，稍后自动再试")
        seen.add(following)
        asked = {**asked, "cursor": following}


def _in_department(call: Call, department: int) -> list[dict[str, Any]]:
    """Its own members, not those of the departments below it."""
    return list(call("GET", "/cgi-bin/user/list", None, {"department_id": str(department)}).get("userlist") or ())


def _names(call: Call) -> dict[int, str]:
    rows = call("GET", "/cgi-bin/department/list").get("department") or ()
    return {int(row["id"]): str(row.get("name") or "") for row in rows}


def _departments(call: Call) -> dict[int, str]:
    """For one member, a department's name is not worth a failure."""
    try:
        return _names(call)
    except GiveUp:
        return {}


def _ids(call: Call) -> tuple[Member, ...]:
    found: dict[str, Member] = {}
    for page in pages(call, "/cgi-bin/user/list_id", {"limit": IDS}):
        for row in page.get("dept_user") or ():
            account = str(row["userid"]).lower()
            found[account] = Member(account=account)
    return tuple(found.values())
