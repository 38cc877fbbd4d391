"""Template cards as WeCom's server takes them: what must be there, how they read, which buttons they show.

Written from the documentation alone: 企业微信开发者中心 › 发送应用消息 › 模板卡片消息 (90236, copy of 2025-09).
Which errcode a wrong card gets is not documented, except 42045 for a missing card_action; a bad parameter stands for all others.
"""

from __future__ import annotations

import re
from typing import Any

KINDS = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")
INTERACTIVE, FORMS = KINDS[2:], KINDS[3:]
BAD, NO_ACTION = 40058, 42045
_TASK = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
KEY_BYTES, ID_BYTES = 1024, 128
TITLE, WORDS = 36, 160


class BadCard(Exception):
    """code: the errcode of the answer."""

    def __init__(self, code: int = BAD) -> None:
        super().__init__(code)
        self.code = code


def shown(card: Any) -> dict[str, Any]:
    """The bubble of a card: its words as they are read from top to bottom, its buttons or its form, and what an event has to
    repeat.

    Raises BadCard.
    """
    if not isinstance(card, dict) or card.get("card_type") not in KINDS:
        raise BadCard
    kind = card["card_type"]
    answered = kind in INTERACTIVE or bool(card.get("action_menu"))
    task = card.get("task_id", "")
    if (answered or task) and not (isinstance(task, str) and _TASK.fullmatch(task)):
        raise BadCard
    if kind in ("text_notice", "news_notice") and _of(card, "card_action").get("type") not in (1, 2):
        raise BadCard(NO_ACTION)
    if kind == "news_notice" and not (card.get("card_image") or card.get("image_text_area")):
        raise BadCard
    title, words = _of(card, "main_title"), card.get("sub_title_text", "")
    if not title.get("title") and not words:
        raise BadCard
    lines = [title.get("title"), title.get("desc"), words, *_links(card)]
    form = _form(kind, card)
    submit = {"submit": card["submit_button"]["key"]} if form else {}
    long = len(title.get("title", "")) > TITLE or len(words) > WORDS
    return {
        "text": "\n".join(line for line in lines if line),
        "buttons": _buttons(kind, card),
        "form": form,
        "note": "字太多，手机上后面看不全" if long else "",
        "card": {"task_id": task, "type": kind, **submit} if answered else {},
    }


def _buttons(kind: str, card: dict[str, Any]) -> list[tuple[str, str]]:
    """What can be pressed and the key that it sends."""
    if kind == "button_interaction":
        buttons = _list(card.get("button_list"), 6)
        return _pairs([one for one in buttons if one.get("type", 0) == 0], "key", KEY_BYTES)
    menu = _of(card, "action_menu")
    return _pairs(_list(menu.get("action_list"), 3), "key", KEY_BYTES) if menu and kind not in FORMS else []


def _form(kind: str, card: dict[str, Any]) -> dict[str, Any]:
    """What can be chosen, and the one button below. A list of a multiple_interaction shows its first option, or selected_id."""
    if kind not in FORMS:
        return {}
    submit = _of(card, "submit_button")
    key, label = submit.get("key"), submit.get("text")
    if not isinstance(key, str) or not 0 < len(key.encode()) <= KEY_BYTES or not isinstance(label, str) or not label:
        raise BadCard
    if kind == "vote_interaction":
        parts, most = [_of(card, "checkbox")], 20
    else:
        parts, most = _list(card.get("select_list"), 3), 10
    questions = []
    for part in parts:
        pairs = _pairs(_list(part.get("option_list"), most), "id", ID_BYTES)
        mode = part.get("mode", 0)
        if not isinstance(part.get("question_key"), str) or not part["question_key"] or mode not in (0, 1):
            raise BadCard
        known = [identity for _, identity in pairs]
        first = part.get("selected_id") if part.get("selected_id") in known else known[0]
        questions.append(
            {
                "key": part["question_key"],
                "title": str(part.get("title") or ""),
                "several": kind == "vote_interaction" and mode == 1,
                "selected": first if kind == "multiple_interaction" else "",
                "options": [list(pair) for pair in pairs],
            }
        )
    if len({question["key"] for question in questions}) != len(questions):
        raise BadCard
    return {"submit": label, "questions": questions}


def _links(card: dict[str, Any]) -> list[str]:
    listed = card.get("horizontal_content_list", [])
    if not isinstance(listed, list) or len(listed) > 6 or len(card.get("jump_list", [])) > 3:
        raise BadCard
    for one in listed:
        if not one.get("keyname") or (one.get("type") == 1 and not str(one.get("url", "")).startswith("http")):
            raise BadCard
    rows = [f"{one['keyname']}：{one['url'] if one.get('type') == 1 else one.get('value', '')}" for one in listed]
    return rows + [f"{one.get('title', '')}：{one.get('url', '')}" for one in card.get("jump_list", [])]


def _pairs(entries: list[dict[str, Any]], name: str, most: int) -> list[tuple[str, str]]:
    pairs = [(str(one.get("text") or ""), str(one.get(name) or "")) for one in entries]
    keys = [key for _, key in pairs]
    if len(set(keys)) != len(keys) or not all(text and key and len(key.encode()) <= most for text, key in pairs):
        raise BadCard
    return pairs


def _list(value: object, most: int) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not 1 <= len(value) <= most or not all(isinstance(one, dict) for one in value):
        raise BadCard
    return value


def _of(card: dict[str, Any], name: str) -> dict[str, Any]:
    part = card.get(name)
    return part if isinstance(part, dict) else {}
