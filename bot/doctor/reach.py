"""Whom can we not write to, because they never wrote to us?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.patient import Patient
from bot.domain.people import Person
from bot.platforms.base import Health, Reach
from bot.store.arrivals import the_school
from bot.store.session import reading
from bot.store.store import Store


def look(app: Patient) -> Iterator[Health]:
    """Only where a channel answers and cannot begin; people without any account are named with the roster."""
    for school in app.settings.schools:
        with reading(app.engine) as session:
            store = Store(session, the_school(session, school.code))
            silent = [each.name for each in store.people.all() if each.accounts and not _reached(app, store, each)]
        if silent:
            yield Health(
                False,
                f"{store.school.name}有 {len(silent)} 人还不能主动找：{'、'.join(silent[:8])}{'等' if len(silent) > 8 else ''}",
                "这个机器人只能找跟它说过话的人。请他们先找到校铃，说一句「帮助」。",
            )


def _reached(app: Patient, store: Store, person: Person) -> bool:
    ways = app.connections.direct(store.school.code)
    for account in person.accounts:
        for way in ways.get(account.platform, ()):
            reach = way.platform.capabilities.reach
            if reach is Reach.ANYONE or (reach is Reach.SPOKEN and way.name in store.chats.heard(account)):
                return True
    # on a platform of which no connection is set up nobody can be reached, whatever they say
    return not any(ways.get(account.platform) for account in person.accounts)
