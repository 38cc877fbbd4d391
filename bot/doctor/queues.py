"""What waits, what was given up, what could not be read or asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import func, select

from bot.doctor.patient import Patient
from bot.facts import Ask
from bot.platforms.base import Health
from bot.render import a_moment
from bot.store.records import Errand, ErrandState, Inbox, InboxState, Outbox, OutboxState, Unread
from bot.store.session import reading
from bot.store.waiting import waiting_letters

ASKS: Mapping[Ask, str] = {
    Ask.MEMBER: "一个人的信息",
    Ask.MEMBERS: "通讯录",
    Ask.APPROVAL: "审批",
    Ask.APPROVALS: "这几天的审批",
    Ask.PUNCHES: "打卡",
    Ask.WORK_REPORTS: "汇报",
    Ask.FORM: "收集表",
    Ask.GUARDIANS: "家长",
    Ask.NEW_FORM: "建收集表",
    Ask.FORM_LINK: "收集表的链接",
    Ask.CLASS_GROUPS: "班级的客户群",
    Ask.POSTING: "家长通知发了没有",
}
"""What was asked, for whoever reads it; a new kind is called by its code."""


def look(app: Patient) -> Iterator[Health]:
    """Letters, messages, callbacks and errands that are not where they should be."""
    with reading(app.engine) as session:
        count, oldest = waiting_letters(session)
        failed = session.scalar(select(func.count()).where(Inbox.state == InboxState.FAILED)) or 0
        lost = list(
            session.scalars(select(Errand).where(Errand.state == ErrandState.LOST).order_by(Errand.id.desc()).limit(5))
        )
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
    for errand in lost:
        what = ASKS.get(errand.what, errand.what)
        yield Health(
            False,
            f"没问到平台（{a_moment(errand.created_at)}，{errand.connection}，{what}）：{errand.reason}",
            "按原因改好平台上的权限或设置；以后同类的变动会再问，这一次的请到平台上看一眼、在校铃里补上。",
        )
