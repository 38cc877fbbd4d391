"""DingTalk's attendance (考勤): one day's records of everybody.

Source: 钉钉开放平台 › 考勤 › 获取打卡结果 (0195, 0196); snapshot of 2026-08. Two calls for fifty people with two punches
each, both counted: ask once a day, not for every punch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bot.facts import Punch
from bot.platforms.dingtalk_api import DingtalkApi
from bot.platforms.dingtalk_pages import follow, moment
from bot.platforms.dingtalk_people import all_account_ids

PEOPLE = PAGE = 50

_KINDS = {"OnDuty": "on", "OffDuty": "off"}
_WRONG = {
    "Normal": "",
    "Early": "早退",
    "Late": "迟到",
    "SeriousLate": "严重迟到",
    "Absenteeism": "旷工迟到",
    "NotSigned": "缺卡",
}
"""timeResult → the console's own word."""

ELSEWHERE = "Outside"


def of_day(api: DingtalkApi, day: date) -> tuple[Punch, ...]:
    """attendance/list for everybody of the directory. Raises TryLater, GiveUp."""
    found = []
    everybody = all_account_ids(api)
    for start in range(0, len(everybody), PEOPLE):
        people = everybody[start : start + PEOPLE]
        found += [_punch(record) for record in follow(_pages(api, people, day), 0)]
    return tuple(found)


def _pages(api: DingtalkApi, people: Sequence[str], day: date) -> Any:
    asked = {"workDateFrom": f"{day} 00:00:00", "workDateTo": f"{day} 23:59:59", "userIdList": list(people)}

    def page(offset: int) -> tuple[list[Any], int | None]:
        answer = api.old("/attendance/list", asked | {"offset": offset, "limit": PAGE})
        rows = answer.get("recordresult") or []
        return rows, offset + PAGE if answer.get("hasMore") and rows else None

    return page


def _punch(record: Mapping[str, Any]) -> Punch:
    result = str(record.get("timeResult") or "")
    there = record.get("locationResult") == ELSEWHERE
    kind = "out" if there else _KINDS.get(str(record.get("checkType")), "on")
    # a missing one carries the time at which it was due, or none
    at = None if result == "NotSigned" else _moment(record.get("userCheckTime"))
    return Punch(str(record["userId"]), kind, at, _moment(record.get("baseCheckTime")), _WRONG.get(result, result))


def _moment(value: object) -> datetime | None:
    return moment(value) if value else None
