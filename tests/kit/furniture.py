"""The demonstration school's rows: read from its workbook once for each day that plays begin, copied from then on.

The import itself costs half a second a time and has tests of its own; what a play finds in its database is what it wrote.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from bot.app import App
from bot.connections import Connection
from bot.domain.base import Record
from bot.domain.chats import Chat, Group
from bot.domain.people import Account, Turn
from bot.domain.school import School
from bot.domain.tasks import Task
from bot.emulator import demo
from bot.emulator.records import DIRECT, GROUP, SENT
from bot.emulator.records import Chat as Room
from bot.emulator.wecom_bot_bodies import chat_id
from bot.emulator.world import World
from bot.messages import ChatKind, ChatRef
from bot.platforms.base import Reach
from bot.roster import load_workbook
from bot.store.arrivals import the_chat, the_school

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


def acquaint(app: App, world: World, platform: str, session: Session) -> None:
    """The staff groups know what they are for, where the bot hears and may write there: as 「绑定 …」 would leave them."""
    connection = _heard_through(app, platform)
    if connection.platform.capabilities.reach is Reach.NOBODY:
        return  # its webhooks speak there
    for room in world.chats():
        if room.platform == platform and room.kind == GROUP and room.hears:
            chat = _spoken_in(app, connection, world, room, "chenyu", None, session)
            chat.purpose = Group(room.purpose)


def greet(app: App, world: World, platform: str, session: Session) -> None:
    """Everybody said a first word, where the channel writes to nobody else."""
    connection = _heard_through(app, platform)
    if connection.platform.capabilities.reach is not Reach.SPOKEN:
        return
    for room in world.chats():
        if room.platform == platform and room.kind == DIRECT:
            account = session.scalar(
                select(Account).where(
                    Account.platform == platform, Account.user_id == world.person(room.members[0]).account(platform)
                )
            )
            if account is not None:
                _spoken_in(app, connection, world, room, room.members[0], account, session)


def _heard_through(app: App, platform: str) -> Connection:
    return app.connections.direct(demo.CODE)[platform][0]


def _spoken_in(
    app: App, connection: Connection, world: World, room: Room, who: str, account: Account | None, session: Session
) -> Chat:
    """Both ends as a word that was said and answered leaves them."""
    bubble = world.begin(who, room.id, "早")
    world.change(bubble, SENT, "")
    if account is not None:
        ref = ChatRef(ChatKind.DIRECT, account.user_id)
    else:
        ref = ChatRef(ChatKind.GROUP, chat_id(room) if room.platform == "wecom" else room.address, room.title)
    chat = the_chat(session, the_school(session, demo.CODE), connection.name, ref, account)
    chat.heard_at = app.clock.now()
    return chat
