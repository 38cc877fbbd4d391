"""How much the routines that ship ask of one person: at most four prompts a day, never two at the same moment."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from bot.clock import SCHOOL_TZ, school_time
from bot.domain.calendar import SchoolCalendar
from bot.domain.people import Post
from bot.domain.routines import Asks, read_routines
from bot.render import TEMPLATES

MOST = 4
TERM = datetime(2026, 9, 1, tzinfo=SCHOOL_TZ)
ROUTINES = [item for item in read_routines(TEMPLATES / "routines") if item.asks is not Asks.TASK]


def rings(*posts: Post) -> list[datetime]:
    """When somebody who holds these posts is asked, over a term."""
    until, calendar = TERM + timedelta(days=140), SchoolCalendar([], {})
    return [at for item in ROUTINES if set(posts) & set(item.post) for at in item.when.between(TERM, until, calendar)]


def busiest(*posts: Post) -> int:
    days: Counter[date] = Counter(school_time(at).date() for at in rings(*posts))
    return max(days.values(), default=0)


def test_no_post_is_asked_more_than_four_times_a_day_nor_twice_at_once() -> None:
    for post in Post:
        assert busiest(post) <= MOST, post
        assert len(rings(post)) == len(set(rings(post))), post


def test_who_leads_on_duty_and_heads_an_office_is_asked_five_times_at_most() -> None:
    """On the last day of a week that is also three days before a month's end: the few days that go beyond."""
    assert busiest(Post.DUTY_LEADER, Post.MORAL_OFFICE) <= MOST + 1
