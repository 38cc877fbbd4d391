"""好的、收到：听见了，不回，群里少一条

People thank and acknowledge; a bot that answers them makes noise. What is open stays open.
"""

from __future__ import annotations

from bot.context import Context, Outcome, stay
from bot.registry import understands


@understands("ack")
def start(ctx: Context) -> Outcome:
    """Nothing is said."""
    return stay()
