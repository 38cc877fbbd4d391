"""每周第一个上学日 07:40：周调度通报，先说上周没完的，再说各处室这周三件事

The lines are what the heads wrote on Friday (templates/routines/friday_plan.yaml). The staff copy names nobody who is late.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.clock import midnight
from bot.context import NOTHING, Outcome, Run, tell
from bot.domain.calendar import week_start
from bot.domain.chats import Group
from bot.domain.hazards import HazardState
from bot.domain.moments import FirstSchoolDayOfWeek
from bot.domain.rounds import AssignmentState
from bot.registry import at, scheduled

PLANS = "friday_plan"
"""The routine whose answers are the departments' lines."""

A_WEEK = timedelta(days=7)


@scheduled(title="周调度通报", due=at(FirstSchoolDayOfWeek("07:40")), late_by=timedelta(hours=6))
def bulletin(run: Run) -> Outcome:
    """Last week in figures, and this week in the heads' words; nothing to say is silence."""
    monday = midnight(week_start(run.day))
    last = monday - A_WEEK
    plans = run.store.rounds.filled_between(PLANS, last, monday)
    tasks = [item for item in run.store.rounds.asked_between(last, monday) if item.task is not None]
    hazards = run.store.hazards.touching(last, monday)
    if not (plans or tasks or hazards):
        return NOTHING
    values: dict[str, Any] = {
        "week": run.store.calendar.week_number(run.day),
        "monday": monday.date(),
        "plans": [(item.person, item.answer["text"]) for item in plans],
        "asked": len(tasks),
        "done": sum(item.state is AssignmentState.DONE for item in tasks),
        "left": [item for item in tasks if item.state in (AssignmentState.MISSED, AssignmentState.DEFERRED)],
        "reported": sum(hazard.reported_at >= last for hazard in hazards),
        "closed": sum(hazard.closed_at is not None and hazard.closed_at >= last for hazard in hazards),
        "open": [hazard for hazard in hazards if hazard.state in (HazardState.OPEN, HazardState.FIXED)],
        "today": run.day,
    }
    return tell(Group.LEADERS, "monday_bulletin/leaders", **values) + tell(
        Group.STAFF, "monday_bulletin/staff", **values
    )
