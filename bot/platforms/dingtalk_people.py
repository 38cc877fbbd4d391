"""DingTalk's staff directory (通讯录): who works here. None of these calls is counted in the month's quota (1432).

Sources: 钉钉开放平台 › 通讯录 › 查询用户详情, 获取部门用户详情, 获取部门用户 userid 列表, 获取部门列表 (0056, 0062-0065, 0082).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.facts import Member
from bot.platforms.dingtalk_api import DingtalkApi
from bot.platforms.dingtalk_errors import Gone
from bot.platforms.dingtalk_pages import follow, given

ROOT = 1
"""The department that holds all others."""

PAGE = 100
"""The largest size is not documented; a hundred was never refused."""


def some(api: DingtalkApi, accounts: Sequence[str]) -> tuple[Member, ...]:
    """user/get for each. One alone who is gone is (); among several they are told as inactive. Raises TryLater, GiveUp."""
    names: dict[int, str] = {}
    members = [_one(api, account, names) for account in accounts]
    if len(members) == 1 and not members[0].active and not members[0].name:
        return ()
    return tuple(members)


def everybody(api: DingtalkApi) -> tuple[Member, ...]:
    """Everybody in every department once, with the names of all of theirs. Raises TryLater, GiveUp.

    Whom the app may not see in full is told by id alone (listid is not limited by its scope): they are there.
    """
    found: dict[str, Member] = {}
    hidden: dict[str, Member] = {}
    for number, name in _departments(api):
        for user in _users(api, number):
            member = _member(user)
            known = found.get(member.account, replace(member, departments=()))
            found[member.account] = replace(known, departments=(*known.departments, *((name,) if name else ())))
        for account in account_ids(api, number):
            hidden.setdefault(account, Member(account))
    return tuple((hidden | found).values())


def all_account_ids(api: DingtalkApi) -> list[str]:
    """Of every department, each once. Raises TryLater, GiveUp."""
    return list(dict.fromkeys(account for number, _ in _departments(api) for account in account_ids(api, number)))


def account_ids(api: DingtalkApi, department: int) -> list[str]:
    """topapi/user/listid, without v2. Raises TryLater, GiveUp."""
    result = given(api.old("/topapi/user/listid", {"dept_id": department}))
    return [str(account) for account in result.get("userid_list") or []]


def _one(api: DingtalkApi, account: str, names: dict[int, str]) -> Member:
    try:
        user = given(api.old("/topapi/v2/user/get", {"userid": account}))
    except Gone:
        return Member(account, active=False)
    for number in user.get("dept_id_list") or []:
        if int(number) != ROOT and int(number) not in names:
            names[int(number)] = _department_name(api, int(number))
    theirs = [names[int(number)] for number in user.get("dept_id_list") or [] if int(number) != ROOT]
    return replace(_member(user), departments=tuple(filter(None, theirs)))


def _department_name(api: DingtalkApi, number: int) -> str:
    """ "" for one that is gone meanwhile."""
    try:
        return str(given(api.old("/topapi/v2/department/get", {"dept_id": number})).get("name") or "")
    except Gone:
        return ""


def _departments(api: DingtalkApi) -> Iterator[tuple[int, str]]:
    """All, the root first, without a name: it is the school. Each once, whatever the tree says."""
    waiting, seen = [(ROOT, "")], {ROOT}
    while waiting:
        number, name = waiting.pop(0)
        yield number, name
        below = api.old("/topapi/v2/department/listsub", {"dept_id": number}).get("result") or []
        for department in below:
            child = int(department["dept_id"])
            if child not in seen:
                seen.add(child)
                waiting.append((child, str(department.get("name") or "")))


def _users(api: DingtalkApi, department: int) -> Iterator[Mapping[str, Any]]:
    def page(cursor: int) -> tuple[list[Any], int | None]:
        asked = {"dept_id": department, "cursor": cursor, "size": PAGE}
        result = given(api.old("/topapi/v2/user/list", asked))
        more = result.get("has_more") and result.get("next_cursor") is not None
        return result.get("list") or [], int(result["next_cursor"]) if more else None

    return follow(page, 0)


def _member(user: Mapping[str, Any]) -> Member:
    """active at DingTalk says whether they have ever signed in, not whether they work here."""
    return Member(
        account=str(user["userid"]),
        name=str(user.get("name") or ""),
        phone=str(user.get("mobile") or ""),
        title=str(user.get("title") or ""),
        union_id=str(user.get("unionid") or ""),
    )
