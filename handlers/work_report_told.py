"""平台里写的汇报、日志：值班的人写的，算当天的值班情况"""

from __future__ import annotations

from datetime import timedelta

from bot.clock import school_time
from bot.context import Outcome, Told, keep
from bot.domain.people import Post
from bot.domain.reports import DutyReport
from bot.domain.routines import Asks
from bot.facts import Ask, WorkReport
from bot.registry import told
from handlers.duty_report import LONGEST

A_DAY = timedelta(days=1)


@told(Ask.WORK_REPORTS)
def filed(told: Told) -> Outcome:
    """Of who was on duty that day; anybody else's daily log is theirs. The same report told again adds nothing."""
    outcome = Outcome()
    for fact in told.facts:
        if not isinstance(fact, WorkReport):
            continue
        account = told.store.people.account(told.platform, told.account_id(fact.account))
        day = school_time(fact.at).date()
        person = account.person if account is not None else None
        if person is None or person not in told.store.people.on_duty(Post.DUTY_LEADER, day):
            continue
        report = told.store.reports.of(person, day) or DutyReport.start(person, day, fact.at)
        source = f"{told.platform}:{fact.id}"
        if any(line.source == source for line in report.lines):
            continue
        text = "；".join(f"{label}：{value}" for label, value in fact.fields.items() if value.strip())
        if not text:
            continue
        report.add(text[:LONGEST], fact.at).source = source
        report.file(told.now)
        outcome += keep(report)
        for assignment in told.store.rounds.asked_of(person, told.now - A_DAY):
            if assignment.round.asks is Asks.REPORT:
                assignment.finish(told.now)
    return outcome
