"""每天 02:30：问平台的通讯录：谁来了，谁走了，哪些家长收得到通知

Events tell of most changes at once; this finds those that were missed, and all of them where no events come.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Outcome, Run, inquire
from bot.domain.moments import EveryDay
from bot.facts import Ask
from bot.registry import at, scheduled


@scheduled(title="看一遍通讯录", due=at(EveryDay("02:30")), late_by=timedelta(hours=12))
def look(run: Run) -> Outcome:
    """Only asks; handlers/member_changed.py, guardians_told.py and class_group_told.py take the answers."""
    return inquire(Ask.MEMBERS) + inquire(Ask.GUARDIANS) + inquire(Ask.CLASS_GROUPS)
