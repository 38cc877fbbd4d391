"""What all of DingTalk's answers need: the part that counts, page after page, and its many ways to write a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from bot.clock import SCHOOL_TZ, from_ms
from bot.errors import GiveUp

Cursor = TypeVar("Cursor", int, str)

MOST_PAGES = 1000
"""More is no school but a server whose list does not end."""


def given(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object under "result", which holds what was asked for. Raises GiveUp where there is none."""
    result = answer.get("result")
    if not isinstance(result, Mapping):
        raise GiveUp("钉钉的答复和文档不一样，请把日志发给校铃的维护人员")
    return result


def follow(page: Callable[[Cursor], tuple[list[Any], Cursor | None]], first: Cursor) -> Iterator[Mapping[str, Any]]:
    """Every row of every page. page: from a cursor to its rows and the next cursor, None at the end. Raises GiveUp."""
    cursor: Cursor | None = first
    for _ in range(MOST_PAGES):
        if cursor is None:
            return
        rows, cursor = page(cursor)
        yield from rows
    raise GiveUp("钉钉的列表没有尽头，请把日志发给校铃的维护人员")


def moment(value: object) -> datetime:
    """Milliseconds as a number or in a string, "2026-03-02T11:52Z", "2026-03-02 11:52:10", "2026-03-02": without a zone it
    is the school's time. Raises ValueError."""
    if isinstance(value, int | float):
        return from_ms(int(value))
    text = str(value or "").strip()
    if text.isascii() and text.isdigit() and len(text) >= 12:
        return from_ms(text)
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=SCHOOL_TZ)).astimezone(UTC)
