"""When something rings: by the school's days, not by cron, because no cron knows a make-up Saturday.

A moment is written in a routine's file as a word and a time of day on the school's wall clock:

    school_days 17:30                   every day on which pupils are there
    school_days 17:30 tue,thu           of these, the ones that run Tuesday's or Thursday's timetable
    first_school_day_of_week 07:30      Monday, or the Tuesday after a holiday Monday
    last_school_day_of_week 15:00
    last_school_day_of_month 16:00
    school_days_to_month_end 3 15:00    three school days before the month's last one
    every_day 03:00                     holidays too
    every_minutes 10                    counted from 1970, so a restart does not shift it
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.clock import SCHOOL_TZ
from bot.domain.calendar import SchoolCalendar, week_start

LONGEST = timedelta(days=400)
"""What was owed longer ago is not owed any more: keeps `between` short when a clock or a database starts at 1970."""

LONGEST_MINUTES = timedelta(days=1)
"""The same for what rings every few minutes and is about now."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(ABC):
    """Something that rings again and again."""

    @abstractmethod
    def between(self, after: datetime, until: datetime, calendar: SchoolCalendar) -> list[datetime]:
        """When it rings in after < t <= until, oldest first, aware UTC. Both arguments are aware."""


@dataclass(frozen=True, slots=True)
class _AtTime(Moment):
    """Rings on some days, at one time of day. at: school time, "17:30". Raises ValueError for another shape."""

    at: str

    def __post_init__(self) -> None:
        _time(self.at)

    @abstractmethod
    def _rings_on(self, day: date, calendar: SchoolCalendar) -> bool: ...

    def between(self, after: datetime, until: datetime, calendar: SchoolCalendar) -> list[datetime]:
        after = max(after, until - LONGEST)
        at = _time(self.at)
        moments = (
            datetime.combine(day, at, SCHOOL_TZ).astimezone(UTC)
            for day in _dates_touched(after, until)
            if self._rings_on(day, calendar)
        )
        return [moment for moment in moments if after < moment <= until]


@dataclass(frozen=True, slots=True)
class SchoolDays(_AtTime):
    """Every school day. weekdays: only those that run one of these timetables, Monday is 0; None is all of them.

    A make-up Saturday counts as the weekday it stands for; while the school has not said which, it counts as none.
    """

    weekdays: frozenset[int] | None = None

    def _rings_on(self, day: date, calendar: SchoolCalendar) -> bool:
        if not calendar.is_school_day(day):
            return False
        return self.weekdays is None or calendar.day_kind(day).acts_as in self.weekdays


@dataclass(frozen=True, slots=True)
class FirstSchoolDayOfWeek(_AtTime):
    """Once a week, on its first school day; not at all in a week without one."""

    def _rings_on(self, day: date, calendar: SchoolCalendar) -> bool:
        return calendar.is_school_day(day) and day == calendar.first_school_day_of_week(week_start(day))


@dataclass(frozen=True, slots=True)
class LastSchoolDayOfWeek(_AtTime):
    """Once a week, on its last school day; not at all in a week without one."""

    def _rings_on(self, day: date, calendar: SchoolCalendar) -> bool:
        return calendar.is_school_day(day) and day == calendar.last_school_day_of_week(week_start(day))


@dataclass(frozen=True, slots=True)
class LastSchoolDayOfMonth(_AtTime):
    """Once a month, on its last school day; not at all in a month without one."""

    def _rings_on(self, day: date, calendar: SchoolCalendar) -> bool:
        return calendar.is_school_day(day) and day == calendar.last_school_day_of_month(day.year, day.month)


@dataclass(frozen=True, slots=True)
class SchoolDaysToMonthEnd(_AtTime):
    """Once a month, `left` school days before its last one; not at all in a month with fewer."""

    left: int = 0

    def _rings_on(self, day: date, calendar: SchoolCalendar) -> bool:
        last = calendar.last_school_day_of_month(day.year, day.month)
        if last is None or day > last or not calendar.is_school_day(day):
            return False
        return len(calendar.school_days(day, last)) == self.left + 1


@dataclass(frozen=True, slots=True)
class AnyOf(Moment):
    """Rings whenever one of them does."""

    moments: tuple[Moment, ...]

    def between(self, after: datetime, until: datetime, calendar: SchoolCalendar) -> list[datetime]:
        return sorted({at for moment in self.moments for at in moment.between(after, until, calendar)})


@dataclass(frozen=True, slots=True)
class EveryDay(_AtTime):
    """Every day, holidays too: for the bot's own housekeeping."""

    def _rings_on(self, day: date, calendar: SchoolCalendar) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class EveryMinutes(Moment):
    """Every `minutes` minutes, day and night: for the bot's own housekeeping. Raises ValueError outside 1 to 1440.

    At most the last day's are given, however long the gap.
    """

    minutes: int

    def __post_init__(self) -> None:
        if not 1 <= self.minutes <= 1440:
            raise ValueError(f"every {self.minutes} minutes: write 1 to 1440, as in every_minutes 10")

    def between(self, after: datetime, until: datetime, calendar: SchoolCalendar) -> list[datetime]:
        after = max(after, until - LONGEST_MINUTES)
        step = timedelta(minutes=self.minutes)
        first, last = (after - _EPOCH) // step + 1, (until - _EPOCH) // step
        return [_EPOCH + step * turn for turn in range(first, last + 1)]


_BY_WORD: Mapping[str, Callable[[str], Moment]] = {
    "school_days": SchoolDays,
    "first_school_day_of_week": FirstSchoolDayOfWeek,
    "last_school_day_of_week": LastSchoolDayOfWeek,
    "last_school_day_of_month": LastSchoolDayOfMonth,
    "every_day": EveryDay,
}


def read(text: str) -> Moment:
    """A moment as a routine's file writes it. Raises ValueError saying what is wrong, with an example."""
    match text.split():
        case ["every_minutes", number] if number.isascii() and number.isdigit():
            return EveryMinutes(int(number))
        case ["school_days", at, days]:
            return SchoolDays(at, frozenset(_weekday(day) for day in days.split(",")))
        case ["school_days_to_month_end", left, at] if left.isascii() and left.isdigit():
            return SchoolDaysToMonthEnd(at, int(left))
        case [word, at] if word in _BY_WORD:
            return _BY_WORD[word](at)
    known = ", ".join([*_BY_WORD, "school_days_to_month_end", "every_minutes"])
    raise ValueError(f'"{text}" is no moment. Known words: {known}. Example: first_school_day_of_week 07:30')


def _weekday(word: str) -> int:
    if word not in _WEEKDAYS:
        raise ValueError(f'"{word}" is no weekday. Example: school_days 17:30 mon,thu')
    return _WEEKDAYS.index(word)


def _time(text: str) -> time:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text, re.ASCII)
    if match is None:
        raise ValueError(f'"{text}" is no time of day. Example: school_days 17:30')
    return time(int(match[1]), int(match[2]))


def _dates_touched(after: datetime, until: datetime) -> Iterator[date]:
    """Every date of the school's wall clock that the span touches."""
    day, last = after.astimezone(SCHOOL_TZ).date(), until.astimezone(SCHOOL_TZ).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
