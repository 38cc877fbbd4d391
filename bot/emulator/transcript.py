"""What was said, written the way conversation tests are: one line a message, the whole chat of one platform.

    # dingtalk
    [2026-11-23 07:30]                          whenever the minute changes
    王小燕: 隐患 三楼东侧消防栓漏水 [图片]
    bot: 已登记隐患 1                             the answer to whoever spoke last, where they spoke
    王小燕 @教职工群: 完成                        said in a group
    bot → 赵海峰: 请整改隐患 1                    to somebody else
        a line that goes on                     indented by four
    bot → 教职工群: [图片]

tests/kit/stage.py plays it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.clock import school_time
from bot.emulator.world import BOT, Line, Room, World


def transcript(world: World, lines: Iterable[Line]) -> str:
    """The lines as text; both platforms one after the other where both were used."""
    found = list(lines)
    parts = []
    for platform in ("wecom", "dingtalk"):
        here = [line for line in found if world.room(line.room).platform == platform]
        if here:
            parts.append("\n".join([f"# {platform}", *_written(world, here)]))
    return "\n\n".join(parts) + "\n" if parts else ""


def _written(world: World, lines: Iterable[Line]) -> Iterator[str]:
    minute, spoken = "", ""
    for line in lines:
        now = f"[{school_time(line.at):%Y-%m-%d %H:%M}]"
        if now != minute:
            minute = now
            yield now
        room = world.room(line.room)
        if line.sender != BOT:
            spoken = room.id
        yield _head(world, line, room, spoken) + _indented(said(line))


def _head(world: World, line: Line, room: Room, spoken: str) -> str:
    if line.sender == BOT:
        return "bot: " if room.id == spoken else f"bot → {room.title}: "
    name = world.actor(line.sender).name
    group = f" @{room.title}" if room.kind == "group" else ""
    quote = f" 「{world.line(line.quote).text.splitlines()[0][:12]}」" if line.quote else ""
    return f"{name}{group}{quote}: "


def said(line: Line) -> str:
    """A line's words, with [图片] for each picture and [文件 …] for a file."""
    marks = ["[图片]"] * len(line.images) + ([f"[文件 {line.file_name}]"] if line.file else [])
    return " ".join(part for part in (line.text.strip(), *marks) if part)


def _indented(text: str) -> str:
    return "\n    ".join(part.rstrip() for part in text.splitlines() if part.strip())
