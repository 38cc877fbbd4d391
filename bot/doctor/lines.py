"""Has each connection that should hear somebody heard somebody?"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from bot.app import App
from bot.domain.chats import Chat
from bot.kinds import kind_words
from bot.platforms.base import Health, Listener
from bot.render import a_moment
from bot.store.arrivals import the_school
from bot.store.records import Inbox
from bot.store.session import reading


def look(app: App) -> Iterator[Health]:
    """When it last did, by the database: the line itself is held by the service, which is another process."""
    with reading(app.engine) as session:
        for connection in app.connections:
            if not connection.platform.capabilities.hears:
                continue
            school_id = the_school(session, connection.school).id
            can = connection.platform.capabilities
            talks = can.direct or can.groups
            question = select(func.max(Chat.heard_at)).where(
                Chat.school_id == school_id, Chat.connection == connection.name
            )
            if not talks:  # it brings events, and nobody speaks there
                question = select(func.max(Inbox.received_at)).where(
                    Inbox.school_id == school_id, Inbox.connection == connection.name
                )
            last = session.scalar(question)
            kind = "长连接" if isinstance(connection.platform, Listener) else "回调"
            what = "听到人说话" if talks else "收到通知"
            if last is not None:
                yield Health(True, f"{connection.name}（{kind}）最近一次{what}：{a_moment(last)}")
                continue
            first = kind_words(f"{connection.platform_name} {connection.settings.kind}").first
            page = f"docs/{connection.platform_name}.md"
            todo = f"开着 xiaoling serve，{first}没有反应就看 {page}。"
            yield Health(False, f"{connection.name}（{kind}）还没有{what}", todo)
