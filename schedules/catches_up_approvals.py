"""每天 02:40，校铃停过再开时也是：问平台这几天的审批，停着的时候批的请假也算数

An approval tells of itself only once (WeCom three times within seconds); whoever was away, or behind a broken line, asks.
"""

from __future__ import annotations

from datetime import timedelta

from bot.clock import school_time
from bot.context import Outcome, Run, inquire
from bot.domain.moments import EveryDay
from bot.facts import Ask
from bot.registry import at, scheduled

BEFORE = timedelta(days=7)
"""Requests are listed by when they were handed in; a week is patience enough for whoever decides them."""

LONGEST = timedelta(days=60)


@scheduled(title="补看审批", due=at(EveryDay("02:40")), late_by=timedelta(hours=20), on_return=True)
def look(run: Run) -> Outcome:
    """Everything since a week before the last look; handlers/approval_decided.py knows what it has had already."""
    last = run.store.machine.last_run("catches_up_approvals", run.due_at) or run.due_at
    since = school_time(max(last - BEFORE, run.due_at - LONGEST)).date()
    wanted = " ".join([since.isoformat(), *run.store.approvals.templates()])
    return inquire(Ask.APPROVALS, since.isoformat(), details=wanted)
