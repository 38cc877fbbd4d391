"""提醒和收口之前十分钟：有一轮在用收集表、智能填表收，就去取一次回答"""

from __future__ import annotations

from datetime import timedelta

from bot.context import NOTHING, Outcome, Run, inquire
from bot.domain.rounds import RoundState
from bot.facts import Ask
from bot.registry import before_rounds, scheduled

BEFORE = timedelta(minutes=10)
"""So that nobody is reminded, or listed as missing, who has answered in the form: the answer takes its time to come."""

LONGEST = timedelta(days=14)


@scheduled(title="取收集表的回答", due=before_rounds(BEFORE, LONGEST, "collecting"), late_by=timedelta(minutes=30))
def collect(run: Run) -> Outcome:
    """Nothing is asked where no round of a form waits: calls are counted."""
    outcome = NOTHING
    rounds = run.store.rounds.collecting(run.due_at - LONGEST)
    forms = [(each.form["collect"], each.form.get("on", "")) for each in rounds if each.state is not RoundState.CLOSED]
    for form, platform in dict.fromkeys(forms):
        outcome += inquire(Ask.FORM, form, platform)
    return outcome
