"""python -m bot.emulator --home FOLDER --port 8010 --bot-url http://127.0.0.1:8000 --channels "wecom bot_stream"

Writes the demonstration school's xiaoling.toml and roster.xlsx into the folder, then stands in for the platforms until Ctrl-C,
TERM, or the end of its standard input, by which the bot that started it lets go of it. channels: the ways in which the school
hears people, one for each platform; a school that has only an AI bot is `xiaoling serve --channel "wecom bot_stream"`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from bot.clock import TurnedClock, school_time
from bot.emulator import demo
from bot.emulator.app import HOST, EmulatorServer
from bot.emulator.records import DINGTALK, GROUP, WECOM
from bot.emulator.showing import CHANNELS
from bot.emulator.turning import Turning
from bot.emulator.world import APP, World

KNOWN = [channel for channel in CHANNELS if channel not in ("wecom webhook", "wecom school", "wecom customers")]
ADDRESS_TRIES = 3
"""A machine that has just started may take longer than the second it has."""


def main() -> int:
    """Serve until told to stop. Returns 1 where the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m bot.emulator", description="校铃演示学校")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--bot-url", default=f"http://{HOST}:8000")
    parser.add_argument("--channels", nargs="+", choices=KNOWN, default=list(demo.CHANNELS), metavar="CHANNEL")
    given = parser.parse_args()
    if len({channel.split()[0] for channel in given.channels}) < len(given.channels):
        parser.error("每个平台只能选一种")
    stopping = threading.Event()
    _stop_on_signals(stopping)
    given.home.mkdir(parents=True, exist_ok=True)
    clock = TurnedClock(given.home / "clock.json")
    world = World(given.home, clock, given.bot_url, channels=given.channels)
    try:
        server = EmulatorServer(world, given.port, watch=True)
    except OSError as error:
        print(f"{HOST}:{given.port} 不能用（{error.strerror}）。", file=sys.stderr)  # noqa: T201 - the one line it says
        world.close()
        return 1
    port = urlsplit(given.bot_url).port or 80
    streams = {world.channels[platform]: getattr(way, "url", "") for platform, way in world.roads.items()}
    settings = demo.settings_toml(server.url, port, given.channels, streams, events=True)
    (given.home / "xiaoling.toml").write_text(settings, "utf-8")
    roster = given.home / "roster.xlsx"
    if not roster.exists():
        roster.write_bytes(demo.roster_workbook(school_time(clock.now()).date()))
    with server:
        threading.Thread(target=_until_input_ends, args=(stopping,), name="input", daemon=True).start()
        threading.Thread(target=set_up, args=(world, server.turning, stopping), name="set-up", daemon=True).start()
        # a wait without end cannot be interrupted on Windows
        while not stopping.wait(0.5):
            pass
    world.close()
    return 0


def set_up(world: World, turning: Turning, stopping: threading.Event) -> None:
    """What a school's administrator does once the bot is up: saves its address in WeCom, names the groups to it.

    The groups only where nobody has said anything yet.
    """
    while not turning.first_up.wait(0.5):
        if stopping.is_set():
            return
    if world.channels.get(WECOM) == APP:
        failure = world.check_address()
        for _ in range(ADDRESS_TRIES - 1):
            failure = failure and world.check_address()
        if failure:
            print(f"企业微信的回调地址没有通过验证：{failure}。", file=sys.stderr)  # noqa: T201 - for the administrator
    if world.channels.get(DINGTALK) == "dingtalk robot":
        world.ding_office.events.subscribe()
    if world.last_seq:
        return
    for chat in world.chats():
        if chat.hears and chat.kind == GROUP:
            world.say(demo.ADMINISTRATOR, chat.id, f"绑定 {chat.title}")


def _until_input_ends(stopping: threading.Event) -> None:
    # not through sys.stdin: its lock, held by a thread that still reads, is fatal when the interpreter ends
    with suppress(OSError):  # started without any input, there is nothing whose end could tell
        while os.read(0, 4096):
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
