"""A month's figures from one school's records: for the summary at its end, and whenever somebody asks."""

from __future__ import annotations

from datetime import date, datetime, time

from bot.clock import SCHOOL_TZ
from bot.domain.month import Month, count
from bot.store.store import Store


def figures(store: Store, day: date, until: datetime) -> Month:
    """From the first of the month that `day` lies in to its end, or to `until` where that is sooner. day: its last day told."""
    first = day.replace(day=1)
    start = datetime.combine(first, time(), SCHOOL_TZ)
    end = min(until, datetime.combine(day, time.max, SCHOOL_TZ))
    return count(
        first=first,
        day=day,
        start=start,
        end=end,
        assignments=store.rounds.asked_between(start, end),
        reports=store.reports.between(first, day),
        hazards=store.hazards.touching(start, end),
        incidents=len(store.incidents.reported_between(start, end)),
    )
