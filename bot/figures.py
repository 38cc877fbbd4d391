"""A month's figures from one school's records, and the records behind them: for the summary, and whenever somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.clock import SCHOOL_TZ, midnight
from bot.domain.hazards import Hazard
from bot.domain.month import Month, count
from bot.domain.reports import DutyReport
from bot.domain.rounds import Assignment
from bot.store.store import Store


def figures(store: Store, day: date, until: datetime) -> Month:
    """From the first of the month that `day` lies in to its end, or to `until` where that is sooner. day: its last day told."""
    first = day.replace(day=1)
    start = midnight(first)
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


@dataclass(frozen=True, slots=True)
class Records:
    """What a month's figures were counted from."""

    hazards: Sequence[Hazard]
    assignments: Sequence[Assignment]
    reports: Sequence[DutyReport]


def records_of(store: Store, first: date, until: datetime) -> Records:
    """The month that begins on `first`, as far as it has come."""
    start = midnight(first)
    following = midnight((first + timedelta(days=31)).replace(day=1))
    end = min(until, following)
    return Records(
        store.hazards.touching(start, end),
        store.rounds.asked_between(start, end),
        store.reports.between(first, following.date() - timedelta(days=1)),
    )
