"""确认 3、不是 3：管理员确认一个新账号是不是本人"""

from __future__ import annotations

from bot.context import Context, Outcome, say, tell
from bot.domain.people import Account, Post
from bot.errors import PersonError
from bot.language import numbers
from bot.registry import handles


@handles("确认", help="确认一个新账号是本人", example="确认 3", posts=(Post.ADMINISTRATOR,))
def confirm(ctx: Context) -> Outcome:
    """It is who they say."""
    account = _claiming(ctx)
    person = account.confirm()
    return say("confirm_account/confirmed", person=person) + tell(account, "confirm_account/welcome", person=person)


@handles("不是", help="说明一个新账号不是本人", example="不是 3", posts=(Post.ADMINISTRATOR,))
def refuse(ctx: Context) -> Outcome:
    """It is somebody else."""
    account = _claiming(ctx)
    person = account.claims
    account.refuse()
    return say("confirm_account/refused", person=person) + tell(account, "confirm_account/not_you", person=person)


def _claiming(ctx: Context) -> Account:
    """The account that the number names; without a number the only one that waits."""
    waiting = ctx.store.people.claiming()
    named, _ = numbers.leading(ctx.words)
    chosen = [account for account in waiting if account.id in named] if named else waiting
    if len(chosen) != 1:
        raise PersonError("confirm_account/which", waiting=waiting)
    return chosen[0]
