"""DingTalk's work reports (日志): what was written on a day.

Source: 钉钉开放平台 › 日志 › 获取用户发出的日志列表 (0294-0300); snapshot of 2026-08.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from bot.clock import from_ms, midnight
from bot.facts import WorkReport
from bot.platforms.dingtalk_api import DingtalkApi
from bot.platforms.dingtalk_pages import follow, given

PAGE = 20


def of_day(api: DingtalkApi, day: date) -> tuple[WorkReport, ...]:
    """topapi/report/list from midnight to midnight of school time. Raises TryLater, GiveUp."""
    first, last = (int(midnight(each).timestamp() * 1000) for each in (day, day + timedelta(days=1)))

    def page(cursor: int) -> tuple[list[Any], int | None]:
        asked = {"start_time": first, "end_time": last - 1, "cursor": cursor, "size": PAGE}
        result = given(api.old("/topapi/report/list", asked))
        return result.get("data_list") or [], int(result["next_cursor"]) if result.get("has_more") else None

    return tuple(_report(row) for row in follow(page, 0))


def _report(row: Mapping[str, Any]) -> WorkReport:
    contents = sorted(row.get("contents") or [], key=lambda content: int(content.get("sort") or 0))
    return WorkReport(
        id=str(row["report_id"]),
        account=str(row["creator_id"]),
        template=str(row.get("template_name") or ""),
        at=from_ms(row["create_time"]),
        fields={str(content["key"]): str(content.get("value") or "").strip() for content in contents},
    )
