"""When something rings: the week's first school day after a holiday, a month's last on a Saturday, a long gap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SCHOOL_TZ
from bot.domain.calendar import Override, SchoolCalendar, Term
from bot.domain.moments import (
    LONGEST,
    EveryDay,
    EveryMinutes,
    FirstSchoolDayOfWeek,
    LastSchoolDayOfMonth,
    LastSchoolDayOfWeek,
    Moment,
    SchoolDays,
    read,
)

CALENDAR = SchoolCalendar(
    [Term("春", date(2026, 2, 28), date(2026, 7, 3)), Term("秋", date(2026, 9, 1), date(2027, 1, 22))],
    {date(2026, 10, 10): Override("workday", 4, "补周五的课")},
)


def at(text: str) -> datetime:
    """A moment on the school's wall clock, "2026-04-07 07:30"."""
    return datetime.fromisoformat(text).replace(tzinfo=SCHOOL_TZ)


def rings(moment: Moment, after: str, until: str) -> list[str]:
    found = moment.between(at(after), at(until), CALENDAR)
    assert all(each.tzinfo is UTC for each in found)
    return [each.astimezone(SCHOOL_TZ).strftime("%m-%d %H:%M") for each in found]


def test_monday_slides_behind_the_holiday():
    moment = read("first_school_day_of_week 07:30")
    assert rings(moment, "2026-03-30 08:00", "2026-05-12 00:00") == [
        "04-07 07:30", "04-13 07:30", "04-20 07:30", "04-27 07:30", "05-06 07:30", "05-11 07:30",
    ]  # fmt: skip


def test_the_weeks_last_day_may_be_a_sunday():
    assert rings(read("last_school_day_of_week 15:00"), "2026-09-14 00:00", "2026-10-12 00:00") == [
        "09-20 15:00", "09-24 15:00", "09-30 15:00", "10-10 15:00",
    ]  # fmt: skip


def test_a_months_last_school_day_skips_the_holidays():
    assert rings(read("last_school_day_of_month 16:00"), "2026-02-01 00:00", "2027-02-28 00:00") == [
        "02-28 16:00", "03-31 16:00", "04-30 16:00", "05-29 16:00", "06-30 16:00", "07-03 16:00",
        "09-30 16:00", "10-30 16:00", "11-30 16:00", "12-31 16:00", "01-22 16:00",
    ]  # fmt: skip


def test_a_make_up_saturday_rings_for_the_weekday_it_stands_for():
    assert rings(read("school_days 17:30 fri"), "2026-09-18 00:00", "2026-10-12 00:00") == [
        "09-18 17:30",
        "10-09 17:30",
        "10-10 17:30",
    ]
    assert rings(read("school_days 17:30 sat,sun"), "2026-09-18 00:00", "2026-09-22 00:00") == []


def test_housekeeping_rings_on_holidays_too():
    assert rings(read("every_day 03:00"), "2026-10-01 03:00", "2026-10-03 03:00") == ["10-02 03:00", "10-03 03:00"]


def test_minutes_are_counted_from_a_fixed_point():
    assert rings(read("every_minutes 20"), "2026-10-01 03:00", "2026-10-01 03:41") == ["10-01 03:20", "10-01 03:40"]


def test_the_start_is_left_out_and_the_end_belongs():
    moment = SchoolDays("17:30")
    assert rings(moment, "2026-09-08 17:30", "2026-09-09 17:30") == ["09-09 17:30"]
    assert rings(moment, "2026-09-09 17:30", "2026-09-09 17:30") == []
    assert rings(moment, "2026-09-10 17:30", "2026-09-09 17:30") == []


def test_a_bell_before_eight_belongs_to_the_schools_date_not_to_utcs():
    assert rings(SchoolDays("00:10"), "2026-09-06 23:00", "2026-09-07 00:30") == ["09-07 00:10"]


def test_a_gap_of_decades_is_cut_to_what_may_still_matter():
    until = at("2026-09-09 12:00")
    found = EveryDay("03:00").between(datetime(1970, 1, 1, tzinfo=UTC), until, CALENDAR)
    assert len(found) == LONGEST.days
    assert found[-1] == at("2026-09-09 03:00")
    assert len(EveryMinutes(1).between(datetime(1970, 1, 1, tzinfo=UTC), until, CALENDAR)) == 24 * 60


def test_what_is_written_is_what_is_read():
    assert read("school_days 17:30") == SchoolDays("17:30")
    assert read(" school_days  17:30  mon,thu ") == SchoolDays("17:30", frozenset({0, 3}))
    assert read("first_school_day_of_week 07:30") == FirstSchoolDayOfWeek("07:30")
    assert read("last_school_day_of_week 07:30") == LastSchoolDayOfWeek("07:30")
    assert read("last_school_day_of_month 16:00") == LastSchoolDayOfMonth("16:00")
    assert read("every_day 03:00") == EveryDay("03:00")
    assert read("every_minutes 10") == EveryMinutes(10)


@pytest.mark.parametrize(
    "text",
    [
        "", "monday 07:30", "school_days", "school_days 7:30", "school_days 24:00", "school_days 17:60",
        "school_days 17:30 mo", "every_day 03:00 mon", "every_minutes", "every_minutes ten", "every_minutes 0",
        "every_minutes 1441", "every_minutes -5", "first_school_day_of_week ０７:30",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"Example: |as in "):
        read(text)


MOMENTS = st.sampled_from(
    [
        SchoolDays("17:30"), SchoolDays("00:00", frozenset({0, 4})), FirstSchoolDayOfWeek("07:30"),
        LastSchoolDayOfWeek("23:59"), LastSchoolDayOfMonth("16:00"), EveryDay("08:00"), EveryMinutes(7),
    ]
)  # fmt: skip
TIMES = st.integers(0, 500 * 24 * 60).map(lambda minutes: at("2026-01-01 00:00") + timedelta(minutes=minutes))


@given(MOMENTS, TIMES, st.timedeltas(timedelta(), timedelta(hours=20)), st.timedeltas(timedelta(), timedelta(hours=3)))
def test_two_looks_find_what_one_look_finds(moment, start, first, second):
    middle, end = start + first, start + first + second
    parts = moment.between(start, middle, CALENDAR) + moment.between(middle, end, CALENDAR)
    assert parts == moment.between(start, end, CALENDAR)
    assert parts == sorted(set(parts))
    assert all(start < each <= end for each in parts)


def test_three_school_days_before_the_months_last() -> None:
    """November 2026 ends on a Monday: Wednesday the 25th, Thursday, Friday, Monday."""
    rings = read("school_days_to_month_end 3 15:00").between(
        datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), SchoolCalendar([], {})
    )
    assert [at.astimezone(SCHOOL_TZ).strftime("%m-%d %H:%M") for at in rings] == ["11-25 15:00"]
