"""Each thing that the doctor looks at, made to go wrong for real: he says what it is and what to click, and changes nothing."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from click.testing import CliRunner
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from waitress import create_server

from bot.__main__ import cli
from bot.app import App
from bot.clock import SCHOOL_TZ, monotonic
from bot.doctor import connections, door, examine, lines, machine, years
from bot.doctor.patient import Lying, lay, unreadable
from bot.documents import chart
from bot.domain.school import School
from bot.emulator import demo
from bot.emulator.wecom_bot_stream_road import StreamRoad
from bot.platforms.base import Health
from bot.settings import from_data
from bot.store.lines import SERVICE, lines_of
from bot.store.records import LineState
from bot.store.session import reading
from tests.kit.stage import HandClock, Stage, stage
from tests.test_doctor import found, own

ON_WECOM = pytest.mark.on("wecom app")


@pytest.fixture
def on_the_line(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Stage]:
    """A school that hears through an AI bot's long connection alone."""
    path = tmp_path / "test.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    channels = ("wecom bot_stream", "dingtalk robot")
    with stage("wecom", f"sqlite:///{path}", tmp_path, channels=channels) as play:
        yield play


@pytest.fixture
def beside() -> Iterator[Callable[[Stage], Lying]]:
    """The doctor's own view of a school, as another process has it."""
    with closing(_Views()) as views:
        yield views.of


class _Views:
    def __init__(self) -> None:
        self._open: list[Lying] = []

    def of(self, school: Stage) -> Lying:
        view = lay(school.app.settings, school.clock)
        self._open.append(view)
        return view

    def close(self) -> None:
        for view in self._open:
            view.engine.dispose()


def wait_for(true: Callable[[], bool]) -> None:
    until = monotonic() + 10
    while not true():
        assert monotonic() < until
        time.sleep(0.01)


def states(app: App) -> dict[str, str]:
    with reading(app.engine) as session:
        return {name: row.line for name, row in lines_of(session, demo.CODE).items()}


def test_the_line_s_state_is_told_from_another_process_and_nobody_loses_it(
    on_the_line: Stage, beside: Callable[[Stage], Lying]
) -> None:
    school = on_the_line
    view = beside(school)
    assert found(lines.look, view, "还没有启动过").todo
    school.app.lines.drain()
    assert found(lines.look, view, "校铃在运行，从 11月23日（周一）07:00 起").well
    up = found(lines.look, view, "长连接已连上，从 11月23日（周一）07:00 起")
    assert up.well
    road = school.world.roads["wecom"]
    assert isinstance(road, StreamRoad)
    findings = [*examine(view)]
    assert road.connected.is_set(), "the doctor does not subscribe"
    assert all(finding.todo for finding in findings if not finding.well)
    road.take_over()
    connection = next(iter(school.app.connections))
    wait_for(lambda: "接走" in (connection.heard_through or Health(True, "")).line)
    school.clock.turn_to(school.clock.now() + timedelta(minutes=1))
    school.app.lines.drain()
    taken = found(lines.look, view, "长连接被另一处接走了，校铃没有去抢，从 11月23日（周一）07:01 起")
    assert not taken.well
    assert "关掉它" in taken.todo


def test_a_service_that_died_or_was_stopped_is_told(on_the_line: Stage, beside: Callable[[Stage], Lying]) -> None:
    school = on_the_line
    view = beside(school)
    school.app.lines.drain()
    assert school.app.lines.drain() == 0, "what stands as it did is not written again"
    school.clock.turn_to(school.clock.now() + timedelta(minutes=2))
    assert school.app.lines.drain() == 2, "after a while it is, as a sign of life"
    school.clock.turn_to(school.clock.now() + timedelta(minutes=4))
    dead = found(lines.look, view, "校铃没有在运行，最后一次有动静是 11月23日（周一）07:02")
    assert "xiaoling serve" in dead.todo
    assert not any("长连接已连上" in finding.line for finding in lines.look(view)), "that is no longer true"
    school.app.lines.start()
    school.app.ears.stop()
    school.app.lines.stop()
    assert states(school.app) == {SERVICE: "校铃停了", "bot": "校铃没有在运行"}
    assert not found(lines.look, view, "校铃停了，从 11月23日（周一）07:06 起").well


