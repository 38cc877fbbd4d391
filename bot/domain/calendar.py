"""Which days the school works, and on which of them pupils are there. Pure: no clock, no database, nothing to load.

A day is decided by the first of these that knows it:

1. the school's own word (an Override): a snow day, a sports day, a make-up Saturday and whose timetable it runs;
2. the State Council's notice for that year, through the chinesecalendar package (2004 to 2026 in release 1.11.0), which
   raises NotImplementedError beyond: that is caught here and nowhere else;
3. an estimate: the statutory holidays are off, every other Monday to Friday is worked. Make-up days cannot be
   estimated: 10 to 16 days of such a year come out wrong (compared with the notices of 2021 to 2026), so Day.source
   says "estimated" and people are told.

The `holidays` package was tried for 3 and left out: 14 MB for what the sixteen lines of _LUNAR say. It agreed with
lunar_python on every one of them, and both have the statutory days only, no make-up days.

1 June is not off by itself: the law frees the pupils, yet most schools celebrate it together; enter it as pupils_off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

import chinese_calendar

LONGEST_BREAK = timedelta(days=62)
"""A gap without a term is a school holiday for this long (July and August) and no longer: after it, somebody forgot to
enter the next term, and the bell must not fall silent for that."""

_DAY = timedelta(days=1)


class DayKind(StrEnum):
    """off: nobody works. pupils_off: staff work, pupils stay at home. workday: as usual."""

    OFF = "off"
    PUPILS_OFF = "pupils_off"
    WORKDAY = "workday"


class Source(StrEnum):
    """Who says so: the school, the State Council's notice, or nobody yet."""

    SCHOOL = "school"
    NOTICE = "notice"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class Term:
    """A term (学期); both days belong to it. Raises ValueError when it ends before it starts."""

    name: str
    starts: date
    ends: date

    def __post_init__(self) -> None:
        if self.ends < self.starts:
            raise ValueError(f"the term ends on {self.ends}, before it starts on {self.starts}")

    def __contains__(self, day: date) -> bool:
        return self.starts <= day <= self.ends


@dataclass(frozen=True, slots=True)
class Override:
    """What the school declared of one day. kind: a DayKind's value. acts_as: whose timetable it runs, Monday is 0.

    Raises ValueError for a kind or weekday that does not exist.
    """

    kind: str
    acts_as: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        DayKind(self.kind)
        if self.acts_as is not None and not 0 <= self.acts_as <= 6:
            raise ValueError(f"{self.acts_as} is no weekday; Monday is 0, Sunday is 6")


@dataclass(frozen=True, slots=True)
class Day:
    """What one day is.

    acts_as: the weekday whose timetable it runs, Monday is 0; None on a day off, and on a make-up day until the school
    says it (the notice does not). note: the school's note, else the holiday's name in Chinese.
    """

    kind: DayKind
    acts_as: int | None
    source: Source
    note: str
    in_term: bool


