"""What was called and sent: one row per connection, school day and unit, added up by the database itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache

from sqlalchemy import Executable, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.domain.limits import Limit, Standing
from bot.store.records import CallCount, Outbox, OutboxState, RunState, ScheduleRun

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
        return [
            Standing(limit, sum(counted.get((name, limit.unit), 0) for name in limit.connections)) for limit in limits
        ]

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
