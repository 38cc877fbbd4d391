"""Is everybody there: the roster, its posts, the groups?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.patient import Patient
from bot.domain.chats import Group
from bot.domain.people import Post
from bot.platforms.base import Health
from bot.render import LABELS
from bot.store.arrivals import the_school
from bot.store.session import reading
from bot.store.store import Store


def look(app: Patient) -> Iterator[Health]:
    """One school after the other."""
    for school in app.settings.schools:
        yield from _school(app, school.code)


def _school(app: Patient, code: str) -> Iterator[Health]:
    with reading(app.engine) as session:
        store = Store(session, the_school(session, code))
        people = store.people.all()
        name = store.school.name
        if not people:
            yield Health(
                False,
                f"{name}还没有名单",
                f"运行：xiaoling roster template 名单.xlsx，填好后：xiaoling roster load 名单.xlsx --school {code}",
            )
        silent = [person.name for person in people if not person.accounts]
        yield Health(
            not silent,
            f"{name}名单 {len(people)} 人，{len(silent)} 人还没连上",
            f"请他们给校铃发一句「我是」加姓名：{'、'.join(silent[:8])}{'等' if len(silent) > 8 else ''}"
            if silent
            else "",
        )
        for post in (Post.ADMINISTRATOR, Post.FACILITIES, Post.SAFETY_OFFICER, Post.PRINCIPAL):
            if people and not store.people.holding(post):
                yield Health(False, f"没有人是{LABELS.posts[post]}", "在名单的“职务”里写上，再上传一次。")
        for group in Group:
            bound = store.chats.bound(group)
            if bound:
                where = "、".join(f"{chat.title or chat.platform_id}（{chat.connection}）" for chat in bound)
                yield Health(True, f"{LABELS.groups[group]}：{where}")
            else:
                yield Health(
                    False,
                    f"还没有{LABELS.groups[group]}",
                    f"机器人在群里的：@ 它发「绑定 {LABELS.groups[group]}」；"
                    f"只用企业微信自建应用的：xiaoling group create {LABELS.groups[group]} --all，"
                    "或 xiaoling connect wecom --kind webhook",
                )