class SchoolCalendar:
    """One school's year: its terms and the days it declared, over the nation's calendar."""

    def __init__(self, terms: Iterable[Term], overrides: Mapping[date, Override]) -> None:
        self.terms = tuple(sorted(terms, key=lambda term: term.starts))
        self._overrides = dict(overrides)

    def day_kind(self, day: date) -> Day:
        """What `day` is, and who says so."""
        in_term = self.term_of(day) is not None
        override = self._overrides.get(day)
        if override is not None:
            kind = DayKind(override.kind)
            acts_as = override.acts_as
            if acts_as is None and day.weekday() <= 4:
                acts_as = day.weekday()
            return Day(kind, None if kind is DayKind.OFF else acts_as, Source.SCHOOL, override.note, in_term)
        works, source, note = _national(day)
        if not works:
            return Day(DayKind.OFF, None, source, note, in_term)
        return Day(DayKind.WORKDAY, day.weekday() if day.weekday() <= 4 else None, source, note, in_term)

    def is_staff_day(self, day: date) -> bool:
        """Whether staff work, pupils or not."""
        return self.day_kind(day).kind is not DayKind.OFF

    def is_school_day(self, day: date) -> bool:
        """Whether pupils are there: a workday within a term, or within what nobody entered a term for."""
        return self.day_kind(day).kind is DayKind.WORKDAY and not self._on_break(day)

    def school_days_after(self, day: date, count: int) -> date:
        """The count-th school day after `day`: deadlines are counted so. 0 is `day`. Raises ValueError below 0."""
        if count < 0:
            raise ValueError(f"{count} school days after a day")
        for _ in range(count):
            day += _DAY
            while not self.is_school_day(day):
                day += _DAY
        return day

    def school_days(self, first: date, last: date) -> list[date]:
        """The school days of a span; both ends belong to it."""
        return [day for day in _days(first, last) if self.is_school_day(day)]

    def first_school_day_of_week(self, day: date) -> date | None:
        """The first one of the week (Monday to Sunday) that `day` lies in; None in a week without any."""
        monday = week_start(day)
        return next((each for each in _days(monday, monday + 6 * _DAY) if self.is_school_day(each)), None)

    def last_school_day_of_week(self, day: date) -> date | None:
        """The last one of the week (Monday to Sunday) that `day` lies in; None in a week without any."""
        monday = week_start(day)
        return max(self.school_days(monday, monday + 6 * _DAY), default=None)

    def last_school_day_of_month(self, year: int, month: int) -> date | None:
        """The last one of the month; None in a month without any, such as August."""
        first = date(year, month, 1)
        next_month = (first + 31 * _DAY).replace(day=1)
        return max(self.school_days(first, next_month - _DAY), default=None)

    def term_of(self, day: date) -> Term | None:
        """The term that `day` lies in."""
        return next((term for term in self.terms if day in term), None)

    def week_number(self, day: date) -> int | None:
        """第几周: week 1 holds the term's first school day, weeks start on Monday, holidays do not stop the count.

        None outside every term; 0 for the days of a term before week 1 (预备周).
        """
        term = self.term_of(day)
        if term is None:
            return None
        first = next((each for each in _days(term.starts, term.ends) if self.is_school_day(each)), term.starts)
        return max(0, (week_start(day) - week_start(first)).days // 7 + 1)

    def is_known(self, year: int) -> bool:
        """Whether the year's holidays are published, or else only estimated."""
        return _national(date(year, 1, 1))[1] is Source.NOTICE

    def _on_break(self, day: date) -> bool:
        """Between terms, and near enough to one for that to be meant."""
        if not self.terms or self.term_of(day) is not None:
            return False
        return any(
            term.ends < day <= term.ends + LONGEST_BREAK or term.starts - LONGEST_BREAK <= day < term.starts
            for term in self.terms
        )


def week_start(day: date) -> date:
    """The Monday of the week that `day` lies in."""
    return day - timedelta(days=day.weekday())


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


@lru_cache(maxsize=4096)
def _national(day: date) -> tuple[bool, Source, str]:
    """(worked, who says so, the holiday's name in Chinese or "") for the nation as a whole."""
    try:
        _, holiday = chinese_calendar.get_holiday_detail(day)
        works = chinese_calendar.is_workday(day)
    except NotImplementedError:  # a year whose notice the package does not have
        name = _statutory(day)
        return (not name and day.weekday() <= 4), Source.ESTIMATED, name
    return works, Source.NOTICE, chinese_calendar.Holiday(holiday).chinese if holiday else ""


_FIXED: Mapping[tuple[int, int], str] = {
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}
"""全国年节及纪念日放假办法, as revised in November 2024."""

_LUNAR: Mapping[int, tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    2025: ((1, 29), (4, 4), (5, 31), (10, 6)),
    2026: ((2, 17), (4, 5), (6, 19), (9, 25)),
    2027: ((2, 6), (4, 5), (6, 9), (9, 15)),
    2028: ((1, 26), (4, 4), (5, 28), (10, 3)),
    2029: ((2, 13), (4, 4), (6, 16), (9, 22)),
    2030: ((2, 3), (4, 5), (6, 5), (9, 12)),
    2031: ((1, 23), (4, 5), (6, 24), (10, 1)),
    2032: ((2, 11), (4, 4), (6, 12), (9, 19)),
    2033: ((1, 31), (4, 4), (6, 1), (9, 8)),
    2034: ((2, 19), (4, 5), (6, 20), (9, 27)),
    2035: ((2, 8), (4, 5), (6, 10), (9, 16)),
    2036: ((1, 28), (4, 4), (5, 30), (10, 4)),
    2037: ((2, 15), (4, 4), (6, 18), (9, 24)),
    2038: ((2, 4), (4, 5), (6, 7), (9, 13)),
    2039: ((1, 24), (4, 5), (5, 27), (10, 2)),
    2040: ((2, 12), (4, 4), (6, 14), (9, 20)),
}
"""Lunar new year's day (初一), 清明, 端午, 中秋 as (month, day); lunar_python 1.4.8 and holidays agree, 2026-11-23."""


def _statutory(day: date) -> str:
    """The Chinese name of the statutory holiday that `day` is, "" for none; after 2040 the fixed ones only."""
    fixed = _FIXED.get((day.month, day.day))
    if fixed:
        return fixed
    if day.year in _LUNAR:
        new_year, qingming, dragon_boat, mid_autumn = (date(day.year, *place) for place in _LUNAR[day.year])
        if new_year - _DAY <= day <= new_year + 2 * _DAY:  # the eve and three days
            return "春节"
        return {qingming: "清明", dragon_boat: "端午", mid_autumn: "中秋"}.get(day, "")
    return ""
