"""A notice by the classes' groups: handed to each group's owner, who confirms it in WeCom, or does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from bot.clock import SCHOOL_TZ
from bot.emulator import demo, wecom_customers
from bot.emulator.records import PARENTS
from bot.facts import Ask
from tests.kit.stage import Stage, stage


@pytest.fixture(params=["sqlite"])
def school(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A school that reaches parents by the classes' groups alone."""
    start = datetime(2026, 11, 23, 9, 0, tzinfo=SCHOOL_TZ)
    with stage("wecom", database_url, tmp_path, start=start, routines=("follows_notices",)) as play:
        connections = demo.settings_data(play.world.url, 8000)["school"][0]["connection"]
        play.restart(
            connection=[each for each in connections if each["platform"] == "wecom" and each["kind"] != "school"]
        )
        play.happens(lambda: wecom_customers.rename(play.world, "wrDEMO0class0302", "三年级2班家长群"))
        yield play


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    path = tmp_path / "test.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite:///{path}"


def in_the_groups(school: Stage) -> list[tuple[str, str, str]]:
    """What parents read: group, in whose name, words."""
    return [
        (room.title, school.world.person(one.sender).name, one.text)
        for one in school.world.messages()
        if (room := school.world.chat(one.chat)).purpose == PARENTS
    ]


def test_x(school: Stage) -> None:
    print(
        school.runs("""
        吴静: 通知家长 三2班 明天带跳绳
        李敏: 同意通知 1
        [2026-11-23 09:02]
        王小燕 按【确认发送】
        [2026-11-23 09:20]
    """)
    )
    print(in_the_groups(school))
    assert 0
