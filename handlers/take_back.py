"""撤销：十分钟之内，收回自己刚才做的一步：报的隐患、整改、复查、转派、延期、任务和检查的回复、值班情况"""

from __future__ import annotations

from datetime import datetime

from bot.context import Context, Outcome, say, stay, tell
from bot.domain.hazards import HazardEvent, HazardState, HazardStep
from bot.domain.people import Person, Post
from bot.domain.reports import UNDO, DutyEntry
from bot.domain.rounds import Assignment
from bot.errors import PersonError
from bot.registry import handles, understands

NEVER = (
    HazardStep.UNDONE,
    HazardStep.WITHDRAWN,
    HazardStep.ESCALATED,
    HazardStep.SEEN_AGAIN,
    HazardStep.CONTROLLED,
    HazardStep.LOCATED,
)
"""Steps that are passed over: notes, what took something back, and the place, which is part of the report it was asked after."""


@understands("withdraw")
def heard(ctx: Context) -> Outcome:
    """Free text: 「发错了，撤回」."""
    return start(ctx)


@handles("撤销", help="十分钟内收回刚才做的一步", alone=True)
def start(ctx: Context) -> Outcome:
    """Whatever they did last."""
    found = acts(ctx)
    if not found:
        raise PersonError("take_back/too_late")
    _, what = max(found, key=lambda each: each[0])
    if isinstance(what, HazardEvent):
        return _step(ctx, what)
    if isinstance(what, DutyEntry):
        what.report.take_back(ctx.now)
        return say("take_back/entry", entry=what, left=len(what.report.entries)) + stay()
    texts = [item.text for item in what]
    for item in what:
        item.take_back()
    return say("take_back/answer", texts=texts) + stay()


def acts(ctx: Context) -> list[tuple[datetime, HazardEvent | DutyEntry | list[Assignment]]]:
    """What they did last of each kind, within the ten minutes, and when."""
    since = ctx.now - UNDO
    event = ctx.store.hazards.last_step_by(ctx.person, since, NEVER)
    report = ctx.store.reports.of(ctx.person, ctx.day)
    entry = report.entries[-1] if report is not None and report.entries else None
    answers = ctx.store.rounds.last_answer_by(ctx.person, since)
    found: list[tuple[datetime, HazardEvent | DutyEntry | list[Assignment]]] = []
    if event is not None:
        found.append((event.at, event))
    if entry is not None and entry.at >= since:
        found.append((entry.at, entry))
    if answers and answers[0].answered_at is not None:
        found.append((answers[0].answered_at, answers))
    return found


def _step(ctx: Context, event: HazardEvent) -> Outcome:
    hazard = event.hazard
    if event.step is HazardStep.REPORTED:
        if hazard.state is not HazardState.OPEN:
            raise PersonError("take_back/too_late")
        hazard.withdraw(ctx.person, ctx.now)
        return _told(ctx, say("take_back/hazard", hazard=hazard), "take_back/hazard_withdrawn", event, hazard.owner)
    if not event.before or hazard.history[-1] is not event:
        raise PersonError("take_back/too_late")
    after = hazard.owner
    owner, fixer = (_person(ctx, event.before.get(name)) for name in ("owner_id", "fixer_id"))
    hazard.undo(event, owner, fixer, ctx.person, ctx.now)
    answer = say("take_back/step", hazard=hazard, step=event.step)
    checkers = ctx.store.people.holding(Post.SAFETY_OFFICER) if event.step is HazardStep.FIXED else []
    return _told(ctx, answer, "take_back/step_for_you", event, owner, after, hazard.reporter, *checkers)


def _told(ctx: Context, answer: Outcome, template: str, event: HazardEvent, *readers: Person | None) -> Outcome:
    for reader in dict.fromkeys(person for person in readers if person is not None and person is not ctx.person):
        answer += tell(reader, template, hazard=event.hazard, step=event.step, by=ctx.person)
    return answer


def _person(ctx: Context, person_id: int | None) -> Person | None:
    return ctx.store.people.get(person_id) if person_id is not None else None
