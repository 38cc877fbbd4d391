"""平台上的审批批了或撤了：请假的日子不再问本人；别的单子按设置里说的，任务、隐患延期或换班；撤了的收回

What a form is for stands in the school's settings ([[school.approval]]); of the others, one whose title or kind speaks of
leave (templates/approval_decided/leave.yaml) and that names a span is leave.
"""

from __future__ import annotations

from datetime import date

from bot import approval_effects
from bot.clock import school_time
from bot.context import NOTHING, Outcome, Told, tell
from bot.domain.approvals import Meaning, Means
from bot.domain.people import Person
from bot.facts import Approval, Ask, Decision
from bot.registry import told
from bot.render import LABELS
from handlers.take_leave import tell_the_office, turns_within


@told(Ask.APPROVAL)
@told(Ask.APPROVALS)
def decided(told: Told) -> Outcome:
    """Every request that was told; one of somebody whom nobody knows, or still under way, does nothing."""
    outcome = NOTHING
    approvals = [fact for fact in told.facts if isinstance(fact, Approval)]
    over = {each.number for each in approvals if each.decision is Decision.WITHDRAWN}
    for approval in approvals:
        if approval.decision is Decision.AGREED and approval.number in over:
            continue  # DingTalk lists both; nobody is sent away and called back in one breath
        account = told.store.people.account(told.platform, told.account_id(approval.account))
        if account is None or account.person is None:
            continue
        meaning = told.store.approvals.meaning(approval.template) or _by_its_words(approval)
        source = f"{told.platform}:{approval.number}"
        match meaning.means, approval.decision:
            case Means.LEAVE, Decision.AGREED:
                outcome += _away(told, approval, account.person, source)
            case Means.LEAVE, Decision.REFUSED | Decision.WITHDRAWN:
                outcome += _back(told, source)
            case Means.NOTHING, _:
                pass
            case _, Decision.AGREED:
                effect = told.store.approvals.begin(source, told.now)
                if effect is not None:
                    outcome += approval_effects.carry_out(told, approval, account.person, meaning, effect)
            case _, Decision.WITHDRAWN:
                effect = told.store.approvals.effect(source)
                if effect is not None and effect.undone_at is None:
                    outcome += approval_effects.undo(told, approval, account.person, effect)
            case _:
                pass
    return outcome


def days_of(approval: Approval) -> tuple[date, date] | None:
    """The school days on which somebody is away, both included; None where the form names no span.

    Half a day counts as the whole day, and a span that ends at midnight takes that day along (platforms write a morning as
    ending at 00:00): who was asked one time too few answers the next time, who was asked at the hospital does not forget it.
    """
    if approval.first is None or approval.last is None or approval.last < approval.first:
        return None
    return school_time(approval.first).date(), school_time(approval.last).date()


def _by_its_words(approval: Approval) -> Meaning:
    words = approval.title + approval.kind
    return Meaning(Means.LEAVE if any(word in words for word in LABELS.leave) else Means.NOTHING)


def _away(told: Told, approval: Approval, person: Person, source: str) -> Outcome:
    days = days_of(approval)
    if days is None:
        return NOTHING
    first, last = days
    leave = told.store.absences.approve(person, first, last, reason=approval.kind, source=source, at=told.now)
    if leave is None or last < told.day:
        return NOTHING
    turns = turns_within(told, leave)
    return tell(person, "approval_decided/leave", leave=leave, turns=turns) + tell_the_office(told, leave)


def _back(told: Told, source: str) -> Outcome:
    leave = told.store.absences.approved(source)
    if leave is None or leave.ended_at is not None:
        return NOTHING
    leave.ended_at = told.now
    if leave.last < told.day:
        return NOTHING
    for_the_office = tell_the_office(told, leave, "approval_decided/ended_for_the_office")
    return tell(leave.person, "approval_decided/ended", leave=leave) + for_the_office
