"""python -m bot.emulator --home FOLDER --port 8010 --bot-url http://127.0.0.1:8000

Writes the demonstration school's xiaoling.toml and roster.xlsx into the folder, then stands in for the platforms until Ctrl-C,
TERM, or the end of its standard input, by which the bot that started it lets go of it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from bot.clock import TurnedClock, school_time
from bot.emulator import demo
from bot.emulator.app import HOST, EmulatorServer
from bot.emulator.records import DINGTALK, GROUP
from bot.emulator.turning import Turning
from bot.emulator.world import World


def main() -> int:
    """Serve until told to stop. Returns 1 where the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m bot.emulator", description="校铃演示学校")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--bot-url", default=f"http://{HOST}:8000")
    given = parser.parse_args()
    stopping = threading.Event()
    _stop_on_signals(stopping)
    given.home.mkdir(parents=True, exist_ok=True)
    clock = TurnedClock(given.home / "clock.json")
    world = World(given.home, clock, given.bot_url)
    try:
        server = EmulatorServer(world, given.port, watch=True)
    except OSError as error:
        print(f"{HOST}:{given.port} 不能用（{error.strerror}）。", file=sys.stderr)  # noqa: T201 - the one line it says
        world.close()
        return 1
    port = urlsplit(given.bot_url).port or 80
    (given.home / "xiaoling.toml").write_text(demo.settings_toml(server.url, port), "utf-8")
    roster = given.home / "roster.xlsx"
    if not roster.exists():
        roster.write_bytes(demo.roster_workbook(school_time(clock.now()).date()))
    with server:
        threading.Thread(target=_until_input_ends, args=(stopping,), name="input", daemon=True).start()
        threading.Thread(target=bind_groups, args=(world, server.turning, stopping), name="bind", daemon=True).start()
        # a wait without end cannot be interrupted on Windows
        while not stopping.wait(0.5):
            pass
    world.close()
    return 0


def bind_groups(world: World, turning: Turning, stopping: threading.Event) -> None:
    """Once the bot is up: the administrator tells it which group is which, where nobody has said anything yet."""
    while not turning.first_up.wait(0.5):
        if stopping.is_set():
            return
    if world.last_seq:
        return
    for chat in world.chats():
        if chat.platform == DINGTALK and chat.kind == GROUP:
            world.say(demo.ADMINISTRATOR, chat.id, f"绑定 {chat.title}")


def _until_input_ends(stopping: threading.Event) -> None:
    while sys.stdin is not None and sys.stdin.buffer.read(4096):
        pass
    stopping.set()


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)


if __name__ == "__main__":
    sys.exit(main())
