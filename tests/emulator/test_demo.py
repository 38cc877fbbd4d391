"""The demonstration school as the bot reads it, and the emulator as the process that the bot starts."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests

import bot.emulator
from bot.documents.roster import read as read_roster
from bot.emulator import demo
from bot.render import LABELS
from bot.settings import read
from tests.emulator.emulated import echoed

POSTS = {name: post.value for name, post in LABELS.post_named.items()}


@pytest.mark.parametrize("today", [date(2026, 11, 23), date(2026, 12, 31), date(2027, 2, 28)])
def test_the_roster_is_read_without_a_problem(today: date) -> None:
    roster = read_roster(demo.roster_workbook(today), POSTS, today)
    assert roster.problems == ()
    assert [person.name for person in roster.people] == [person.name for person in demo.PEOPLE]
    assert all(len(person.accounts) == 2 and person.posts for person in roster.people)
    monday = today - timedelta(days=today.weekday())
    assert {(task.week - monday).days // 7 for task in roster.tasks if task.week} == {0, 1, 2, 3, 4}
    assert {task.owner_name for task in roster.tasks} <= {person.name for person in demo.PEOPLE}
    assert all(task.week and task.week <= task.due < task.week + timedelta(days=7) for task in roster.tasks)
    assert [turn.day for turn in roster.turns] == [monday + timedelta(days=n) for n in range(demo.DUTY_DAYS)]
    assert [turn.name for turn in roster.turns[:3]] == ["李敏", "刘洋", "李敏"]


def test_the_settings_are_read_as_they_were_meant(tmp_path: Path) -> None:
    text = demo.settings_toml("http://127.0.0.1:8010", 8000)
    assert tomllib.loads(text) == demo.settings_data("http://127.0.0.1:8010", 8000)
    (tmp_path / "xiaoling.toml").write_text(text, "utf-8")
    settings = read(tmp_path / "xiaoling.toml", tmp_path)
    kinds = [(one.platform, one.kind, one.name) for one in settings.schools[0].connection]
    assert kinds == [
        ("wecom", "app", "oa"),
        ("wecom", "webhook", "staff"),
        ("wecom", "webhook", "leaders"),
        ("wecom", "webhook", "safety"),
        ("wecom", "school", "parents"),
        ("wecom", "customers", "classgroups"),
        ("dingtalk", "robot", "ding"),
    ]
    assert (settings.server.port, settings.server.clock) == (8000, "turned")


def test_the_emulator_shares_nothing_with_what_it_proves() -> None:
    for path in Path(bot.emulator.__path__[0]).glob("*.py"):
        assert "bot.platforms" not in path.read_text("utf-8").replace("bot/platforms", ""), path.name


class Bot(BaseHTTPRequestHandler):
    """Says that it is up, answers for its address, and takes every callback."""

    heard: list[bytes]
    checked: list[str]

    def do_GET(self) -> None:
        if self.path.startswith("/callback/"):
            self.checked.append(self.path)
            self._answer(echoed(self.path).encode())
        else:
            self._answer(b'{"now": "2026-11-23T07:00:00+08:00", "next": null}')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "/dingevents" not in self.path:
            self.heard.append(body)
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def a_bot() -> Iterator[tuple[str, list[bytes], list[str]]]:
    handler = type("Hearing", (Bot,), {"heard": [], "checked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler.heard, handler.checked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def emulator(home: Path, port: int, bot_url: str, *channels: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "bot.emulator", "--home", str(home), "--port", str(port), "--bot-url", bot_url]
    command += ["--channels", *channels] if channels else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def until_up(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            assert requests.get(f"{url}/api/state", timeout=10).ok
            return
        except requests.RequestException:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_the_process_writes_its_files_names_the_groups_once_and_ends_with_its_input(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with a_bot() as (bot_url, heard, checked):
        for run in (1, 2):
            with emulator(tmp_path, port, bot_url) as process:
                until_up(url)
                deadline = time.monotonic() + 20
                while (len(heard) < 3 or len(checked) < run) and time.monotonic() < deadline:
                    time.sleep(0.05)
                assert process.stdin is not None
                process.stdin.close()
                assert process.wait(5) == 0
                assert process.stdout is not None and process.stdout.read() == b""
                assert process.stderr is not None and process.stderr.read() == b""
    assert len(checked) == 2
    said = [body.decode() for body in heard]
    assert len(said) == 3
    for words, group in zip(said, demo.GROUPS, strict=True):
        assert f" 绑定 {group.title}" in words
        assert "u1013" in words
    settings = read(tmp_path / "xiaoling.toml", tmp_path)
    assert settings.server.port == int(bot_url.rsplit(":", 1)[1])
    assert read_roster((tmp_path / "roster.xlsx").read_bytes(), POSTS, date.today()).problems == ()  # noqa: DTZ011


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with emulator(tmp_path, port, "http://127.0.0.1:9") as process:
            assert process.wait(20) == 1
            assert process.stderr is not None
            assert process.stderr.read().decode().strip().startswith(f"127.0.0.1:{port} 不能用")


def test_a_school_that_has_an_ai_bot_alone(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with emulator(tmp_path, port, "http://127.0.0.1:9", "wecom bot_stream") as process:
        until_up(url)
        state = requests.get(f"{url}/api/state", timeout=5).json()
        assert {(chat["platform"], chat["channel"], chat["hears"]) for chat in state["chats"]} == {
            ("wecom", "智能机器人（长连接）", True)
        }
        (connection,) = read(tmp_path / "xiaoling.toml", tmp_path).schools[0].connection
        assert connection.kind == "bot_stream"
        assert connection.url.startswith("ws://127.0.0.1:")
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_platform_has_one_way_to_be_heard(tmp_path: Path) -> None:
    with emulator(tmp_path, free_port(), "http://127.0.0.1:9", "wecom app", "wecom bot") as process:
        assert process.wait(20) == 2
        assert process.stderr is not None
        assert "每个平台只能选一种" in process.stderr.read().decode()
