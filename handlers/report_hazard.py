"""隐患：一句话报一处或几处隐患，带不带「隐患」两个字、带不带照片都行，马上有编号

隐患 三楼东侧消防栓漏水 → a number, the owner hears of it, a photo may follow. A photo sent before the words is found. What is
unclear is asked after it is registered, never before: a report is kept even when nobody answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.context import NOTHING, Context, Outcome, Witness, ask, attach, keep, say, stay, tell
from bot.domain.hazards import DEADLINE, Hazard, HazardLevel, HazardState
from bot.domain.people import LEADERS, Person, Post
from bot.domain.photos import PhotoOf
from bot.errors import NotMine, PersonError
from bot.language import numbers
from bot.language.meaning import Item, Understanding
from bot.language.spoken import spoken
from bot.manners import MANNERS
from bot.pointing import held_photos, remembered_hazard
from bot.registry import handles, step, understands
from bot.render import LABELS
from handlers import amend_hazard, fix_hazard, look_up, report_incident
from handlers.amend_hazard import CORRECTING
from handlers.grade_hazard import MAY_GRADE, deadlines

LONGEST = 200
"""Characters; a hazard that needs more needs a visit."""

UNSURE = 0.5
"""Confidence up to which free text is registered with a word on how to take it back."""

SAME_WITHIN = timedelta(days=30)
"""An open hazard of the same kind at the same place, reported in this time, is probably the same one."""

FEW_PLACES = 3
"""Choices offered where the building is missing (school-domain 2.7: one question, never a form)."""

CALLED_BUILDINGS = ("楼", "座", "部", "校区")
"""What the names of buildings with several floors end with."""

BESIDES = re.compile(
    r"^(?:另外|还有(?:一?[件个处条])?|对了|再(?:报|说)(?:一?[个处条]|一下)?|顺便(?:说|报)(?:一下|一?[个处])?|(?:就是|看|你看|您看)这[个里张])[，,、:：\s]*"
)
"""What joins a report to the one before; the record stands alone."""

STILL = ("还", "又", "没好", "没修好", "没弄好", "没改好", "仍", "依然")
REOPEN_WITHIN = timedelta(days=14)
"""After that it is a new one."""

ASKING = re.compile(r"谁|啥|什么|哪|帮我|我的|几[个处条]|多少|吗[?？。]*$|呢[?？。]*$")

NEW_ONES = ("hazard", "order", "incident", "chat")
"""What the words of a report may mean; the rest is about a hazard that is known already."""

NEW = ("新的", "不是", "不一样", "另一处", "不是同一处", "另外一处")
SAME = ("是", "同一处", "一样", "对", "嗯", "是的", "就是", "是同一处")


@handles("报隐患", "隐患", help="报一处隐患，可以带照片；不写「隐患」两个字也行", example="隐患 三楼东侧消防栓漏水")
def start(ctx: Context) -> Outcome:
    """Register what was said; without words ask for them. What happened to somebody is no hazard."""
    if not ctx.words:
        return ask("report_hazard/what", then=describe)
    named, words = numbers.leading(ctx.words)
    if len(named) == 1 and not words:
        return look_up.card(ctx, named[0])
    again = _again(ctx, named, words)
    if again is not None:
        return again
    if len(named) == 1 and ctx.understand(ctx.message.text).intent not in NEW_ONES:
        raise NotMine  # 「隐患 1 修好了」: about one that has this number
    meaning = ctx.understand(ctx.words)
    if meaning.intent == "incident":
        return report_incident.take(ctx, meaning)
    return _report(ctx, ctx.words, meaning)


@understands("hazard", "order")
def heard(ctx: Context) -> Outcome:
    """Free text that tells of a hazard, or a leader's order to put one right. When its owner says when it will be done
    (灯明天下午换), it is the one they have already."""
    assert ctx.meaning is not None
    planned = fix_hazard.planned(ctx) if ctx.meaning.confidence <= UNSURE else None
    if planned is not None:
        return planned
    if ASKING.search(ctx.words) and not any(item.category or item.place for item in ctx.meaning.items):
        raise NotMine  # neither what nor where, and somebody asks: 谁还没弄好
    return _report(ctx, ctx.words, ctx.meaning)


@step
def describe(ctx: Context) -> Outcome:
    """The words that were missing. A picture alone is kept until they come."""
    if not ctx.words:
        return say("report_hazard/and_the_words") + stay()
    return _report(ctx, ctx.words, ctx.understand(ctx.words))


@step
def photo(ctx: Context) -> Outcome:
    """The photo that may follow a report. Other words are no part of it."""
    hazard = remembered_hazard(ctx)
    if not ctx.message.images or ctx.words:
        raise NotMine
    told = tell(hazard.owner, "report_hazard/more_photos", hazard=hazard) if hazard.owner else NOTHING
    return (
        attach(PhotoOf.HAZARD_FOUND, hazard)
        + ask("report_hazard/photo_kept", then=photo, remember=dict(ctx.memory), hazard=hazard)
        + told
    )


@step
def photos(ctx: Context) -> Outcome:
    """Photos that follow several hazards said in one message: one each, in their order, the rest to the last."""
    if not ctx.message.images or ctx.words:
        raise NotMine
    left = list(ctx.memory["numbers"])
    outcome = NOTHING
    for place in range(len(ctx.message.images)):
        number = left.pop(0) if len(left) > 1 else left[0]
        hazard = ctx.store.hazards.numbered(number)
        if hazard is None:
            raise NotMine
        outcome += attach(PhotoOf.HAZARD_FOUND, hazard, pictures=(place,))
        outcome += ask("report_hazard/photo_kept", then=photos, remember={"numbers": left}, hazard=hazard)
    return outcome


@step
def where(ctx: Context) -> Outcome:
    """The place that was missing: the number of a choice, or words. A photo instead is the hazard's."""
    hazard = remembered_hazard(ctx)
    if not ctx.words:
        told = tell(hazard.owner, "report_hazard/more_photos", hazard=hazard) if hazard.owner else NOTHING
        return attach(PhotoOf.HAZARD_FOUND, hazard) + say("report_hazard/photo_kept", hazard=hazard) + told + stay()
    place = area = _chosen(ctx)
    if place is None:
        place = CORRECTING.sub("", ctx.words)
        meaning = ctx.understand(place)
        placed = next((item.place for item in meaning.items if item.place), None)
        another = meaning.intent == "hazard" and (
            meaning.confidence > UNSURE or any(item.due for item in meaning.items)
        )
        if len(place) > 30 or another or (meaning.intent not in ("hazard", "chat", "amend") and placed is None):
            raise NotMine
        if place != ctx.words and not (placed and (placed.area or placed.floor or placed.side or placed.room)):
            return amend_hazard.amend(ctx, hazard, ctx.words)
        area = placed.area[0] if placed is not None and placed.area else ""
    hazard.locate(place, area or "", ctx.person, ctx.now)
    outcome = say("report_hazard/located", hazard=hazard) + attach(PhotoOf.HAZARD_FOUND, hazard)
    for reader in _readers(ctx, [hazard]):
        outcome += tell(reader, "report_hazard/located_for_you", hazard=hazard)
    return outcome


