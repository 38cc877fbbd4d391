"""每个上学日 17:00：到期没改好的隐患，先提醒责任人，再一级一级告诉领导

The rungs are in templates/escalation.yaml; each is told once, in one message per person for all hazards.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Outcome, Run, tell
from bot.domain.escalation import Rung, read_ladder
from bot.domain.hazards import Hazard
from bot.domain.moments import SchoolDays
from bot.domain.people import Person
from bot.registry import at, scheduled
from bot.render import TEMPLATES

LADDER = read_ladder(TEMPLATES / "escalation.yaml")


@scheduled(title="隐患到期提醒", due=at(SchoolDays("17:00")), late_by=timedelta(hours=4))
def escalate(run: Run) -> Outcome:
    """Every rung whose day has come and that was not told yet."""
    told: dict[tuple[Rung, Person], list[Hazard]] = {}
    for hazard in run.store.hazards.overdue(run.day):
        done = hazard.escalated_to()
        for rung in LADDER:
            if rung.name in done or run.day < run.store.calendar.school_days_after(hazard.due_on, rung.after):
                continue
            for reader in _readers(run, rung, hazard):
                told.setdefault((rung, reader), []).append(hazard)
            hazard.escalate(run.due_at, rung.name)
    outcome = Outcome()
    for (rung, reader), hazards in told.items():
        template = "escalates_hazards/owner" if rung.tell == "owner" else "escalates_hazards/leader"
        outcome += tell(reader, template, hazards=hazards, days=rung.after, today=run.day)
    return outcome


def _readers(run: Run, rung: Rung, hazard: Hazard) -> list[Person]:
    if rung.tell == "owner":
        return [hazard.owner] if hazard.owner is not None else []
    return run.store.people.holding(rung.tell)
