"""What dates in a sentence need of the school's calendar: workdays, week numbers, the day before a holiday."""

from __future__ import annotations

from datetime import date, timedelta

from bot.domain.calendar import SchoolCalendar, week_start

_DAY = timedelta(days=1)
_ALIKE = {"十一": "国庆", "五一": "劳动", "过年": "春节", "新年": "元旦", "八月十五": "中秋"}
_LOOK_AHEAD = 240
"""Days: a holiday further off than this is not meant by a bare name."""


class SchoolDays:
    """Questions to one school's calendar. Nothing here reads the time."""

    def __init__(self, calendar: SchoolCalendar) -> None:
        self._calendar = calendar
        self._holidays: dict[tuple[str, date], date | None] = {}

    def works(self, day: date) -> bool:
        return self._calendar.is_staff_day(day)

    def last_workday_of_week(self, day: date) -> date:
        """Of the week, Monday to Sunday, that `day` lies in; its Friday where nobody works at all."""
        monday = week_start(day)
        days = [monday + offset * _DAY for offset in range(7)]
        return max((each for each in days if self.works(each)), default=monday + 4 * _DAY)

    def workday_before(self, day: date) -> date:
        """The last workday before `day`, at most a month back."""
        for _ in range(40):
            day -= _DAY
            if self.works(day):
                break
        return day

    def workdays_after(self, day: date, count: int) -> date:
        """The count-th workday after `day`."""
        for _ in range(min(count, 60)):
            day += _DAY
            while not self.works(day):
                day += _DAY
        return day

    def holiday(self, name: str, today: date) -> date | None:
        """The first day off of the next holiday of that name: 清明, 五一, 国庆节. Kept: it asks for up to 240 days."""
        if (name, today) not in self._holidays:
            self._holidays[name, today] = self._find_holiday(name, today)
        return self._holidays[name, today]

    def _find_holiday(self, name: str, today: date) -> date | None:
        name = _ALIKE.get(name, name).removesuffix("节")
        for offset in range(_LOOK_AHEAD):
            day = today + offset * _DAY
            kind = self._calendar.day_kind(day)
            if name and name in kind.note and not self.works(day):
                return self._first_off(day)
        return None

    def next_break(self, today: date) -> date | None:
        """The first day of the next time off that is longer than a weekend."""
        for offset in range(1, _LOOK_AHEAD):
            day = today + offset * _DAY
            if not self.works(day) and all(not self.works(day + more * _DAY) for more in (1, 2)):
                return self._first_off(day)
        return None

    def _first_off(self, day: date) -> date:
        while not self.works(day - _DAY):
            day -= _DAY
        return day

    def monday_of_week(self, number: int, today: date) -> date | None:
        """The Monday of 第N周 of the term that `today` lies in; None outside every term."""
        now = self._calendar.week_number(today)
        return None if now is None else week_start(today) + timedelta(weeks=number - now)
