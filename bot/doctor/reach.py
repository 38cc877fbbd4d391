"""Whom can we write to unasked, and to which groups?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.patient import Patient
from bot.domain.chats import Chat, Group
from bot.domain.people import Person
from bot.platforms.base import Health, Reach
from bot.render import LABELS
from bot.store.arrivals import the_school
from bot.store.session import reading
from bot.store.store import Store


def look(app: Patient) -> Iterator[Health]:
    """How many people and which groups, then what cannot be reached; people without any account are named with the roster."""
    for school in app.settings.schools:
        with reading(app.engine) as session:
            store = Store(session, the_school(session, school.code))
            people = [each for each in store.people.all() if each.accounts]
            silent = [each.name for each in people if not _reached(app, store, each)]
            groups = {group: store.chats.bound(group) for group in Group}
            name = store.school.name
        shut = {
            (group, chat): why
            for group, chats in groups.items()
            for chat in chats
            if (why := _shut(app, school.code, chat))
        }
        open_ = [
            LABELS.groups[group] for group, chats in groups.items() if any((group, chat) not in shut for chat in chats)
        ]
        if people or open_:
            told = f"能主动发的群：{'、'.join(open_)}" if open_ else "没有能主动发的群"
            yield Health(True, f"{name}：能主动找 {len(people) - len(silent)} 人，{told}")
        if silent:
            yield Health(
                False,
                f"{name}有 {len(silent)} 人还不能主动找：{'、'.join(silent[:8])}{'等' if len(silent) > 8 else ''}",
                "这个机器人只能找跟它说过话的人。请他们先找到校铃，说一句「帮助」。",
            )
        for (group, chat), why in shut.items():
            todo = f"在还在用的机器人所在的群里 @ 它发「绑定 {LABELS.groups[group]}」，或给群加一个群机器人。"
            yield Health(False, f"{LABELS.groups[group]}（{chat.connection}）发不进去：{why}", todo)


def _reached(app: Patient, store: Store, person: Person) -> bool:
    ways = app.connections.direct(store.school.code)
    for account in person.accounts:
        for way in ways.get(account.platform, ()):
            reach = way.platform.capabilities.reach
            if reach is Reach.ANYONE or (reach is Reach.SPOKEN and way.name in store.chats.heard(account)):
                return True
    # on a platform of which no connection is set up nobody can be reached, whatever they say
    return not any(ways.get(account.platform) for account in person.accounts)


def _shut(app: Patient, school: str, chat: Chat) -> str:
    """Why nothing can be said there unasked; "" where it can."""
    connection = app.connections.get(school, chat.connection)
    if connection is None:
        return "这个连接已经不在设置里了"
    if connection.platform.capabilities.reach is Reach.NOBODY:
        return "这个连接只能回话，不能先开口"
    return ""