@step
def same_or_new(ctx: Context) -> Outcome:
    """Whether it is the hazard that somebody reported before. A photo meanwhile shows that one."""
    if not ctx.words:
        hazard = remembered_hazard(ctx)
        return attach(PhotoOf.HAZARD_FOUND, hazard) + say("report_hazard/photo_kept", hazard=hazard) + stay()
    words = ctx.words.strip("。，, ")
    if words in SAME:
        return say("report_hazard/same", hazard=remembered_hazard(ctx))
    if not words.startswith(NEW):
        raise NotMine
    return _register(ctx, ctx.memory["words"], ctx.understand(ctx.memory["words"]))


def register_findings(by: Witness, findings: Sequence[tuple[str, str]], *, pictured: bool) -> Outcome:
    """Register what an inspection found, for the owners and the safety officers; nothing is said to who found it.

    findings: (the item inspected, what is wrong there). What is wrong says more about the kind than the item does.
    """
    found = []
    for item, note in findings:
        noted = _only_item(by.understand(note))
        text = f"{item}：{note}"
        found.append((text, noted if noted.category else _only_item(by.understand(text))))
    hazards = _found(by, found, urgent=False)
    return keep(*hazards) + _notices(by, hazards, pictured=pictured)


def _again(ctx: Context, named: list[int], words: str) -> Outcome | None:
    """「隐患 12 还在漏」: it was closed, and is there again. None where the words say something else."""
    if len(named) != 1 or not words.startswith(STILL):
        return None
    hazard = ctx.store.hazards.numbered(named[0])
    if hazard is None or hazard.state is not HazardState.CLOSED:
        return None
    if hazard.closed_at is None or ctx.now - hazard.closed_at > REOPEN_WITHIN:
        raise PersonError("report_hazard/too_late_to_reopen", hazard=hazard)
    hazard.reopen(ctx.person, ctx.now, words, ctx.store.calendar.school_days_after(ctx.day, 1))
    outcome = say("report_hazard/reopened", hazard=hazard) + attach(PhotoOf.HAZARD_FOUND, hazard, held_photos(ctx))
    for reader in _readers(ctx, [hazard]):
        outcome += tell(reader, "report_hazard/reopened_for_you", hazard=hazard, by=ctx.person, why=words)
    return outcome


