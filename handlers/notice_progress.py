"""通知进度 3：给家长的通知在各班的群里发到哪了，谁还没确认

A teacher's own group takes a notice only once its owner has confirmed it (客户群群发). The author hears of it by itself, when
it is done and once when it drags on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.context import NOTHING, Context, Outcome, Run, Told, inquire, say, tell
from bot.domain.notices import NoticePost, ParentNotice, PostState
from bot.domain.people import Post
from bot.errors import PersonError
from bot.facts import Ask
from bot.language import numbers
from bot.registry import handles
from handlers.notify_parents import FOR_ALL, class_named

DRAGS = timedelta(hours=2, minutes=10)
"""After so long the author hears who has not confirmed yet: a little after those were asked again."""


@handles(
    "通知进度",
    help="给家长的通知发到哪几个班了，谁还没确认",
    example="通知进度 3",
    posts=(Post.CLASS_TEACHER, *FOR_ALL),
)
def look(ctx: Context) -> Outcome:
    """As it was known last; what waits is asked again for the next time. A class teacher sees the own class."""
    named, _ = numbers.leading(ctx.words)
    notice = ctx.store.notices.numbered(named[0]) if named else ctx.store.notices.last_out()
    posts = ctx.store.notices.posts(notice) if notice is not None else []
    if notice is not None and notice.author is not ctx.person and not ctx.person.holds(*FOR_ALL):
        own = class_named(ctx.person.grade_class, ctx.day)
        posts = [post for post in posts if post.grade_class == own]
    if notice is None or not posts:
        raise PersonError("notice_progress/none")
    outcome = say("notice_progress/progress", **_figures(notice, posts))
    for post in posts:
        if post.state is PostState.WAITING and post.reference:
            outcome += inquire(Ask.POSTING, post.reference)
    return outcome


def report(at: Run | Told, notice: ParentNotice) -> Outcome:
    """Tell the author: once while it drags on, once when nothing more is to come."""
    posts, now = at.store.notices.posts(notice), at.now
    if not posts or notice.reported_at is not None:
        return NOTHING
    if all(post.state is not PostState.WAITING for post in posts):
        notice.reported_at = now
        if all(post.state is PostState.RECALLED for post in posts):
            return NOTHING
    elif notice.progress_at is None and now - min(post.out_at for post in posts) >= DRAGS:
        notice.progress_at = now
    else:
        return NOTHING
    return tell(notice.author, "notice_progress/progress", **_figures(notice, posts))


def _figures(notice: ParentNotice, posts: list[NoticePost]) -> dict[str, Any]:
    """What the template shows. waiting, failed: (class, who owns the group, why)."""
    rows = [(post.state, (post.grade_class, post.owner.name if post.owner else "", post.reason)) for post in posts]
    return {
        "notice": notice,
        "sent": sum(state is PostState.SENT for state, _ in rows),
        "waiting": [row for state, row in rows if state is PostState.WAITING],
        "failed": [
            (name, owner, reason or "一天里没有确认，已经收回")
            for state, (name, owner, reason) in rows
            if state not in (PostState.SENT, PostState.WAITING, PostState.RECALLED)
        ],
    }
