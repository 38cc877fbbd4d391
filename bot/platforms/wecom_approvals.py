"""WeCom's approvals (审批): how a request stands now, and which were handed in while nobody listened.

There is no call that agrees or refuses: only people do, in their client.
Sources: 企业微信开发者中心 › 获取审批申请详情 (91983), 批量获取审批单号 (91816), 审批状态变化回调通知 (91815).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.errors import TryLater
from bot.facts import Approval, Decision
from bot.platforms import wecom_controls as controls
from bot.platforms.wecom_calls import Call
from bot.platforms.wecom_errors import Refused
from bot.platforms.wecom_permission import APPROVALS, allowed_by

SPAN, PAGE = timedelta(days=31), 100
"""What one getapprovalinfo takes at most."""

NO_SUCH = 301025
"""Bad parameters: for a detail, a number that does not exist (any more)."""

_DECISIONS: Mapping[int, Decision] = {
    1: Decision.RUNNING,
    2: Decision.AGREED,
    3: Decision.REFUSED,
    4: Decision.WITHDRAWN,
    6: Decision.WITHDRAWN,  # taken back after it was agreed to
    7: Decision.WITHDRAWN,  # deleted
    10: Decision.AGREED,  # and paid
}


def approval(call: Call, number: str) -> tuple[Approval, ...]:
    """One request; () where there is none. A state that nobody documented counts as running: nothing follows from it."""
    with allowed_by(APPROVALS):
        try:
            info = call("POST", "/cgi-bin/oa/getapprovaldetail", {"sp_no": number}).get("info")
        except Refused as error:
            if error.code != NO_SUCH:
                raise
            return ()
    if not isinstance(info, Mapping):
        raise TryLater("企业微信没有给审批的内容")
    return (_read(info, number),)


def since(call: Call, first: datetime, until: datetime) -> tuple[Approval, ...]:
    """How the requests stand that were handed in within a span of any length, the oldest span first.

    What was handed in before and only decided within it is not among them: begin some days earlier.
    """
    return tuple(found for number in _numbers(call, first, until) for found in approval(call, number))


def _numbers(call: Call, since: datetime, until: datetime) -> tuple[str, ...]:
    found: dict[str, None] = {}
    with allowed_by(APPROVALS):
        while since <= until:
            end = min(since + SPAN - timedelta(seconds=1), until)
            found |= dict.fromkeys(_within(call, since, end))
            since = end + timedelta(seconds=1)
    return tuple(found)


def _within(call: Call, since: datetime, until: datetime) -> Iterator[str]:
    """A page may be short, or empty, and not be the last: only a missing cursor ends them."""
    body = {"starttime": str(int(since.timestamp())), "endtime": str(int(until.timestamp())), "size": PAGE}
    cursor, seen = "", {""}
    while True:
        page = call("POST", "/cgi-bin/oa/getapprovalinfo", {**body, "new_cursor": cursor})
        yield from (str(number) for number in page.get("sp_no_list") or ())
        cursor = str(page.get("new_next_cursor") or "")
        if not cursor:
            return
        if cursor in seen:
            raise TryLater("企业微信翻页翻不完，稍后自动再试")
        seen.add(cursor)


def _read(info: Mapping[str, Any], number: str) -> Approval:
    contents = [row for row in (info.get("apply_data") or {}).get("contents") or () if isinstance(row, Mapping)]
    spans = [found for found in map(controls.span, contents) if found]
    return Approval(
        number=str(info.get("sp_no") or number),
        template=str(info.get("template_id") or ""),
        title=str(info.get("sp_name") or ""),
        account=str((info.get("applyer") or {}).get("userid") or "").lower(),
        decision=_DECISIONS.get(int(info.get("sp_status") or 1), Decision.RUNNING),
        kind=next(filter(None, map(controls.kind, contents)), ""),
        first=spans[0][0] if spans else None,
        last=spans[0][1] if spans else None,
        fields=controls.fields(contents),
    )
