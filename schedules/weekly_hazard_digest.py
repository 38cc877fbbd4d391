"""每周最后一个上学日 16:30：领导收到一周隐患：报了几处、销了几处、哪些超期"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.context import NOTHING, Outcome, Run, tell
from bot.domain.chats import Group
from bot.domain.hazards import HazardLevel, HazardState
from bot.domain.moments import LastSchoolDayOfWeek
from bot.domain.people import LEADERS, Post
from bot.registry import at, scheduled

A_WEEK = timedelta(days=7)


@scheduled(title="一周隐患", due=at(LastSchoolDayOfWeek("16:30")), late_by=timedelta(hours=20))
def digest(run: Run) -> Outcome:
    """The seven days before; a week without any is silent. What may be 重大 and what is overdue comes first."""
    start = run.due_at - A_WEEK
    touched = run.store.hazards.touching(start, run.due_at)
    open_now = [hazard for hazard in touched if hazard.state in (HazardState.OPEN, HazardState.FIXED)]
    closed = [hazard for hazard in touched if hazard.closed_at is not None and hazard.closed_at >= start]
    if not touched:
        return NOTHING
    values: dict[str, Any] = {
        "day": run.day,
        "reported": [hazard for hazard in touched if hazard.reported_at >= start],
        "closed": closed,
        "open": open_now,
        "late": [hazard for hazard in open_now if hazard.state is HazardState.OPEN and hazard.due_on < run.day],
        "grave": [hazard for hazard in open_now if hazard.level is not HazardLevel.GENERAL],
        "unsigned": [hazard for hazard in open_now if hazard.noticed_at and not hazard.received_at],
    }
    if run.store.chats.bound(Group.LEADERS):
        return tell(Group.LEADERS, "weekly_hazard_digest/digest", **values)
    outcome = Outcome()
    for person in run.store.people.holding(*LEADERS, Post.SAFETY_OFFICER):
        outcome += tell(person, "weekly_hazard_digest/digest", **values)
    return outcome
