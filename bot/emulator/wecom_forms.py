"""Collection forms (收集表) at the emulated school: made by the app, answered by people and by guardians from WeChat.

Source: 企业微信开发者中心 › 文档 › 收集表管理, as restated in SKIT's samples and in a client for Go, 2026.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.emulator.records import Refused

if TYPE_CHECKING:
    from bot.emulator.world import World

TEXT, ONE = 1, 2
"""reply_type: words, one of several."""


@dataclass(frozen=True, slots=True)
class Filled:
    """One answer. account: "" for somebody from outside, who has a passing id. said: question's number -> reply."""

    id: int
    account: str
    outside: str
    name: str
    at: datetime
    said: Mapping[int, dict[str, Any]]


@dataclass(slots=True)
class Form:
    """parts: a form that is collected again has one for each period, the newest last."""

    id: str
    info: dict[str, Any]
    parts: dict[str, list[Filled]] = field(default_factory=dict)

    def begin(self) -> None:
        """A new period."""
        self.parts[f"RIDDEMO{secrets.token_hex(8)}"] = []

    @property
    def questions(self) -> dict[str, dict[str, Any]]:
        return {item["title"]: item for item in self.info["form_question"]["items"]}


def answer_form(world: World, form: str, person: str, said: Mapping[str, str], outside: str = "") -> None:
    """Somebody answers. person: their id; outside: the name of somebody from WeChat instead. WeCom tells nobody.

    said: the questions by their titles; a choice by its words. Raises Refused.
    """
    found = world.office.forms.get(form)
    if found is None:
        raise Refused("没有这张收集表。", 404)
    replies: dict[int, dict[str, Any]] = {}
    for title, text in said.items():
        question = found.questions.get(title)
        if question is None:
            raise Refused(f"表里没有“{title}”。", 400)
        replies[question["question_id"]] = _reply(question, text)
    who = None if outside else world.person(person)
    part = found.parts[list(found.parts)[-1]]
    number = 1 + sum(len(rows) for rows in found.parts.values())
    stranger = f"woDEMO{secrets.token_hex(8)}" if outside else ""
    account = who.wecom if who else ""
    part.append(Filled(number, account, stranger, who.name if who else outside, world.clock.now(), replies))


def _reply(question: Mapping[str, Any], text: str) -> dict[str, Any]:
    if question["reply_type"] == TEXT:
        return {"text_reply": text}
    keys = [option["key"] for option in question.get("option_item", []) if option["value"] == text]
    if not keys:
        raise Refused(f"“{question['title']}”里没有“{text}”。", 400)
    return {"option_reply": keys}
