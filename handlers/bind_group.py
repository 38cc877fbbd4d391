"""绑定 教职工群：在群里说一句，这个群以后就收对应的通知"""

from __future__ import annotations

from bot.context import Context, Outcome, say
from bot.domain.people import Post
from bot.errors import PersonError
from bot.registry import handles
from bot.render import LABELS


@handles(
    "绑定",
    help="在群里用：把这个群定为教职工群、班子群或安全巡查群",
    example="绑定 教职工群",
    posts=(Post.ADMINISTRATOR,),
)
def start(ctx: Context) -> Outcome:
    """The group takes over the purpose; the group of this connection that had it gives it up."""
    if not ctx.in_group:
        raise PersonError("bind_group/not_a_group")
    purpose = LABELS.group_named.get(ctx.words)
    if purpose is None:
        raise PersonError("bind_group/which", names=list(LABELS.groups.values()))
    for chat in ctx.store.chats.bound(purpose):
        if chat.connection == ctx.chat.connection and chat is not ctx.chat:
            chat.purpose = None
    ctx.chat.purpose = purpose
    return say("bind_group/bound", purpose=purpose)
