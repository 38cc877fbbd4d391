"""合并账号 17 王小燕、分开账号 17：一个人在两个平台上各有账号，管理员来并、来分

The directory links most accounts by phone or name (member_changed); this is for the rest, and for what went wrong. What was
said before stays with whom it was said for: only what comes from now on is somebody else's.
"""

from __future__ import annotations

from typing import Any

from bot.context import NOTHING, Context, Outcome, say, tell
from bot.domain.people import Account, Person, Post
from bot.errors import PersonError
from bot.language import numbers
from bot.registry import handles

ADMINISTRATORS = (Post.ADMINISTRATOR,)


@handles("看账号", help="看一个人名下有哪些账号", example="看账号 王小燕", posts=ADMINISTRATORS)
def show(ctx: Context) -> Outcome:
    """Every account of somebody, with its number."""
    return say("link_account/listed", person=_the_person(ctx, ctx.words))


@handles("合并账号", help="把一个账号并到一个人名下", example="合并账号 17 王小燕", posts=ADMINISTRATORS)
def merge(ctx: Context) -> Outcome:
    """The account speaks for that person from now on; whose it was is remembered."""
    account, name = _numbered(ctx)
    if not name or name == ctx.words:
        raise PersonError("link_account/how")
    if account is None:
        raise PersonError("link_account/no_such")
    person = _the_person(ctx, name)
    if account is ctx.account:
        raise PersonError("link_account/own")
    if account.person is person:
        raise PersonError("link_account/already", person=person)
    former = account.person
    account.person, account.former, account.claims = person, former, None
    values: dict[str, Any] = {"account": account, "person": person, "former": former}
    outcome = say("link_account/merged", **values) + tell(account, "link_account/merged_for_you", **values)
    outcome += _tell_elsewhere(person, account, "link_account/merged_for_you", **values)
    return outcome + _tell_elsewhere(former, account, "link_account/parted_from_you", **values)


@handles("分开账号", help="把一个账号从一个人名下分出来", example="分开账号 17", posts=ADMINISTRATORS)
def part(ctx: Context) -> Outcome:
    """It is again whose it was before it was merged; else nobody's, until somebody says 我是."""
    account, _ = _numbered(ctx)
    if account is None or account.person is None:
        raise PersonError("link_account/no_such")
    if account is ctx.account:
        raise PersonError("link_account/own")
    person, former = account.person, account.former
    account.person, account.former = former, None
    values: dict[str, Any] = {"account": account, "person": person, "former": former}
    outcome = say("link_account/parted", **values) + tell(account, "link_account/parted_for_you", **values)
    return outcome + _tell_elsewhere(person, account, "link_account/parted_from_you", **values)


def _numbered(ctx: Context) -> tuple[Account | None, str]:
    named, rest = numbers.leading(ctx.words)
    return (ctx.store.people.numbered(named[0]) if named else None), rest


def _the_person(ctx: Context, name: str) -> Person:
    people = ctx.store.people.named(name)
    if len(people) != 1:
        raise PersonError("link_account/whose", people=people, words=name)
    return people[0]


def _tell_elsewhere(person: Person | None, account: Account, template: str, /, **values: Any) -> Outcome:
    """Tell somebody by another account of theirs, the one they spoke with last: the account itself is told anyway."""
    others = [
        (each.heard_at, each.id, each)
        for each in (person.accounts if person else ())
        if each is not account and each.heard_at is not None
    ]
    return tell(max(others)[2], template, **values) if others else NOTHING
