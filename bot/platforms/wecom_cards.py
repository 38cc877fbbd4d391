"""WeCom's template cards (模板卡片) as a self-built app sends them, and what a press on one says.

A card has a title, small words, links, and up to six buttons; or a list of up to twenty choices of which one is sent off
(投票选择型). Its lengths are what the documentation advises: what is longer is not refused but shortened on the phone, without
a word. So a text becomes a card only where all of it is seen; otherwise it stays a text, with the words to type in it.
Addresses cannot be tapped in a card's words: lines like 「照片：https://…」 at the end become the card's links; a text with an
address anywhere else stays a text.

Source: 企业微信开发者中心 › 发送应用消息 › 模板卡片消息 (90236, copy of 2025-09), as restated in public typings.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from bot.messages import Button

TITLE, WORDS = 36, 160
"""Characters of the title and of the words below it."""

LINKS, LINK_NAME, URL_BYTES = 6, 5, 2048
BUTTONS, BUTTON, KEY_BYTES = 6, 10, 1024
CHOICES, CHOICE, CHOICE_BYTES = 20, 17, 128
"""So many, the characters of a label, and the bytes of the words that it says."""

TASK_BYTES = 128
_QUESTION = "choice"
_SUBMIT = "submit"
_LINK = re.compile(rf"^([^：:\s]{{1,{LINK_NAME}}})：(https?://\S+)$")
_NOT_IN_A_TASK = re.compile(r"[^0-9A-Za-z_\-@]")


def card(text: str, buttons: Sequence[Button], task_id: str) -> dict[str, Any] | None:
    """A card with these words and buttons; None where something would be cut off or could not be pressed."""
    face = _face(text)
    answers = _buttons(buttons) or _choices(buttons)
    return None if face is None or answers is None else {**face, **answers, "task_id": task_id}


def task_id(key: str, *of: str) -> str:
    """An id that no other card of the app has; the same for the same key and words, so that a repeat is seen as one."""
    if not key:
        return secrets.token_hex(16)
    mark = hashlib.sha256("\0".join((key, *of)).encode()).hexdigest()[:24]
    return f"{_NOT_IN_A_TASK.sub('-', key)[: TASK_BYTES - 25]}-{mark}"


def replaced(words: str) -> str:
    """What stands in the place of the buttons once one was pressed."""
    return words if len(words) <= BUTTON else words[: BUTTON - 1] + "…"


def says(event: Mapping[str, Any]) -> str:
    """What a press says for the person: a button's key, or the choices that were sent off, with a blank between them.

    event: the decrypted template_card_event. The documentation spells OptionIds "OpitonIds"; both are read. Raises ValueError
    where nothing was chosen.
    """
    chosen = [
        option
        for item in _listed(_part(event, "SelectedItems").get("SelectedItem"))
        for name, inner in (("OpitonIds", "OpitonId"), ("OptionIds", "OptionId"))
        for option in _listed(_part(item, name).get(inner))
    ]
    pressed = " ".join(str(option).strip() for option in chosen) or str(event.get("EventKey") or "")
    if not pressed.strip() or (not chosen and pressed == _SUBMIT):
        raise ValueError("EventKey")
    return pressed.strip()


def _face(text: str) -> dict[str, Any] | None:
    """Title, words, links; in that order they are read, so the links must be the text's last lines."""
    lines = text.strip().split("\n")
    links: list[dict[str, Any]] = []
    while len(lines) > 1 and (found := _LINK.match(lines[-1].strip())):
        name, url = found.groups()
        if len(url.encode()) > URL_BYTES:
            return None
        links.insert(0, {"type": 1, "keyname": name, "value": "点开看", "url": url})
        lines.pop()
    title, words = lines[0].strip(), "\n".join(lines[1:]).strip()
    if not title or len(title) > TITLE or len(words) > WORDS or len(links) > LINKS or "://" in title + words:
        return None
    face: dict[str, Any] = {"main_title": {"title": title}}
    if words:
        face["sub_title_text"] = words
    if links:
        face["horizontal_content_list"] = links
    return face


def _buttons(buttons: Sequence[Button]) -> dict[str, Any] | None:
    if not _fit(buttons, BUTTONS, BUTTON, KEY_BYTES):
        return None
    listed = [
        {"text": button.label, "style": 1 if not place else 2, "key": button.says}
        for place, button in enumerate(buttons)
    ]
    return {"card_type": "button_interaction", "button_list": listed}


def _choices(buttons: Sequence[Button]) -> dict[str, Any] | None:
    """One of many, where there are too many for buttons, or their labels are too long."""
    if not _fit(buttons, CHOICES, CHOICE, CHOICE_BYTES):
        return None
    options = [{"id": button.says, "text": button.label, "is_checked": False} for button in buttons]
    return {
        "card_type": "vote_interaction",
        "checkbox": {"question_key": _QUESTION, "mode": 0, "option_list": options},
        "submit_button": {"text": "选好了", "key": _SUBMIT},
    }


def _fit(buttons: Sequence[Button], count: int, label: int, says_bytes: int) -> bool:
    """Also no two that say the same: WeCom takes every key once."""
    return (
        0 < len(buttons) <= count
        and len({button.says for button in buttons}) == len(buttons)
        and all(len(button.label) <= label and len(button.says.encode()) <= says_bytes for button in buttons)
    )


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = event.get(name)
    return part if isinstance(part, Mapping) else {}


def _listed(value: object) -> list[Any]:
    """XML read as a dictionary shows one element as itself, several as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
