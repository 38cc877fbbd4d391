"""`xiaoling doctor`: what is well and what is not, in Chinese, each with what to do next. One file per question.

It looks from a process of its own, so of a long connection that the service holds it knows what the database knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.app import App
from bot.doctor import addresses, clocks, connections, lines, machine, queues, quotas, reach, roster, years
from bot.platforms.base import Health

QUESTIONS: tuple[Callable[[App], Iterator[Health]], ...] = (
    machine.look,
    clocks.look,
    connections.look,
    addresses.look,
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


def examine(app: App) -> Iterator[Health]:
    """Look at everything; nothing is changed."""
    for look in QUESTIONS:
        yield from look(app)
