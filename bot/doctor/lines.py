"""Does the service run, does each connection that should hear stand, and has it heard somebody?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.connections import Connection
from bot.doctor.patient import Patient
from bot.domain.chats import Chat
from bot.kinds import kind_words
from bot.platforms.base import Health, Listener
from bot.render import a_moment
from bot.store.arrivals import the_school
from bot.store.lines import SERVICE, lines_of
from bot.store.records import Inbox, LineState
from bot.store.session import reading

SILENT = timedelta(minutes=3)
"""Without a sign of life for so long, the service does not run."""


def look(app: Patient) -> Iterator[Health]:
    """By what the service wrote down: to open a line from here would take it away from the service."""
    with reading(app.engine) as session:
        for school in app.settings.schools:
            rows = lines_of(session, school.code)
            runs = _runs(app, rows.get(SERVICE))
            if school == app.settings.schools[0]:
                yield runs
            for connection in app.connections:
                if connection.school == school.code and connection.platform.capabilities.hears:
                    yield from _one(session, connection, rows.get(connection.name), runs=runs.well)


def _runs(app: Patient, row: LineState | None) -> Health:
    start = "启动它：xiaoling serve；电脑不要休眠"
    if row is None:
        return Health(False, "校铃还没有启动过", start)
    if not row.well:
        return Health(False, f"校铃停了，从 {a_moment(row.since)} 起", start)
    if abs(app.clock.now() - row.seen_at) > SILENT:
        return Health(False, f"校铃没有在运行，最后一次有动静是 {a_moment(row.seen_at)}", start)
    return Health(True, f"校铃在运行，从 {a_moment(row.since)} 起")


def _one(session: Session, connection: Connection, row: LineState | None, *, runs: bool) -> Iterator[Health]:
    kind = "长连接" if isinstance(connection.platform, Listener) else "回调"
    name = f"{connection.name}（{kind}）"
    if row is not None and runs:
        todo = "" if row.well else row.todo or "等一两分钟再看；一直这样，看这台电脑的网络"
        yield Health(row.well, f"{name}：{row.line}，从 {a_moment(row.since)} 起", todo)
    elif runs and not isinstance(connection.platform, Listener):
        line = f"{name}：校铃这次启动以后，平台还没有来过"
        yield Health(True, line, "刚接上的话：在平台的页面上点“保存”，它会来核对")
    yield _heard(session, connection, name)


def _heard(session: Session, connection: Connection, name: str) -> Health:
    school_id = the_school(session, connection.school).id
    can = connection.platform.capabilities
    talks = can.direct or can.groups
    question = select(func.max(Chat.heard_at)).where(Chat.school_id == school_id, Chat.connection == connection.name)
    if not talks:  # it brings events, and nobody speaks there
        question = select(func.max(Inbox.received_at)).where(
            Inbox.school_id == school_id, Inbox.connection == connection.name
        )
    last = session.scalar(question)
    what = "听到人说话" if talks else "收到通知"
    if last is not None:
        return Health(True, f"{name}最近一次{what}：{a_moment(last)}")
    first = kind_words(f"{connection.platform_name} {connection.settings.kind}").first
    page = f"docs/{connection.platform_name}.md"
    return Health(False, f"{name}还没有{what}", f"开着 xiaoling serve，{first}没有反应就看 {page}。")
