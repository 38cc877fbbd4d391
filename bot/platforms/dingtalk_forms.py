"""DingTalk's forms (智能填表): the answers to one. Read only, and only forms made in the old interface.

Source: 钉钉开放平台 › 智能填表 › 获取填表实例数据 (0970-0972); snapshot of 2026-08. The page does not say whether the list of
answers carries their words: where it does not, each is fetched, one counted call for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.facts import FormAnswer
from bot.platforms.dingtalk_api import DingtalkApi
from bot.platforms.dingtalk_pages import follow, given, moment

PAGE = 100
GENERAL, EDUCATION = "0", "1"


def answers(api: DingtalkApi, about: str) -> tuple[FormAnswer, ...]:
    """about: "<formCode>", or "<formCode>|1" for an education form, whose answers are about pupils. Raises TryLater, GiveUp."""
    form, _, kind = about.partition("|")
    kind = kind or GENERAL

    def page(cursor: int) -> tuple[list[Any], int | None]:
        path = f"/v1.0/swform/forms/{quote(form, safe='')}/instances"
        result = given(api.new("GET", path, bizType=kind, maxResults=str(PAGE), nextToken=str(cursor)))
        return result.get("list") or [], int(result["nextToken"]) if result.get("hasMore") else None

    return tuple(_answer(api, form, kind, row) for row in follow(page, 0))


def _answer(api: DingtalkApi, form: str, kind: str, row: Mapping[str, Any]) -> FormAnswer:
    """A parent is no account of the staff: an education form's answer goes by the pupil's name."""
    number = str(row["formInstanceId"])
    whole = row
    if "forms" not in row:
        path = f"/v1.0/swform/instances/{quote(number, safe='')}"
        whole = given(api.new("GET", path, bizType=kind))
    parts = whole.get("forms") or []
    return FormAnswer(
        form=form,
        id=number,
        account="" if kind == EDUCATION else str(whole.get("creator") or row.get("creator") or ""),
        name=str(row.get("studentName") or "") if kind == EDUCATION else "",
        at=moment(whole.get("modifyTime") or whole.get("createTime") or row.get("createTime")),
        fields={str(part.get("label") or part.get("key")): str(part.get("value") or "").strip() for part in parts},
    )
