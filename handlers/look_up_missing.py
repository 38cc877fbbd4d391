"""谁没回：眼下还开着的检查和任务，差谁"""

from __future__ import annotations

from bot.context import Context, Outcome, say, stay
from bot.registry import handles
from handlers.look_up import MAY_SEE_ALL

ASKED = (
    r"^(?:看看|看一下|查查|查一下)?(?:现在|今天|本周|这周)?(?:都)?(?:还)?(?:有)?(?:谁|哪些人|哪几个人?|哪些老师)(?:还)?(?:没有?|未)"
    r"(?:交|回|回复|报|填|打卡|反馈|完成|弄|做完?)(?:的|呢|啊|呀|了)?[?？。]*$"
)
"""谁还没交."""


@handles("谁没回", "谁没交", help="正在等回复的，还差谁", alone=True, posts=MAY_SEE_ALL, spoken=ASKED)
def start(ctx: Context) -> Outcome:
    """The rounds that wait for answers, and who is missing from each; in a group only how many."""
    waiting = [(each, [item.person for item in each.missing()]) for each in ctx.store.rounds.waiting()]
    missing = [(each, list(dict.fromkeys(people))) for each, people in waiting if people]
    return say("look_up_missing/list", missing=missing, any=bool(waiting), names=not ctx.in_group) + stay()
