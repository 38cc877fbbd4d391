"""收集表、智能填表里的回答：算作那一轮的回复，和在聊天里回的一样"""

from __future__ import annotations

from datetime import timedelta

from bot.context import NOTHING, Outcome, Told, Wrote
from bot.domain.people import Person
from bot.domain.rounds import Assignment, AssignmentState, Round
from bot.domain.routines import Asks, Finding
from bot.facts import Ask, FormAnswer
from bot.registry import told
from bot.render import LABELS
from handlers import form_made
from handlers.report_hazard import register_findings

SINCE = timedelta(days=14)
"""How far back an answer may belong to a round."""

LONGEST = 1000


@told(Ask.FORM)
def answered(told: Told) -> Outcome:
    """Each answer goes to the latest round before it; told again it changes nothing, corrected it replaces itself.

    What somebody said in the chat stands: the form does not overwrite it. Who is not asked by the round is let be.
    """
    outcome = NOTHING
    for fact in told.facts:
        if not isinstance(fact, FormAnswer):
            continue
        rounds = told.store.rounds.collecting(told.now - SINCE, fact.form)
        asked_round = next((each for each in rounds if each.opened_at <= fact.at), None)
        person = _who(told, fact)
        if asked_round is None or person is None:
            continue
        for assignment in asked_round.assignments:
            if assignment.person is person:
                outcome += _fill(told, asked_round, assignment, fact)
    return outcome


def _who(told: Told, fact: FormAnswer) -> Person | None:
    """Whose account it is; somebody from outside is one of ours where only one has the name."""
    if fact.account:
        account = told.store.people.account(told.platform, told.account_id(fact.account))
        return account.person if account is not None else None
    people = told.store.people.named(fact.name)
    return people[0] if len(people) == 1 else None


def _fill(told: Told, asked_round: Round, assignment: Assignment, fact: FormAnswer) -> Outcome:
    source, before = f"{told.platform}:{fact.id}", assignment.answer
    said = "；".join(_said(label, value) for label, value in fact.fields.items() if value.strip())[:LONGEST]
    open_still = assignment.state in (AssignmentState.ASKED, AssignmentState.MISSED)
    if not (open_still or before.get("source") == source) or before.get("said") == said:
        return NOTHING
    outcome = NOTHING
    if asked_round.asks is Asks.CHECKLIST:
        outcome = _tick(told, asked_round, assignment, fact)
        answer = assignment.answer
    else:
        answer = {"text": said}
    assignment.fill({**answer, "source": source, "said": said}, fact.at)
    # handed in before the closing and only told of after it is still in time
    assignment.on_time = fact.at <= asked_round.closes_at
    return outcome


def _said(label: str, value: str) -> str:
    return value if label == LABELS.form["lines"] else f"{label}：{value}"


def _tick(told: Told, asked_round: Round, assignment: Assignment, fact: FormAnswer) -> Outcome:
    """The items of a checklist; what is wrong with one is registered, where the routine says so, as if said in the chat."""
    items = asked_round.form["items"]
    ticks, rest = form_made.ticks(items, fact.fields)
    besides = [ticks.remark, *(f"{label}：{value}" for label, value in rest.items())]
    fresh = assignment.tick(ticks.good, ticks.bad, ticks.named, "；".join(filter(None, besides)))
    if asked_round.form["finding"] != Finding.HAZARD or not fresh:
        return NOTHING
    person = assignment.person
    findings = [(items[number - 1], note) for number, note in fresh.items()]
    writer = Wrote(person, told.store, told.now, lambda words: told.understood(words, person))
    return register_findings(writer, findings, pictured=False)
