"""WeCom's template cards (模板卡片) as a self-built app sends them, and what a press on one says.

A card has a title, small words, links, and up to six buttons; or a list of up to twenty choices and one button (投票选择型); or
up to three lists of which each has one chosen (多项选择型). Its lengths are what the documentation advises: what is longer is not
refused but shortened on the phone, without a word. So a text becomes a card only where all of it is seen; otherwise it stays a
text, with the words to type in it.
Addresses cannot be tapped in a card's words: lines like 「照片：https://…」 at the end become the card's links; a text with an
address anywhere else stays a text.
The event of a form carries what was chosen and nothing of the words around it, so these travel as its button's key, with
{the question's key} where the choice goes: 「核定 1 {定级} {期限}」.

Source: 企业微信开发者中心 › 发送应用消息 › 模板卡片消息 (90236, copy of 2025-09), as restated in public typings.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from bot.messages import Button, Form, Gap

TITLE, WORDS = 36, 160
"""Characters of the title and of the words below it."""

LINKS, LINK_NAME, URL_BYTES = 6, 5, 2048
BUTTONS, BUTTON, KEY_BYTES = 6, 10, 1024
CHOICES, CHOICE, CHOICE_BYTES = 20, 17, 128
"""So many, the characters of a label, and the bytes of the words that it says."""

SELECTS, SELECT_CHOICES, SELECT_CHOICE = 3, 10, 10
"""Lists on one card, choices of each, and the characters of a label or of a list's name."""

FORMS = ("vote_interaction", "multiple_interaction")
TASK_BYTES = 128
_QUESTION = "choice"
_LINK = re.compile(rf"^([^：:\s]{{1,{LINK_NAME}}})：(https?://\S+)$")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_NAMED_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)")
_PLACE = re.compile(r"\{([^{}]+)\}")
_NOT_IN_A_TASK = re.compile(r"[^0-9A-Za-z_\-@]")


def card(text: str, buttons: Sequence[Button], task_id: str, form: Form | None = None) -> dict[str, Any] | None:
    """A card with these words and the form, or the buttons where it does not fit on a card. None where something would be cut
    off or could not be pressed."""
    face = _face(text)
    answers = (_form(form) if form is not None else None) or _buttons(buttons) or _choices(buttons)
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
    """What a press says for the person: a button's key, or a form's words with what was chosen.

    event: the decrypted template_card_event. The documentation spells OptionIds "OpitonIds"; both are read. Raises ValueError
    where nothing was chosen.
    """
    chosen = {
        str(item.get("QuestionKey")): [
            str(option).strip()
            for name, inner in (("OpitonIds", "OpitonId"), ("OptionIds", "OptionId"))
            for option in listed(_part(item, name).get(inner))
        ]
        for item in listed(_part(event, "SelectedItems").get("SelectedItem"))
    }
    return filled(event.get("CardType"), str(event.get("EventKey") or ""), chosen)


def filled(kind: object, key: str, chosen: Mapping[str, Sequence[str]]) -> str:
    """The words of a button, with what was chosen in their places; several with a blank between them, and nothing where nothing
    was. A form whose key has no places says what was chosen. Raises ValueError where a form has nothing chosen, or no words.

    kind: the card_type.
    """
    places = _PLACE.findall(key)
    everything = [option for name, options in chosen.items() for option in options if not places or name in places]
    if not everything and (places or kind in FORMS):
        raise ValueError("nothing chosen")
    said = _PLACE.sub(lambda match: " ".join(chosen.get(match[1], ())), key) if places or not everything else ""
    words = " ".join(said.split() or everything)
    if not words:
        raise ValueError("EventKey")
    return words


def read_lines(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The lines of a text without the links at its end, and those: (name, address)."""
    lines = text.strip().split("\n")
    links: list[tuple[str, str]] = []
    while len(lines) > 1 and (found := _LINK.match(lines[-1].strip())):
        links.insert(0, (found[1], found[2]))
        lines.pop()
    return lines, links


def bare(text: str) -> str:
    """Markdown for a place that shows none."""
    return _NAMED_LINK.sub(r"\1：\2", _BOLD.sub(r"\1", text))


def listed(value: object) -> list[Any]:
    """XML read as a dictionary shows one element as itself, several as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _face(text: str) -> dict[str, Any] | None:
    """Title, words, links; in that order they are read, so the links must be the text's last lines."""
    lines, links = read_lines(text)
    title, words = lines[0].strip(), "\n".join(lines[1:]).strip()
    if not title or len(title) > TITLE or len(words) > WORDS or len(links) > LINKS or "://" in title + words:
        return None
    if any(len(url.encode()) > URL_BYTES for _, url in links):
        return None
    face: dict[str, Any] = {"main_title": {"title": title}}
    if words:
        face["sub_title_text"] = words
    if links:
        rows = [{"type": 1, "keyname": name, "value": "点开看", "url": url} for name, url in links]
        face["horizontal_content_list"] = rows
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
    return _form(Form("选好了", f"{{{_QUESTION}}}", (Gap(_QUESTION, tuple(buttons)),)))


def _form(form: Form) -> dict[str, Any] | None:
    """One list as a vote, up to three as lists to choose from."""
    if len(form.label) > BUTTON or len(form.says.encode()) > KEY_BYTES:
        return None
    submit = {"text": form.label, "key": form.says}
    if len(form.gaps) == 1:
        (gap,) = form.gaps
        if not _fit(gap.options, CHOICES, CHOICE, CHOICE_BYTES):
            return None
        options = [{"id": option.says, "text": option.label, "is_checked": False} for option in gap.options]
        checkbox = {"question_key": gap.title, "mode": int(gap.several), "option_list": options}
        return {"card_type": "vote_interaction", "checkbox": checkbox, "submit_button": submit}
    titles = {gap.title for gap in form.gaps if len(gap.title) <= SELECT_CHOICE and not gap.several}
    if len(form.gaps) > SELECTS or len(titles) != len(form.gaps):
        return None
    if not all(_fit(gap.options, SELECT_CHOICES, SELECT_CHOICE, CHOICE_BYTES) for gap in form.gaps):
        return None
    selects = [
        {
            "question_key": gap.title,
            "title": gap.title,
            "option_list": [{"id": option.says, "text": option.label} for option in gap.options],
        }
        for gap in form.gaps
    ]
    return {"card_type": "multiple_interaction", "select_list": selects, "submit_button": submit}


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
