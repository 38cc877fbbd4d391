"""额度一到八成、一用完（或平台开始拒收），马上各告诉管理员一次，说校铃会怎么做

What was reached is noted with the counts themselves (bot/ledger.py), once for each month, threshold and quota; where both
thresholds were reached at once, the higher alone is told.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import NOTHING, Outcome, Run, tell
from bot.domain.people import Post
from bot.registry import at_quota_mark, scheduled

AN_INSTANT = timedelta(microseconds=1)


@scheduled(title="额度提醒", due=at_quota_mark(), late_by=timedelta(days=5))
def warn(run: Run) -> Outcome:
    """Of what was reached at this moment."""
    reached = {
        (mark.platform, mark.unit): mark
        for mark in sorted(run.store.ledger.marked(run.due_at - AN_INSTANT, run.due_at), key=lambda mark: mark.mark)
    }
    outcome = NOTHING
    for mark in reached.values():
        outcome += tell(Post.ADMINISTRATOR, "warns_of_quota/line", mark=mark)
    return outcome
