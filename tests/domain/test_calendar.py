"""The school's days: 2026 as the State Council's notice has it, later years as an estimate, holidays between terms."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import (
    LONGEST_BREAK,
    DayKind,
    Override,
    SchoolCalendar,
    Source,
    Term,
    _statutory,
    week_start,
)

SPRING = Term("2025-2026 第二学期", date(2026, 2, 28), date(2026, 7, 3))
AUTUMN = Term("2026-2027 第一学期", date(2026, 9, 1), date(2027, 1, 22))
NATION = SchoolCalendar([], {})
SCHOOL = SchoolCalendar([AUTUMN, SPRING], {})


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        (date(2026, 1, 1), date(2026, 1, 3), "元旦"),
        (date(2026, 2, 15), date(2026, 2, 23), "春节"),
        (date(2026, 4, 4), date(2026, 4, 6), "清明"),
        (date(2026, 5, 1), date(2026, 5, 5), "劳动节"),
        (date(2026, 6, 19), date(2026, 6, 21), "端午"),
        (date(2026, 9, 25), date(2026, 9, 27), "中秋"),
        (date(2026, 10, 1), date(2026, 10, 7), "国庆节"),
    ],
)
def test_the_holidays_of_2026_are_off_and_named(first, last, name):
    names = set()
    for offset in range((last - first).days + 1):
        day = NATION.day_kind(first + timedelta(days=offset))
        assert (day.kind, day.acts_as, day.source) == (DayKind.OFF, None, Source.NOTICE)
        names.add(day.note)
    assert name in names
    assert NATION.is_staff_day(last + timedelta(days=1)) or (last + timedelta(days=1)).weekday() >= 5


@pytest.mark.parametrize(
    "day",
    [date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10)],
)
def test_a_make_up_weekend_is_worked_but_nobody_knows_yet_whose_timetable_it_runs(day):
    assert day.weekday() >= 5
    assert NATION.is_school_day(day)
    assert NATION.day_kind(day).acts_as is None


def test_the_school_says_whose_timetable_a_make_up_day_runs():
    calendar = SchoolCalendar([AUTUMN], {date(2026, 10, 10): Override("workday", 4, "补周五的课")})
    day = calendar.day_kind(date(2026, 10, 10))
    assert (day.kind, day.acts_as, day.source, day.note) == (DayKind.WORKDAY, 4, Source.SCHOOL, "补周五的课")


def test_the_last_school_day_of_february_2026_is_a_saturday():
    assert SCHOOL.last_school_day_of_month(2026, 2) == date(2026, 2, 28)


def test_a_month_without_school_has_no_last_school_day_and_a_term_that_ends_early_ends_its_month():
    assert SCHOOL.last_school_day_of_month(2026, 8) is None
    assert SCHOOL.last_school_day_of_month(2026, 7) == date(2026, 7, 3)
    assert SCHOOL.last_school_day_of_month(2026, 12) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("monday", "first"),
    [
        (date(2026, 4, 6), date(2026, 4, 7)),
        (date(2026, 5, 4), date(2026, 5, 6)),
        (date(2026, 9, 7), date(2026, 9, 7)),
        (date(2026, 10, 5), date(2026, 10, 8)),
    ],
)
def test_monday_slides_to_the_weeks_first_school_day(monday, first):
    assert SCHOOL.first_school_day_of_week(monday) == first
    assert SCHOOL.first_school_day_of_week(monday + timedelta(days=6)) == first


def test_a_week_ends_on_its_make_up_weekend_and_a_holiday_week_has_no_days():
    assert SCHOOL.last_school_day_of_week(date(2026, 9, 14)) == date(2026, 9, 20)
    assert SCHOOL.last_school_day_of_week(date(2026, 9, 21)) == date(2026, 9, 24)
    assert SCHOOL.first_school_day_of_week(date(2026, 8, 3)) is None
    assert SCHOOL.last_school_day_of_week(date(2026, 8, 3)) is None


def test_weeks_are_counted_from_the_monday_of_the_first_school_day_through_holidays():
    assert SCHOOL.week_number(date(2026, 9, 1)) == 1
    assert SCHOOL.week_number(date(2026, 9, 6)) == 1
    assert SCHOOL.week_number(date(2026, 10, 14)) == 7
    assert SCHOOL.week_number(date(2026, 8, 31)) is None
    sunday = SchoolCalendar([Term("预备", date(2026, 8, 30), date(2027, 1, 22))], {})
    assert (sunday.week_number(date(2026, 8, 30)), sunday.week_number(date(2026, 8, 31))) == (0, 1)


def test_between_terms_staff_may_work_but_it_is_no_school_day():
    assert SCHOOL.is_staff_day(date(2026, 7, 6))
    assert not SCHOOL.is_school_day(date(2026, 7, 6))
    assert SCHOOL.term_of(date(2026, 7, 6)) is None
    assert SCHOOL.school_days_after(date(2026, 7, 3), 1) == date(2026, 9, 1)


def test_without_any_term_every_staff_day_is_a_school_day():
    assert NATION.is_school_day(date(2026, 7, 6))
    assert not NATION.is_school_day(date(2026, 7, 5))


def test_a_term_that_nobody_entered_does_not_silence_the_bell_for_ever():
    assert not SCHOOL.is_school_day(date(2027, 2, 24))
    assert SCHOOL.is_school_day(AUTUMN.ends + LONGEST_BREAK + timedelta(days=1))
    assert SCHOOL.school_days_after(AUTUMN.ends, 1) == date(2027, 3, 26)
    assert SCHOOL.is_school_day(date(2025, 11, 3)), "long before the first term entered"


def test_a_sports_day_is_for_staff_only_and_a_snow_day_for_nobody():
    calendar = SchoolCalendar(
        [AUTUMN],
        {
            date(2026, 10, 22): Override("pupils_off", note="运动会"),
            date(2026, 12, 1): Override("off", note="大雪停课"),
        },
    )
    assert calendar.is_staff_day(date(2026, 10, 22))
    assert not calendar.is_school_day(date(2026, 10, 22))
    assert calendar.day_kind(date(2026, 10, 22)).acts_as == 3
    assert not calendar.is_staff_day(date(2026, 12, 1))
    assert calendar.day_kind(date(2026, 12, 1)).note == "大雪停课"
    assert calendar.school_days_after(date(2026, 11, 30), 1) == date(2026, 12, 2)


def test_deadlines_are_counted_in_school_days_over_a_long_holiday():
    assert SCHOOL.school_days_after(date(2026, 9, 29), 3) == date(2026, 10, 9)
    assert SCHOOL.school_days_after(date(2026, 9, 29), 4) == date(2026, 10, 10)
    assert SCHOOL.school_days_after(date(2026, 10, 3), 0) == date(2026, 10, 3)
    with pytest.raises(ValueError, match="-1"):
        SCHOOL.school_days_after(date(2026, 9, 29), -1)


def test_a_year_without_a_notice_is_estimated_and_never_raises():
    assert (NATION.is_known(2026), NATION.is_known(2027), NATION.is_known(2003)) == (True, False, False)
    assert NATION.day_kind(date(2027, 1, 1)).note == "元旦"
    for day in [(2, 5), (2, 6), (4, 5), (5, 1), (6, 9), (9, 15), (10, 1)]:
        assert not NATION.is_staff_day(date(2027, *day))
    monday = NATION.day_kind(date(2027, 3, 1))
    assert (monday.kind, monday.acts_as, monday.source) == (DayKind.WORKDAY, 0, Source.ESTIMATED)
    assert not NATION.is_staff_day(date(2027, 3, 6))
    assert not NATION.is_staff_day(date(2060, 10, 1))


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_table_of_lunar_holidays_is_right_where_a_notice_can_prove_it(year):
    for offset in range(365):
        day = date(year, 1, 1) + timedelta(days=offset)
        if _statutory(day):
            assert chinese_calendar.is_holiday(day), day
            assert not chinese_calendar.is_in_lieu(day), f"{day} is a day made up for, not the holiday itself"


@pytest.mark.parametrize("wrong", [("holiday", None), ("workday", 7), ("off", -1)])
def test_an_override_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=str(wrong[0] if wrong[1] is None else wrong[1])):
        Override(*wrong)


def test_a_term_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        Term("颠倒", date(2026, 9, 2), date(2026, 9, 1))


DAYS = st.dates(date(2005, 1, 1), date(2040, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> SchoolCalendar:
    """A calendar with up to four terms and up to ten overrides, as careless as people are (terms may overlap)."""
    terms = [
        Term("学期", starts, starts + timedelta(days=draw(st.integers(0, 150))))
        for starts in draw(st.lists(st.dates(date(2024, 1, 1), date(2029, 1, 1)), max_size=4))
    ]
    override = st.builds(Override, st.sampled_from([kind.value for kind in DayKind]), st.none() | st.integers(0, 6))
    return SchoolCalendar(
        terms, draw(st.dictionaries(st.dates(date(2024, 1, 1), date(2029, 1, 1)), override, max_size=10))
    )


@given(calendars(), DAYS, st.integers(0, 15))
def test_counting_school_days_goes_strictly_forward_and_lands_on_school_days(calendar, day, count):
    reached = calendar.school_days_after(day, count)
    further = calendar.school_days_after(day, count + 1)
    assert reached < further
    assert calendar.is_school_day(further)
    assert calendar.school_days(reached + timedelta(days=1), further) == [further]


@given(calendars(), DAYS)
def test_a_school_day_is_a_staff_day_and_a_day_off_has_no_timetable(calendar, day):
    what = calendar.day_kind(day)
    assert calendar.is_staff_day(day) or not calendar.is_school_day(day)
    assert (what.acts_as is None) or what.kind is not DayKind.OFF
    assert what.in_term == (calendar.term_of(day) is not None)


@given(calendars(), DAYS)
def test_first_and_last_of_the_week_enclose_its_school_days(calendar, day):
    monday = week_start(day)
    days = calendar.school_days(monday, monday + timedelta(days=6))
    first, last = calendar.first_school_day_of_week(day), calendar.last_school_day_of_week(day)
    assert (first, last) == ((days[0], days[-1]) if days else (None, None))


@given(calendars(), DAYS)
def test_no_school_day_of_the_month_comes_after_its_last(calendar, day):
    last = calendar.last_school_day_of_month(day.year, day.month)
    if calendar.is_school_day(day):
        assert last is not None
        assert day <= last
        assert (last.year, last.month) == (day.year, day.month)
