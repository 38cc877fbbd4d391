"""校铃建好的收集表：链接发给该填的人；建不成的，照常在聊天里问

The round opens at once and its people wait until there is a link: two minutes and a half at most (bot/errands.py). The id is
kept before anything else is asked, and people are only ever sent to the form whose id is kept: a form that was made while
nobody could note it down is one that nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bot.context import NOTHING, Outcome, Told, inquire
from bot.domain.people import Person
from bot.domain.rounds import Round, RoundState
from bot.facts import Ask, FormMade, FormQuestion, NewForm
from bot.language.ticks import Ticks
from bot.registry import lost, told
from bot.render import LABELS
from handlers.answer_prompt import prompt

LONGEST = timedelta(days=14)
"""No round is open longer."""


def order(asked_round: Round, people: Iterable[Person], platform: str) -> Outcome:
    """Have a form made for a round, in which those may answer who have an account on that platform; `people` are then told."""
    waiting = [person for person in people if accounts_of(person, platform)]
    asked_round.order_form(platform, waiting)
    accounts = [account for item in asked_round.assignments for account in accounts_of(item.person, platform)]
    form = NewForm(
        title=asked_round.title,
        about=asked_round.form["hint"],
        questions=_questions(asked_round.form["items"]),
        accounts=tuple(dict.fromkeys(accounts)),
        until=asked_round.closes_at,
    )
    about = f"{asked_round.routine} {asked_round.opened_at.isoformat()}"
    return inquire(Ask.NEW_FORM, about, platform, form.text())


def accounts_of(person: Person, platform: str) -> list[str]:
    """Somebody's accounts there that still exist."""
    return [each.user_id for each in person.accounts if each.platform == platform and each.gone_at is None]


@told(Ask.NEW_FORM)
def made(told: Told) -> Outcome:
    """Keep its id, before anything can go wrong with it, and ask for its link."""
    asked_round = _round(told)
    for fact in told.facts:
        if isinstance(fact, FormMade) and asked_round is not None and asked_round.keep_form(fact.form):
            return inquire(Ask.FORM_LINK, fact.form, told.platform)
    return NOTHING


@told(Ask.FORM_LINK)
def linked(told: Told) -> Outcome:
    """Now people can be sent there."""
    link = next((fact.link for fact in told.facts if isinstance(fact, FormMade)), "")
    return _ask(told, _collecting(told), link)


@lost(Ask.NEW_FORM)
def not_made(told: Told) -> Outcome:
    """They are asked in the chat, as everywhere else."""
    asked_round = _round(told)
    return _ask(told, [asked_round] if asked_round is not None else [], "")


@lost(Ask.FORM_LINK)
def not_linked(told: Told) -> Outcome:
    """A form that nobody can be sent to is none."""
    return _ask(told, _collecting(told), "")


def ticks(items: Iterable[str], fields: Mapping[str, str]) -> tuple[Ticks, dict[str, str]]:
    """What a filled-in form says of a checklist's items, and what is in it besides, by its labels."""
    words = LABELS.form
    rest = {label: said.strip() for label, said in fields.items() if said.strip()}
    good, bad, remarks = set[int](), dict[int, str](), list[str]()
    for number, item in enumerate(items, 1):
        chosen, note = rest.pop(item, ""), rest.pop(words["what"].format(item=item), "")
        if chosen == words["wrong"]:
            bad[number] = note or chosen
        elif chosen:
            good.add(number)
            remarks += [f"{item}：{note}"] if note else []
    return Ticks(frozenset(good), bad, frozenset(good | set(bad)), "；".join(remarks)), rest


def _questions(items: Iterable[str]) -> tuple[FormQuestion, ...]:
    words = LABELS.form
    choices = (words["fine"], words["wrong"])
    found = [
        question
        for item in items
        for question in (
            FormQuestion(item, choices),
            FormQuestion(words["what"].format(item=item), needed=False),
        )
    ]
    return tuple(found) or (FormQuestion(words["lines"]),)


def _round(told: Told) -> Round | None:
    routine, _, opened_at = told.about.partition(" ")
    return told.store.rounds.opened(routine, datetime.fromisoformat(opened_at))


def _collecting(told: Told) -> list[Round]:
    return [each for each in told.store.rounds.collecting(told.now - LONGEST, told.about) if "waits" in each.form]


def _ask(told: Told, rounds: Iterable[Round], link: str) -> Outcome:
    outcome = NOTHING
    for asked_round in rounds:
        people = asked_round.open_form(link)
        if asked_round.state is RoundState.CLOSED or asked_round.closes_at <= told.now:
            continue  # too late to ask anybody
        for person in people:
            outcome += prompt(asked_round, person)
    return outcome
