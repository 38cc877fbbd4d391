"""Has each connection that should hear somebody heard somebody?"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from bot.app import App
from bot.domain.chats import Chat
from bot.platforms.base import Health, Listener
from bot.render import a_moment
from bot.store.arrivals import the_school
from bot.store.session import reading


def look(app: App) -> Iterator[Health]:
    """When it last did, by the database: the line itself is held by the service, which is another process."""
    with reading(app.engine) as session:
        for connection in app.connections:
            if not connection.platform.capabilities.hears:
                continue
            school_id = the_school(session, connection.school).id
            last = session.scalar(
                select(func.max(Chat.heard_at)).where(Chat.school_id == school_id, Chat.connection == connection.name)
            )
            kind = "长连接" if isinstance(connection.platform, Listener) else "回调"
            if last is not None:
                yield Health(True, f"{connection.name}（{kind}）最近一次听到人说话：{a_moment(last)}")
            else:
                yield Health(
                    False,
                    f"{connection.name}（{kind}）还没听到过人说话",
                    "开着 xiaoling serve，在手机上找到校铃，对它说「帮助」。没有回答就看 docs/ 里这个平台的那一页。",
                )
