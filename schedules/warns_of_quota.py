"""每天 07:20：平台的月度额度用到八成、用完时各告诉管理员一次，说校铃会怎么做

What lies between two evenings of the ledger is told once, whatever is caught up later: no row has to remember it. A month's
last day is not told of: the next begins with nothing used.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Outcome, Run, tell
from bot.domain.limits import crossed
from bot.domain.moments import EveryDay
from bot.domain.people import Post
from bot.registry import at, scheduled

A_DAY = timedelta(days=1)


@scheduled(title="额度提醒", due=at(EveryDay("07:20")), late_by=timedelta(days=5))
def warn(run: Run) -> Outcome:
    """Of the day before, against the one before that."""
    evening = run.day - A_DAY
    if evening.month != run.day.month or not run.limits:
        return Outcome()
    after = run.standings(evening)
    before = run.standings(evening - A_DAY) if evening.day > 1 else [type(each)(each.limit, 0) for each in after]
    outcome = Outcome()
    for earlier, later in zip(before, after, strict=True):
        if mark := crossed(earlier, later):
            outcome += tell(Post.ADMINISTRATOR, "warns_of_quota/line", standing=later, mark=mark, month=run.day.month)
    return outcome
