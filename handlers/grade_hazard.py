"""核定 12 重大、核定 12 一般：疑似重大隐患由安全办或校长来定，校铃不定"""

from __future__ import annotations

from bot.context import Context, Outcome, say, tell
from bot.domain.hazards import HazardLevel, HazardState
from bot.domain.people import LEADERS, Post
from bot.errors import PersonError
from bot.pointing import the_hazard
from bot.registry import handles

MAY_GRADE = (Post.SAFETY_OFFICER, *LEADERS)


@handles("核定", help="定下一处疑似重大隐患是重大还是一般", example="核定 12 一般", posts=MAY_GRADE)
def start(ctx: Context) -> Outcome:
    """重大 or 一般, said by a person (the ministry's guide of 2024 decides by conditions that somebody has to look at)."""
    suspected = [
        hazard
        for hazard in ctx.store.hazards.in_state(HazardState.OPEN, HazardState.FIXED)
        if hazard.level is HazardLevel.SUSPECTED_MAJOR
    ]
    hazard, words = the_hazard(ctx, suspected, "grade_hazard/which")
    level = HazardLevel.MAJOR if words.startswith("重大") else HazardLevel.GENERAL if words.startswith("一般") else None
    if level is None:
        raise PersonError("grade_hazard/how", hazard=hazard)
    hazard.grade(level, ctx.person, ctx.now)
    outcome = say("grade_hazard/graded", hazard=hazard)
    readers = [hazard.owner, *ctx.store.people.holding(*MAY_GRADE)]
    for reader in dict.fromkeys(person for person in readers if person is not None and person is not ctx.person):
        outcome += tell(reader, "grade_hazard/graded_for_you", hazard=hazard, by=ctx.person)
    return outcome
