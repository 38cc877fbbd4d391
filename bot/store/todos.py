"""Questions about what stands in people's own lists of things to do."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.rounds import Assignment
from bot.domain.tasks import Task
from bot.domain.todos import Todo, TodoOf
from bot.messages import TodoState


class Todos:
    """Those of one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def about(self, of: TodoOf, subject_id: int) -> list[Todo]:
        """Every item that follows a record, without those that are gone."""
        return list(
            self._session.scalars(
                select(Todo)
                .where(
                    Todo.school_id == self._school_id,
                    Todo.of == of,
                    Todo.subject_id == subject_id,
                    Todo.state != TodoState.GONE,
                )
                .order_by(Todo.id)
            )
        )

    def last_asking(self, task: Task) -> Assignment | None:
        """The latest time that somebody was asked for a line of the plan; None where nobody was yet."""
        return self._session.scalar(
            select(Assignment).where(Assignment.task_id == task.id).order_by(Assignment.id.desc()).limit(1)
        )

    def keep(self, todo: Todo) -> None:
        """A new one; it has its id afterwards."""
        self._session.add(todo)
        self._session.flush()
