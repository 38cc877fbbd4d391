"""What an agreed approval does where the school's settings say what its form is for: tasks, a hazard's deadline, the duty
table; and how that is undone where the approval is revoked.

What cannot be done, because a number is wrong or the hazard is closed, is told to who wrote the form and to the office.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.context import NOTHING, Outcome, Told, keep, tell
from bot.domain.approvals import ApprovalEffect, Meaning, Means
from bot.domain.hazards import Hazard, HazardState
from bot.domain.people import Person, Post, Turn
from bot.domain.rounds import Assignment, AssignmentState
from bot.facts import Approval
from bot.language import numbers
from bot.language.days import find_day
from bot.pointing import STILL_OPEN

_BETWEEN = re.compile(r"[、，,；;/\s\[\]\"']+")
"""Names in a field: typed, chosen, or as a list."""


def carry_out(told: Told, approval: Approval, person: Person, meaning: Meaning, effect: ApprovalEffect) -> Outcome:
    """What the form of this meaning does, once. effect.did remembers it."""
    match meaning.means:
        case Means.HAZARD_EXTENSION:
            return _extend(told, approval, person, meaning, effect)
        case Means.DUTY_SWAP:
            return _swap(told, approval, person, meaning, effect)
        case _:
            return _task(told, approval, person, meaning, effect)


def undo(told: Told, approval: Approval, person: Person, effect: ApprovalEffect) -> Outcome:
    """It was taken back: everything as before, where nothing else happened since; who was told then is told now."""
    effect.undone_at = told.now
    match effect.did:
        case {"task": int(number)}:
            return _ask_again(told, approval, person, effect, number)
        case {"hazard": int(number), "was": str(was), "until": str(until)}:
            return _shorten(told, approval, person, number, date.fromisoformat(was), date.fromisoformat(until))
        case {"posts": list()}:
            return _swap_back(told, approval, person, effect.did)
    return NOTHING


def _task(told: Told, approval: Approval, person: Person, meaning: Meaning, effect: ApprovalEffect) -> Outcome:
    """The task that the form names by its number is done, or later."""
    assignment = _named(told, approval.fields.get(meaning.task, ""), person)
    if assignment is None:
        return _in_vain(told, approval, person, "no_such_task")
    if meaning.means is Means.TASK_DONE:
        assignment.finish(told.now)
        effect.did = {"task": assignment.id}
        return tell(person, "approval_decided/task_done", assignment=assignment)
    until = _later_day(told, approval, meaning)
    if until is None:
        return _in_vain(told, approval, person, "no_such_task")
    assignment.defer(until, told.now, approval.title)
    effect.did = {"task": assignment.id}
    return tell(person, "approval_decided/task_deferred", assignment=assignment, day=until)


def _named(told: Told, words: str, person: Person) -> Assignment | None:
    """The latest open task of that number."""
    number = _number(words)
    tasks = [item for item in told.store.rounds.asked_of(person, told.now - STILL_OPEN) if item.task is not None]
    return next((item for item in tasks if item.number == number), None)


def _ask_again(told: Told, approval: Approval, person: Person, effect: ApprovalEffect, number: int) -> Outcome:
    assignment = told.store.rounds.assignment(number)
    answered = (AssignmentState.DONE, AssignmentState.DEFERRED)
    if assignment is None or assignment.state not in answered or assignment.answered_at != effect.at:
        return NOTHING  # something else was said of it since
    assignment.take_back()
    return tell(person, "approval_decided/task_again", assignment=assignment, title=approval.title)


def _extend(told: Told, approval: Approval, person: Person, meaning: Meaning, effect: ApprovalEffect) -> Outcome:
    """The hazard may take longer; its owner and who checks it hear of it. It is reminded of by the new day."""
    number = _number(approval.fields.get(meaning.hazard, ""))
    hazard = told.store.hazards.numbered(number) if number is not None else None
    until = _later_day(told, approval, meaning)
    if hazard is None:
        return _in_vain(told, approval, person, "no_such_hazard", number=number)
    if hazard.state is not HazardState.OPEN:
        return _in_vain(told, approval, person, "not_open", number=number)
    if until is None or until <= hazard.due_on:
        return _in_vain(told, approval, person, "no_later_day", number=number)
    effect.did = {"hazard": hazard.number, "was": hazard.due_on.isoformat(), "until": until.isoformat()}
    hazard.extend(until, person, told.now, f"审批 {approval.number}")
    return _tell_all(told, person, hazard, "approval_decided/hazard_extended")


def _shorten(told: Told, approval: Approval, person: Person, number: int, was: date, until: date) -> Outcome:
    """The day before it, unless another was agreed on since; what is closed meanwhile needs none."""
    hazard = told.store.hazards.numbered(number)
    if hazard is None or hazard.state is not HazardState.OPEN:
        return NOTHING
    if hazard.due_on != until:
        return _in_vain(told, approval, person, "not_undone", number=number)
    hazard.shorten(was, person, told.now)
    return _tell_all(told, person, hazard, "approval_decided/hazard_shortened")


def _tell_all(told: Told, person: Person, hazard: Hazard, template: str) -> Outcome:
    """Who wrote the form, the owner, who checks: each once."""
    readers = [person, *([hazard.owner] if hazard.owner else []), *told.store.people.holding(Post.SAFETY_OFFICER)]
    outcome = NOTHING
    for reader in dict.fromkeys(readers):
        outcome += tell(reader, template, hazard=hazard, by=person)
    return outcome


def _swap(told: Told, approval: Approval, person: Person, meaning: Meaning, effect: ApprovalEffect) -> Outcome:
    """Another stands for somebody's posts on a day: the duty table changes, as 替班 changes it."""
    found = find_day(approval.fields.get(meaning.day, ""), told.day)
    stand_in = _person(told, approval.fields.get(meaning.stand_in, ""))
    if found is None or found[0] < told.day or stand_in is None or stand_in is person:
        return _in_vain(told, approval, person, "no_such_swap")
    turns = told.store.absences.turns_of(person, found[0], found[0])
    turns = [turn for turn in turns if told.store.absences.turn(stand_in, turn.post, turn.day) is None]
    if not turns:
        return _in_vain(told, approval, person, "no_such_turn", day=found[0])
    effect.did = {
        "day": found[0].isoformat(),
        "posts": [turn.post.value for turn in turns],
        "to": stand_in.id,
    }
    return _change_turns(told, turns, person, stand_in, "approval_decided/swapped")


