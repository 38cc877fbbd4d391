"""取消：放下正在问的事"""

from __future__ import annotations

from bot.context import Context, Outcome, drop, say
from bot.registry import handles


@handles("取消", "算了", help="放下正在问的事", alone=True)
def start(ctx: Context) -> Outcome:
    """Forget the open question. What is stored already stays; 撤销 takes that back."""
    return say("cancel/done") + drop()
