"""撤销：十分钟之内，收回刚才报的隐患或刚才发的值班情况"""

from __future__ import annotations

from bot.context import Context, Outcome, say, stay, tell
from bot.domain.hazards import HazardState
from bot.domain.reports import UNDO
from bot.errors import PersonError
from bot.registry import handles


@handles("撤销", "撤回", help="十分钟内收回刚才报的", alone=True)
def start(ctx: Context) -> Outcome:
    """Whichever of the two was later."""
    since = ctx.now - UNDO
    hazard = ctx.store.hazards.latest_by(ctx.person, since)
    report = ctx.store.reports.of(ctx.person, ctx.day)
    entry = report.entries[-1] if report is not None and report.entries and report.entries[-1].at >= since else None
    if hazard is not None and hazard.state is HazardState.OPEN and (entry is None or hazard.reported_at >= entry.at):
        hazard.withdraw(ctx.person, ctx.now)
        told = hazard.owner
        notice = (
            tell(told, "take_back/hazard_withdrawn", hazard=hazard) if told and told is not ctx.person else Outcome()
        )
        return say("take_back/hazard", hazard=hazard) + notice
    if report is not None and entry is not None:
        report.take_back(ctx.now)
        return say("take_back/entry", entry=entry, left=len(report.entries)) + stay()
    raise PersonError("take_back/too_late")
