"""`xiaoling doctor`: what is well and what is not, in Chinese, each with what to do next. One file per question.

It changes nothing, and is another process than the service: what that knows, it has written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.doctor import addresses, clocks, connections, door, lines, machine, queues, quotas, reach, roster, years
from bot.doctor.patient import Patient, unreadable
from bot.platforms.base import Health

OUTSIDE: tuple[Callable[[Patient], Iterator[Health]], ...] = (
    machine.look,
    clocks.look,
    connections.look,
    addresses.look,
    door.look,
)
"""What can be looked at without a database."""

INSIDE: tuple[Callable[[Patient], Iterator[Health]], ...] = (
    lines.look,
    queues.look,
    quotas.look,
    roster.look,
    reach.look,
    years.look,
)


def written(finding: Health) -> str:
    """As the operator reads it."""
    return f"{'✅' if finding.well else '⚠️'} {finding.line}" + (f"\n   → {finding.todo}" if finding.todo else "")


def examine(patient: Patient) -> Iterator[Health]:
    """Look at everything; nothing is changed."""
    for look in OUTSIDE:
        yield from look(patient)
    if (why := unreadable(patient)) is not None:
        yield why
        return
    for look in INSIDE:
        yield from look(patient)
