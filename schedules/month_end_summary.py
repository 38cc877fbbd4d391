"""每月最后一个上学日 16:00：教职工群收到一屏汇总和一张图，领导收到更细的一份

The staff copy has no names of people who are late (mechanisms.md, house rules); the leaders' copy has.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import NOTHING, Chart, Outcome, Run, tell
from bot.domain.chats import Group
from bot.domain.moments import LastSchoolDayOfMonth
from bot.domain.month import Month
from bot.domain.people import LEADERS
from bot.figures import figures
from bot.registry import at, scheduled


@scheduled(title="月度汇总", due=at(LastSchoolDayOfMonth("16:00")), late_by=timedelta(days=3))
def summarise(run: Run) -> Outcome:
    """From the first of the month to now; a month in which nothing happened is silent."""
    month = figures(run.store, run.day, run.due_at)
    if month.empty:
        return NOTHING
    chart = Chart("month", _bars(month))
    outcome = tell(Group.STAFF, "month_end_summary/staff", chart=chart, month=month)
    if run.store.chats.bound(Group.LEADERS):
        return outcome + tell(Group.LEADERS, "month_end_summary/leaders", chart=chart, month=month)
    for post in LEADERS:
        outcome += tell(post, "month_end_summary/leaders", chart=chart, month=month)
    return outcome


def _bars(month: Month) -> dict[str, object]:
    """What bot/documents/chart.py draws: a title and pairs of asked and done."""
    return {
        "title": f"{month.first.month}月工作汇总",
        "rows": [
            {"label": "任务", "whole": month.tasks_asked, "part": month.tasks_done, "words": ["布置", "完成"]},
            {"label": "值班", "whole": month.duty_asked, "part": month.duty_reported, "words": ["应报", "已报"]},
            {"label": "隐患", "whole": month.hazards_reported, "part": month.hazards_closed, "words": ["上报", "销号"]},
        ],
    }
