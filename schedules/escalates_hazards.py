"""每个上学日 17:00：到期没改好的隐患，先提醒责任人，再一级一级告诉领导

The rungs are in bot/domain/hazards.py (LADDER); each rung is told once, in one message per person for all hazards.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Outcome, Run, tell
from bot.domain.hazards import LADDER, Hazard
from bot.domain.moments import SchoolDays
from bot.domain.people import Person
from bot.registry import at, scheduled


@scheduled(title="隐患到期提醒", due=at(SchoolDays("17:00")), late_by=timedelta(hours=4))
def escalate(run: Run) -> Outcome:
    """Every rung whose day has come and that was not told yet."""
    told: dict[tuple[int, Person], list[Hazard]] = {}
    for hazard in run.store.hazards.overdue(run.day):
        done = hazard.escalated_to()
        for days, post in LADDER:
            rung = str(days)
            if rung in done or run.day < run.store.calendar.school_days_after(hazard.due_on, days):
                continue
            readers = run.store.people.holding(post) if post else [hazard.owner] if hazard.owner else []
            for reader in readers:
                told.setdefault((days, reader), []).append(hazard)
            hazard.escalate(run.due_at, rung)
    outcome = Outcome()
    for (days, reader), hazards in told.items():
        template = "escalates_hazards/owner" if days == 0 else "escalates_hazards/leader"
        outcome += tell(reader, template, hazards=hazards, days=days, today=run.day)
    return outcome