def _swap_back(told: Told, approval: Approval, person: Person, did: Mapping[str, Any]) -> Outcome:
    """Who was on duty first is again, for the posts that the other still has."""
    day, stand_in = date.fromisoformat(did["day"]), told.store.people.get(did["to"])
    if stand_in is None or day < told.day:
        return NOTHING
    turns = [turn for post in did["posts"] if (turn := told.store.absences.turn(stand_in, Post(post), day)) is not None]
    if not turns:
        return _in_vain(told, approval, person, "no_such_turn", day=day)
    return _change_turns(told, turns, stand_in, person, "approval_decided/swapped_back")


def _change_turns(told: Told, turns: Sequence[Turn], leaves: Person, comes: Person, template: str) -> Outcome:
    outcome = NOTHING
    for turn in turns:
        outcome += keep(Turn.of(comes, turn.post, turn.day))
        told.store.absences.give_away(turn)
    readers = (leaves, comes, *told.store.people.holding(Post.OFFICE))
    values: dict[str, Any] = {
        "day": turns[0].day,
        "posts": [turn.post for turn in turns],
        "leaves": leaves,
        "comes": comes,
    }
    for reader in dict.fromkeys(readers):
        outcome += tell(reader, template, **values)
    return outcome


def _in_vain(told: Told, approval: Approval, person: Person, why: str, **values: Any) -> Outcome:
    """Nothing came of an agreed form: who wrote it hears what to do, and the office, so that nothing is lost between them."""
    known: dict[str, Any] = {"title": approval.title, "number": None, "day": None, "why": why, **values}
    outcome = NOTHING
    for reader in dict.fromkeys((person, *told.store.people.holding(Post.OFFICE))):
        outcome += tell(reader, "approval_decided/in_vain", by=person, **known)
    return outcome


def _number(words: str) -> int | None:
    """12 in 「隐患 12」, 「第12号」, 「12 消防栓」."""
    found, _ = numbers.leading(words.strip().removeprefix("隐患").lstrip(" 　第#＃:："))
    return found[0] if found else None


def _later_day(told: Told, approval: Approval, meaning: Meaning) -> date | None:
    found = find_day(approval.fields.get(meaning.until, ""), told.day)
    return found[0] if found is not None and found[0] > told.day else None


def _person(told: Told, words: str) -> Person | None:
    """Whom a field names: by name, or by account where the form's control for people gives that."""
    for piece in filter(None, _BETWEEN.split(words)):
        people = told.store.people.named(piece)
        if len(people) == 1:
            return people[0]
        account = told.store.people.account(told.platform, told.account_id(piece))
        if account is not None and account.person is not None:
            return account.person
    return None
