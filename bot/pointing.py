"""What somebody points at without naming it in full: 「12」, a quoted message, the only open one, the photo just sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from bot.context import Context
from bot.domain.hazards import Hazard
from bot.domain.photos import Photo
from bot.errors import PersonError
from bot.language import numbers

PICTURE_WAITS = timedelta(minutes=30)
"""How long a photo waits for its words."""

_QUOTED = re.compile(r"隐患\s*(\d{1,6})")


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


def remembered_hazard(ctx: Context) -> Hazard:
    """The hazard that the question before was about. Raises PersonError when it is gone."""
    hazard = ctx.store.hazards.numbered(ctx.memory["number"])
    if hazard is None:
        raise PersonError("hazards/none", number=ctx.memory["number"])
    return hazard


def held_photos(ctx: Context) -> list[Photo]:
    """The photos this account sent before its words. In a group a photo cannot come alone."""
    return [] if ctx.in_group else ctx.store.photos.waiting_for_words(ctx.account, ctx.now - PICTURE_WAITS)
