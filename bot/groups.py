"""`xiaoling group create`: lets a connection that can make groups make one, and binds it to what it is for.

What is said to a bound use goes to the group that the app made; a group webhook that served the same use is silent then
(bot/scribe.py: of two robots the one that hears speaks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from bot.app import App
from bot.connections import Connection
from bot.domain.chats import Group
from bot.domain.people import Person, Post
from bot.errors import ConfigError, TryLater
from bot.messages import ChatKind, ChatRef
from bot.platforms.base import GroupMaker, MadeGroup
from bot.render import LABELS
from bot.store.arrivals import the_chat, the_school
from bot.store.session import reading
from bot.store.store import Store

NAME = 50
"""Characters of a group's name; of a longer one WeCom cuts off the rest, or refuses it: the copies disagree."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A group as it was asked for. use: 教职工群, 班子群…; "" where the name is one. members: names; posts: 班主任…

    owner: a name; "" is an administrator who is reached there, else the first member.
    """

    name: str
    use: str = ""
    members: Sequence[str] = ()
    posts: Sequence[str] = ()
    everybody: bool = False
    owner: str = ""


def create(app: App, code: str, connection_name: str, wanted: Wanted) -> list[str]:
    """Make it and write down what it is for. Returns what happened, in Chinese, line by line; a second time makes no second.

    Raises ConfigError for what the operator can put right; GiveUp, TryLater.
    """
    use = LABELS.group_named.get(wanted.use or wanted.name)
    if use is None:
        raise ConfigError(f"请用 --use 写明这个群做什么用，可选：{'、'.join(LABELS.groups.values())}")
    if len(wanted.name) > NAME:
        raise ConfigError(f"群名最多 {NAME} 个字")
    connection, maker = _maker(app, code, connection_name)
    with reading(app.engine) as session:
        store = Store(session, the_school(session, code))
        people = _people(store, wanted)
        accounts = _accounts(store, people, connection.platform_name)
        owner = _owner(store, wanted, people, connection.platform_name)
    missing = [person.name for person in people if person not in accounts]
    if not accounts:
        raise ConfigError("这些人都没有企业微信账号，建不了群。先在名单里填上账号。")
    try:
        made = maker.create_group(wanted.name, owner[1], list(accounts.values()))
    except TryLater as error:
        # the same name makes no second group, so that trying again is always right
        raise ConfigError(f"{error.reason}。过一会儿再运行一遍，不会建出两个群。") from error
    others = app.writer.do(partial(_bind, code, connection, made, wanted.name, use))
    silent = [each for each in others if _falls_silent(app.connections.get(code, each), connection)]
    names = {account.lower(): person.name for person, account in accounts.items()}
    lines = _said(wanted.name, made, names, owner[0].name)
    lines.append(
        f"它是{LABELS.groups[use]}：以后发到{LABELS.groups[use]}的，都发在这里，由连接 {connection.name} 来发。"
    )
    if made.new:
        lines.append("现在群里还没有消息，大家的手机上看不见它；第一条消息到了才出现。")
    if missing:
        lines.append(f"⚠️ 没有企业微信账号，没进群：{'、'.join(missing)}")
    if silent:
        lines.append(f"原来发到{LABELS.groups[use]}的连接 {'、'.join(silent)}，以后不往它们的群里发了。")
    return lines


def _said(name: str, made: MadeGroup, names: dict[str, str], owner: str) -> list[str]:
    joined = [names[account] for account in made.joined if account in names]
    if made.new:
        return [f"建好了群“{name}”，{len(made.joined)} 人，群主{owner}。"]
    return [f"群“{name}”已经有了，没有再建。{'补进：' + '、'.join(joined) if joined else '人都在，没有变动'}。"]


def _maker(app: App, code: str, name: str) -> tuple[Connection, GroupMaker]:
    found = [
        (connection, connection.platform)
        for connection in app.connections
        if connection.school == code and name in ("", connection.name) and isinstance(connection.platform, GroupMaker)
    ]
    if not found:
        raise ConfigError("没有能建群的连接：只有企业微信自建应用能建群。先运行 xiaoling connect wecom --kind app")
    if len(found) > 1:
        raise ConfigError(f"请用 --connection 写明由谁来建：{'、'.join(each.name for each, _ in found)}")
    return found[0]


def _falls_silent(other: Connection | None, maker: Connection) -> bool:
    """See bot/scribe.py: of one platform those that hear speak."""
    if other is None or other.platform_name != maker.platform_name:
        return False
    return maker.platform.capabilities.hears and not other.platform.capabilities.hears


def _people(store: Store, wanted: Wanted) -> list[Person]:
    """Whom the group is for, each once. Raises ConfigError for a name or post that is nobody's."""
    people = list(store.people.all()) if wanted.everybody else []
    for name in wanted.members:
        people.append(_named(store, name))
    for word in wanted.posts:
        post: Post | None = LABELS.post_named.get(word)
        if post is None:
            raise ConfigError(f"没有“{word}”这个岗位，可选：{'、'.join(LABELS.posts.values())}")
        people += store.people.holding(post)
    if not people:
        raise ConfigError("请写明谁进群：--members 张三,李四，或 --post 班主任，或 --all")
    return list(dict.fromkeys(people))


def _named(store: Store, name: str) -> Person:
    found = store.people.named(name)
    if len(found) != 1:
        raise ConfigError(f"名单里{'没有' if not found else '不止一位'}{name}，请核对；同名的可以用 --post 加进来")
    return found[0]


def _accounts(store: Store, people: Sequence[Person], platform: str) -> dict[Person, str]:
    """The accounts of those who have one there."""
    found = {person: store.people.best_account(person, (platform,)) for person in people}
    return {person: account.user_id for person, account in found.items() if account is not None and not account.gone_at}


def _owner(store: Store, wanted: Wanted, people: Sequence[Person], platform: str) -> tuple[Person, str]:
    """Who, and their account. Raises ConfigError where nobody has an account."""
    chosen = [_named(store, wanted.owner)] if wanted.owner else [*store.people.holding(Post.ADMINISTRATOR), *people]
    accounts = _accounts(store, chosen, platform)
    if not accounts:
        raise ConfigError("群主要有企业微信账号。用 --owner 写一位，或先在名单里填上账号。")
    return next(iter(accounts.items()))


def _bind(code: str, connection: Connection, made: MadeGroup, name: str, use: Group, session: Session) -> list[str]:
    """Returns the other connections that serve this use."""
    store = Store(session, the_school(session, code))
    chat = the_chat(session, store.school, connection.name, ChatRef(ChatKind.GROUP, made.id, name), None)
    others = [each for each in store.chats.bound(use) if each is not chat]
    for each in others:
        if each.connection == connection.name:
            each.purpose = None
    chat.purpose = use
    return [each.connection for each in others if each.connection != connection.name]
