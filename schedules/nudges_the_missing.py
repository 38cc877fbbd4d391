"""时间过了八成：只私下提醒还没回的人"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from bot.context import Outcome, Run, keep, tell
from bot.domain.rounds import ChaseLog, Round
from bot.domain.routines import Asks
from bot.registry import at_round, scheduled
from handlers import answer_prompt


@scheduled(title="提醒还没回的人", due=at_round("nudge_at"), late_by=timedelta(hours=3))
def nudge(run: Run) -> Outcome:
    """Once per round, to each person one message with all that is missing."""
    outcome = Outcome()
    for asked_round in run.store.rounds.to_nudge(run.due_at):
        asked_round.nudge()
        outcome += _nudge(run, asked_round)
    return outcome


def _nudge(run: Run, asked_round: Round) -> Outcome:
    outcome = Outcome()
    away = run.store.people.away(run.day)
    silent = [
        item
        for item in asked_round.missing()
        if item.person_id not in away and run.store.reports.begun_for(item) is None
    ]
    missing = sorted(silent, key=lambda item: (item.person_id, item.number))
    for person, items in groupby(missing, key=lambda item: item.person):
        left = list(items)
        opens: dict[str, Any] = {}
        if asked_round.asks in (Asks.CHECKLIST, Asks.LINES):
            opens = {
                "then": answer_prompt.answer,
                "remember": {"routine": asked_round.routine},
                "lasts": asked_round.closes_at - run.due_at + answer_prompt.LATE,
            }
        outcome += tell(
            person,
            f"{asked_round.routine}/nudge|prompts/nudge",
            asked=left,
            title=asked_round.title,
            asks=asked_round.asks,
            link=asked_round.link,
            opened_at=asked_round.opened_at,
            closes_at=asked_round.closes_at,
            **opens,
        )
        outcome += keep(*(ChaseLog(school_id=item.school_id, assignment_id=item.id, at=run.due_at) for item in left))
    return outcome
