"""更正一下，不是 A 座是 B 座：改隐患的内容或地点，原来的留在记录里"""

from __future__ import annotations

import re
from datetime import timedelta

from bot.context import Context, Outcome, say, tell
from bot.domain.hazards import Hazard, HazardState
from bot.domain.people import Post
from bot.errors import NotAllowed, PersonError
from bot.language.spoken import spoken
from bot.pointing import the_meant_hazard
from bot.registry import understands

A_DAY = timedelta(days=1)
_NOT_BUT = re.compile(r"不是(?P<old>[^，,。是]{1,12})[，,。\s]*(?:而|应该)?(?:是|在)(?P<new>[^，,。！!]{1,20})")
_PREFACE = re.compile(r"^(?:更正|纠正|改)(?:一下)?[，,：:\s]*(?:隐患\s*\d+)?[，,：:\s]*")

CORRECTING = re.compile(
    r"^(?:不对|不是|错了|(?:我|刚才)?(?:说|打|写)错了?|更正(?:一下)?)[，,。\s]*(?:应该)?(?:是|在)?(?:说)?"
)
"""错了，是双杠; 不对，在西门: what stands before the right word."""


@understands("amend")
def heard(ctx: Context) -> Outcome:
    """Free text about the hazard reported last, quoted, or named."""
    mine = [
        hazard
        for hazard in ctx.store.hazards.in_state(HazardState.OPEN, HazardState.FIXED)
        if hazard.reporter is ctx.person and hazard.reported_at >= ctx.now - A_DAY
    ]
    return amend(ctx, the_meant_hazard(ctx, mine[-1:], "amend_hazard/which"), ctx.words)


def amend(ctx: Context, hazard: Hazard, words: str) -> Outcome:
    """Put it right. Raises PersonError, NotAllowed."""
    if hazard.reporter is not ctx.person and not ctx.person.holds(Post.SAFETY_OFFICER):
        raise NotAllowed("amend_hazard/not_yours", hazard=hazard)
    if hazard.state in (HazardState.CLOSED, HazardState.WITHDRAWN):
        raise PersonError("hazards/wrong_state", hazard=hazard)
    words = _PREFACE.sub("", words).strip(" 。")
    swap = _NOT_BUT.search(words)
    place = next((item.place for item in ctx.understand(words).items if item.place), None)
    area = place.area[0] if place is not None and place.area else ""
    if swap is not None and swap["old"] in hazard.text:
        text = hazard.text.replace(swap["old"], swap["new"].strip(), 1)
    elif swap is not None:
        where = spoken(place) if place is not None and place else swap["new"].strip()
        text = f"{hazard.text}（更正：{where}）"
    elif right := CORRECTING.sub("", words) if CORRECTING.match(words) else "":
        text = f"{hazard.text}（更正：{right}）"
    elif len(words) >= 4:
        text = words
    else:
        raise PersonError("amend_hazard/how", hazard=hazard)
    hazard.amend(text, area, ctx.person, ctx.now)
    outcome = say("amend_hazard/amended", hazard=hazard)
    if hazard.owner is not None and hazard.owner is not ctx.person:
        outcome += tell(hazard.owner, "amend_hazard/amended_for_you", hazard=hazard, by=ctx.person)
    return outcome
