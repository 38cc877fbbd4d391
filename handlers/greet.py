"""你好、在吗：打个招呼，顺便说能做什么"""

from __future__ import annotations

from bot.context import Context, Outcome, say, stay
from bot.registry import handles

HELLO = (
    r"^(?:大家|各位)?(?:老师|领导|同事)?们?(?:(?:你|您|早上|上午|中午|下午|晚上|大家|老师们?|各位)好|早上?[安好]?)[呀啊哦]?"
    r"[。~～!！\s]*$"
)
TO_ALL = ("大家", "各位", "老师们")


@handles("你好", "您好", "在吗", "在不在", "hi", "hello", help="打个招呼", alone=True, spoken=HELLO)
def start(ctx: Context) -> Outcome:
    """One line, and how to go on. Who greets everybody waits for no answer."""
    if ctx.message.text.strip().startswith(TO_ALL):
        return stay()
    return say("greet/hello", person=ctx.person) + stay()
