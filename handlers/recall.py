"""撤回：引用校铃的一条消息说「撤回」，从群里、从别人那里收回它；撤回消息、撤回通知 3。收回自己做的一步，说「撤销」

撤销 takes back what somebody did (handlers/take_back.py), 撤回 what the bot said. Without a quote, and where they did
something within ten minutes, 撤回 means that step, as people have always said it here. Who may: whoever brought it about, an
administrator, and the office for what the bot says by itself.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Context, Outcome, Withdrawal, ask, say, tell, withdraw
from bot.domain.chats import Group
from bot.domain.notices import NoticeState
from bot.domain.people import Post
from bot.domain.posts import Posted
from bot.errors import NotMine, PersonError
from bot.language import numbers
from bot.registry import handles, step
from handlers import take_back

A_DAY = timedelta(hours=24)
"""What a platform takes back at all, it takes back within a day (WeCom's app, DingTalk's robot and work notice)."""

LISTED = 6
LONGEST = 200


@handles("撤回", help="引用校铃的一条消息说「撤回」，收回它；只说「撤回」，收回自己刚做的一步", example="撤回")
def start(ctx: Context) -> Outcome:
    """The quoted message; else the step just taken; else one of a list."""
    if ctx.words:
        raise NotMine
    quote = ctx.message.quote
    post = ctx.store.posts.quoted(ctx.chat, quote.text, ctx.now - 2 * A_DAY) if quote is not None else None
    if post is not None and not (post.answer and _just_did_something(ctx)):
        return _take(ctx, post)
    try:
        return take_back.start(ctx)
    except PersonError:
        if not _theirs(ctx):
            raise
    return listed(ctx)


@handles("撤回消息", help="列出近一天能收回的消息，选一条收回", alone=True)
def listed(ctx: Context) -> Outcome:
    """On a channel without quotes, or in another chat."""
    posts = _theirs(ctx)
    if not posts:
        raise PersonError("recall/nothing")
    remember = {"rows": [list(post.rows) for post in posts]}
    return ask("recall/which", then=chosen, remember=remember, posts=posts)


@handles("撤回通知", help="收回一条发给家长的通知；还没发的就不发了", example="撤回通知 3")
def notice(ctx: Context) -> Outcome:
    """Its author, whoever agreed to it, an administrator."""
    number = _number(ctx.words)
    found = ctx.store.notices.numbered(number) if number is not None else None
    if found is None:
        raise PersonError("recall/which_notice")
    if not (ctx.person in (found.author, found.decider) or ctx.person.holds(Post.ADMINISTRATOR)):
        raise PersonError("recall/not_yours")
    if found.state is not NoticeState.OUT or found.decided_at is None:
        raise PersonError("recall/notice_not_out", notice=found)
    post = ctx.store.posts.to_parents(found.decided_at)
    if post is None:
        raise PersonError("recall/forwarded", notice=found)
    if post.recalled:
        return say("recall/already", post=post)
    return withdraw(_withdrawal(post, cannot="recall/cannot_parents"))


@step
def chosen(ctx: Context) -> Outcome:
    """A number of the list."""
    number = _number(ctx.words)
    rows = ctx.memory["rows"]
    if number is None or not 1 <= number <= len(rows) or len(ctx.words) > 8:
        raise NotMine
    post = next((post for post in _theirs(ctx) if list(post.rows) == rows[number - 1]), None)
    if post is None:
        raise PersonError("recall/nothing")
    return _take(ctx, post)


@step
def correction(ctx: Context) -> Outcome:
    """What stands right, into the group where it was said wrongly."""
    words = ctx.words.strip()
    if words in ("不用", "不用了", "没有"):
        return say("recall/as_it_is")
    if not words or len(words) > LONGEST:
        return ask("recall/correct_how", then=correction, remember=ctx.memory)
    group = Group(ctx.memory["group"])
    return say("recall/corrected", group=group) + tell(
        group, "recall/correction", words=words, by=ctx.person, at_once=True
    )


def _take(ctx: Context, post: Posted) -> Outcome:
    if not _may(ctx, post):
        raise PersonError("recall/not_yours")
    if post.recalled:
        return say("recall/already", post=post)
    return withdraw(_withdrawal(post))


def _withdrawal(post: Posted, cannot: str = "recall/cannot") -> Withdrawal:
    """Where it cannot be taken back from a bound group, the next words may correct it there."""
    group = post.chat.purpose
    if group is None:
        return Withdrawal(post, cannot=cannot)
    return Withdrawal(post, cannot=cannot, then=correction, remember={"group": group.value})


def _may(ctx: Context, post: Posted) -> bool:
    if ctx.person.holds(Post.ADMINISTRATOR) or post.by == ctx.person.id:
        return True
    return post.by is None and not post.answer and ctx.person.holds(Post.OFFICE)


def _theirs(ctx: Context) -> list[Posted]:
    """What they may take back, the latest first: groups and parents; what went to people only where they brought it about.

    A group hears of nothing that was said elsewhere.
    """
    return [
        post
        for post in ctx.store.posts.lately(ctx.now - A_DAY)
        if _may(ctx, post)
        and (post.chat.account_id is None or post.by == ctx.person.id)
        and (not ctx.in_group or post.chat.id == ctx.chat.id)
    ][:LISTED]


def _number(words: str) -> int | None:
    return next(iter(numbers.leading(words)[0]), None)


def _just_did_something(ctx: Context) -> bool:
    return bool(take_back.acts(ctx))
