"""每天 07:10：告诉管理员昨天该发的有没有都发出去，没发的要做什么

One line when all is well. A dead letter is pushed here, so that the operator learns of it in the chat.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Outcome, Run, tell
from bot.domain.moments import EveryDay
from bot.domain.people import Post
from bot.registry import at, scheduled

A_DAY = timedelta(days=1)
WARN_FROM = 10
"""The month from which on an unknown next year is worth a line, on Mondays: the notice comes in autumn."""


@scheduled(title="给管理员的自检", due=at(EveryDay("07:10")), late_by=timedelta(hours=12))
def check(run: Run) -> Outcome:
    """The twenty-four hours before."""
    health = run.store.machine.since(run.due_at - A_DAY, run.due_at)
    year = run.day.year + 1
    unknown = run.day.month >= WARN_FROM and run.day.weekday() == 0 and not run.store.calendar.is_known(year)
    quiet = not health.sent and health.well
    if quiet and not unknown:
        return Outcome()
    return tell(Post.ADMINISTRATOR, "morning_self_check/line", health=health, unknown_year=year if unknown else None)
