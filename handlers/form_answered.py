"""收集表、智能填表里的回答：算作那一轮的回复，和在聊天里回的一样"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Outcome, Told
from bot.domain.people import Person
from bot.domain.rounds import AssignmentState, Round
from bot.facts import Ask, FormAnswer
from bot.registry import told
from handlers.approval_decided import told_id

SINCE = timedelta(days=14)
"""How far back an answer may belong to a round."""

LONGEST = 1000


@told(Ask.FORM)
def answered(told: Told) -> Outcome:
    """Each answer goes to the latest round before it; told again it changes nothing, corrected it replaces itself.

    What somebody said in the chat stands: the form does not overwrite it. Who is not asked by the round is let be.
    """
    for fact in told.facts:
        if not isinstance(fact, FormAnswer):
            continue
        rounds = told.store.rounds.collecting(told.now - SINCE, fact.form)
        asked_round = next((each for each in rounds if each.opened_at <= fact.at), None)
        person = _who(told, fact)
        if asked_round is not None and person is not None:
            _fill(asked_round, person, fact, f"{told.platform}:{fact.id}")
    return Outcome()


def _who(told: Told, fact: FormAnswer) -> Person | None:
    """Whose account it is; somebody from outside is one of ours where only one has the name."""
    if fact.account:
        account = told.store.people.account(told.platform, told_id(told.platform, fact.account))
        return account.person if account is not None else None
    people = told.store.people.named(fact.name)
    return people[0] if len(people) == 1 else None


def _fill(asked_round: Round, person: Person, fact: FormAnswer, source: str) -> None:
    text = "；".join(f"{label}：{value}" for label, value in fact.fields.items() if value.strip())[:LONGEST]
    for assignment in asked_round.assignments:
        if assignment.person is not person:
            continue
        open_still = assignment.state in (AssignmentState.ASKED, AssignmentState.MISSED)
        if open_still or (assignment.answer.get("source") == source and assignment.answer.get("text") != text):
            assignment.fill({"text": text, "source": source}, fact.at)
