"""The demonstration school's rows: read from its workbook once for each day that plays begin, copied from then on.

The import itself costs half a second a time and has tests of its own; what a play finds in its database is what it wrote.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from bot.domain.base import Record
from bot.domain.chats import Chat
from bot.domain.people import Turn
from bot.domain.school import School
from bot.domain.tasks import Task
from bot.emulator import demo
from bot.roster import load_workbook

_OPENED = frozenset({School.__tablename__, Chat.__tablename__})
"""Written by the process that starts, from its settings."""

_read: dict[datetime, list[tuple[Table, list[dict[str, Any]]]]] = {}


def furnish(start: datetime, session: Session) -> None:
    """Bring the school's people, posts, places and duty table into a database in which a process has just started.

    A play writes its own plan and, where it matters, its own duty table.
    """
    if start in _read:
        _copy(start, session)
        return
    load_workbook(demo.CODE, _workbook(start.date()), start, session)
    session.execute(delete(Task))
    session.execute(delete(Turn).where(Turn.day > start.date()))
    tables = [table for table in Record.metadata.sorted_tables if table.name not in _OPENED]
    found = [(table, [dict(row) for row in session.execute(select(table)).mappings()]) for table in tables]
    _read[start] = [(table, rows) for table, rows in found if rows]


def _copy(start: datetime, session: Session) -> None:
    postgresql = session.get_bind().dialect.name == "postgresql"
    for table, rows in _read[start]:
        session.execute(insert(table), rows)
        if postgresql:
            # rows that bring their numbers do not move the counter that gives out the next ones
            counter = func.pg_get_serial_sequence(table.name, "id")
            session.execute(select(func.setval(counter, max(row["id"] for row in rows))))


@cache
def _workbook(day: date) -> bytes:
    return demo.roster_workbook(day)
