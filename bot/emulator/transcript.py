"""What was said as text, in the form in which conversation tests are written and played.

    # dingtalk                                  which platform; a new heading where both were used
    [2026-11-23 07:30]                          the school's time, whenever the minute changes
    王小燕: 隐患 三楼东侧消防栓漏水 [图片]           said to the bot in private, with a picture
    bot: 已登记隐患 1                             the answer in the chat of whoever spoke last
    王小燕 @教职工群: 完成                        said in a group
    王小燕 「已登记隐患」: 整改                    said with a quote: how the quoted words begin
    bot → 周强: 请复查隐患 1                      the bot in somebody else's chat
        a line that goes on                     indented by four
    bot → 教职工群: [图片]                       the bot in a group in which nobody spoke last

    王小燕 按【确认发送】                          pressed in one of the platform's own tools

What the platform refused or dropped is left out: nobody read it. Files stand as [文件 name]; empty lines are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.clock import school_time
from bot.emulator.records import BOT, GROUP, PARENTS, REFUSED, TOOL, Chat, Message
from bot.emulator.world import PLATFORMS, World

QUOTED = 12
"""Characters of the quoted message's first line."""


def transcript(world: World, since: int = 0) -> str:
    """Everything from sequence number `since` on, that one included; "" when nothing was said."""
    parts = []
    for platform in PLATFORMS:
        here = [
            message
            for message in world.messages(after=since - 1)
            if message.state != REFUSED
            and world.chat(message.chat).platform == platform
            and not _by_itself(world, message)
        ]
        if here:
            parts.append("\n".join([f"# {platform}", *lines(world, here)]) + "\n")
    return "\n".join(parts)


def lines(world: World, messages: Iterable[Message]) -> Iterator[str]:
    """One platform's messages, oldest first, with the times; a message of several lines is one item."""
    minute = spoken_in = ""
    for message in messages:
        now = f"[{school_time(message.at):%Y-%m-%d %H:%M}]"
        if now != minute:
            minute = now
            yield now
        chat = world.chat(message.chat)
        if message.sender != BOT:
            spoken_in = chat.id
        if message.pressed and world.message(message.pressed).sender == TOOL:
            yield f"{world.person(message.sender).name} 按【{message.text}】"
            continue
        yield f"{_who(world, message, chat, spoken_in)}: {_indented(said(message))}"


def said(message: Message) -> str:
    """The words, then a mark for each picture and for the file."""
    marks = ["[图片]"] * len(message.images) + ([f"[文件 {message.title}]"] if message.file else [])
    return " ".join(part for part in (message.text.strip(), *marks) if part)


def _by_itself(world: World, message: Message) -> bool:
    """What a platform's tool shows, and what it then brings to the parents in a teacher's name: nobody said it."""
    return message.sender == TOOL or (message.sender != BOT and world.chat(message.chat).purpose == PARENTS)


def _who(world: World, message: Message, chat: Chat, spoken_in: str) -> str:
    if message.sender == BOT:
        return "bot" if chat.id == spoken_in else f"bot → {chat.title}"
    group = f" @{chat.title}" if chat.kind == GROUP else ""
    quote = f" 「{_beginning(said(world.message(message.quote)))}」" if message.quote else ""
    return f"{world.person(message.sender).name}{group}{quote}"


def _beginning(text: str) -> str:
    return text.replace("「", "").replace("」", "").splitlines()[0][:QUOTED].strip()


def _indented(text: str) -> str:
    return "\n    ".join(line.rstrip() for line in text.splitlines() if line.strip())
