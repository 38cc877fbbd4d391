"""值班情况提醒和收口之前十分钟：还没交的，看看是不是写在平台的汇报、日志里了"""

from __future__ import annotations

from datetime import timedelta

from bot.context import NOTHING, Outcome, Run, inquire
from bot.domain.people import Post
from bot.facts import Ask
from bot.registry import before_rounds, scheduled
from schedules.collects_forms import BEFORE

LONGEST = timedelta(days=2)


@scheduled(title="看平台里的汇报", due=before_rounds(BEFORE, LONGEST, "reporting"), late_by=timedelta(hours=6))
def look(run: Run) -> Outcome:
    """Whenever the school's routine closes; who has handed in need not be looked for."""
    reports = [run.store.reports.of(person, run.day) for person in run.store.people.on_duty(Post.DUTY_LEADER, run.day)]
    if all(report is not None and report.filed_at is not None for report in reports):
        return NOTHING
    return inquire(Ask.WORK_REPORTS, run.day.isoformat())
