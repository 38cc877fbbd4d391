"""An hour of a school on a bad line: `python -m tests.bench.soak [messages]`.

WeCom's AI bot and DingTalk's Stream robot, each over its long connection, which breaks every few messages; tokens end, one
send in twenty is refused, everything comes twice. It counts what became of every message and prints it, with the memory.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from bot.clock import monotonic
from bot.domain.hazards import Hazard
from bot.store.migrations import migrate
from bot.store.records import Inbox, Outbox, OutboxState
from bot.store.session import reading
from tests.kit.stage import Stage, stage

AN_HOUR = timedelta(hours=1)
TALKERS = ("王小燕", "陈晓", "郑凯", "马德胜", "何秀英", "孙丽")
CHANNELS = {"wecom": ("wecom bot_stream", "dingtalk robot"), "dingtalk": ("wecom app", "dingtalk stream")}
BREAKS = {"wecom": "bot_drop", "dingtalk": "cut_line"}
"""The desk's switch that breaks each platform's line."""


@dataclass(frozen=True, slots=True)
class Figures:
    """said: messages told. heard: rows of the inbox. kept: hazards that came of them. out, unsent: rows of the outbox.

    answers: bubbles that answer who spoke. disordered: chats whose answers came in another order than what was said.
    memory: MB of this process at a tenth of the way and at the end.
    """

    said: int
    heard: int
    kept: int
    out: int
    unsent: int
    answers: int
    disordered: int
    memory: tuple[float, float]


def soak(school: Stage, messages: int, memory: Callable[[], float] = lambda: 0.0) -> Figures:
    """So many messages over an hour of the school's clock, with everything that can go wrong going wrong."""
    faults, step = school.world.faults, AN_HOUR / messages
    for name in ("赵海峰", "周强", *TALKERS):
        school.says(name, "帮助")
    if school.platform == "dingtalk":
        school.world.roads["dingtalk"].comes_again = 1  # type: ignore[attr-defined]  # the stream's road has it
    began = school.world.last_seq
    faults.switch("duplicate_callback", True)
    early = 0.0
    for number in range(1, messages + 1):
        if number % 5 == 0:
            faults.switch(BREAKS[school.platform], True)
            # WeCom replays nothing of what is said while nobody listens: people see that it failed, and say it again
            school.wait_for_the_line()
        if number % 20 == 0:
            faults.switch("busy", True)
        if number % 25 == 0:
            faults.switch("expired_token", True)
        school.clock.turn_to(school.clock.now() + step)
        school.says(TALKERS[number % len(TALKERS)], f"隐患 第{number}处水龙头漏水")
        if number == max(1, messages // 10):
            early = memory()
    faults.switch("duplicate_callback", False)
    for _ in range(40):  # what was refused comes again after its wait
        school.clock.turn_to(school.clock.now() + timedelta(minutes=1))
        school.settle()
    return _counted(school, messages, began, (early, memory()))


def _counted(school: Stage, messages: int, began: int, memory: tuple[float, float]) -> Figures:
    with reading(school.app.engine) as session:
        heard = session.scalar(select(func.count()).select_from(Inbox)) or 0
        kept = session.scalar(select(func.count()).select_from(Hazard)) or 0
        out = session.scalar(select(func.count()).where(Outbox.state == OutboxState.SENT)) or 0
        unsent = session.scalar(select(func.count()).where(Outbox.state != OutboxState.SENT)) or 0
    rooms = {school.room(name).id for name in TALKERS}
    answered: dict[str, list[int]] = {}
    for line in school.world.messages(after=began):
        if line.sender == "bot" and line.chat in rooms and "已登记隐患" in line.text:
            number = int(line.text.split("已登记隐患 ")[1].split("：")[0])
            answered.setdefault(line.chat, []).append(number)
    disordered = sum(numbers != sorted(numbers) for numbers in answered.values())
    return Figures(messages, heard, kept, out, unsent, sum(map(len, answered.values())), disordered, memory)


def _resident() -> float:
    """MB of this process, where the system tells."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1024 / 1024


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    for platform, channels in CHANNELS.items():
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            url = f"sqlite:///{home / 'soak.db'}"
            migrate(url)
            started = monotonic()
            with stage(platform, url, home, channels=channels) as school:
                found = soak(school, messages, _resident)
            took = monotonic() - started
        print(f"{platform}: {found} in {took:.0f} s")


if __name__ == "__main__":
    main()
