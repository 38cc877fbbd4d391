"""通知交给班级群以后：看老师确认了没有，发出去没有

No platform tells of a confirmation: it has to be asked, soon after the notice is handed over, then more and more seldom. The
last look is when no try to hand it over can be under way any more.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import NOTHING, Outcome, Run, inquire
from bot.domain.notices import NoticePost, PostState
from bot.facts import Ask
from bot.manners import MANNERS
from bot.registry import after_handing, scheduled
from handlers import notice_progress

LAST = timedelta(hours=51)
LOOKS = (
    timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=2), notice_progress.DRAGS,
    timedelta(hours=4), timedelta(hours=8), timedelta(hours=24), LAST,
)  # fmt: skip
"""After it is handed over; what falls into the quiet hours waits for the morning."""


@scheduled(title="看家长通知发到哪了", due=after_handing(LOOKS, MANNERS.waking), late_by=timedelta(hours=12))
def look(run: Run) -> Outcome:
    """Asks what waits; handlers/posting_told.py takes the answers. What never got there is said here."""
    outcome = NOTHING
    for notice in run.store.notices.unreported():
        for post in run.store.notices.posts(notice):
            if post.state is PostState.WAITING and post.out_at <= run.due_at:
                outcome += _look(run, post)
        outcome += notice_progress.report(run, notice)
    return outcome


def _look(run: Run, post: NoticePost) -> Outcome:
    handed = run.store.notices.handed_over(post)
    if handed.recalled:
        post.settle(PostState.RECALLED)
    elif handed.given_up:
        post.settle(PostState.LOST, handed.reason)
    elif run.due_at >= post.out_at + LAST:
        post.settle(PostState.LOST, "问不到平台，不知道发了没有")
    elif handed.reference:
        post.reference = handed.reference
        return inquire(Ask.POSTING, handed.reference)
    return NOTHING
