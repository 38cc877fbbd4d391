"""班级群里的通知：老师确认了没有，发出去没有

Who has not confirmed is told so in private, and once more after a while; after a day it is taken back.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import NOTHING, Outcome, Told, nudge, tell
from bot.domain.notices import NoticePost, PostState
from bot.domain.people import Person
from bot.facts import Ask, Fate, Posting
from bot.registry import told
from handlers import notice_progress

AGAIN = timedelta(hours=2)
"""After so long without a confirmation its owner is asked once more."""

STALE = timedelta(days=1)
"""After so long nobody should send it any more."""


@told(Ask.POSTING)
def heard(told: Told) -> Outcome:
    """What the platform says of each group that it went to."""
    facts = {fact.chat: fact for fact in told.facts if isinstance(fact, Posting)}
    posts = told.store.notices.posts_with(told.about)
    outcome = NOTHING
    for post in posts:
        fact = facts.get(post.chat.platform_id)
        if fact is not None:
            outcome += _follow(told, post, fact)
    for notice in dict.fromkeys(post.notice for post in posts):
        outcome += notice_progress.report(told, notice)
    return outcome


def _follow(told: Told, post: NoticePost, fact: Posting) -> Outcome:
    if fact.fate is not Fate.WAITING:
        post.settle(PostState.SENT if fact.fate is Fate.SENT else PostState.REFUSED, fact.reason)
        return NOTHING
    if told.store.notices.handed_over(post).recalled:
        post.settle(PostState.RECALLED)
        return NOTHING
    waited = told.now - post.out_at
    if post.asked_at is None:
        post.asked_at = told.now
        return tell(_to(told, post), "posting_told/please", post=post)
    if waited >= STALE:
        post.settle(PostState.EXPIRED)
        return nudge(post.chat, post.reference, ends=True)
    if waited >= AGAIN and post.reminded_at is None:
        post.reminded_at = told.now
        again = tell(_to(told, post), "posting_told/again", post=post)
        return again + nudge(post.chat, post.reference)
    return NOTHING


def _to(told: Told, post: NoticePost) -> Person:
    """The group's owner; the author, to pass it on, where that is somebody unknown, gone or on leave."""
    owner = post.owner
    if owner is None or not owner.active or owner.id in told.store.people.away(told.day):
        return post.notice.author
    return owner
