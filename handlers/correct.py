"""更正 2 …：改刚才说错的：隐患，检查里的一项，或值班情况里的一条"""

from __future__ import annotations

import re

from bot.context import Context, Outcome
from bot.errors import PersonError
from bot.registry import handles
from handlers import amend_hazard, answer_prompt, duty_report

_HAZARD = re.compile(r"隐患\s*(\d{1,6})")


@handles("更正", help="改说错的一条，带上编号和新内容", example="更正 2 西门路灯已修好")
def start(ctx: Context) -> Outcome:
    """A hazard where one is named, quoted or told apart from (不是…是…); else the checklist answered today, unless something
    was reported on duty since; else that report."""
    named = _HAZARD.match(ctx.words) or (ctx.message.quote and _HAZARD.search(ctx.message.quote.text))
    if named:
        hazard = ctx.store.hazards.numbered(int(named[1]))
        if hazard is None:
            raise PersonError("hazards/none", number=int(named[1]))
        return amend_hazard.amend(ctx, hazard, _HAZARD.sub("", ctx.words, count=1))
    report = ctx.store.reports.of(ctx.person, ctx.day)
    said_at = report.entries[-1].at if report is not None and report.entries else None
    done = ctx.store.rounds.filled_by(ctx.person, ctx.day)
    later = done is not None and (said_at is None or (done.answered_at is not None and done.answered_at > said_at))
    mine = ctx.store.hazards.latest_by(ctx.person, ctx.now - amend_hazard.A_DAY)
    if mine is not None and not later and said_at is None:
        return amend_hazard.amend(ctx, mine, ctx.words)
    return (answer_prompt.correct_item(ctx, ctx.words) if later else None) or duty_report.correct(ctx)