def test_dingtalk_s_line_is_told_too(tmp_path: Path, migrated_sqlite: Path) -> None:
    path = tmp_path / "test.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    with stage("dingtalk", f"sqlite:///{path}", tmp_path, channels=("wecom app", "dingtalk stream")) as school:
        connection = next(iter(school.app.connections))
        wait_for(lambda: connection.heard_through == Health(True, "长连接已连上"))
        school.app.ears.stop()
        assert connection.heard_through == Health(False, "校铃没有在运行")


@ON_WECOM
def test_a_callback_with_other_keys_is_told(school: Stage, beside: Callable[[Stage], Lying]) -> None:
    school.app.lines.drain()
    view = beside(school)
    assert "平台还没有来过" in found(lines.look, view, "oa（回调）：").line
    for _ in range(3):
        school.app.web.test_client().get("/callback/demo/oa?msg_signature=x&timestamp=1&nonce=n&echostr=e")
    school.app.lines.drain()
    refused = found(lines.look, view, "oa（回调）：有人来过回调地址，没有收下：签名不对")
    assert "Token" in refused.todo
    assert school.world.check_address() == ""
    school.app.lines.drain()
    assert found(lines.look, view, "平台来核对过回调地址，通过了").well
    school.app.web.test_client().get("/callback/demo/oa?msg_signature=x")
    assert school.app.lines.drain() == 0, "one stranger changes nothing"
    with Session(view.engine) as session, pytest.raises(DBAPIError, match="read-?only"):
        session.execute(delete(LineState))


@ON_WECOM
def test_an_address_that_is_not_trusted_is_told_with_what_to_paste(school: Stage) -> None:
    assert all(finding.well for finding in connections.look(school.app))
    school.world.faults.switch("untrusted_ip", on=True)
    refused = [finding for finding in connections.look(school.app) if not finding.well]
    assert len(refused) == 3, "the app, the notices to parents, the customers' groups"
    for finding in refused:
        assert "企业微信看到的出口地址是 203.0.113.7" in finding.line
        assert "企业可信 IP → 配置，填 203.0.113.7" in finding.todo


@pytest.mark.parametrize(
    ("channel", "database_url", "change", "words"),
    [
        ("wecom app", "sqlite", {"secret": "x"}, "凭证没有通过"),
        ("wecom app", "sqlite", {"agent_id": 1000009}, "问不到这个应用"),
        ("wecom app", "sqlite", {"api_base": "http://127.0.0.1:9"}, "没有问到平台"),
        ("dingtalk robot", "sqlite", {"app_secret": "x"}, "凭证没有通过"),
    ],
    indirect=["channel", "database_url"],
)
def test_keys_that_the_platform_does_not_know_are_told(school: Stage, change: dict[str, object], words: str) -> None:
    first = school.app.settings.schools[0].connection[0]
    settings = first.model_dump() | {
        name: getattr(first, name) for name in ("secret", "app_secret") if hasattr(first, name)
    }
    entry = {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
        for name, value in settings.items()
    }
    data = {"school": [{"name": "甲", "code": demo.CODE, "connection": [entry | change]}]}
    view = lay(from_data(data, school.app.settings.home), school.clock)
    (finding,) = connections.look(view)
    view.engine.dispose()
    assert (finding.well, words in finding.line) == (False, True), finding
    assert finding.todo


