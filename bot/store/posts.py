"""Questions about what the bot said, for taking it back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.domain.chats import Chat
from bot.domain.people import Account, Person
from bot.domain.posts import Posted
from bot.messages import ChatKind
from bot.store.records import Outbox, OutboxState

LATELY, IN_A_CHAT = 2000, 200
"""The latest rows that are looked through: more than a school's day, and a chat's. By their ids, as moments have no index:
a command must not read a year's rows."""

SURE = 4
"""Characters that a quote must have in common with what was said; platforms cut long quotes."""

CLASS = "class:"
"""How the chats of classes' parents begin (Scribe)."""

_MARKS = re.compile(r"\*\*|https?://\S+|[\s\[\]()（）:：.…]")
_WAITING = (OutboxState.HELD, OutboxState.DUE)
_Key = tuple[Any, ...]
_Row = tuple[Outbox, Chat, str]
"""What was said, where, and to whom: "" in a group."""


class Posts:
    """Those of one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def quoted(self, chat: Chat, words: str, since: datetime) -> Posted | None:
        """The last thing said in a chat after `since` that a quote shows; None where it shows something else."""
        wanted = _bare(words)
        if len(wanted) < SURE:
            return None
        rows = [each for each in self._rows(IN_A_CHAT, Outbox.chat_id == chat.id) if each[0].created_at >= since]
        shown = next((row for row, *_ in rows if _same(_bare(str(row.said.get("text", ""))), wanted)), None)
        if shown is None:
            return None
        wanted_key = (shown.cause, shown.created_at, _answers(shown))
        return _posted(
            [each for each in rows if (each[0].cause, each[0].created_at, _answers(each[0])) == wanted_key][::-1]
        )

    def lately(self, since: datetime) -> list[Posted]:
        """What was said unasked after `since` and is not taken back, the latest first."""
        rows = [each for each in self._rows(LATELY) if each[0].created_at >= since and not _answers(each[0])]
        found = _grouped(reversed(rows), _place)
        return [post for post in reversed(found) if not post.recalled]

    def to_parents(self, at: datetime) -> Posted | None:
        """What went to classes' parents by a decision of this moment, whether it is out or not."""
        classes = select(Chat.id).where(Chat.school_id == self._school_id, Chat.platform_id.startswith(CLASS))
        rows = self._rows(None, Outbox.chat_id.in_(classes), Outbox.created_at == at)
        return _posted(rows[::-1]) if rows else None

    def _rows(self, most: int | None, *conditions: Any) -> list[_Row]:
        """Words and charts, the latest first; without what was given up and what is no message. most: rows looked at."""
        rows = self._session.execute(
            select(Outbox, Chat, func.coalesce(Person.name, ""))
            .join(Chat, Chat.id == Outbox.chat_id)
            .outerjoin(Account, Account.id == Chat.account_id)
            .outerjoin(Person, Person.id == Account.person_id)
            .where(Outbox.school_id == self._school_id, Outbox.state != OutboxState.DEAD, *conditions)
            .order_by(Outbox.id.desc())
            .limit(most)
        )
        return [(row, chat, name) for row, chat, name in rows if _speaks(row)]


def _grouped(rows: Iterable[_Row], key: Callable[[Outbox, Chat], _Key]) -> list[Posted]:
    groups: dict[_Key, list[_Row]] = {}
    for each in rows:
        groups.setdefault(key(each[0], each[1]), []).append(each)
    return [_posted(each) for each in groups.values()]


def _place(row: Outbox, chat: Chat) -> _Key:
    """One group's parts belong together; so do classes' parents, and people who were told the same."""
    if chat.kind is ChatKind.DIRECT:
        return row.cause, row.created_at, str(row.said)
    return row.cause, row.created_at, CLASS if chat.platform_id.startswith(CLASS) else chat.id


def _posted(rows: list[_Row]) -> Posted:
    first, chat, _ = rows[0]
    said: Mapping[str, Any] = first.said
    return Posted(
        rows=tuple(row.id for row, *_ in rows),
        chat=chat,
        text=str(said.get("text", "")),
        at=max((row.sent_at or row.created_at for row, *_ in rows)),
        by=said.get("by"),
        answer=_answers(first),
        waiting=all(row.state in _WAITING for row, *_ in rows),
        recalled=all(row.state is OutboxState.RECALLED for row, *_ in rows),
        readers=tuple(dict.fromkeys(name for *_, name in rows if name)),
    )


def _answers(row: Outbox) -> bool:
    return not row.said.get("once")


def _speaks(row: Outbox) -> bool:
    return ("text" in row.said or "chart" in row.said) and not row.said.get("closes") and "reminds" not in row.said


def _bare(text: str) -> str:
    return _MARKS.sub("", text)


def _same(said: str, quoted: str) -> bool:
    return len(said) >= SURE and (said.startswith(quoted) or quoted.startswith(said))
