"""WeCom's attendance records (打卡) of one school day.

Source: 企业微信开发者中心 › 获取打卡记录数据 (90262); restated in GO's client, 2026. A call takes 100 people at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from bot.clock import from_seconds, midnight
from bot.facts import Punch
from bot.platforms.wecom_calls import Call
from bot.platforms.wecom_people import members
from bot.platforms.wecom_permission import PUNCHES, allowed_by

PEOPLE_A_CALL = 100
ALL_KINDS = 3
"""opencheckindatatype: 1 on and off duty, 2 elsewhere, 3 both."""

MISSING = "未打卡"
_KINDS: Mapping[str, str] = {"上班打卡": "on", "下班打卡": "off", "外出打卡": "out"}


def punches(call: Call, day: date) -> tuple[Punch, ...]:
    """Everybody's records of a day, in the platform's order; a kind that nobody documented is left out."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    span = {"starttime": int(start.timestamp()), "endtime": int(end.timestamp()) - 1}
    accounts = [person.account for person in members(call) if person.active]
    found: list[Punch] = []
    for start_at in range(0, len(accounts), PEOPLE_A_CALL):
        some = accounts[start_at : start_at + PEOPLE_A_CALL]
        body = {"opencheckindatatype": ALL_KINDS, **span, "useridlist": some}
        with allowed_by(PUNCHES):
            rows = call("POST", "/cgi-bin/checkin/getcheckindata", body).get("checkindata") or ()
        found += [_read(row) for row in rows if row.get("checkin_type") in _KINDS]
    return tuple(found)


def _read(row: Mapping[str, Any]) -> Punch:
    """A missing one carries a time as well: that of the reminder, at which nobody was there."""
    wrong = str(row.get("exception_type") or "")
    return Punch(
        account=str(row["userid"]).lower(),
        kind=_KINDS[row["checkin_type"]],
        at=None if MISSING in wrong.split(";") else _moment(row.get("checkin_time")),
        due_at=_moment(row.get("sch_checkin_time")),
        wrong=wrong,
    )


def _moment(seconds: object) -> datetime | None:
    """0 and a missing one are no time."""
    return from_seconds(str(seconds)) if seconds else None
