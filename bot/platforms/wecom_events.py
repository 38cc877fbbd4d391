"""WeCom's events that say that something it knows has changed: the address book, an approval, a form, families, their groups.

Events have no id: who, when, what and about whom are one together.
Sources: 企业微信开发者中心 › 成员变更通知 (90970), 审批状态变化回调通知 (91815), 家校通讯录变更 (92032),
客户群变更事件 (92130); SKIT's samples, 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.clock import from_seconds
from bot.errors import Malformed, Unsupported
from bot.facts import Ask, News

_MEMBERS = frozenset({"create_user", "update_user", "delete_user"})
_PUPILS = frozenset({"create_student", "update_student", "delete_student"})
_GUARDIANS = frozenset({"create_parent", "update_parent", "delete_parent", "subscribe", "unsubscribe"})
_CLASSES = frozenset(
    f"{verb}_{noun}" for verb in ("create", "update", "delete") for noun in ("department", "deparmtment")
)
"""The documentation's samples misspell it."""

_GROUPS = frozenset({"create", "dismiss"})
_GROUP_CHANGES = frozenset({"change_owner", "change_name"})
"""UpdateDetail of an update; who comes and goes changes nothing here."""

_MERE_TALK = frozenset({"5", "10"})
"""StatuChangeEvent: urged, commented on. The request stands as before."""


def read_event(raw: Mapping[str, Any]) -> News:
    """One decrypted event, as nested dictionaries. Raises Unsupported for one that changes nothing here, Malformed."""
    event = str(raw.get("Event", ""))
    try:
        what, about, more = _read(event, raw)
        at = from_seconds(raw["CreateTime"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Malformed(event or "event") from error
    parts = (raw.get("FromUserName"), raw["CreateTime"], event, more, about)
    return News("-".join(str(part) for part in parts if part), what, about, at, dict(raw))


def _read(event: str, raw: Mapping[str, Any]) -> tuple[Ask, str, str]:
    """What is to be asked, about what, and what else tells this event from another of the same second."""
    change = str(raw.get("ChangeType") or "")
    if event == "change_contact" and change in _MEMBERS:
        renamed = raw.get("NewUserID")
        return Ask.MEMBER, " ".join(_word(each).lower() for each in (raw["UserID"], renamed) if each), change
    if event == "change_school_contact" and change in _PUPILS | _GUARDIANS | _CLASSES:
        prefix = "pupil:" if change in _PUPILS else "guardian:" if change in _GUARDIANS else ""
        return Ask.GUARDIANS, prefix + _word(raw["Id"]), change
    if event == "change_external_chat" and (change in _GROUPS or str(raw.get("UpdateDetail")) in _GROUP_CHANGES):
        return Ask.CLASS_GROUPS, _word(raw["ChatId"]), change
    if event == "sys_approval_change":
        info = raw["ApprovalInfo"]
        changed = str(info.get("StatuChangeEvent") or "")
        if changed not in _MERE_TALK:
            return Ask.APPROVAL, _word(info.get("SpNoStr") or info.get("SpNo")), changed
    if event == "doc_change" and change == "form_complete":
        forms = raw["FormId"]
        return Ask.FORM, " ".join(map(_word, forms if isinstance(forms, list) else [forms])), change
    raise Unsupported(f"event {event} {change}".strip())


def _word(value: object) -> str:
    """The text of an element that must hold some. Raises ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError("empty")
    return value
