"""整改通知 12 9月30日前：对一处隐患下整改通知书，整改人回「签收 12」"""

from __future__ import annotations

from bot.context import Context, Outcome, say, tell
from bot.domain.hazards import HazardState, WrongState
from bot.domain.people import LEADERS, Post
from bot.errors import NotAllowed, PersonError
from bot.language.days import find_day
from bot.pointing import the_hazard
from bot.registry import handles

MAY_ISSUE = (Post.SAFETY_OFFICER, *LEADERS)


@handles("整改通知", "发整改", help="对一处隐患下整改通知书", example="整改通知 12 9月30日前", posts=MAY_ISSUE)
def start(ctx: Context) -> Outcome:
    """A deadline and a paper with a number: the hazard's."""
    hazard, words = the_hazard(ctx, ctx.store.hazards.in_state(HazardState.OPEN), "issue_notice/which")
    if hazard.owner is None:
        raise PersonError("issue_notice/no_owner", hazard=hazard)
    found = find_day(words, ctx.day)
    day = found[0] if found is not None else hazard.due_on
    if day < ctx.day:
        raise PersonError("more_time/past", hazard=hazard, day=day)
    try:
        hazard.notice(day, ctx.person, ctx.now)
    except WrongState as error:
        raise PersonError("hazards/wrong_state", hazard=hazard) from error
    outcome = say("issue_notice/issued", hazard=hazard)
    readers = [hazard.owner, *ctx.store.people.holding(Post.VICE_PRINCIPAL)]
    for reader in dict.fromkeys(person for person in readers if person is not ctx.person or person is hazard.owner):
        outcome += tell(reader, "issue_notice/notice", hazard=hazard, by=ctx.person, is_owner=reader is hazard.owner)
    return outcome


@handles("签收", help="签收整改通知书", example="签收 12")
def sign(ctx: Context) -> Outcome:
    """The owner has read it."""
    waiting = [
        hazard for hazard in ctx.store.hazards.owned_by(ctx.person) if hazard.noticed_at and not hazard.received_at
    ]
    hazard, _ = the_hazard(ctx, waiting, "issue_notice/sign_which")
    if hazard.owner is not ctx.person:
        raise NotAllowed("issue_notice/not_yours", hazard=hazard)
    if hazard.noticed_at is None or hazard.received_at is not None:
        raise PersonError("issue_notice/sign_which", hazards=waiting)
    hazard.receive(ctx.person, ctx.now)
    return say("issue_notice/signed", hazard=hazard)
