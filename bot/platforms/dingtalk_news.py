"""What DingTalk's events are about. One reader for both ways: the flat object of an HTTP event, the data of a Stream frame.

An event's fields differ in case between the two, and from event to event (userId, UserId, userid; classId, class_id): names
are compared without case and without "_". Sources: 钉钉开放平台 › 事件列表 (0014, 0038, 0039, 0079 ff., 0125, 0213-0221), by
their field tables; snapshot of 2026-08.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.clock import from_ms
from bot.errors import Malformed, Unsupported
from bot.facts import Ask, News

LONGEST = 255
"""Characters of News.about that an errand keeps. A list of ids that is longer must not be cut: everybody is asked instead."""


def read_event(kind: str, identity: str, born: datetime, data: Mapping[str, Any]) -> News:
    """One event as News. identity: its id at DingTalk, "" for one without. born: when it happened.

    Several people in one event make one News whose `about` joins their ids by ",". Raises Malformed, Unsupported.
    """
    fields = {_plain(name): value for name, value in data.items()}
    reader = _READERS.get(kind)
    if reader is None:
        raise Unsupported(kind or "no event type")
    try:
        what, about = reader(fields, born)
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed(kind) from error
    # without an id of its own, the same change at the same millisecond is the same event
    number = identity or f"{kind}/{about}/{int(born.timestamp() * 1000)}"
    return News(f"event/{number}"[:LONGEST], what, about, born, dict(data) | {"eventType": kind})


def read_http_event(data: Mapping[str, Any]) -> News:
    """The decrypted object of an HTTP event. Raises Malformed, Unsupported."""
    fields = {_plain(name): value for name, value in data.items()}
    kind = fields.get("eventtype")
    if not isinstance(kind, str) or not kind:
        raise Malformed("EventType")
    try:
        born = from_ms(fields.get("eventtime") or fields["timestamp"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError) as error:
        if kind not in _READERS:
            raise Unsupported(kind) from error
        raise Malformed("EventTime") from error
    # BizId names what changed, and changes again: only with its time is it this change
    identity = str(fields.get("eventid") or "") or (
        f"{fields['bizid']}/{int(born.timestamp() * 1000)}" if fields.get("bizid") else ""
    )
    return read_event(kind, identity, born, data)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _people(fields: Mapping[str, Any], born: datetime) -> tuple[Ask, str]:
    ids = fields["userid"]
    ids = [ids] if isinstance(ids, str) else ids
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) and one for one in ids):
        raise ValueError("userId")
    about = ",".join(dict.fromkeys(ids))
    return (Ask.MEMBER, about) if len(about) <= LONGEST else (Ask.MEMBERS, "")


def _departments(fields: Mapping[str, Any], born: datetime) -> tuple[Ask, str]:
    return Ask.MEMBERS, ""


def _approval(fields: Mapping[str, Any], born: datetime) -> tuple[Ask, str]:
    """With its template, which the detail does not name. What has only begun decides nothing, and asking is a counted call."""
    number = _word(fields["processinstanceid"])
    if fields.get("type") == "start":
        raise Unsupported("only begun")
    code = fields.get("processcode")
    return Ask.APPROVAL, f"{number}|{code}" if code else number


def _class(fields: Mapping[str, Any], born: datetime) -> tuple[Ask, str]:
    """The class that is named; else all of them, as for a grade that changed."""
    return Ask.GUARDIANS, str(fields.get("classid") or "")


def _word(value: object) -> str:
    """Raises ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError("empty")
    return value


_READERS: Mapping[str, Callable[[Mapping[str, Any], datetime], tuple[Ask, str]]] = {
    **dict.fromkeys(("user_add_org", "user_modify_org", "user_leave_org", "user_active_org"), _people),
    **dict.fromkeys(("org_dept_create", "org_dept_modify", "org_dept_remove"), _departments),
    **dict.fromkeys(("bpms_instance_change", "bpms_task_change"), _approval),
    **dict.fromkeys(
        tuple(
            f"edu_{what}_{how}" for what in ("user", "user_relation", "dept") for how in ("insert", "update", "delete")
        ),
        _class,
    ),
}
"""Event → what is to be asked. What is not here changes nothing for the bot: check_in, chat_*, label_*, todo_*.

attendance_check_record is left out on purpose: eighty people who punch twice a day would be 3,500 events a month, each of
them asking for the whole day again, in a quota of 5,000 calls; the routine that wants attendance asks once, when it is due.
"""
