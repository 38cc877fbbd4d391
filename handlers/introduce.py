"""我是：还不认识的账号说出自己是谁，等管理员确认

A name alone opens nothing: the roster must hold it, and an administrator must agree. Two people of one name are told apart by
the last four digits of their phone.
"""

from __future__ import annotations

import re

from bot.context import Context, Outcome, ask, say, tell
from bot.domain.people import Person, Post
from bot.registry import catches, step
from bot.router import normal

NAME = re.compile(
    r"^(?:大家好|你好|您好)?[,，\s]*(?:我是|我叫|本人)?[\s:：]*([\u4e00-\u9fff·]{2,8}?)(?:老师|主任|校长|师傅)?[。.\s]*$"
)


@catches("stranger")
def start(ctx: Context) -> Outcome:
    """Find the roster's person of the name that was said."""
    if ctx.in_group:
        return say("introduce/in_private")
    if ctx.account.claims is not None:
        return say("introduce/waiting", person=ctx.account.claims)
    match = NAME.match(normal(ctx.message.text))
    if match is None:
        return say("introduce/who")
    people = ctx.store.people.named(match[1]) or ctx.store.people.named(_whole(ctx))
    if not people:
        said_so = normal(ctx.message.text).startswith(("我是", "我叫", "本人"))
        return say("introduce/not_on_roster", name=match[1]) if said_so else say("introduce/who")
    if len(people) > 1:
        return ask("introduce/which", then=phone, remember={"name": people[0].name}, name=people[0].name)
    return _claim(ctx, people[0])


@step
def phone(ctx: Context) -> Outcome:
    """Tell two of one name apart by the end of the phone number."""
    digits = "".join(character for character in ctx.words if character.isdigit())
    people = [
        person
        for person in ctx.store.people.named(ctx.memory["name"])
        if len(digits) >= 4 and person.phone.endswith(digits[-4:])
    ]
    if len(people) != 1:
        return ask("introduce/which_again", then=phone, remember=dict(ctx.memory))
    return _claim(ctx, people[0])


def _whole(ctx: Context) -> str:
    """What was said without 我是, for names that end like a title (a person called 高师傅 on the roster)."""
    return re.sub(r"^(我是|我叫|本人)[\s:：]*", "", normal(ctx.message.text)).strip("。. ")


def _claim(ctx: Context, person: Person) -> Outcome:
    ctx.account.claim(person)
    asked = tell(Post.ADMINISTRATOR, "introduce/please_confirm", person=person, account=ctx.account)
    return say("introduce/waiting", person=person) + asked