@ON_WECOM
def test_the_callback_s_address_is_opened(school: Stage) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    there = own(school, public_url=f"http://127.0.0.1:{port}")
    closed = found(door.look, there, "/health/live 打不开：连不上")
    assert "反向代理" in closed.todo
    server = create_server(school.app.web, host="127.0.0.1", port=port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert found(door.look, there, "打得开，答话的是校铃").well
    server.close()
    other = own(school, public_url=f"{school.world.url}")
    assert not found(door.look, other, "/health/live 打不开").well


@ON_WECOM
def test_a_full_disk_and_a_missing_font(
    school: Stage, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    assert all(finding.well for finding in machine.look(school.app))
    monkeypatch.setattr(machine, "ROOM", 1 << 62)
    assert "清理磁盘" in found(machine.look, school.app, "剩余").todo
    for cached in (chart._font, chart._glyphs):
        cached.cache_clear()
        request.addfinalizer(cached.cache_clear)
    monkeypatch.setattr(pylopdf_fonts_zh_cn, "sans_path", lambda: school.app.settings.home / "no-font.otf")
    assert "重新安装" in found(machine.look, school.app, "月度图画不出来").todo


@ON_WECOM
def test_a_year_whose_holidays_nobody_has_published(school: Stage) -> None:
    for day, year, well in (("2026-10-31", 2026, True), ("2027-11-20", 2028, False), ("2028-02-01", 2028, False)):
        school.clock.turn_to(datetime.fromisoformat(day).replace(tzinfo=SCHOOL_TZ))
        finding = found(years.look, school.app, f"{year} 年的放假和调休")
        assert (finding.well, "xiaoling day" in finding.todo) == (well, not well)


def test_a_database_that_cannot_be_asked_is_told_and_not_made(tmp_path: Path, migrated_sqlite: Path) -> None:
    data = {"school": [{"name": "新校", "code": "xin"}], "database": {"url": f"sqlite:///{tmp_path / 'x.db'}"}}
    view = lay(from_data(data, tmp_path), HandClock(datetime.now(SCHOOL_TZ)))

    def why() -> str:
        health = unreadable(view)
        assert health is not None
        assert not health.well
        assert health.todo
        return health.line

    assert why() == "还没有数据库"
    assert [*tmp_path.iterdir()] == []
    with closing(sqlite3.connect(tmp_path / "x.db")) as empty:
        empty.execute("create table other (id integer)")
    assert why() == "数据库是别的版本的"
    view.engine.dispose()
    (tmp_path / "x.db").write_bytes(migrated_sqlite.read_bytes())
    assert why() == "新校是新写进设置的，校铃还不知道"
    with Session(view.engine) as session:
        session.add(School(code="xin", name="新校", opened_at=view.clock.now()))
        with pytest.raises(DBAPIError, match="readonly"):
            session.commit()
    view.engine.dispose()
    (tmp_path / "x.db").write_bytes(b"not a database" * 500)
    assert why() == "数据库打不开：DatabaseError"
    view.engine.dispose()


def test_the_command_changes_nothing(on_the_line: Stage, tmp_path: Path) -> None:
    school, folder = on_the_line, tmp_path / "elsewhere"
    school.app.lines.drain()
    road = school.world.roads["wecom"]
    assert isinstance(road, StreamRoad)
    channels, urls = ("wecom bot_stream", "dingtalk robot"), {"wecom bot_stream": road.url}
    file = demo.settings_toml(school.world.url, 8000, channels, urls).replace('"turned"', '"real"')
    database = school.app.settings.database_url
    (tmp_path / "doctor.toml").write_text(f'{file}\n[database]\nurl = "{database}"\n', "utf-8")

    def rows() -> list[str]:
        with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as open_:
            return list(open_.iterdump())

    before = rows()
    own = {"XIAOLING_HOME": str(folder), "XIAOLING_CONFIG": str(tmp_path / "doctor.toml")}
    done = CliRunner().invoke(cli, ["doctor"], env=own)
    assert done.exit_code == 1, done.output
    assert "要公网能访问的 https 地址" in done.output
    assert "校铃没有在运行" in done.output, "on the real clock this Monday is past, or to come"
    assert rows() == before
    assert not folder.exists()
    assert road.connected.is_set()
