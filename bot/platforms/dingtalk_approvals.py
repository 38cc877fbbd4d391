"""DingTalk's approvals (OA 审批): how a request stands, and for a leave or a trip, which days it names.

The detail does not name its template; the event does, so it travels in what is asked (see DingtalkFacts.ask). A change or a
taking back of an agreed request is a request of its own: bizAction and mainProcessInstanceId, known from the official SDK
(alibabacloud workflow_1_0), not from the page; without them nothing is assumed.
Sources: 钉钉开放平台 › OA 审批 › 获取单个审批实例详情, 获取审批实例 ID 列表 (0491-0506); snapshot of 2026-08.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.errors import GiveUp
from bot.facts import Approval, Decision
from bot.platforms.dingtalk_api import DingtalkApi
from bot.platforms.dingtalk_form import field_words, leave_kind, span
from bot.platforms.dingtalk_pages import follow, given, moment

TEMPLATE = "PROC-"
"""How every template's code begins; an instance's id never does."""

PAGE = 20
LONGEST = timedelta(days=119)
"""instanceIds/query looks at 120 days at most."""


def one(api: DingtalkApi, about: str) -> tuple[Approval, ...]:
    """processInstances. about: "<instance>|<processCode>", the code may be missing. Raises TryLater, GiveUp.

    Of a change that was agreed to, the old request is told as withdrawn before the new one.
    """
    number, _, template = about.partition("|")
    result = given(api.new("GET", "/v1.0/workflow/processInstances", processInstanceId=number))
    return _read(number, str(result.get("processCode") or template), result)


def since(api: DingtalkApi, about: str, now: datetime) -> tuple[Approval, ...]:
    """Requests made since a day: for what was decided while nobody listened. Raises TryLater, GiveUp.

    about: the day, then templates, of which DingTalk's own count: it lists no requests without a template. What was taken
    back comes last, so that it is not agreed to again.
    """
    day, *templates = about.split()
    try:
        first = max(moment(day), now - LONGEST)
    except ValueError as error:
        raise GiveUp("要问的日子写得不对") from error
    found = [
        approval
        for template in templates
        if template.startswith(TEMPLATE)
        for approval in _of_template(api, template, first, now)
    ]
    return tuple(sorted(found, key=lambda approval: approval.decision is Decision.WITHDRAWN))


def _of_template(api: DingtalkApi, template: str, first: datetime, now: datetime) -> Iterator[Approval]:
    def page(cursor: int) -> tuple[list[Any], int | None]:
        asked = {
            "processCode": template,
            "startTime": int(first.timestamp() * 1000),
            "endTime": int(now.timestamp() * 1000),
            "nextToken": cursor,
            "maxResults": PAGE,
        }
        result = given(api.new("POST", "/v1.0/workflow/processes/instanceIds/query", asked))
        following = result.get("nextToken")
        return [{"id": number} for number in result.get("list") or []], int(following) if following else None

    for row in follow(page, 0):
        yield from one(api, f"{row['id']}|{template}")


def _read(number: str, template: str, result: Mapping[str, Any]) -> tuple[Approval, ...]:
    parts = [part for part in result.get("formComponentValues") or [] if isinstance(part, Mapping)]
    first, last = span(parts)
    account = str(result.get("originatorUserId") or "")
    decision = _decision(result)
    approval = Approval(
        number, template, str(result.get("title") or ""), account, decision, leave_kind(parts), first, last,
        field_words(parts),
    )  # fmt: skip
    main = str(result.get("mainProcessInstanceId") or "")
    if not main or decision is not Decision.AGREED:
        return (approval,)
    former = Approval(main, template, approval.title, account, Decision.WITHDRAWN, approval.kind)
    match result.get("bizAction"):
        case "REVOKE":
            return (former,)
        case "MODIFY":
            return (former, approval)
    return (approval,)


def _decision(result: Mapping[str, Any]) -> Decision:
    match str(result.get("status") or "").upper(), str(result.get("result") or "").lower():
        case "TERMINATED" | "CANCELED", _:
            return Decision.WITHDRAWN
        case "COMPLETED", "agree":
            return Decision.AGREED
        case "COMPLETED", "refuse":
            return Decision.REFUSED
    return Decision.RUNNING
