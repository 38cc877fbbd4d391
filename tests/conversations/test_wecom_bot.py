"""A school that hears through WeCom's AI bot: the same conversations, over a long connection that it opens itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.domain.photos import Photo, PhotoState
from bot.emulator.wecom_bot_stream_road import StreamRoad
from bot.store.records import Outbox
from bot.store.session import reading
from tests.kit.stage import Stage, stage

CHANNELS = ("wecom bot_stream", "dingtalk robot")


@pytest.fixture
def school(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    with stage("wecom", database_url, tmp_path, channels=CHANNELS) as play:
        yield play


def road(school: Stage) -> StreamRoad:
    found = school.world.roads["wecom"]
    assert isinstance(found, StreamRoad)
    return found


def test_a_hazard_with_a_photo_is_reported_in_private(school: Stage) -> None:
    school.says("赵海峰", "帮助")
    said = school.says("王小燕", "隐患 三楼东侧消防栓漏水", 1)
    assert said[0].startswith("bot: ")
    assert "隐患 1" in said[0]
    assert any(line.startswith("bot → 赵海峰") for line in said)
    with reading(school.app.engine) as session:
        (photo,) = session.scalars(select(Photo)).all()
    assert photo.state is PhotoState.KEPT


def test_a_hazard_is_reported_in_a_group_with_a_mention(school: Stage) -> None:
    said = school.says("王小燕", "隐患 三楼东侧消防栓漏水", group="安全巡查群")
    assert said[0].startswith("bot: ")
    assert "隐患 1" in said[0]


def test_after_the_line_broke_answers_come_over_the_new_one(school: Stage) -> None:
    road(school).drop()
    assert road(school).connected.wait(10)
    assert school.says("王小燕", "帮助")


def test_who_never_wrote_is_told_to_the_operator_and_nothing_is_lost_silently(school: Stage) -> None:
    with capture_logs() as logged:
        said = school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    assert not any("赵海峰:" in line for line in said)
    assert [line["todo"] for line in logged if line["event"] == "never_wrote"]
    with reading(school.app.engine) as session:
        assert not session.scalars(select(Outbox).where(Outbox.sent_at.is_(None))).all()
