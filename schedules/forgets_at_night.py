"""每天 03:00：删掉不该再留的：学期结束后的催办记录，一个月前看不懂的平台消息"""

from __future__ import annotations

from datetime import timedelta

from bot.clock import midnight
from bot.context import Outcome, Run
from bot.domain.moments import EveryDay
from bot.registry import at, scheduled

WITHOUT_TERMS = timedelta(days=200)
"""How long chase logs stay where nobody entered a term."""

UNREAD = timedelta(days=30)


@scheduled(title="夜里清理", due=at(EveryDay("03:00")), late_by=timedelta(days=2))
def forget(run: Run) -> Outcome:
    """Chase logs live until the end of the term they belong to (design: outcomes may be used, who was chased may not);
    notices to parents until the end of the term after."""
    over = [term.ends for term in run.store.calendar.terms if term.ends < run.day]
    ended = midnight(max(over) + timedelta(days=1)) if over else run.due_at - WITHOUT_TERMS
    run.store.machine.forget_chases(ended)
    before_last = sorted(over)[-2:-1]
    run.store.notices.forget(
        midnight(before_last[0] + timedelta(days=1)) if before_last else run.due_at - 2 * WITHOUT_TERMS
    )
    run.store.machine.forget_unread(run.due_at - UNREAD)
    return Outcome()
