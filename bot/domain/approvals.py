"""What a decided approval (审批) of the platform has as its effect here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.base import Key, Record
from bot.domain.school import SchoolId


class Means(StrEnum):
    """What an agreed form is for. nothing: it has no effect here, whatever it is called."""

    LEAVE = "leave"
    TASK_DONE = "task_done"
    TASK_DEFERRED = "task_deferred"
    HAZARD_EXTENSION = "hazard_extension"
    DUTY_SWAP = "duty_swap"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a form is for; the others are the labels of the fields that name the task's or the hazard's number, the later
    day, the day on duty and who stands in."""

    means: Means
    task: str = "任务"
    until: str = "延期到"
    hazard: str = "隐患编号"
    day: str = "值班日期"
    stand_in: str = "替班人"


class ApprovalEffect(Record):
    """An approval had its effect: an event that comes twice, or is caught up, has none again.

    source: "<platform>:<number>". did: what it changed, so that it can be undone; {} where nothing was. undone_at: it was.
    """

    __tablename__ = "approval_effect"

    id: Mapped[Key]
    school_id: Mapped[SchoolId]
    source: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    did: Mapped[dict[str, Any]] = mapped_column(default=dict)
    undone_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("school_id", "source"),)
