"""The web server: waitress, pure Python, the same on Windows; stopped by Ctrl-C or the service manager's TERM."""

from __future__ import annotations

import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

from waitress import create_server

from bot.app import App
from bot.errors import ConfigError

THREADS = 64
"""A callback waits for the shared commit, not for the processor: as many may wait as the writer takes in one flush."""


SWEEP_EVERY = 20_000
"""New objects between two sweeps of the garbage collector. A message makes thousands that live a millisecond: swept at
Python's own 700 they cost a tenth of its time, and memory stays as flat (make bench)."""


def spare_the_collector() -> None:
    """What is loaded now stays until the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SWEEP_EVERY, 20, 20)


def occupied(host: str, port: int) -> str:
    """Why nobody can listen there now; "" where it is free."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        if sys.platform != "win32":  # there it would let two listen
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def serve_until_stopped(app: App, ready: Callable[[], None], stopping: threading.Event | None = None) -> None:
    """Listen, start the work in the background, call `ready`, and return after Ctrl-C or TERM, which set `stopping`, or when
    somebody else sets it. Raises ConfigError."""
    stopping = stopping or threading.Event()
    server_settings = app.settings.server
    try:
        server = create_server(
            app.web,
            host=server_settings.host,
            port=server_settings.port,
            threads=THREADS,
            ident=None,
            channel_timeout=60,
            connection_limit=1000,
            clear_untrusted_proxy_headers=True,
        )
    except OSError as error:
        where = f"{server_settings.host}:{server_settings.port}"
        raise ConfigError(
            f"[server] {where} 不能用（{error.strerror}）。可能校铃已经开着，或别的程序占着。换一个：port = 8001"
        ) from error

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    app.start()
    spare_the_collector()
    ready()
    # a wait without end cannot be interrupted on Windows
    while not stopping.wait(0.5):
        pass
    server.close()
