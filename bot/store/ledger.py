"""What was called and sent: one row per connection, school day and unit, added up by the database itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.domain.limits import TOLD_AT, Limit, Standing
from bot.store.records import CallCount, Outbox, OutboxState, QuotaMark, RunState, ScheduleRun
from bot.store.session import insert_once

RUN = "run:"
"""How the cause of an outbox row begins that a schedule brought."""


@cache
def _adding(dialect: str) -> Executable:
    """Both databases add in one statement, so that two processes lose nothing."""
    build = sqlite.insert if dialect == "sqlite" else postgresql.insert
    row = build(CallCount.__table__)  # type: ignore[arg-type]  # always a Table here
    return row.on_conflict_do_update(
        index_elements=["school_id", "day", "connection", "unit"], set_={"count": CallCount.count + row.excluded.count}
    )


def add_counts(session: Session, school_id: int, connection: str, day: date, counts: Mapping[str, int]) -> None:
    """So many more of each unit on this day."""
    adding = _adding(session.connection().dialect.name)
    for unit, count in sorted(counts.items()):
        values = {"school_id": school_id, "connection": connection, "day": day, "unit": unit, "count": count}
        session.connection().execute(adding, values)


class Ledger:
    """One school's counts."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def counted(self, first: date, last: date) -> Mapping[tuple[str, str], int]:
        """(connection, unit) → how many, both days included."""
        rows = self._session.execute(
            select(CallCount.connection, CallCount.unit, func.sum(CallCount.count))
            .where(CallCount.school_id == self._school_id, CallCount.day >= first, CallCount.day <= last)
            .group_by(CallCount.connection, CallCount.unit)
        )
        return {(connection, unit): int(count) for connection, unit, count in rows}

    def standings(self, limits: Iterable[Limit], day: date) -> list[Standing]:
        """What is used of each quota from the month's first day to this one, included."""
        counted = self.counted(day.replace(day=1), day)
        refused = {(mark.platform, mark.unit, mark.a_month) for mark in self._marks(QuotaMark.refused, month=day)}
        return [
            Standing(
                limit,
                sum(counted.get((name, limit.unit), 0) for name in limit.connections),
                (limit.platform, limit.unit, limit.a_month) in refused,
            )
            for limit in limits
        ]

    def mark(self, standings: Iterable[Standing], day: date, at: datetime) -> list[QuotaMark]:
        """Note which thresholds of a month were reached. Returns those that nobody had noted yet."""
        fresh = []
        for standing in standings:
            limit = standing.limit
            for reached in standing.reached:
                values = {
                    "school_id": self._school_id,
                    "platform": limit.platform,
                    "unit": limit.unit,
                    "month": day.replace(day=1),
                    "mark": reached,
                    "a_month": limit.a_month,
                    "at": at,
                    "used": standing.used,
                    "refused": standing.refused and reached == TOLD_AT[-1],
                }
                if insert_once(self._session, QuotaMark, **values):
                    fresh.append(QuotaMark(**values))
        return fresh

    def marked(self, after: datetime, until: datetime) -> list[QuotaMark]:
        """The thresholds reached in after < t <= until, the earliest first."""
        return self._marks(QuotaMark.at > after, QuotaMark.at <= until)

    def _marks(self, *conditions: Any, month: date | None = None) -> list[QuotaMark]:
        question = select(QuotaMark).where(QuotaMark.school_id == self._school_id, *conditions)
        if month is not None:
            question = question.where(QuotaMark.month == month.replace(day=1))
        return list(self._session.scalars(question.order_by(QuotaMark.at, QuotaMark.id)))

    def sent_by_schedules(
        self, connections: Iterable[str], first: datetime, end: datetime
    ) -> Mapping[str, tuple[int, int]]:
        """Schedule → (its runs, the messages they brought out on these connections) in first <= t < end."""
        runs = dict(
            self._session.execute(
                select(ScheduleRun.schedule, func.count())
                .where(
                    ScheduleRun.school_id == self._school_id,
                    ScheduleRun.state == RunState.DONE,
                    ScheduleRun.due_at >= first,
                    ScheduleRun.due_at < end,
                )
                .group_by(ScheduleRun.schedule)
            ).all()
        )
        messages = dict(
            self._session.execute(
                select(Outbox.cause, func.count())
                .where(
                    Outbox.school_id == self._school_id,
                    Outbox.connection.in_(tuple(connections)),
                    Outbox.state == OutboxState.SENT,
                    Outbox.cause.startswith(RUN),
                    Outbox.sent_at >= first,
                    Outbox.sent_at < end,
                )
                .group_by(Outbox.cause)
            ).all()
        )
        return {name: (count, messages.get(f"{RUN}{name}"[:100], 0)) for name, count in runs.items()}
