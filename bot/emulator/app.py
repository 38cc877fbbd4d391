"""The emulator put together: one world, two platforms, the desk; one server, on this machine only."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, Self, cast

from flask import Flask
from waitress import create_server, wasyncore
from werkzeug.routing import Map

from bot.emulator import (
    desk,
    dingtalk_office_server,
    dingtalk_server,
    dingtalk_todos,
    wecom_bot_server,
    wecom_customers_server,
    wecom_forms_server,
    wecom_groups_server,
    wecom_office_server,
    wecom_school_server,
    wecom_server,
)
from bot.emulator.turning import Turnable, Turning
from bot.emulator.world import World

HOST = "127.0.0.1"
THREADS = 32
"""Every open desk holds one for its stream of events."""

UPLOAD = 200 * 1024 * 1024
"""Bytes of one request: nine pictures of the largest size and a little."""


class _Web(Flask):
    """Every world has the same addresses: they are compiled once a process, which is nine tenths of what a start costs."""

    compiled: Map | None = None

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self._ready = _Web.compiled is not None
        self.url_map = _Web.compiled or self.url_map

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, *args: Any, **options: Any
    ) -> None:
        """Blueprints always name the endpoint."""
        if self._ready and endpoint is not None:
            self.view_functions[endpoint] = view_func
        else:
            super().add_url_rule(rule, endpoint, view_func, *args, **options)


def create_app(world: World, turning: Turning | None = None) -> Flask:
    """The platforms' addresses and the desk's. turning None makes one over the world's clock, which can then be turned."""
    web = _Web("bot.emulator")
    web.config["MAX_CONTENT_LENGTH"] = UPLOAD
    web.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it
    web.register_blueprint(desk.blueprint(world, turning or Turning(world, _turnable(world))))
    web.register_blueprint(wecom_server.blueprint(world))
    web.register_blueprint(wecom_customers_server.blueprint(world))
    web.register_blueprint(wecom_forms_server.blueprint(world))
    web.register_blueprint(wecom_groups_server.blueprint(world))
    web.register_blueprint(wecom_office_server.blueprint(world))
    web.register_blueprint(wecom_school_server.blueprint(world))
    web.register_blueprint(dingtalk_server.blueprint(world))
    web.register_blueprint(dingtalk_office_server.blueprint(world))
    web.register_blueprint(dingtalk_todos.blueprint(world))
    web.register_blueprint(wecom_bot_server.blueprint(world))
    _Web.compiled = web.url_map
    return web


class EmulatorServer:
    """The emulator listening, as long as the block lasts. port 0 takes any free one. url: where it is reached.

    watch: keep looking whether the bot is up. The world is closed by whoever made it. Raises OSError for a port in use.
    """

    def __init__(self, world: World, port: int = 0, *, watch: bool = False) -> None:
        self.world, self._watch = world, watch
        self.turning = Turning(world, _turnable(world))
        web = create_app(world, self.turning)
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            web, self._sockets, host=HOST, port=port, threads=THREADS, ident=None, channel_timeout=300
        )
        self.url = world.url = f"http://{HOST}:{self._server.effective_port}"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="emulator", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        for road in self.world.roads.values():
            road.start()
        if self._watch:
            self.turning.watch()
            threading.Thread(target=self._push_again, name="pushes", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.turning.stop()
        for road in self.world.roads.values():
            road.stop()
        self.world.events.close()  # or every open stream would keep its thread
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join(5)
        for channel in list(self._server.active_channels.values()):  # pages keep theirs open
            channel.handle_close()
        self._server.task_dispatcher.shutdown(timeout=2)
        # the last thing, when no thread is left that would pull its trigger
        self._server.close()

    def _push_again(self) -> None:
        """What was not taken comes again on the school's clock."""
        while not self._stopping.wait(1):
            self.world.ding_office.events.resend()

    def _listen(self) -> None:
        """The server's own loop cannot be asked to end; one turn of it lasts a second at most."""
        while not self._stopping.is_set():
            wasyncore.loop(timeout=1, use_poll=True, map=self._sockets, count=1)


def _turnable(world: World) -> Turnable:
    if not hasattr(world.clock, "turn_to"):
        raise TypeError("the emulator's clock must be one that can be turned")
    return cast("Turnable", world.clock)
