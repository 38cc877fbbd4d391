"""Do the platforms know us? Each connection tries its credentials with the cheapest call there is."""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.patient import Patient
from bot.platforms.base import Health


def look(app: Patient) -> Iterator[Health]:
    """One finding for each connection."""
    for connection in app.connections:
        health = connection.platform.check()
        where = f"{connection.school} 的 {connection.name}（{connection.platform_name}）"
        yield Health(health.well, f"{where}：{health.line}", health.todo)
