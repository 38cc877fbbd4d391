"""The demonstration school: what `xiaoling serve` opens when no school is configured.

The emulator runs as a process of its own and stands in for the platforms' servers; this side knows it by its addresses
alone. It writes down the settings and the roster that fit it, and they are read like any school's.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from bot.app import App
from bot.clock import monotonic
from bot.errors import ConfigError
from bot.roster import load_workbook
from bot.server import occupied
from bot.settings import Settings, read
from bot.store.arrivals import the_school
from bot.store.session import reading
from bot.store.store import Store

HOST = "127.0.0.1"
BOT_PORT = 8000
DESK_PORT = 8010
PATIENCE = 15.0
"""Seconds for the emulator to be up; it takes one on an old PC."""


class Demonstration:
    """The emulator beside the bot, as long as the block lasts.

    settings: those of the demonstration school. address: where the chat desk is.
    """

    def __init__(self, home: Path, bot_port: int, desk_port: int, channels: Sequence[str] = ()) -> None:
        """channels: how the school hears people, ("wecom bot_stream",), in a folder of its own; () is the usual school."""
        self._channels = tuple(channels)
        self._home = home / "-".join(["demonstration", *(each.replace(" ", "-") for each in channels)])
        self._home.mkdir(parents=True, exist_ok=True)
        self._ports = (bot_port, desk_port)
        self.address = f"http://{HOST}:{desk_port}"

    @staticmethod
    def settings_of(home: Path) -> Settings:
        """The settings that the last demonstration left. Raises ConfigError where there was none."""
        folder = home / "demonstration"
        if not (folder / "xiaoling.toml").exists():
            raise ConfigError(
                "还没有 xiaoling.toml。照着 docs/xiaoling.example.toml 写一份，或先运行 xiaoling serve 看演示学校。"
            )
        return read(folder / "xiaoling.toml", folder)

    def __enter__(self) -> Self:
        bot_port, desk_port = self._ports
        for port in self._ports:
            _must_be_free(port)
        self._emulator = subprocess.Popen(  # noqa: S603 - our own module, our own arguments
            [
                sys.executable,
                "-m",
                "bot.emulator",
                "--home",
                str(self._home),
                "--port",
                str(desk_port),
                "--bot-url",
                f"http://{HOST}:{bot_port}",
                *(["--channels", *self._channels] if self._channels else []),
            ],
            stdin=subprocess.PIPE,  # it ends when this end closes, however we end
        )
        try:
            self._wait()
            self.settings = read(self._home / "xiaoling.toml", self._home)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def prepare(self, app: App) -> None:
        """Read in the roster the first time, as an administrator would."""
        code = self.settings.schools[0].code
        with reading(app.engine) as session:
            if Store(session, the_school(session, code)).people.all():
                return
        content = (self._home / "roster.xlsx").read_bytes()
        app.writer.do(partial(load_workbook, code, content, app.clock.now()))

    def _wait(self) -> None:
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            if self._emulator.poll() is not None:
                raise ConfigError("演示用的模拟器没有启动成功，请看上面的说明。")
            try:
                if requests.get(f"{self.address}/api/state", timeout=1).ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)
        raise ConfigError("演示用的模拟器迟迟没有启动，请再试一次。")

    def _end(self) -> None:
        assert self._emulator.stdin is not None
        self._emulator.stdin.close()
        try:
            self._emulator.wait(5)
        except subprocess.TimeoutExpired:
            self._emulator.kill()
            self._emulator.wait()


def _must_be_free(port: int) -> None:
    if why := occupied(HOST, port):
        raise ConfigError(
            f"{HOST}:{port} 被占用了（{why}）。可能校铃已经开着；先关掉它，"
            "或换端口：xiaoling serve --demo-port 8001 --desk-port 8011"
        )
