"""隐患：一句话报一处隐患，带不带照片都行，马上有编号

隐患 三楼东侧消防栓漏水 → a number, the owner hears of it, a photo may follow. A photo sent before the words is found.
"""

from __future__ import annotations

from bot.context import Context, Outcome, ask, attach, keep, say, stay, tell
from bot.domain.hazards import DEADLINE, Hazard
from bot.domain.people import Person, Post
from bot.domain.photos import PhotoOf
from bot.errors import NotMine, PersonError
from bot.pointing import held_photos, remembered_hazard
from bot.registry import handles, step

LONGEST = 200
"""Characters; a hazard that needs more needs a visit."""


@handles("报隐患", "隐患", help="报一处隐患，可以带照片", example="隐患 三楼东侧消防栓漏水")
def start(ctx: Context) -> Outcome:
    """Register what was said; without words ask for them."""
    return _register(ctx) if ctx.words else ask("report_hazard/what", then=describe)


@step
def describe(ctx: Context) -> Outcome:
    """The words that were missing. A picture alone is kept until they come."""
    return _register(ctx) if ctx.words else say("report_hazard/and_the_words") + stay()


@step
def photo(ctx: Context) -> Outcome:
    """The photo that may follow a report. Other words are no part of it."""
    hazard = remembered_hazard(ctx)
    if not ctx.message.images:
        raise NotMine
    told = tell(hazard.owner, "report_hazard/more_photos", hazard=hazard) if hazard.owner else Outcome()
    return (
        attach(PhotoOf.HAZARD_FOUND, hazard)
        + ask("report_hazard/photo_kept", then=photo, remember=dict(ctx.memory), hazard=hazard)
        + told
    )


def _register(ctx: Context) -> Outcome:
    if len(ctx.words) > LONGEST:
        raise PersonError("report_hazard/too_long", longest=LONGEST)
    owner = _owner(ctx)
    hazard = Hazard.report(
        number=ctx.store.hazards.next_number(),
        text=ctx.words,
        by=ctx.person,
        at=ctx.now,
        owner=owner,
        due_on=ctx.store.calendar.school_days_after(ctx.day, DEADLINE),
    )
    held = held_photos(ctx)
    pictured = bool(held) or ctx.has_picture
    answer = (
        say("report_hazard/registered", hazard=hazard, pictured=pictured)
        if pictured
        else ask(
            "report_hazard/registered", then=photo, remember={"number": hazard.number}, hazard=hazard, pictured=False
        )
    )
    outcome = keep(hazard) + attach(PhotoOf.HAZARD_FOUND, hazard, held) + answer
    for reader in _readers(ctx, owner):
        outcome += tell(reader, "report_hazard/new", hazard=hazard, pictured=pictured, is_owner=reader is owner)
    return outcome


def _owner(ctx: Context) -> Person | None:
    """Most hazards are the facilities office's; where nobody holds that post, the safety officer's."""
    people = ctx.store.people.holding(Post.FACILITIES) or ctx.store.people.holding(Post.SAFETY_OFFICER)
    return people[0] if people else None


def _readers(ctx: Context, owner: Person | None) -> list[Person]:
    """The owner and the safety officers, each once, without who just said it."""
    readers = [owner] if owner is not None else []
    readers += [person for person in ctx.store.people.holding(Post.SAFETY_OFFICER) if person is not owner]
    return [person for person in readers if person is not ctx.person or person is owner]
