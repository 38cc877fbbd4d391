"""How each connection hears, as the service saw it last: one row for each, changed in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.school import School
from bot.store.records import LineState
from bot.store.session import insert_once

SERVICE = ""
"""Where a connection's name stands: the service itself."""


class Seen(Protocol):
    """What a platform says of itself: bot.platforms.base.Health."""

    @property
    def well(self) -> bool: ...
    @property
    def line(self) -> str: ...
    @property
    def todo(self) -> str: ...


def write_lines(found: Mapping[tuple[str, str], Seen], now: datetime, session: Session) -> None:
    """found: (school, connection) → how it hears. `since` stays as long as it stands as it did."""
    # always in the same order, so that two processes cannot wait for each other
    for (code, connection), seen in sorted(found.items(), key=lambda item: item[0]):
        school_id = session.scalar(select(School.id).where(School.code == code))
        if school_id is None:
            continue
        values = {"well": seen.well, "line": seen.line, "todo": seen.todo, "since": now, "seen_at": now}
        if insert_once(session, LineState, school_id=school_id, connection=connection, **values):
            continue
        row = session.scalars(
            select(LineState).where(LineState.school_id == school_id, LineState.connection == connection)
        ).one()
        since = row.since if (row.well, row.line) == (seen.well, seen.line) else now
        row.well, row.line, row.todo, row.since, row.seen_at = seen.well, seen.line, seen.todo, since, now


def lines_of(session: Session, code: str) -> dict[str, LineState]:
    """Connection → its row; the service's own under SERVICE."""
    rows: Iterable[LineState] = session.scalars(
        select(LineState).join(School, School.id == LineState.school_id).where(School.code == code)
    )
    return {row.connection: row for row in rows}
