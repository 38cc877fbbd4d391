"""Questions about the machine itself: what went out, what did not, what may no longer be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.domain.rounds import ChaseLog
from bot.store.records import Inbox, InboxState, Outbox, OutboxState, RunState, ScheduleRun, Unread

OWN_LINE = "run:morning_self_check"
"""The line that tells of all the others is not one of them: else every Sunday would tell of Saturday's."""


@dataclass(frozen=True, slots=True)
class MachineHealth:
    """A span of time. sent: messages out. waiting: not out yet. dead: (number, why) given up. failed_runs, skipped_runs:
    (schedule, when). failed: messages that a bug stopped. unread: callbacks that could not be read."""

    sent: int
    waiting: int
    dead: Sequence[tuple[int, str]]
    failed_runs: Sequence[tuple[str, datetime]]
    skipped_runs: Sequence[tuple[str, datetime]]
    failed: int
    unread: int

    @property
    def well(self) -> bool:
        return not (self.dead or self.failed_runs or self.skipped_runs or self.failed or self.unread or self.waiting)


class Machine:
    """The machine's own tables, for one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def since(self, start: datetime, end: datetime) -> MachineHealth:
        """What happened in start <= t < end; what waits or was given up counts where it was queued then."""
        queued = (Outbox.school_id == self._school_id, Outbox.created_at >= start, Outbox.created_at < end)
        counts = select(Outbox.state, func.count()).where(*queued, Outbox.cause != OWN_LINE).group_by(Outbox.state)
        states = dict(self._session.execute(counts).all())
        dead = self._session.execute(
            select(Outbox.id, Outbox.reason).where(*queued, Outbox.state == OutboxState.DEAD).order_by(Outbox.id)
        ).all()
        runs = self._session.execute(
            select(ScheduleRun.schedule, ScheduleRun.due_at, ScheduleRun.state)
            .where(ScheduleRun.school_id == self._school_id, ScheduleRun.due_at >= start, ScheduleRun.due_at < end)
            .order_by(ScheduleRun.due_at)
        ).all()
        return MachineHealth(
            sent=states.get(OutboxState.SENT, 0),
            waiting=states.get(OutboxState.HELD, 0)
            + states.get(OutboxState.DUE, 0)
            + states.get(OutboxState.SENDING, 0),
            dead=[(number, reason) for number, reason in dead],
            failed_runs=[(name, at) for name, at, state in runs if state is RunState.FAILED],
            skipped_runs=[(name, at) for name, at, state in runs if state is RunState.SKIPPED],
            failed=self._count(Inbox, Inbox.state == InboxState.FAILED),
            unread=self._count(Unread, Unread.received_at >= start),
        )

    def last_run(self, schedule: str, before: datetime) -> datetime | None:
        """When it was last carried out, for which due time; None for never."""
        return self._session.scalar(
            select(func.max(ScheduleRun.due_at)).where(
                ScheduleRun.school_id == self._school_id,
                ScheduleRun.schedule == schedule,
                ScheduleRun.state == RunState.DONE,
                ScheduleRun.due_at < before,
            )
        )

    def forget_chases(self, before: datetime) -> None:
        """Delete who was reminded when."""
        self._session.execute(
            delete(ChaseLog)
            .where(ChaseLog.school_id == self._school_id, ChaseLog.at < before)
            .execution_options(synchronize_session=False)
        )

    def forget_unread(self, before: datetime) -> None:
        """Delete callbacks that nobody will read any more."""
        self._session.execute(
            delete(Unread)
            .where(Unread.school_id == self._school_id, Unread.received_at < before)
            .execution_options(synchronize_session=False)
        )

    def _count(self, record: type[Inbox] | type[Unread], condition: object) -> int:
        question = select(func.count()).select_from(record).where(record.school_id == self._school_id, condition)  # type: ignore[arg-type]
        return self._session.scalar(question) or 0
