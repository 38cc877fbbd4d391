"""Collection forms (收集表) at the emulated school: made by the app, answered by people and by guardians from WeChat.

Sources: 企业微信开发者中心 › 文档 › 创建收集表 (97462), 编辑收集表 (97824), 分享文档 (97733); SKIT's samples and a client for
Go, 2026.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.emulator import demo, wecom_callbacks
from bot.emulator.records import WECOM, Refused
from bot.emulator.roads import Callbacks

if TYPE_CHECKING:
    from bot.emulator.world import World

TEXT, ONE = 1, 2
"""reply_type: words, one of several."""

EVERYBODY, LISTED = 0, 1
"""fill_out_auth: whoever has the link, the named members; 4, the whole home–school directory, is not played."""

LINK = "https://doc.weixin.qq.com/forms/"


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
    def link(self) -> str:
        """What doc_share gives; the real one does not hold the form's id either."""
        return f"{LINK}{hashlib.sha256(self.id.encode()).hexdigest()[:24]}"

    @property
    def setting(self) -> dict[str, Any]:
        return self.info.get("form_setting") or {}

    def listed(self) -> list[str] | None:
        """Whose form it is, by userid in lower case; None for everybody's."""
        if self.setting.get("fill_out_auth", EVERYBODY) != LISTED:
            return None
        return [str(one).lower() for one in (self.setting.get("fill_in_range") or {}).get("userids", [])]

    @property
    def questions(self) -> dict[str, dict[str, Any]]:
        return {item["title"]: item for item in self.info["form_question"]["items"]}


def answer_form(world: World, form: str, person: str, said: Mapping[str, str], outside: str = "") -> None:
    """Somebody answers. form: its id or its link. person: their id; outside: the name of somebody from WeChat instead.

    said: the questions by their titles; a choice by its words. The app is told (form_complete) where it hears events.
    Raises Refused: closed by then (timed_finish), not theirs, not answered in full, or handed in before.
    """
    found = next((one for one in world.office.forms.values() if form in (one.id, one.link)), None)
    if found is None:
        raise Refused("没有这张收集表。", 404)
    _check_may(world, found, "" if outside else world.person(person).wecom, said)
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
    road = world.roads.get(WECOM)
    if isinstance(road, Callbacks):
        told = f"<ChangeType><![CDATA[form_complete]]></ChangeType><FormId><![CDATA[{found.id}]]></FormId>"
        sender = account or stranger
        road.bring(wecom_callbacks.event("doc_change", told, world.bot_url, world.clock, demo.AGENT_ID, sender))


def _check_may(world: World, form: Form, account: str, said: Mapping[str, str]) -> None:
    finish = int(form.setting.get("timed_finish") or 0)
    if finish and world.clock.now().timestamp() >= finish:
        raise Refused("收集表已经结束。")
    listed = form.listed()
    if listed is not None and account.lower() not in listed:
        raise Refused("这张收集表不是给您填的。")
    newest = form.parts[list(form.parts)[-1]]
    if account and not form.setting.get("allow_multi_fill") and any(one.account == account for one in newest):
        raise Refused("您已经填过了。")
    if any(item.get("must_reply") and not said.get(title) for title, item in form.questions.items()):
        raise Refused("还有必填的题没有填。", 400)


def _reply(question: Mapping[str, Any], text: str) -> dict[str, Any]:
    if question["reply_type"] == TEXT:
        return {"text_reply": text}
    keys = [option["key"] for option in question.get("option_item", []) if option["value"] == text]
    if not keys:
        raise Refused(f"“{question['title']}”里没有“{text}”。", 400)
    return {"option_reply": keys}
