"""This computer: is there room, and can the month's picture be drawn?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from bot.doctor.patient import Patient
from bot.platforms.base import Health

ROOM = 2 * 1024**3
"""Bytes of free disk below which it is time to look."""


def look(app: Patient) -> Iterator[Health]:
    """The data folder's disk, and the font."""
    there = next(each for each in (app.settings.home, *app.settings.home.parents) if each.exists())
    free = shutil.disk_usage(there).free
    yield Health(
        free > ROOM,
        f"数据文件夹 {app.settings.home}，剩余 {free / 1024**3:.1f} GB",
        "" if free > ROOM else "请清理磁盘，照片和数据库都在这里。",
    )
    yield _font()


def _font() -> Health:
    # half a second and the drawing library: nothing else of the doctor needs them
    try:
        from bot.documents.chart import Bar, month_chart

        month_chart("十一月", [Bar("隐患", 1, 1, ("报了", "销了"))])
    except Exception as error:  # noqa: BLE001 - whatever is missing on this machine, the month's end must not be where it shows
        return Health(
            False, f"月度图画不出来（{type(error).__name__}）", "请重新安装校铃：uv sync，或找校铃的维护人员。"
        )
    return Health(True, "中文字体可用，月度图画得出来")