def _report(ctx: Context, words: str, meaning: Understanding) -> Outcome:
    words = BESIDES.sub("", words)
    if len(words) > LONGEST:
        raise PersonError("report_hazard/too_long", longest=LONGEST)
    twin = _twin(ctx, meaning)
    if twin is not None:
        twin.see_again(ctx.person, ctx.now, words)
        return ask(
            "report_hazard/seen_before",
            then=same_or_new,
            remember={"number": twin.number, "words": words},
            hazard=twin,
        ) + attach(PhotoOf.HAZARD_FOUND, twin, held_photos(ctx))
    return _register(ctx, words, meaning)


def _register(ctx: Context, words: str, meaning: Understanding) -> Outcome:
    items = [item for item in meaning.items if item.what and item.category] or [_only_item(meaning)]
    texts = [words] if len(items) == 1 else [_text(item) for item in items]
    urgent = "urgent" in meaning.flags
    hazards = _found(ctx, list(zip(texts, items, strict=True)), urgent=urgent)
    for hazard in hazards if meaning.done else ():
        hazard.control("、".join(meaning.done), ctx.person, ctx.now)
    held = held_photos(ctx)
    pictured = bool(held) or ctx.has_picture
    answer = _answer(ctx, hazards, meaning, pictured=pictured)
    return keep(*hazards) + _photos(ctx, hazards) + answer + _notices(ctx, hazards, pictured=pictured)


def _found(ctx: Witness, found: Sequence[tuple[str, Item]], *, urgent: bool) -> list[Hazard]:
    first = ctx.store.hazards.next_number()
    return [
        Hazard.report(
            number=first + place,
            text=text,
            by=ctx.person,
            at=ctx.now,
            owner=_owner(ctx, item),
            due_on=_due(ctx, item, urgent=urgent),
            category=item.category,
            level=_level(item),
            area=item.place.area[0] if item.place.area else "",
            urgent=urgent,
        )
        for place, (text, item) in enumerate(found)
    ]


def _notices(ctx: Witness, hazards: Sequence[Hazard], *, pictured: bool) -> Outcome:
    """What others hear of them."""
    outcome = NOTHING
    for hazard in hazards:
        days = deadlines(ctx, hazard) if hazard.level is HazardLevel.SUSPECTED_MAJOR else []
        for reader in _readers(ctx, [hazard]):
            outcome += tell(
                reader,
                "report_hazard/new",
                at_once=_presses(hazard),
                hazard=hazard,
                pictured=pictured,
                is_owner=reader is hazard.owner,
                may_grade=reader.holds(*MAY_GRADE),
                deadlines=days,
            )
    return outcome


def _presses(hazard: Hazard) -> bool:
    """Whether people are woken for it."""
    return hazard.urgent or hazard.level is HazardLevel.SUSPECTED_MAJOR


def _told_at(ctx: Context, hazards: Sequence[Hazard]) -> datetime | None:
    """When the others read of it, where that is not now: the quiet hours."""
    waking = MANNERS.waking(ctx.now)
    return waking if waking > ctx.now and not any(map(_presses, hazards)) else None


def _answer(ctx: Context, hazards: Sequence[Hazard], meaning: Understanding, *, pictured: bool) -> Outcome:
    """The numbers, and one question at most: where it is, else a photo."""
    besides = {"told_at": _told_at(ctx, hazards), "unsure": meaning is ctx.meaning and meaning.confidence <= UNSURE}
    if len(hazards) > 1:
        count = len(ctx.message.images)
        return ask(
            "report_hazard/several",
            then=photos,
            remember={"numbers": [hazard.number for hazard in hazards]},
            hazards=hazards,
            pictures=count,
            one_each=count == len(hazards),
            **besides,
        )
    (hazard,) = hazards
    memory = {"number": hazard.number}
    places = _buildings(ctx)
    if "location" in meaning.asks or ("building" in meaning.asks and len(places) > 1):
        choices = places if "building" in meaning.asks else []
        return ask(
            "report_hazard/where",
            then=where,
            remember=memory | {"choices": choices},
            hazard=hazard,
            choices=choices,
            pictured=pictured,
            **besides,
        )
    if pictured:
        return say("report_hazard/registered", hazard=hazard, pictured=True, **besides)
    return ask("report_hazard/registered", then=photo, remember=memory, hazard=hazard, pictured=False, **besides)


