"""A routine is a file that a school writes: what is wrong in it is said with an example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.calendar import SchoolCalendar
from bot.domain.people import Post
from bot.domain.routines import Asks, read_routines
from bot.errors import ConfigError
from bot.render import TEMPLATES

GOOD = """
title: 晨检
about: 每个上学日 07:50
asks: checklist
when: [school_days 07:50, school_days 13:40]
window: 40min
late_by: 30min
post: [class_teacher, school_doctor]
owner: school_doctor
items: [出勤, 体温]
closed: {体温: [school_doctor]}
"""


def test_one_file_is_a_routine(tmp_path: Path) -> None:
    (tmp_path / "morning.yaml").write_text(GOOD, "utf-8")
    (routine,) = read_routines(tmp_path)
    assert (routine.name, routine.asks, routine.window) == ("morning", Asks.CHECKLIST, timedelta(minutes=40))
    assert routine.post == (Post.CLASS_TEACHER, Post.SCHOOL_DOCTOR)
    assert routine.form["items"] == ["出勤", "体温"]
    monday = datetime(2026, 11, 23, tzinfo=UTC) - timedelta(hours=8)
    rings = routine.when.between(monday, monday + timedelta(days=1), SchoolCalendar([], {}))
    assert [(at.hour + 8) % 24 for at in rings] == [7, 13]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("post: [class_teacher, school_doctor]\n", "", "post: who is asked"),
        ("items: [出勤, 体温]\n", "", "items"),
        ("{体温: [school_doctor]}", "{脾气: [school_doctor]}", "closed"),
        ("school_days 07:50", "school_days 25:00", "25:00"),
        ("window: 40min", "window: 40", "window"),
        ("owner: school_doctor", "owner: doctor", "owner"),
        ("asks: checklist", "asks: everything", "asks"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path: Path, old: str, new: str, words: str) -> None:
    (tmp_path / "morning.yaml").write_text(GOOD.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError, match=r"morning\.yaml") as error:
        read_routines(tmp_path)
    assert words in str(error.value)


def test_those_that_ship_can_be_read_and_ring_somewhere_in_a_week() -> None:
    calendar = SchoolCalendar([], {})
    monday = datetime(2026, 11, 22, 16, tzinfo=UTC)
    for routine in read_routines(TEMPLATES / "routines"):
        assert routine.when.between(monday, monday + timedelta(days=31), calendar), routine.name
