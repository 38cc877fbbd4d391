"""整改 12：改好了，带上照片，交给别人复查"""

from __future__ import annotations

import re
from datetime import date

from bot.context import Context, Outcome, ask, attach, say, stay, tell
from bot.domain.hazards import Hazard, HazardState, WrongState
from bot.domain.people import LEADERS, Person, Post
from bot.domain.photos import PhotoOf
from bot.errors import NotAllowed, PersonError
from bot.pointing import describes, held_photos, remembered_hazard, the_hazard, the_meant_hazard
from bot.registry import handles, step, understands
from handlers import look_up, more_time

FIXERS = (Post.FACILITIES, Post.REPAIRER, Post.SAFETY_OFFICER, *LEADERS)
"""Who may say it is done, besides the owner."""

UNDER_WAY = "整改中"
"""What bot/language calls a repair that has begun and is not done."""

PLAN = re.compile(r"换|修|装|弄|处理|更换|维修|安排|订|买|到货|没货|缺货|等.{0,6}(?:到|来)|来人|上门")
"""Words of who is about to put something right."""

ASKED = re.compile(r"(?:吗|没有?|了?没|呢)[啊呀]?[?？。]*$|[?？]$")
"""1号修好了吗 asks how it stands."""

WITHOUT = ("没有", "没照片", "无", "不方便")


@handles("整改", "改好了", help="隐患改好了，带照片交复查", example="整改 12")
def start(ctx: Context) -> Outcome:
    """Find the hazard; without a photo ask for one."""
    mine = ctx.store.hazards.owned_by(ctx.person)
    hazard, note = the_hazard(ctx, mine, "fix_hazard/which")
    _may_fix(ctx, hazard)
    held = held_photos(ctx)
    if not held and not ctx.message.images:
        return ask("fix_hazard/photo", then=photo, remember={"number": hazard.number, "note": note}, hazard=hazard)
    return _hand_in(ctx, hazard, note) + attach(PhotoOf.HAZARD_FIXED, hazard, held)


@understands("rectify")
def heard(ctx: Context) -> Outcome:
    """Free text: done, or under way with a day. What was secured for now is kept, too."""
    assert ctx.meaning is not None
    mine = ctx.store.hazards.owned_by(ctx.person)
    hazard = the_meant_hazard(ctx, mine, "fix_hazard/which")
    if ASKED.search(ctx.words):
        return look_up.card(ctx, hazard.number)
    _may_fix(ctx, hazard)
    item = ctx.meaning.items[0] if ctx.meaning.items else None
    if item is not None and item.status == UNDER_WAY:
        return _under_way(ctx, hazard, item.due_day)
    held = held_photos(ctx)
    if not held and not ctx.message.images:
        remember = {"number": hazard.number, "note": ctx.words}
        return ask("fix_hazard/photo", then=photo, remember=remember, hazard=hazard)
    return _hand_in(ctx, hazard, ctx.words) + attach(PhotoOf.HAZARD_FIXED, hazard, held)


def planned(ctx: Context) -> Outcome | None:
    """Words by which the owner of a hazard says when it will be done, or what it waits for; None where they are not that."""
    meaning = ctx.meaning
    if meaning is None or not meaning.items or not PLAN.search(ctx.words):
        return None
    mine = [each for each in ctx.store.hazards.owned_by(ctx.person) if describes(ctx, each)]
    if not mine:
        return None
    if len(mine) > 1:
        raise PersonError("fix_hazard/which", hazards=mine)
    return _under_way(ctx, mine[0], meaning.items[0].due_day)


def _under_way(ctx: Context, hazard: Hazard, due: date | None) -> Outcome:
    """What was secured or is planned is kept; a day later than the deadline asks for more time."""
    hazard.control(ctx.words, ctx.person, ctx.now)
    if due is not None and due > hazard.due_on:
        return more_time.ask_for(ctx, hazard, due, ctx.words)
    return say("fix_hazard/under_way", hazard=hazard)


@step
def photo(ctx: Context) -> Outcome:
    """The photo, or 没有 and why."""
    hazard = remembered_hazard(ctx)
    note = ctx.memory["note"]
    if ctx.message.images:
        return _hand_in(ctx, hazard, ctx.words or note) + attach(PhotoOf.HAZARD_FIXED, hazard)
    for word in WITHOUT:
        if ctx.words.startswith(word):
            reason = ctx.words.removeprefix(word).strip(" ，,。") or note
            if reason:
                return _hand_in(ctx, hazard, reason, pictured=False)
    return say("fix_hazard/photo", hazard=hazard) + stay()


def _may_fix(ctx: Context, hazard: Hazard) -> None:
    if hazard.owner is not ctx.person and not ctx.person.holds(*FIXERS):
        raise NotAllowed("fix_hazard/not_yours", hazard=hazard)
    if hazard.state is not HazardState.OPEN:
        raise PersonError("hazards/wrong_state", hazard=hazard)


def _hand_in(ctx: Context, hazard: Hazard, note: str, *, pictured: bool = True) -> Outcome:
    try:
        hazard.fix(ctx.person, ctx.now, note)
    except WrongState as error:
        raise PersonError("hazards/wrong_state", hazard=hazard) from error
    checkers = _checkers(ctx)
    outcome = say("fix_hazard/handed_in", hazard=hazard, checkers=checkers)
    for checker in checkers:
        outcome += tell(checker, "fix_hazard/please_check", hazard=hazard, note=note, pictured=pictured)
    return outcome


def _checkers(ctx: Context) -> list[Person]:
    """Who is asked to look: the safety officers, else the leaders; never who put it right."""
    for posts in ((Post.SAFETY_OFFICER,), LEADERS):
        people = [person for person in ctx.store.people.holding(*posts) if person is not ctx.person]
        if people:
            return people
    return []
