"""What people have to do also stands in their own lists (待办), where a channel has them, and follows the record.

A hazard stands there for whoever has to put it right, from its report until they have; a line of the week's plan from the
Monday on which it is asked until it is done. It moves with the deadline, and with the hazard to another person.
Whatever changed the record counts: a message, a press, a form, a schedule, a step taken back. So it is looked at once, when
a piece of work is written, and no handler has to think of it. Rejected: an effect in each Outcome, which some twenty
handlers would have to remember. Only the row of what should be is written here; what the platform still has to be told
goes out through the outbox, in a line of its own for each person, so that words never wait behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import structlog

from bot.clock import school_time
from bot.connections import Connection, Connections
from bot.domain.base import Record
from bot.domain.hazards import Hazard, HazardState
from bot.domain.limits import folding
from bot.domain.people import Account, Person
from bot.domain.rounds import Assignment
from bot.domain.tasks import Task
from bot.domain.todos import Todo, TodoOf
from bot.links import Links, Purpose
from bot.messages import TodoState
from bot.render import Renderer
from bot.scribe import Scribe

log = structlog.get_logger()

LASTS = timedelta(days=90)
"""How long an item's link opens its page. It cannot be changed later (0796), and has to live as long as the item."""

_HAZARD = {
    HazardState.OPEN: TodoState.OPEN,
    HazardState.FIXED: TodoState.DONE,
    HazardState.CLOSED: TodoState.DONE,
    HazardState.WITHDRAWN: TodoState.GONE,
}


@dataclass(frozen=True, slots=True)
class _Should:
    """How a record stands in the list of whom it is for. person: None where it is nobody's."""

    of: TodoOf
    subject_id: int
    person: Person | None
    title: str
    due_on: date
    state: TodoState


class Todos:
    """Built once. links: None where the school has no public address; then an item opens what its connection says."""

    def __init__(self, connections: Connections, renderer: Renderer, links: Links | None) -> None:
        self._connections = connections
        self._renderer = renderer
        self._links = links
        self._schools = {each.school for each in connections if each.platform.capabilities.todos}

    def follow(self, changed: Sequence[Record], scribe: Scribe) -> None:
        """Bring the items of these records into line, in the transaction that changed them."""
        if scribe.store.school.code not in self._schools:
            return
        hazards = [record for record in changed if isinstance(record, Hazard)]
        tasks = [record for record in changed if isinstance(record, Task)]
        tasks += [record.task for record in changed if isinstance(record, Assignment) and record.task is not None]
        for hazard in hazards:
            title = self._renderer.text("todos/hazard", {"hazard": hazard})
            state = _HAZARD[hazard.state]
            should = _Should(TodoOf.HAZARD, hazard.id, hazard.owner, title, hazard.due_on, state)
            self._keep(should, scribe)
        for task in dict.fromkeys(tasks):
            asked = scribe.store.todos.last_asking(task)
            if asked is None:
                continue
            title = self._renderer.text("todos/task", {"task": task, "number": asked.number})
            state = TodoState.OPEN if task.done_at is None else TodoState.DONE
            self._keep(_Should(TodoOf.TASK, task.id, task.owner, title, task.due_on, state), scribe)

    def _keep(self, should: _Should, scribe: Scribe) -> None:
        mine = None
        for todo in scribe.store.todos.about(should.of, should.subject_id):
            if should.person is not None and todo.person_id == should.person.id:
                mine = todo
            elif todo.state is TodoState.OPEN:
                # what somebody has ticked is theirs to remember, whoever has it now
                todo.state = TodoState.GONE
                self._queue(todo, scribe)
        if mine is not None:
            mine.title, mine.due_on, mine.state = should.title, should.due_on, should.state
            if mine.wants() != mine.told:
                self._queue(mine, scribe)
        elif should.person is not None and should.state is TodoState.OPEN:
            self._open(should, should.person, scribe)

    def _open(self, should: _Should, person: Person, scribe: Scribe) -> None:
        code = scribe.store.school.code
        account = scribe.store.people.best_account(person, self._connections.direct(code).keys())
        way = self._way(account, code) if account is not None and account.gone_at is None else None
        if account is None or way is None:
            return
        if folding(scribe.store.ledger.standings(self._connections.limits(code), school_time(scribe.now).date())):
            log.info("todo_left_out", school=code, reason="quota")
            return
        todo = Todo(
            school_id=scribe.store.school.id,
            of=should.of,
            subject_id=should.subject_id,
            person_id=person.id,
            connection=way.name,
            account=account.user_id,
            title=should.title,
            due_on=should.due_on,
            link="",
            state=TodoState.OPEN,
            opened_at=scribe.now,
            told={},
        )
        scribe.store.todos.keep(todo)
        opens = self._links.make(Purpose.TODO, str(todo.id), LASTS) if self._links is not None else ""
        todo.link = opens or getattr(way.settings, "todo_link", "")
        self._queue(todo, scribe)

    def _way(self, account: Account, school: str) -> Connection | None:
        """Only on the platform on which they speak: nobody has two lists to look at."""
        ways = self._connections.direct(school).get(account.platform, ())
        return next((way for way in ways if way.platform.capabilities.todos), None)

    def _queue(self, todo: Todo, scribe: Scribe) -> None:
        """Nothing where the connection was taken out of the settings, or no longer keeps lists."""
        way = self._connections.get(scribe.store.school.code, todo.connection)
        if way is not None and way.platform.capabilities.todos:
            scribe.keep_todo(way, todo.account, todo.id)
