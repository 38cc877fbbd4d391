"""The real process, killed between any two steps under load: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine, select

from bot.app import build
from bot.clock import SCHOOL_TZ, RealClock
from bot.domain.hazards import Hazard
from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.world import World
from bot.roster import load_workbook
from bot.settings import read
from bot.store.records import Outbox, OutboxState
from bot.store.session import open_engine, reading
from tests.kit.stage import MONDAY

DATABASES = ("sqlite", "postgresql")
KILLED = [
    *((step, database) for step in ("inbox", "outbox", "commit", "committed") for database in DATABASES),
    ("send", "sqlite"),
    ("sent", "postgresql"),
]
"""What each database does with a process that dies in its transaction is its own; around a call to a platform it has none."""

TALKERS = ("wang", "chen", "zheng", "ma", "he", "sun")
ROOT = Path(__file__).resolve().parent.parent.parent


class TurnableRealClock(RealClock):
    """The emulator wants a clock that can be turned; here nobody turns it."""

    def turn_to(self, moment: object) -> None:
        raise AssertionError(moment)


class School:
    """An emulator and a place for the real process to live in."""

    def __init__(self, world: World, home: Path, port: int, database_url: str) -> None:
        self.world, self.home, self.port, self.database_url = world, home, port, database_url
        self._said = 0
        self._lock = threading.Lock()

    @contextmanager
    def process(self, step: str = "never", times: int = 1) -> Iterator[subprocess.Popen[bytes]]:
        """The service, up; killed at the end if it is still alive."""
        environment = os.environ | {
            "XIAOLING_HOME": str(self.home),
            "XIAOLING_CONFIG": str(self.home / "xiaoling.toml"),
        }
        with (self.home / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.dying", step, str(times)],
                cwd=ROOT, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
            try:
                self._wait_until_up(process)
                yield process
            finally:
                process.kill()
                process.wait()

    def talk(self, count: int, gap: float = 0.0) -> list[threading.Thread]:
        """Everybody reports hazards at once, each with words of their own."""
        if self._said == 0:
            # who spoke on DingTalk is written to there, where one person may be sent more than 28 messages a minute
            for who in ("zhao", "zhou"):
                self.world.say(who, f"dingtalk-{who}", "帮助")
        threads = [threading.Thread(target=self._report, args=(who, count, gap)) for who in TALKERS]
        for thread in threads:
            thread.start()
        return threads

    def _report(self, who: str, count: int, gap: float) -> None:
        for _ in range(count):
            with self._lock:
                self._said += 1
                number = self._said
            self.world.say(who, f"dingtalk-{who}", f"隐患 第{number}处漏水")
            time.sleep(gap)

    def _wait_until_up(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(400):
            try:
                requests.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=1)
                return
            except requests.RequestException:
                assert process.poll() in (None, -9), (self.home / "log.txt").read_text("utf-8")[-2000:]
                time.sleep(0.05)
        raise AssertionError("the service did not come up")

    def everything_is_out(self, engine: Engine) -> bool:
        with reading(engine) as session:
            return session.scalar(select(Outbox.id).where(Outbox.state != OutboxState.SENT).limit(1)) is None


@pytest.fixture
def killable(database_url: str, tmp_path: Path) -> Iterator[School]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    world = World(tmp_path / "emulator", TurnableRealClock(), f"http://127.0.0.1:{port}")
    with EmulatorServer(world) as emulator:
        text = demo.settings_toml(emulator.url, port).replace('clock = "turned"', "")
        (tmp_path / "xiaoling.toml").write_text(f'{text}\n[database]\nurl = "{database_url}"\n', "utf-8")
        app = build(read(tmp_path / "xiaoling.toml", tmp_path))
        today = MONDAY.astimezone(SCHOOL_TZ).date()
        app.writer.do(partial(load_workbook, demo.CODE, demo.roster_workbook(today), app.clock.now()))
        app.stop()
        yield School(world, tmp_path, port, database_url)
    world.close()


def check(school: School, kills: int = 1) -> None:
    """Let a healthy process finish, then count."""
    engine = open_engine(school.database_url)
    with school.process():
        for _ in range(600):
            if school.everything_is_out(engine):
                break
            time.sleep(0.1)
        assert school.everything_is_out(engine)
    with reading(engine) as session:
        kept = [hazard.text for hazard in session.scalars(select(Hazard))]
        rows = len(list(session.scalars(select(Outbox))))
    engine.dispose()
    said = [message for message in school.world.messages() if message.sender != "bot" and "隐患" in message.text]
    acknowledged = {message.text.removeprefix("隐患 ") for message in said if message.state == "sent"}
    assert acknowledged <= set(kept), "acknowledged and lost"
    assert len(kept) == len(set(kept)), "done twice"
    assert set(kept) <= {message.text.removeprefix("隐患 ") for message in said}
    replies = len([message for message in school.world.messages() if message.sender == "bot"])
    assert rows <= replies <= rows + 4 * kills, "each once; those under way at a kill, at most four, perhaps twice"


@pytest.mark.parametrize(("step", "database_url"), KILLED, indirect=["database_url"])
def test_killed_at_each_step(killable: School, step: str) -> None:
    with killable.process(step, times=7) as process:
        for thread in killable.talk(4):
            thread.join()
        assert process.wait(20) == -9, "it was to die at this step"
    check(killable)


def test_killed_at_any_moment_again_and_again(killable: School) -> None:
    moments = random.Random(20261123)
    for _ in range(5):
        with killable.process():
            threads = killable.talk(6, gap=0.01)
            time.sleep(moments.uniform(0.05, 0.6))
        for thread in threads:
            thread.join()
    check(killable, kills=5)
