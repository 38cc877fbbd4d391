"""What the doctor finds, over real records and real servers: each with the next click."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot.app import App
from bot.clock import RealClock
from bot.doctor import addresses, clocks, examine, lines, machine, queues, quotas, reach, roster, written
from bot.emulator import demo
from bot.facts import Ask
from bot.platforms.base import Health, Reach
from bot.store.arrivals import the_school
from bot.store.ledger import add_counts
from bot.store.records import Errand, ErrandState
from tests.kit.stage import MONDAY, HandClock, Stage

pytestmark = pytest.mark.on("wecom app", "dingtalk robot")

ON_DINGTALK = pytest.mark.on("dingtalk robot")


def found(look: Callable[[App], Iterator[Health]], app: App, words: str) -> Health:
    (finding,) = [each for each in look(app) if words in each.line]
    return finding


def own(school: Stage, **server: str) -> App:
    """The stage's school with settings of a real one."""
    settings = school.app.settings
    changed = settings.server.model_copy(update={"clock": "real", **server})
    return replace(school.app, settings=replace(settings, server=changed))


def test_the_clock_is_held_against_the_platform_s(school: Stage) -> None:
    server = "http://127.0.0.1"
    now = RealClock().now()
    right = found(clocks.look, replace(own(school), clock=HandClock(now)), server)
    assert right.well
    fast = found(clocks.look, replace(own(school), clock=HandClock(now + timedelta(seconds=400))), server)
    assert not fast.well
    assert "快 " in fast.line
    assert "立即同步" in fast.todo
    slow = found(clocks.look, replace(own(school), clock=HandClock(now - timedelta(hours=8))), server)
    assert "慢 28" in slow.line


@pytest.mark.parametrize(
    ("public", "well"),
    [
        ("https://bot.example.edu.cn", True),
        ("http://bot.example.edu.cn", False),
        ("https://192.168.1.20:8000", False),
        ("https://localhost", False),
        ("", False),
    ],
)
def test_a_callback_needs_a_public_address(school: Stage, public: str, well: bool) -> None:
    finding = found(addresses.look, own(school, public_url=public), "回调地址" if well else "要公网能访问")
    assert finding.well == well
    assert f"/callback/{demo.CODE}/" in finding.line
    assert bool(finding.todo) != well


def test_the_demonstration_s_address_and_clock_are_no_matter(school: Stage) -> None:
    assert [*addresses.look(school.app), *clocks.look(school.app)] == []


def test_what_a_platform_did_not_answer_is_told(school: Stage) -> None:
    def lose(session: Session) -> None:
        session.add(
            Errand(
                school_id=the_school(session, demo.CODE).id,
                connection="oa",
                what=Ask.APPROVAL,
                about="202611230001",
                cause="msg:0",
                created_at=MONDAY,
                due_at=MONDAY,
                state=ErrandState.LOST,
                attempts=1,
                reason="没有审批权限",
            )
        )

    school.app.writer.do(lose)
    finding = found(queues.look, school.app, "没问到平台")
    assert not finding.well
    assert finding.line == "没问到平台（11月23日（周一）07:00，oa，审批）：没有审批权限"


@ON_DINGTALK
def test_the_month_s_quota(school: Stage) -> None:
    def use(session: Session) -> None:
        counts = {"api": 4000, "message": 2399}
        add_counts(session, the_school(session, demo.CODE).id, demo.DING_CONNECTION, MONDAY.date(), counts)

    assert found(quotas.look, school.app, "接口调用").well
    school.app.writer.do(use)
    over = found(quotas.look, school.app, "接口调用用了 4000/5000（80%）")
    assert not over.well
    assert "xiaoling quota" in over.todo
    assert found(quotas.look, school.app, "消息用了 2399/3000（79%）").well


@ON_DINGTALK
def test_which_groups_are_bound(school: Stage) -> None:
    assert found(roster.look, school.app, "班子群").line == "班子群：班子群（ding）"


@ON_DINGTALK
def test_whom_a_channel_that_only_answers_cannot_reach(school: Stage) -> None:
    (all_well,) = reach.look(school.app)
    assert all_well.well, "this robot writes to anybody"
    assert all_well.line.endswith("能主动找 13 人，能主动发的群：教职工群、班子群、安全巡查群")
    (robot,) = school.app.connections
    robot.platform.capabilities = replace(robot.platform.capabilities, reach=Reach.SPOKEN)
    assert "有 13 人" in found(reach.look, school.app, "还不能主动找").line, "nobody has spoken in private"
    school.says("王小燕", "帮助")
    finding = found(reach.look, school.app, "还不能主动找")
    assert "有 12 人" in finding.line
    assert "王小燕" not in finding.line
    assert "帮助" in finding.todo
    robot.platform.capabilities = replace(robot.platform.capabilities, reach=Reach.NOBODY)
    shut = [each for each in reach.look(school.app) if "发不进去：这个连接只能回话" in each.line]
    assert len(shut) == 3
    assert "绑定 教职工群" in shut[0].todo


@pytest.mark.on("wecom app")
def test_a_connection_that_never_heard_anybody(school: Stage) -> None:
    assert not found(lines.look, school.app, "还没有听到人说话").well
    school.says("王小燕", "帮助")
    assert found(lines.look, school.app, "最近一次听到人说话：11月23日（周一）07:00").well


def test_the_month_s_picture_can_be_drawn(school: Stage) -> None:
    assert found(machine.look, school.app, "中文字体").well


def test_every_finding_that_is_not_well_says_what_to_do(school: Stage) -> None:
    findings = [*examine(school.app)]
    assert len(findings) > 8
    assert all(finding.todo for finding in findings if not finding.well)
    assert all(written(finding).startswith(("✅", "⚠️")) for finding in findings)
