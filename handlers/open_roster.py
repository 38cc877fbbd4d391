"""名单：管理员拿到上传名单的页面，里面有表格样子可以下载"""

from __future__ import annotations

from bot.context import Context, Outcome, say
from bot.domain.people import Post
from bot.errors import NotAllowed
from bot.registry import catches, handles


@handles("名单", "上传名单", help="上传或更新全校名单", posts=(Post.ADMINISTRATOR,), alone=True)
def start(ctx: Context) -> Outcome:
    """A link that opens the page for half an hour; in a group only a hint, since whoever sees it could use it."""
    return say("open_roster/in_private") if ctx.in_group else say("open_roster/link", person=ctx.person)


@catches("file")
def file(ctx: Context) -> Outcome:
    """A file in chat: administrators mean the roster."""
    if not ctx.person.holds(Post.ADMINISTRATOR):
        raise NotAllowed("open_roster/no_files")
    return start(ctx)
