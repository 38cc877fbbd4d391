"""`xiaoling doctor`: what is well and what is not, in Chinese, each with what to do next."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date

from sqlalchemy import Engine, func, select

from bot.app import App
from bot.clock import school_time
from bot.connections import Connection
from bot.domain.chats import Group
from bot.domain.people import Post
from bot.platforms.base import Health
from bot.render import LABELS, a_moment
from bot.store.arrivals import the_school
from bot.store.records import Inbox, InboxState, Outbox, OutboxState, Unread
from bot.store.session import reading
from bot.store.store import Store
from bot.store.waiting import waiting_letters

ROOM = 2 * 1024**3
"""Bytes of free disk below which it is time to look."""


def written(finding: Health) -> str:
    """As the operator reads it."""
    return f"{'✅' if finding.well else '⚠️'} {finding.line}" + (f"\n   → {finding.todo}" if finding.todo else "")


def examine(app: App) -> Iterator[Health]:
    """Look at everything; nothing is changed."""
    yield from _disk(app)
    for connection in app.connections:
        yield _connection(connection)
    yield from _queues(app.engine)
    for school in app.settings.schools:
        yield from _school(app, school.code)


def _disk(app: App) -> Iterator[Health]:
    free = shutil.disk_usage(app.settings.home).free
    yield Health(
        free > ROOM,
        f"数据文件夹 {app.settings.home}，剩余 {free / 1024**3:.1f} GB",
        "" if free > ROOM else "请清理磁盘，照片和数据库都在这里。",
    )


def _connection(connection: Connection) -> Health:
    health = connection.platform.check()
    where = f"{connection.school} 的 {connection.name}（{connection.platform_name}）"
    return Health(health.well, f"{where}：{health.line}", health.todo)


def _queues(engine: Engine) -> Iterator[Health]:
    with reading(engine) as session:
        count, oldest = waiting_letters(session)
        failed = session.scalar(select(func.count()).where(Inbox.state == InboxState.FAILED)) or 0
        unread = session.scalar(select(func.count()).select_from(Unread)) or 0
        dead = list(
            session.scalars(select(Outbox).where(Outbox.state == OutboxState.DEAD).order_by(Outbox.id.desc()).limit(5))
        )
    since = f"，最早的从 {a_moment(oldest)} 等到现在" if oldest else ""
    yield Health(True, f"等着发出去的消息 {count} 条{since}")
    yield Health(
        failed == 0,
        f"没处理好的消息 {failed} 条",
        "更新到新版本后运行：xiaoling replay" if failed else "",
    )
    for row in dead:
        where = f"没发出去（{a_moment(row.created_at)}，{row.connection}）：{row.reason}"
        yield Health(False, where, f"原因消除后再发一遍：xiaoling resend {row.id}")
    yield Health(
        unread == 0,
        f"看不懂的平台消息 {unread} 条",
        "平台可能改了格式。运行：xiaoling export unread --output unread.json，连同版本号发给校铃的维护人员"
        if unread
        else "",
    )


def _school(app: App, code: str) -> Iterator[Health]:
    today = school_time(app.clock.now()).date()
    with reading(app.engine) as session:
        store = Store(session, the_school(session, code))
        people = store.people.all()
        name = store.school.name
        if not people:
            yield Health(
                False,
                f"{name}还没有名单",
                f"运行：xiaoling roster template 名单.xlsx，填好后：xiaoling roster load 名单.xlsx --school {code}",
            )
        silent = [person.name for person in people if not person.accounts]
        yield Health(
            not silent,
            f"{name}名单 {len(people)} 人，{len(silent)} 人还没连上",
            f"请他们给校铃发一句「我是」加姓名：{'、'.join(silent[:8])}{'等' if len(silent) > 8 else ''}"
            if silent
            else "",
        )
        for post in (Post.ADMINISTRATOR, Post.FACILITIES, Post.SAFETY_OFFICER, Post.PRINCIPAL):
            if people and not store.people.holding(post):
                yield Health(False, f"没有人是{LABELS.posts[post]}", "在名单的“职务”里写上，再上传一次。")
        for group in Group:
            if not store.chats.bound(group):
                yield Health(
                    False,
                    f"还没有{LABELS.groups[group]}",
                    f"钉钉：在群里发「绑定 {LABELS.groups[group]}」；企业微信：在设置里加一个 webhook 连接。",
                )
        yield _year(store, today)


def _year(store: Store, today: date) -> Health:
    year = today.year + (today.month >= 11)
    known = store.calendar.is_known(year)
    return Health(
        known or year == today.year,
        f"{year} 年的放假和调休" + ("已知道" if known else "还不知道，先按法定节日估算"),
        "" if known else "国务院通知出来后升级校铃；升级前，不一样的日子可以用 xiaoling day 单独登记。",
    )
