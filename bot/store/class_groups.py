"""Questions about the groups of the classes' parents."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.domain.notices import ClassGroupRow
from bot.store.session import insert_once


class ClassGroups:
    """The classes' groups of one school, as the platforms told them last."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def replace(self, connection: str, about: str, rows: Iterable[dict[str, Any]]) -> None:
        """Make these the groups of what was asked: one group's id, or "" for all of a connection."""
        old = delete(ClassGroupRow).where(
            ClassGroupRow.school_id == self._school_id, ClassGroupRow.connection == connection
        )
        if about:
            old = old.where(ClassGroupRow.group_id == about)
        self._session.execute(old.execution_options(synchronize_session=False))
        for row in rows:
            insert_once(self._session, ClassGroupRow, school_id=self._school_id, connection=connection, **row)

    def of(self, classes: Collection[str], connection: str = "") -> list[ClassGroupRow]:
        """The groups of these classes ("3-2"), of all classes for none; through one connection, or any."""
        question = select(ClassGroupRow).where(
            ClassGroupRow.school_id == self._school_id, ClassGroupRow.grade_class != ""
        )
        if classes:
            question = question.where(ClassGroupRow.grade_class.in_(classes))
        if connection:
            question = question.where(ClassGroupRow.connection == connection)
        return list(self._session.scalars(question.order_by(ClassGroupRow.grade_class, ClassGroupRow.id)))
