"""Tables of the machine: what came in, what has to go out, who is in the middle of what, what ran."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.base import Id, Key, PlatformId, Record, index_where
from bot.domain.school import SchoolId
from bot.facts import Ask


class InboxState(StrEnum):
    """handled: it had its effect. failed: a bug; `xiaoling replay` tries it again."""

    HANDLED = "handled"
    FAILED = "failed"


class Inbox(Record):
    """One message from a platform. (school, connection, message_id) is what makes a second delivery harmless.

    said: the neutral message as data, raw included. error: the last line of the traceback, for a failed one.
    """

    __tablename__ = "inbox"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    connection: Mapped[str] = mapped_column(String(32))
    message_id: Mapped[PlatformId]
    received_at: Mapped[datetime]
    state: Mapped[InboxState]
    said: Mapped[dict[str, Any]]
    trace: Mapped[str] = mapped_column(String(16))
    error: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (
        UniqueConstraint("school_id", "connection", "message_id"),
        index_where("ix_inbox_failed", "id", condition="state = 'failed'"),
    )


class Unread(Record):
    """A callback whose signature was right and whose content was not as documented: kept, so that somebody can read it.

    query: as it came, the signature included; body: at most 64 KiB, as text. reason: the part that could not be read.
    """

    __tablename__ = "unread"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    connection: Mapped[str] = mapped_column(String(32))
    received_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(300))
    query: Mapped[dict[str, Any]]
    body: Mapped[str]


class OutboxState(StrEnum):
    """held: nobody is disturbed with it before due_at. due: to be sent. sending: somebody holds it. sent.

    dead: given up, for the operator to read. recalled: taken back, or never sent because somebody took it back before.
    """

    HELD = "held"
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    RECALLED = "recalled"


RECALL = "recall"
"""Under this name stands in a row's `said` the reference of a message to be taken back."""


class Outbox(Record):
    """One call's worth of what has to be said. Rows of one chat go out in the order of their ids, those held over night later.

    said: Outgoing as data; `chart` in it is drawn when it is sent; `todo` alone is the id of a Todo to be told,
    `recall` a reference to be taken back, with the words to be said where that fails; `reminds` one to be asked for again.
    held_until: when the holder counts as lost.
    reason: why it is not out yet, or never will be: one line of Chinese.
    cause: the inbox row or run that it comes from ("msg:<trace>", "run:<schedule>"); "todo:<id>" for what is no message.
    """

    __tablename__ = "outbox"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    connection: Mapped[str] = mapped_column(String(32))
    chat_id: Mapped[int] = mapped_column(Id, ForeignKey("chat.id"))
    said: Mapped[dict[str, Any]]
    cause: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[OutboxState] = mapped_column(default=OutboxState.DUE)
    attempts: Mapped[int] = mapped_column(default=0)
    held_by: Mapped[str] = mapped_column(String(32), default="")
    held_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reference: Mapped[str] = mapped_column(String(255), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")

    __table_args__ = (
        Index(None, "chat_id", "id"),
        # only what is not out yet: a million sent rows cost nothing
        index_where("ix_outbox_waiting", "chat_id", "id", condition="state IN ('due', 'sending')"),
        index_where("ix_outbox_held", "due_at", condition="state = 'held'"),
        index_where("ix_outbox_dead", "id", condition="state = 'dead'"),
    )


class ErrandState(StrEnum):
    """due: to be asked; whoever wants to know the same meanwhile waits for this one. asking: somebody asks it now.

    done: the answer had its effect, or another of the same asks. lost: the platform refused for good, or a bug stopped the
    effect.
    """

    DUE = "due"
    ASKING = "asking"
    DONE = "done"
    LOST = "lost"


ERRAND_KEY = ("school_id", "connection", "what", "about")
ERRAND_WAITING = "state = 'due'"
"""Of those that wait there is one for each question: ten events about one member ask once."""


class Errand(Record):
    """A question to a platform: asked after the commit, its answer handled in a transaction of its own.

    what, about: see Ask. details: what is said in place of `about`, where that would be too long to be known by. cause: the
    inbox row or run it comes from. reason: why it is not answered: one line of Chinese.
    """

    __tablename__ = "errand"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    connection: Mapped[str] = mapped_column(String(32))
    what: Mapped[Ask]
    about: Mapped[PlatformId]
    details: Mapped[str] = mapped_column(default="")
    cause: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[ErrandState] = mapped_column(default=ErrandState.DUE)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(300), default="")

    __table_args__ = (
        index_where("ix_errand_due", "due_at", condition="state IN ('due', 'asking')"),
        index_where("uq_errand_waiting", *ERRAND_KEY, condition=ERRAND_WAITING, unique=True),
        index_where("ix_errand_lost", "id", condition="state = 'lost'"),
    )


class CallCount(Record):
    """How many calls and messages a connection had on one school day. unit: see Tally."""

    __tablename__ = "call_count"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    connection: Mapped[str] = mapped_column(String(32))
    day: Mapped[date]
    unit: Mapped[str] = mapped_column(String(16))
    count: Mapped[int]

    __table_args__ = (UniqueConstraint("school_id", "day", "connection", "unit"),)


class LineState(Record):
    """How a connection hears, as the service saw it last. since: when that began. seen_at: the service's last sign of life.

    connection: "" for the service itself.
    """

    __tablename__ = "line_state"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    connection: Mapped[str] = mapped_column(String(32))
    well: Mapped[bool]
    line: Mapped[str]
    todo: Mapped[str]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("school_id", "connection"),)


class QuotaMark(Record):
    """A quota reached a part of the month, in per cent (limits.TOLD_AT): what makes it told once.

    month: its first day. a_month: the quota as it was; who buys more is told anew. refused: the platform said so, whatever
    we had counted. used: what we had.
    """

    __tablename__ = "quota_mark"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    platform: Mapped[str] = mapped_column(String(16))
    unit: Mapped[str] = mapped_column(String(16))
    month: Mapped[date]
    mark: Mapped[int]
    a_month: Mapped[int]
    at: Mapped[datetime]
    used: Mapped[int]
    refused: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("school_id", "platform", "unit", "month", "mark", "a_month"),
        Index(None, "school_id", "at"),
    )


class Conversation(Record):
    """What the bot asked this account in this chat, and what it remembers meanwhile.

    step: the name of the function that takes the answer; "" when nothing is open. until: then it is forgotten.
    """

    __tablename__ = "conversation"

    id: Mapped[Key]
    chat_id: Mapped[int] = mapped_column(Id, ForeignKey("chat.id"))
    account_id: Mapped[int] = mapped_column(Id, ForeignKey("account.id"))
    step: Mapped[str] = mapped_column(String(100), default="")
    memory: Mapped[dict[str, Any]] = mapped_column(default=dict)
    until: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("chat_id", "account_id"),)


class RunState(StrEnum):
    """done; skipped: too late to be useful; failed: a bug."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class ScheduleRun(Record):
    """One due time of one schedule. The unique key makes a second firing harmless."""

    __tablename__ = "schedule_run"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    schedule: Mapped[str] = mapped_column(String(100))
    due_at: Mapped[datetime]
    ran_at: Mapped[datetime]
    state: Mapped[RunState]
    error: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (UniqueConstraint("school_id", "schedule", "due_at"),)
