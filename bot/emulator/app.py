"""The emulator put together: one world, two platforms, the desk; one server on this machine only."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from flask import Flask
from waitress import create_server

from bot.emulator import demo
from bot.emulator.desk import Desk
from bot.emulator.dingtalk import Dingtalk
from bot.emulator.turning import Turnable, Turning
from bot.emulator.wecom import Wecom
from bot.emulator.world import Post, World

HOST = "127.0.0.1"
THREADS = 32
"""Every open desk holds one for its stream of events."""


class Emulator:
    """home: where it keeps what was said. port 0 takes any free one. url: where it is reached, once started."""

    def __init__(self, home: Path, clock: Turnable, bot_url: str, port: int = 0, post: Post | None = None) -> None:
        self.world = World(home, clock, demo.actors(), demo.rooms(), bot_url, post)
        self.wecom = Wecom(self.world, demo.WECOM)
        self.dingtalk = Dingtalk(self.world, demo.DINGTALK)
        self.world.sides = {"wecom": self.wecom, "dingtalk": self.dingtalk}
        self.turning = Turning(self.world, clock)
        self._desk = Desk(self.world, self.turning, demo.SCHOOL)
        web = Flask("bot.emulator", static_folder=None)
        web.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it
        web.register_blueprint(self._desk.blueprint())
        web.register_blueprint(self.wecom.blueprint())
        web.register_blueprint(self.dingtalk.blueprint())
        self._server = create_server(web, host=HOST, port=port, threads=THREADS, ident=None, channel_timeout=300)
        self.url = f"http://{HOST}:{self._server.effective_port}"
        self.dingtalk.address = self.url
        self._thread = threading.Thread(target=self._server.run, name="emulator", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._desk.close()
        self._server.close()

    def reset(self) -> None:
        """Everything as on the first day."""
        self.world.reset()
        self.wecom.clear()
        self.dingtalk.clear()
