"""What somebody points at without naming it in full: 「12」, a quoted message, the only open one, the photo just sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from bot.context import Context
from bot.domain.hazards import Hazard
from bot.domain.people import Person, Post
from bot.domain.photos import Photo
from bot.domain.rounds import Assignment, AssignmentState
from bot.domain.routines import Asks
from bot.errors import PersonError
from bot.language import numbers
from bot.render import LABELS

STILL_OPEN = timedelta(days=10)
"""How far back something asked may still be answered: over a weekend and a holiday."""

PICTURE_WAITS = timedelta(minutes=30)
"""How long a photo waits for its words."""

_QUOTED = re.compile(r"隐患\s*(\d{1,6})")
_NUMBER = re.compile(r"(?<!\d)\d{1,6}(?!\d)")
_TITLED = re.compile(r"([\u4e00-\u9fff])(师傅|主任|老师|校长?|书记|队长?|经理|医生|会计|园长)")
THINGS = re.compile(
    r"护栏|栏杆|插座|灯|消防栓|消火栓|灭火器|门锁|门|窗|水龙头|水管|饮水机|吊顶|地砖|墙|单杠|篮球架|监控|电梯|暖气|下水|井盖"
)
"""Things by which people speak of a hazard that is known to both: 「那个护栏的事」."""


def the_hazard(ctx: Context, likely: Sequence[Hazard], question: str) -> tuple[Hazard, str]:
    """The hazard that the words name, or the quote, or the only likely one; and the words without its number.

    question: the template that lists the likely ones when it is not clear. Raises PersonError.
    """
    named, rest = numbers.leading(ctx.words.removeprefix("隐患"))
    quoted = _QUOTED.search(ctx.message.quote.text) if ctx.message.quote else None
    if not named and quoted:
        named = [int(quoted[1])]
    if named:
        hazard = ctx.store.hazards.numbered(named[0])
        if hazard is None:
            raise PersonError("hazards/none", number=named[0])
        return hazard, rest
    if len(likely) != 1:
        raise PersonError(question, hazards=list(likely))
    return likely[0], rest


def the_meant_hazard(ctx: Context, likely: Sequence[Hazard], question: str) -> Hazard:
    """The hazard that free text means: its number, the quote, the card before it; else the one of the likely ones that the
    words describe; else the only one. question: the template that lists them when it is not clear. Raises PersonError.
    """
    assert ctx.meaning is not None
    number = _NUMBER.search(ctx.meaning.case)
    named = ctx.store.hazards.numbered(int(number[0])) if number else None
    pointed = bool(number) and (ctx.meaning.case in ctx.words or ctx.message.quote is not None)
    if named is not None and (pointed or named in likely):
        return named
    if number and ctx.meaning.case in ctx.words:
        raise PersonError("hazards/none", number=int(number[0]))
    described = [hazard for hazard in likely if describes(ctx, hazard)]
    if len(described) == 1:
        return described[0]
    if named is not None:
        return named
    if len(likely) != 1:
        raise PersonError(question, hazards=list(described or likely))
    return likely[0]


def describes(ctx: Context, hazard: Hazard) -> bool:
    """Whether free text speaks of its place or its thing, and of nothing that it is not."""
    assert ctx.meaning is not None
    items = [item for item in ctx.meaning.items if item.category or item.place]
    if not items:
        items = list(ctx.understand(ctx.words).items)
    for item in items:
        same_area = not item.place.area or hazard.area in item.place.area
        same_kind = not item.category or item.category == hazard.category
        says_anything = bool(item.place.area or item.category)
        if says_anything and same_area and same_kind:
            return True
    return any(word in hazard.text for word in THINGS.findall(ctx.words))


def the_person(ctx: Context, words: str, question: str) -> Person:
    """The colleague that words name: in full, or by surname and title (赵师傅, 王主任). Raises PersonError.

    question: the template that asks which, with `people` to choose from.
    """
    people = [person for person in ctx.store.people.all() if person is not ctx.person]
    exact = [person for person in people if person.name in words]
    if not exact:
        titled = _TITLED.search(words)
        posts = [
            post
            for name, post in LABELS.post_named.items()
            if titled and name.endswith(titled[2]) and post is not Post.CLASS_TEACHER
        ]
        same = [person for person in people if titled and person.name.startswith(titled[1])]
        exact = [person for person in same if person.holds(*posts)] or same if titled else []
    if len(exact) != 1:
        raise PersonError(question, people=exact)
    return exact[0]


def unanswered(ctx: Context) -> list[Assignment]:
    """What this person is asked for now and said nothing to, the latest first."""
    asked = ctx.store.rounds.to_fill(ctx.person, ctx.now)
    return [item for item in asked if item.state is AssignmentState.ASKED]


def reports_to_give(ctx: Context) -> list[Assignment]:
    """The duty reports that this person is asked for now and has not handed in."""
    asked = ctx.store.rounds.asked_of(ctx.person, ctx.now - timedelta(hours=12))
    return [item for item in asked if item.round.asks is Asks.REPORT and item.state is AssignmentState.ASKED]


def named_question(ctx: Context, asked: Sequence[Assignment]) -> Assignment | None:
    """The one of several questions that the quote names, or the words: by the whole title, else by two signs of one (陪餐 for
    陪餐记录). None where nothing or more than one is named.
    """
    for words in (ctx.message.quote.text if ctx.message.quote else "", ctx.words):
        for names in (_whole, _in_part):
            named = {item.round.title: item for item in reversed(asked) if names(item.round.title, words)}
            if len(named) == 1:
                return next(iter(named.values()))
    return None


def _whole(title: str, words: str) -> bool:
    return title in words


def _in_part(title: str, words: str) -> bool:
    return any(title[place : place + 2] in words for place in range(len(title) - 1))


def remembered_hazard(ctx: Context) -> Hazard:
    """The hazard that the question before was about. Raises PersonError when it is gone."""
    hazard = ctx.store.hazards.numbered(ctx.memory["number"])
    if hazard is None:
        raise PersonError("hazards/none", number=ctx.memory["number"])
    return hazard


def held_photos(ctx: Context) -> list[Photo]:
    """The photos this account sent before its words. In a group a photo cannot come alone."""
    return [] if ctx.in_group else ctx.store.photos.waiting_for_words(ctx.account, ctx.now - PICTURE_WAITS)
