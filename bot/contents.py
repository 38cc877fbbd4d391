"""What the bot does, printed from the files that do it; README holds the same lines and `make check` compares them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from bot.registry import Registry
from bot.render import LABELS, a_clock, a_day
from bot.scheduler import Owed

A_WEEK = timedelta(days=7)


def contents(registry: Registry) -> str:
    """Four lists in Markdown: what can be said, what needs no starting word, what platforms tell, what happens by itself."""
    lines = ["| 说什么 | 谁能说 | 做什么 | 文件 |", "| --- | --- | --- | --- |"]
    for handler in registry.handlers:
        who = "、".join(LABELS.posts[post] for post in handler.posts) or "所有人"
        words = "、".join(handler.words)
        lines.append(f"| {words} | {who} | {handler.help} | `handlers/{handler.name}.py` |")
    lines += ["", "| 不用开头的词，直接说 | 文件 |", "| --- | --- |"]
    for name, entry in dict.fromkeys((handler.name, handler.entry) for handler in registry.intents.values()):
        lines.append(f"| {entry} | `handlers/{name}.py` |")
    lines += ["", "| 平台告诉校铃的事 | 文件 |", "| --- | --- |"]
    for name, entry in dict.fromkeys((listener.name, listener.entry) for listener in registry.listeners.values()):
        lines.append(f"| {entry} | `handlers/{name}.py` |")
    lines += ["", "| 自动做的事 | 说明 | 文件 |", "| --- | --- | --- |"]
    for schedule in registry.schedules:
        code, _, routine = schedule.name.partition("/")
        file = f"templates/routines/{routine}.yaml" if routine else f"schedules/{code}.py"
        lines.append(f"| {schedule.title} | {schedule.entry} | `{file}` |")
    return "\n".join(lines)


def timetable(coming: Sequence[Owed]) -> str:
    """What rings when, by day."""
    lines: list[str] = []
    for day, items in groupby(coming, key=lambda item: a_day(item.due_at)):
        lines.append(day)
        lines += [f"  {a_clock(item.due_at)}  {item.schedule.title}" for item in items]
    return "\n".join(lines) if lines else "七天内没有要响的。"
