"""核定 12 重大、核定 12 一般 11月30日前：疑似重大隐患由安全办或校长来定，可以带上期限，校铃不定"""

from __future__ import annotations

from datetime import date

from bot.context import Context, Outcome, Witness, say, tell
from bot.domain.hazards import Hazard, HazardLevel, HazardState
from bot.domain.people import LEADERS, Post
from bot.errors import PersonError
from bot.language.days import find_day
from bot.pointing import the_hazard
from bot.registry import handles

MAY_GRADE = (Post.SAFETY_OFFICER, *LEADERS)

LATER = (1, 3, 5, 10)
"""School days from now that are offered as deadlines, after the one it has."""


def deadlines(ctx: Witness, hazard: Hazard) -> list[date]:
    """Days to choose from; the first is the present one."""
    later = [ctx.store.calendar.school_days_after(ctx.day, count) for count in LATER]
    return [hazard.due_on, *(day for day in later if day > hazard.due_on)]


@handles("核定", help="定下一处疑似重大隐患是重大还是一般", example="核定 12 一般", posts=MAY_GRADE)
def start(ctx: Context) -> Outcome:
    """重大 or 一般, and until when: said by a person (the ministry's guide of 2024 decides by conditions that somebody has to
    look at)."""
    suspected = [
        hazard
        for hazard in ctx.store.hazards.in_state(HazardState.OPEN, HazardState.FIXED)
        if hazard.level is HazardLevel.SUSPECTED_MAJOR
    ]
    hazard, words = the_hazard(ctx, suspected, "grade_hazard/which")
    level = HazardLevel.MAJOR if words.startswith("重大") else HazardLevel.GENERAL if words.startswith("一般") else None
    if level is None:
        raise PersonError("grade_hazard/how", hazard=hazard, deadlines=deadlines(ctx, hazard))
    found = find_day(words, ctx.day)
    due_on = found[0] if found is not None else None
    if due_on is not None and due_on < ctx.day:
        raise PersonError("more_time/past", day=due_on)
    hazard.grade(level, ctx.person, ctx.now, due_on)
    outcome = say("grade_hazard/graded", hazard=hazard, due_on=due_on)
    readers = [hazard.owner, *ctx.store.people.holding(*MAY_GRADE)]
    for reader in dict.fromkeys(person for person in readers if person is not None and person is not ctx.person):
        outcome += tell(reader, "grade_hazard/graded_for_you", hazard=hazard, by=ctx.person, due_on=due_on)
    return outcome
