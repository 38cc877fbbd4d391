"""时间到：收口，把没回的名单私下给负责人

A duty report that was begun but not ended with 好了 counts: what was said is there.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Outcome, Run, inquire, tell
from bot.domain.rounds import Assignment, AssignmentState, Round
from bot.domain.routines import Asks
from bot.facts import Ask
from bot.registry import at_round, scheduled


@scheduled(title="收口，名单交给负责人", due=at_round("closes_at"), late_by=timedelta(days=7))
def close(run: Run) -> Outcome:
    """Late is still right: a round must not stay open for ever."""
    outcome = Outcome()
    for asked_round in run.store.rounds.to_close(run.due_at):
        if asked_round.asks is Asks.ATTENDANCE:
            asked_round.close()
            outcome += tell(asked_round.owner, "attendance_read/not_got", title=asked_round.title)
            continue
        _file_reports(run, asked_round)
        _excuse_who_is_away(run, asked_round)
        missed = asked_round.close()
        if "on" in asked_round.form and "collect" in asked_round.form:
            # its platform closes the form at this moment: what was handed in in the last minutes comes after the list
            outcome += inquire(Ask.FORM, asked_round.form["collect"], asked_round.form["on"])
        answered = [item for item in asked_round.assignments if item not in missed]
        if not missed and asked_round.asks is Asks.CHECKLIST and not any(_tells(item) for item in answered):
            continue  # all well and everybody answered: nothing to read
        outcome += tell(
            asked_round.owner,
            f"{asked_round.routine}/closed|prompts/closed",
            title=asked_round.title,
            excused=[item for item in answered if item.state is AssignmentState.EXCUSED],
            missed=missed,
            done=[item for item in answered if item.state is AssignmentState.DONE],
            deferred=[item for item in answered if item.state is AssignmentState.DEFERRED],
            notes=[note for item in [*answered, *missed] for note in _notes(item)],
            opened_at=asked_round.opened_at,
        )
    return outcome


def _notes(item: Assignment) -> list[tuple[str, str, str]]:
    """(who, item of the checklist or "", what was said): what its owner reads of one answer."""
    items = item.round.form.get("items", ())
    found = [(items[int(number) - 1], note) for number, note in item.answer.get("bad", {}).items()]
    found += [("", item.answer[key]) for key in ("remark", "text") if item.answer.get(key)]
    return [(item.person.name, what, note) for what, note in found]


def _tells(item: Assignment) -> bool:
    """Whether its owner has to read anything of it."""
    return item.state is not AssignmentState.DONE or bool(item.answer.get("bad") or item.answer.get("remark"))


def _excuse_who_is_away(run: Run, asked_round: Round) -> None:
    """Who went on leave after being asked is not on the list of the missing; a task stays theirs."""
    away = run.store.people.away(run.day) if asked_round.asks is not Asks.TASK else frozenset()
    for assignment in asked_round.missing():
        if assignment.person_id in away:
            assignment.excuse(run.due_at, "")


def _file_reports(run: Run, asked_round: Round) -> None:
    for assignment in asked_round.missing():
        report = run.store.reports.begun_for(assignment)
        if report is not None:
            report.file(run.due_at)
            assignment.finish(run.due_at)
