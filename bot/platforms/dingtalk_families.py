"""DingTalk's home-school directory (家校通讯录): campus, period, grade, class; pupils and who looks after them.

Whether a guardian can be written to is not known (docs/dingtalk-home-school.md): nobody is told as reached.
No phone number is asked for. Source: 钉钉开放平台 › 家校通讯录 (1126, 1155-1176); snapshot of 2026-08. Counted calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.facts import Guardian
from bot.platforms.dingtalk_api import DingtalkApi
from bot.platforms.dingtalk_errors import Gone
from bot.platforms.dingtalk_pages import follow, given

PAGE = 30
CLASS, GRADE = "class", "grade"


def guardians(api: DingtalkApi, about: str) -> tuple[Guardian, ...]:
    """Of one class by its id, "" for all. () for a class that is gone. Raises TryLater, GiveUp."""
    if about:
        try:
            return _of_class(api, int(about), _class_name(api, int(about)))
        except (Gone, ValueError):
            return ()
    found: list[Guardian] = []
    for number, name in _classes(api):
        found += _of_class(api, number, name)
    return tuple(found)


def _classes(api: DingtalkApi) -> Iterator[tuple[int, str]]:
    """Every class with its name."""
    waiting: list[tuple[int | None, str]] = [(None, "")]
    seen: set[int] = set()
    while waiting:
        above, grade = waiting.pop(0)
        for row in follow(_departments(api, above), 1):
            number, kind, name = int(row["dept_id"]), row.get("dept_type"), str(row.get("name") or "")
            if number in seen:
                continue
            seen.add(number)
            if kind == CLASS:
                yield number, _joined(grade, name)
            else:
                waiting.append((number, name if kind == GRADE else grade))


def _departments(api: DingtalkApi, above: int | None) -> Callable[[int], tuple[list[Any], int | None]]:
    asked = {} if above is None else {"super_id": above}
    return _pages(api, "/topapi/edu/dept/list", asked, "details")


def _class_name(api: DingtalkApi, number: int) -> str:
    """With its grade before it, which the class does not always name."""
    detail = _department(api, number)
    name = str(detail.get("name") or "")
    for above in reversed(_chain(detail)):
        if above != number and (grade := _department(api, above)).get("dept_type") == GRADE:
            return _joined(str(grade.get("name") or ""), name)
    return name


def _department(api: DingtalkApi, number: int) -> Mapping[str, Any]:
    result = given(api.old("/topapi/edu/dept/get", {"dept_id": number}))
    detail = result.get("detail")
    return detail if isinstance(detail, Mapping) else result


def _chain(detail: Mapping[str, Any]) -> list[int]:
    try:
        chain = json.loads(str(detail.get("chain") or "[]"))
        return [int(number) for number in chain]
    except (ValueError, TypeError):
        return []


def _joined(grade: str, name: str) -> str:
    return name if "年级" in name or name.startswith(grade) else grade + name


def _of_class(api: DingtalkApi, number: int, name: str) -> tuple[Guardian, ...]:
    students = _pages(api, "/topapi/edu/user/list", {"class_id": number, "role": "student"}, "details")
    names = {str(row["userid"]): str(row.get("name") or "") for row in follow(students, 1)}
    relations = _pages(api, "/topapi/edu/user/relation/list", {"class_id": number}, "relations")
    return tuple(
        Guardian(
            account=str(row["from_userid"]),
            pupil=str(row["to_userid"]),
            pupil_name=names.get(str(row["to_userid"]), ""),
            grade_class=name,
            relation=str(row.get("relation_name") or ""),
        )
        for row in follow(relations, 1)
    )


def _pages(
    api: DingtalkApi, path: str, asked: Mapping[str, Any], rows: str
) -> Callable[[int], tuple[list[Any], int | None]]:
    """Pages from 1."""

    def page(number: int) -> tuple[list[Any], int | None]:
        result = given(api.old(path, {**asked, "page_no": number, "page_size": PAGE}))
        return result.get(rows) or [], number + 1 if result.get("has_more") else None

    return page
