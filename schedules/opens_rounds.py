"""到点就问：按 templates/routines 里的每个常规工作，问该问的人；请假的人不问

Who is asked for tasks: everybody with a task due by the end of the week. For anything else: who stands for the routine's post
that day. Where a month's quota runs short, a day's measure of questions is one: the others stand in 我的任务.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

from bot.clock import midnight
from bot.context import NOTHING, Outcome, Run, inquire, keep, tell
from bot.domain.limits import folding
from bot.domain.people import Post
from bot.domain.rounds import Round
from bot.domain.routines import Asks, Routine
from bot.facts import Ask
from bot.manners import MANNERS
from bot.registry import scheduled_per_routine
from handlers import answer_prompt, duty_report, form_made

FOLDED = 1
"""Questions a day that ring for one person while the month's quota runs short."""


@scheduled_per_routine
def open_round(run: Run, routine: Routine) -> Outcome:
    """Ask; nobody to ask is silence."""
    match routine.asks:
        case Asks.TASK:
            return _ask_for_tasks(run, routine)
        case Asks.REPORT:
            return _ask_for_report(run, routine)
        case Asks.ATTENDANCE:
            return keep(_new_round(run, routine)) + inquire(Ask.PUNCHES, run.day.isoformat())
        case _:
            return _ask_to_fill(run, routine)


def _new_round(run: Run, routine: Routine) -> Round:
    return Round.open(school_id=run.store.school.id, routine=routine, at=run.due_at, manners=MANNERS)


def _ask_for_tasks(run: Run, routine: Routine) -> Outcome:
    monday = run.day - timedelta(days=run.day.weekday())
    sunday = monday + timedelta(days=6)
    away = run.store.people.away(run.day)
    tasks = [task for task in run.store.rounds.open_tasks(sunday) if task.owner.active and task.owner_id not in away]
    if not tasks:
        return NOTHING
    asked_round = _new_round(run, routine)
    outcome = keep(asked_round)
    for owner, owned in groupby(tasks, key=lambda task: task.owner):
        asked = [asked_round.ask(owner, task.text, task) for task in owned]
        outcome += tell(owner, f"{routine.name}/yours", asked=asked, today=run.day)
    if routine.group is not None:
        outcome += tell(
            routine.group,
            f"{routine.name}/group",
            tasks=tasks,
            today=run.day,
            people=len({task.owner_id for task in tasks}),
            week=run.store.calendar.week_number(run.day),
            monday=monday,
            sunday=sunday,
        )
    return outcome


def _ask_for_report(run: Run, routine: Routine) -> Outcome:
    asked_round = _new_round(run, routine)
    outcome = keep(asked_round)
    for person in run.store.people.asked(routine.post or (Post.DUTY_LEADER,), run.day):
        assignment = asked_round.ask(person, routine.title)
        report = run.store.reports.of(person, run.day)
        if report is not None and report.filed_at is not None:
            assignment.finish(run.due_at)
            continue
        outcome += tell(
            person,
            f"{routine.name}/yours",
            then=duty_report.more,
            lasts=routine.window,
            started=report is not None,
            closes_at=asked_round.closes_at,
        )
    return outcome if asked_round.assignments else NOTHING


def _ask_to_fill(run: Run, routine: Routine) -> Outcome:
    asked_round = _new_round(run, routine)
    outcome = keep(asked_round)
    prompted = run.store.rounds.prompted(midnight(run.day))
    measure = FOLDED if folding(run.standings()) else MANNERS.prompts_a_day
    ringing = []
    for person in run.store.people.asked(routine.post, run.day):
        asked_round.ask(person, routine.title)
        if prompted.get(person.id, 0) < measure:
            ringing.append(person)  # the others see it in 我的任务, and the reminder asks
    if not asked_round.assignments:
        return NOTHING
    # people who have no account where the form is made are asked in the chat at once
    for platform in run.knowing.get(Ask.NEW_FORM, ())[:1] if routine.makes else ():
        people = [item.person for item in asked_round.assignments]
        if any(form_made.accounts_of(person, platform) for person in people):
            outcome += form_made.order(asked_round, ringing, platform)
            ringing = [person for person in ringing if not form_made.accounts_of(person, platform)]
    for person in ringing:
        outcome += answer_prompt.prompt(asked_round, person)
    return outcome
