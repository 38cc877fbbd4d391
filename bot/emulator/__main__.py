"""`python -m bot.emulator --home … --port … --bot-url …`: the demonstration school's platforms, until stdin ends."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import click
import requests

from bot.clock import TurnedClock, school_time
from bot.emulator import demo
from bot.emulator.app import Emulator
from bot.emulator.world import World

PATIENCE = 60.0
"""Seconds that the bot may take to be up before the groups are left unbound."""


@click.command()
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--port", type=int, required=True)
@click.option("--bot-url", required=True)
def main(home: Path, port: int, bot_url: str) -> None:
    """Write the settings and the roster, serve, and end with whoever started it."""
    home.mkdir(parents=True, exist_ok=True)
    clock = TurnedClock(home / "clock.json")
    stopping = threading.Event()
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: stopping.set())
    with Emulator(home, clock, bot_url, port) as emulator:
        if not (home / "roster.xlsx").exists():
            (home / "roster.xlsx").write_bytes(demo.roster(school_time(clock.now()).date()))
        bot_port = urlsplit(bot_url).port or 8000
        (home / "xiaoling.toml").write_text(demo.settings(emulator.url, bot_port), "utf-8")
        threading.Thread(target=_until_end, args=(stopping,), daemon=True).start()
        threading.Thread(target=_bind_groups, args=(emulator.world, stopping), daemon=True).start()
        while not stopping.wait(0.5):
            pass


def _until_end(stopping: threading.Event) -> None:
    """Whoever started us holds the other end of stdin; when it is gone, so are they."""
    sys.stdin.buffer.read()
    stopping.set()


def _bind_groups(world: World, stopping: threading.Event) -> None:
    """On the first day the administrator tells each DingTalk group what it is, as in any school."""
    if world.last_seq:
        return
    for _ in range(int(PATIENCE * 5)):
        if stopping.wait(0.2):
            return
        try:
            if requests.get(f"{world.bot_url}/health/ready", timeout=1).ok:
                break
        except requests.RequestException:
            continue
    time.sleep(0.2)
    for room in demo.rooms():
        if room.platform == "dingtalk":
            world.say("chenyu", room.id, f"绑定 {room.title}")


if __name__ == "__main__":
    main()
