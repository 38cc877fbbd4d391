"""What a platform knows besides messages: who works here, what was approved, who was present. Plain values, no wire format.

An event only says that something changed (News); what it is now is asked by an errand, outside of any transaction
(bot/errands.py), and whoever is marked @told in handlers/ turns the answer into records.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, TypeAlias


class Ask(StrEnum):
    """What a platform can be asked, and what the question is about.

    member: one account → Member; "old new" for one that was renamed: the old comes first, no longer active.
    members: "" → everybody. approval: its number → Approval.
    approvals: a day → Approval, each that was handed in since; details: the day and the settings' templates, blanks between.
    punches: a day, "2026-11-25" → Punch. work_reports: a day → WorkReport. form: its id → FormAnswer.
    guardians: a class's id, "pupil:…", "guardian:…", or "" for all → Guardian.
    new_form: what a form is for, to be made → FormMade; details: the NewForm as text. form_link: its id → FormMade with its
    link.
    class_groups: a group's id, or "" for all → ClassGroup. posting: the reference of what its sender has to confirm → Posting.
    """

    MEMBER = "member"
    MEMBERS = "members"
    APPROVAL = "approval"
    APPROVALS = "approvals"
    PUNCHES = "punches"
    WORK_REPORTS = "work_reports"
    FORM = "form"
    GUARDIANS = "guardians"
    NEW_FORM = "new_form"
    FORM_LINK = "form_link"
    CLASS_GROUPS = "class_groups"
    POSTING = "posting"


@dataclass(frozen=True, slots=True)
class News:
    """One event of a platform: it names what changed; `what` is to be asked now.

    id: unique within the connection; the inbox refuses a second one. raw: the decrypted wire event.
    """

    id: str
    what: Ask
    about: str
    at: datetime
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the platform's staff directory. account: as Message.account gives it. union_id: DingTalk's second id.

    active: false for who left or was disabled. phone: "" where the platform does not tell.
    """

    account: str
    name: str = ""
    phone: str = ""
    title: str = ""
    departments: tuple[str, ...] = ()
    active: bool = True
    union_id: str = ""


class Decision(StrEnum):
    """How a request stands. withdrawn: taken back or ended by its writer, also after it was agreed to."""

    RUNNING = "running"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Approval:
    """A request that goes through the platform's own approval (审批).

    template: the platform's id of its form; the school's settings say what it is for. fields: the form's words by their
    labels. first, last: the span it names, where it names one (leave, a trip); kind: the platform's word for it (事假).
    """

    number: str
    template: str
    title: str
    account: str
    decision: Decision
    kind: str = ""
    first: datetime | None = None
    last: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Punch:
    """One attendance record (打卡). due_at: when it should have been, at: when it was, None for one that is missing.

    kind: "on" or "off" duty, "out" for one elsewhere. wrong: the platform's Chinese words for what is not right, "" for nothing.
    """

    account: str
    kind: str
    at: datetime | None
    due_at: datetime | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class WorkReport:
    """A report written in the platform's own tool (汇报, 日志). fields: its words by their labels."""

    id: str
    account: str
    template: str
    at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """One answer to a form (收集表, 智能填表). account: "" for somebody from outside, whose name stands alone."""

    form: str
    id: str
    account: str
    name: str
    at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """One question of a form to be made. options: its answers, where one of them is to be chosen; () asks for words."""

    title: str
    options: tuple[str, ...] = ()
    needed: bool = True


@dataclass(frozen=True, slots=True)
class NewForm:
    """A form to be made on a platform (收集表).

    accounts: who may fill it in; () is whoever has its link. until: when the platform closes it by itself.
    """

    title: str
    about: str
    questions: tuple[FormQuestion, ...]
    accounts: tuple[str, ...] = ()
    until: datetime | None = None

    def text(self) -> str:
        """As JSON: an errand remembers it over a crash."""
        return json.dumps(asdict(self), ensure_ascii=False, default=datetime.isoformat)

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ValueError, KeyError, TypeError for what text() did not write."""
        data = json.loads(text)
        questions = tuple(FormQuestion(**each | {"options": tuple(each["options"])}) for each in data["questions"])
        until = datetime.fromisoformat(data["until"]) if data["until"] else None
        return cls(data["title"], data["about"], questions, tuple(data["accounts"]), until)


@dataclass(frozen=True, slots=True)
class FormMade:
    """A form that exists. link: where people fill it in, "" where nobody asked for it yet."""

    form: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Guardian:
    """Somebody who looks after a pupil. reached: the school's notices come through (they follow 学校通知).

    One row for each pupil of theirs. grade_class: as the platform names the class; class_id: its id there, "" if unknown.
    """

    account: str
    pupil: str
    pupil_name: str
    grade_class: str
    relation: str = ""
    reached: bool = False
    class_id: str = ""


@dataclass(frozen=True, slots=True)
class ClassGroup:
    """A group of a class's parents, which is a teacher's own (客户群). owner: their account; what is sent there they confirm.

    grade_class: as the settings call the class; "" leaves it to the group's name. taken: all classes that the settings give
    to groups, by the same words.
    """

    id: str
    name: str
    owner: str
    grade_class: str = ""
    taken: tuple[str, ...] = ()


class Fate(StrEnum):
    """What became of what a sender has to confirm. waiting: they have not. refused: they did, and the platform did not."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Posting:
    """How it stands in one group. chat: its id as ChatRef has it; account: the sender's. reason: why refused, in Chinese."""

    chat: str
    account: str
    fate: Fate
    reason: str = ""


Fact: TypeAlias = Member | Approval | Punch | WorkReport | FormAnswer | FormMade | Guardian | ClassGroup | Posting
