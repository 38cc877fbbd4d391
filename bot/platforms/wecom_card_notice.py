"""WeCom's card of the notice kind (文本通知型): a title, figures in two columns, small words, and links, the first of which
the whole card opens.

A text becomes one where its last lines are links and all of it is seen; the figures are the lines 「- 隐患：上报 2，销号 1」 that
stand last before them. Nothing on it can be pressed but the links, and no event comes of it.

Sources: 企业微信开发者中心 › 发送应用消息 › 模板卡片消息 (90236, copy of 2025-09) and 消息推送配置说明 (91770, copy of 2025-08),
whose advised lengths differ; a card without card_action is refused with 42045.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.platforms.wecom_cards import TITLE, URL_BYTES, WORDS, read_lines

ROWS, ROW_NAME, JUMPS = 6, 5, 3
_FIGURE = re.compile(rf"- ([^：:\s]{{1,{ROW_NAME}}})：(\S.*)")


@dataclass(frozen=True, slots=True)
class Room:
    """Characters of the title, of the words below it, and of what stands beside a row's name."""

    title: int = TITLE
    words: int = WORDS
    value: int = 30


APP_ROOM = Room()
GROUP_ROOM = Room(26, 112, 26)
"""What the group robot's page advises."""


def notice(text: str, room: Room = APP_ROOM) -> dict[str, Any] | None:
    """The card of a text without Markdown. None where it has no links at its end, or something would be cut off."""
    lines, links = read_lines(text)
    if not 1 <= len(links) <= JUMPS or any(len(url.encode()) > URL_BYTES for _, url in links):
        return None
    rows: list[dict[str, Any]] = []
    while len(lines) > 1 and len(rows) < ROWS and (row := _row(lines[-1], room)):
        rows.insert(0, row)
        lines.pop()
    title, words = lines[0].strip(), "\n".join(lines[1:]).strip()
    if not title or len(title) > room.title or len(words) > room.words or "://" in title + words:
        return None
    card: dict[str, Any] = {"card_type": "text_notice", "main_title": {"title": title}}
    if words:
        card["sub_title_text"] = words
    if rows:
        card["horizontal_content_list"] = rows
    card["jump_list"] = [{"type": 1, "title": name, "url": url} for name, url in links]
    card["card_action"] = {"type": 1, "url": links[0][1]}
    return card


def _row(line: str, room: Room) -> dict[str, Any] | None:
    found = _FIGURE.fullmatch(line.strip())
    if found is None or len(found[2]) > room.value or "://" in found[2]:
        return None
    return {"type": 0, "keyname": found[1], "value": found[2]}