def _photos(ctx: Context, hazards: Sequence[Hazard]) -> Outcome:
    """One picture each where the numbers agree; else all of them show the first, and the answer says so."""
    count = len(ctx.message.images)
    if len(hazards) == 1 or count != len(hazards):
        return attach(PhotoOf.HAZARD_FOUND, hazards[0], held_photos(ctx))
    outcome = NOTHING
    for place, hazard in enumerate(hazards):
        outcome += attach(PhotoOf.HAZARD_FOUND, hazard, pictures=(place,))
    return outcome


def _twin(ctx: Context, meaning: Understanding) -> Hazard | None:
    """An open hazard that sounds like the only one reported now: the same kind, at the same place, in like words."""
    if len(meaning.items) != 1 or not ctx.store.places.all():
        return None
    item = meaning.items[0]
    area = item.place.area[0] if item.place.area else ""
    alike = ctx.store.hazards.open_like(item.category, area, ctx.now - SAME_WITHIN) if item.category and area else []
    place = replace(item.place, inherited=False)
    for hazard in alike:
        before = ctx.understand(hazard.text)
        if any(
            replace(each.place, inherited=False) == place for each in before.items if each.category == item.category
        ):
            return hazard
    return None


def _text(item: Item) -> str:
    """One of several things said in one message, so that it can be understood alone."""
    spot = item.place.spot
    place = spoken(replace(item.place, spot="") if spot and spot in item.what else item.place)
    return item.what if not place or item.what.startswith(place) else f"{place}：{item.what}"


def _only_item(meaning: Understanding) -> Item:
    return meaning.items[0] if meaning.items else Item()


def _level(item: Item) -> HazardLevel:
    return HazardLevel.SUSPECTED_MAJOR if item.level == HazardLevel.SUSPECTED_MAJOR else HazardLevel.GENERAL


def _due(ctx: Witness, item: Item, *, urgent: bool) -> date:
    """The day that was said; today for what can hurt now or may be 重大; else three school days."""
    said = item.due_day
    if said is not None and said >= ctx.day:
        return said
    if urgent or _level(item) is HazardLevel.SUSPECTED_MAJOR:
        return ctx.day
    return ctx.store.calendar.school_days_after(ctx.day, DEADLINE)


def _owner(ctx: Witness, item: Item) -> Person | None:
    """Whom the message names; else who holds the category's post; else the facilities office; else the safety officer."""
    named = ctx.store.people.named(item.owner) if item.owner else []
    if len(named) == 1:
        return named[0]
    posts = (*LABELS.category_owners.get(item.category, ()), Post.FACILITIES, Post.SAFETY_OFFICER)
    return next((people[0] for post in posts if (people := ctx.store.people.holding(post))), None)


def _readers(ctx: Witness, hazards: Sequence[Hazard]) -> list[Person]:
    """Owner, safety officers, who looks after the place; what may be 重大 also leaders; each once, not who just said it."""
    readers: list[Person] = []
    for hazard in hazards:
        place = ctx.store.places.named(hazard.area) if hazard.area else None
        readers += [hazard.owner] if hazard.owner is not None else []
        readers += ctx.store.people.holding(Post.SAFETY_OFFICER)
        readers += [place.keeper] if place is not None and place.keeper is not None else []
        if hazard.level is HazardLevel.SUSPECTED_MAJOR:
            readers += ctx.store.people.holding(*LEADERS)
    owners = {hazard.owner for hazard in hazards}
    return [person for person in dict.fromkeys(readers) if person is not ctx.person or person in owners]


def _buildings(ctx: Context) -> list[str]:
    names = [place.name for place in ctx.store.places.all()]
    return [name for name in names if name.endswith(CALLED_BUILDINGS)][:FEW_PLACES]


def _chosen(ctx: Context) -> str | None:
    choices = ctx.memory.get("choices", [])
    named, rest = numbers.leading(ctx.words)
    return choices[named[0] - 1] if len(named) == 1 and not rest and 1 <= named[0] <= len(choices) else None
