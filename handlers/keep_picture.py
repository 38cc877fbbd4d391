"""只发一张照片：先收着，等一句话说明它是什么"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Context, Outcome, say
from bot.registry import catches


@catches("picture")
def start(ctx: Context) -> Outcome:
    """Keep it; answer only the first of several sent in a row."""
    waiting = ctx.store.photos.waiting_for_words(ctx.account, ctx.now - timedelta(minutes=2))
    return Outcome() if waiting else say("keep_picture/what_is_it")
