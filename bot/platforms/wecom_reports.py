"""WeCom's work reports (汇报) of one school day.

Source: 企业微信开发者中心 › 汇报 › 批量获取汇报记录单号, 获取汇报记录详情 (93394); restated in SKIT's samples, 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from bot.clock import from_seconds, midnight
from bot.errors import TryLater
from bot.facts import WorkReport
from bot.platforms import wecom_controls as controls
from bot.platforms.wecom_calls import Call
from bot.platforms.wecom_permission import REPORTS, allowed_by

PAGE = 100
"""Records of one get_record_list at most."""


def work_reports(call: Call, day: date) -> tuple[WorkReport, ...]:
    """What was handed in on a day, in the platform's order."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    span = {"starttime": int(start.timestamp()), "endtime": int(end.timestamp()) - 1}
    with allowed_by(REPORTS):
        found = [_detail(call, one) for one in dict.fromkeys(_ids(call, span))]
    return tuple(found)


def _ids(call: Call, span: Mapping[str, int]) -> Iterator[str]:
    """Cursors are numbers; endflag 1 ends them."""
    cursor, seen = 0, set[int]()
    while True:
        answer = call("POST", "/cgi-bin/oa/journal/get_record_list", {**span, "cursor": cursor, "limit": PAGE})
        yield from (str(one) for one in answer.get("journaluuid_list") or ())
        if int(answer.get("endflag", 1)) == 1:
            return
        seen.add(cursor)
        cursor = int(answer["next_cursor"])
        if cursor in seen:
            raise TryLater("企业微信翻页翻不完，稍后自动再试")


def _detail(call: Call, journal: str) -> WorkReport:
    info = call("POST", "/cgi-bin/oa/journal/get_record_detail", {"journaluuid": journal})["info"]
    contents = [row for row in (info.get("apply_data") or {}).get("contents") or () if isinstance(row, Mapping)]
    return WorkReport(
        id=str(info.get("journal_uuid") or journal),
        account=_userid(info["submitter"]).lower(),
        template=str(info.get("template_name") or ""),
        at=from_seconds(str(info["report_time"])),
        fields=controls.fields(contents),
    )


def _userid(submitter: Any) -> str:
    """An object with the userid in it, as everywhere; a bare one is taken too."""
    return str(submitter["userid"] if isinstance(submitter, Mapping) else submitter)
