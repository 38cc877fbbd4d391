"""更正 2 …：改刚才说错的：检查里的一项，或值班情况里的一条"""

from __future__ import annotations

from bot.context import Context, Outcome
from bot.registry import handles
from handlers import answer_prompt, duty_report


@handles("更正", help="改说错的一条，带上编号和新内容", example="更正 2 西门路灯已修好")
def start(ctx: Context) -> Outcome:
    """The checklist answered today, unless something was reported on duty since."""
    report = ctx.store.reports.of(ctx.person, ctx.day)
    said_at = report.entries[-1].at if report is not None and report.entries else None
    done = ctx.store.rounds.filled_by(ctx.person, ctx.day)
    later = done is not None and (said_at is None or (done.answered_at is not None and done.answered_at > said_at))
    return (answer_prompt.correct_item(ctx, ctx.words) if later else None) or duty_report.correct(ctx)
