"""每个上学日 21:00：值班的人还没交的，看看是不是写在平台的汇报、日志里了"""

from __future__ import annotations

from datetime import timedelta

from bot.context import NOTHING, Outcome, Run, inquire
from bot.domain.moments import SchoolDays
from bot.domain.people import Post
from bot.facts import Ask
from bot.registry import at, scheduled


@scheduled(title="看平台里的汇报", due=at(SchoolDays("21:00")), late_by=timedelta(hours=6))
def look(run: Run) -> Outcome:
    """Before the evening's window closes at 21:30; who has handed in need not be looked for."""
    reports = [run.store.reports.of(person, run.day) for person in run.store.people.on_duty(Post.DUTY_LEADER, run.day)]
    if all(report is not None and report.filed_at is not None for report in reports):
        return NOTHING
    return inquire(Ask.WORK_REPORTS, run.day.isoformat())
