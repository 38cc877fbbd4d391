"""After `connect`: the service runs until the first words come, tells meanwhile who came to its door, and says what works."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.app import App
from bot.channels import needs_address
from bot.connections import Connection
from bot.kinds import kind_words
from bot.platforms.base import Health, Reach
from bot.store.arrivals import the_school
from bot.store.records import Inbox, InboxState, Outbox, OutboxState
from bot.store.session import reading

LOOK_EVERY = 0.5
"""Seconds between two looks into the database."""


@dataclass(slots=True)
class Wait:
    """Waits beside the service. done: set when it is over. findings: what to tell; empty while nothing was heard.

    tell: told at once of the line and of who comes to the callback's address, each time that it changes.
    """

    app: App
    connection: Connection
    since: datetime
    done: threading.Event
    tell: Callable[[Health], None]
    findings: tuple[Health, ...] = ()

    def start(self, seconds: float) -> None:
        """Look until the first words are answered, `seconds` are over, or somebody else sets done."""
        threading.Thread(target=self._wait, args=(seconds,), name="first-words", daemon=True).start()

    def _wait(self, seconds: float) -> None:
        told: Health | None = None
        for _ in range(int(seconds / LOOK_EVERY)):
            now = self.connection.heard_through
            if now is not None and now != told and (now.well or now.todo):
                self.tell(now)
                told = now
            if self._heard_well() or self.done.wait(LOOK_EVERY):
                break
        self.done.set()

    def _heard_well(self) -> bool:
        """Whether there is nothing more to wait for. What went wrong is told, and the next words are waited for."""
        found = first_words(self.app, self.connection, self.since)
        if not found:
            return False
        self.findings, self.since = found, self.app.clock.now()
        wrong = [finding for finding in found if not finding.well]
        for finding in wrong:
            self.tell(finding)
        return not wrong


def first_words(app: App, connection: Connection, since: datetime) -> tuple[Health, ...]:
    """What works, once something was heard after `since` and what follows from it is out or given up; () before."""
    with reading(app.engine) as session:
        school_id = the_school(session, connection.school).id
        heard = session.scalar(
            select(Inbox)
            .where(Inbox.school_id == school_id, Inbox.connection == connection.name, Inbox.received_at >= since)
            .order_by(Inbox.id)
            .limit(1)
        )
        if heard is None:
            return ()
        answers = list(
            session.scalars(select(Outbox).where(Outbox.school_id == school_id, Outbox.cause == f"msg:{heard.trace}"))
        )
    if any(row.state in (OutboxState.DUE, OutboxState.SENDING) for row in answers):
        return ()
    findings = [Health(True, "收到了第一个通知" if "news" in heard.said else "听到了第一句话")]
    if heard.state is InboxState.FAILED:
        findings.append(Health(False, "这句话没处理好", "请把日志里的 trace 告诉校铃的维护人员。"))
    dead = next((row for row in answers if row.state is OutboxState.DEAD), None)
    if dead is not None:
        findings.append(Health(False, f"回答没发出去：{dead.reason}", "按原因改好，再说一句试试。"))
    elif answers:
        findings.append(Health(True, "回答发出去了"))
    return (*findings, *able(connection))


def able(connection: Connection) -> tuple[Health, ...]:
    """What this connection can do, in words."""
    can = connection.platform.capabilities
    deaf_there = hasattr(
        connection.settings, "app_groups"
    )  # it hears its members, and speaks in groups of its own making
    reach = {
        Reach.ANYONE: "能主动找每一位老师",
        Reach.SPOKEN: "只能主动找跟它说过话的人，请每位老师先跟它说一句",
        Reach.NOBODY: "只能回话，不能主动找人；提醒要靠别的连接",
    }
    lines: list[tuple[bool, str]] = [
        (can.direct, reach[can.reach]),
        (deaf_there, "群里说话它听不见；通知要进群，每个群加一个群机器人：xiaoling connect wecom --kind webhook"),
        (can.groups and can.hears and not deaf_there, "在群里 @ 它发「绑定 教职工群」，通知就发到那个群"),
        (can.groups and not can.hears, "只往它的群里发，听不见群里说话"),
        (can.parents and not can.confirmed, "能给班级、学生家里、某一位家长发通知；家长的回复听不见"),
        (can.confirmed, "能把通知交给班主任，班主任确认了就发到班级的家长群；群里的话听不见"),
        (can.images, "能发图"),
        (bool(can.buttons), f"能发按钮，一条最多 {can.buttons} 个"),
    ]
    return tuple(Health(True, line) for true, line in lines if true)


def nothing_heard(connection: Connection, public_url: str) -> tuple[Health, ...]:
    """What to look at when nobody was heard in time. public_url: the service's own address."""
    through = connection.heard_through
    if through is None and needs_address(connection.platform):
        todo = f"在平台的页面上点“保存”；它报错，就在手机上用流量打开 {public_url}/health/live，要看到 ok"
        through = Health(False, "平台还没有来过回调地址", todo)
    check = connection.platform.check()
    first = kind_words(f"{connection.platform_name} {connection.settings.kind}").first
    page = {"wecom": "docs/wecom.md", "dingtalk": "docs/dingtalk.md"}[connection.platform_name]
    return (
        Health(False, "还没有听到人说话", f"{first}还是没有就看 {page} 里的“没有反应”。"),
        *((through,) if through is not None and not through.well and through != check else ()),
        check,
    )
