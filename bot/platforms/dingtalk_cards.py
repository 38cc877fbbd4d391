"""DingTalk's interactive cards (互动卡片): a text with buttons that come back, changed once one of them was pressed.

The look of a card is a template which the school imports into DingTalk's card platform (docs/dingtalk-card.md). Its variables:
title, text (Markdown), buttons (a list of buttons), state ("open", "closed"), pressed (Markdown, "" while open), flowStatus.
Sources: 钉钉开放平台 › 互动卡片 › 创建并投放卡片 (0780, 0787), 更新卡片 (0782), 注册卡片回调地址 (0786), 卡片回调 (K:card:0007);
snapshot of 2026-08. The shape of a button is not documented: as public adapters send it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import structlog

from bot.clock import Clock
from bot.errors import Malformed, Unsupported, Untrusted
from bot.messages import Button, CardRef, ChatKind, ChatRef, Message, Outgoing
from bot.platforms.base import Capabilities, Sent
from bot.platforms.dingtalk_api import DingtalkApi
from bot.platforms.dingtalk_errors import Refusal
from bot.platforms.dingtalk_posts import as_markdown
from bot.settings import DingtalkRobotCredentials

log = structlog.get_logger()

BUTTONS = 6
VALUE_BYTES = 1024
"""Of one variable. What is longer goes out without a card: the words to type stand in it anyway."""

ID_LENGTH = 100
DONE = "3"
"""The flowStatus in which a card of the AI kind shows what it holds."""

_SPACE = re.compile(r"^dtv1\.card//[A-Z_]+\.")


@dataclass(frozen=True, slots=True)
class HttpCallback:
    """Where presses are to come, for a robot without a stream. secret: what DingTalk signs them with."""

    url: str
    secret: str

    @property
    def key(self) -> str:
        """Under this name the address is registered; another address or secret has another."""
        return f"xiaoling-{hashlib.sha256(f'{self.url} {self.secret}'.encode()).hexdigest()[:16]}"


class Cards:
    """One robot's cards. callback: None is Stream. Safe to use from several threads."""

    def __init__(self, api: DingtalkApi, settings: DingtalkRobotCredentials, callback: HttpCallback | None) -> None:
        self._api = api
        self._template = settings.card_template
        self._code = settings.robot_code or settings.app_key
        self._callback = callback
        self._registered = False
        self._not_shown: set[str] = set()
        self._lock = threading.Lock()

    def added(self, capabilities: Capabilities) -> Capabilities:
        """What the channel can do with them."""
        if not self._template:
            return capabilities
        return replace(capabilities, buttons=BUTTONS, group_buttons=BUTTONS, closes=True)

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent | None:
        """Put it out as a card. None where it has to be said in a plain text: too long, or the template is not right.

        Raises TryLater, GiveUp.
        """
        if not self._template or not outgoing.buttons:
            return None
        values, identity = _values(outgoing), (outgoing.card_id or uuid4().hex)[:ID_LENGTH]
        if any(len(value.encode()) > VALUE_BYTES for value in values.values()) or identity in self._not_shown:
            return None
        body = {
            "cardTemplateId": self._template,
            "outTrackId": identity,
            "cardData": {"cardParamMap": values},
            **self._space(chat, outgoing),
            "userIdType": 1,
        }
        try:
            body |= self._way_back()
            result = self._api.new("POST", "/v1.0/card/instances/createAndDeliver", body)
        except Refusal as error:
            if error.code == "param.cardAlreadyExist":
                return Sent()
            log.warning("dingtalk_card", code=error.code, todo="docs/dingtalk-card.md")
            return None
        delivered = (result.get("result") or {}).get("deliverResults") or [{}]
        if not all(one.get("success") for one in delivered):
            # the card exists, but nobody sees it: a repeat must not take that for a success
            self._not_shown.add(identity)
            log.warning("dingtalk_card", code="not delivered", todo="docs/dingtalk-card.md")
            return None
        return Sent(str(delivered[0].get("carrierId") or ""))

    def close(self, card: CardRef, pressed: str) -> Sent:
        """What was pressed stands on the card, and no button any more. Raises TryLater, GiveUp."""
        values = {"state": "closed", "pressed": _cut(f"已选：{pressed}"), "buttons": "[]"}
        body = {
            "outTrackId": card.id,
            "cardData": {"cardParamMap": values},
            "cardUpdateOptions": {"updateCardDataByKey": True},
            "userIdType": 1,
        }
        try:
            self._api.new("PUT", "/v1.0/card/instances", body)
        except Refusal as error:
            if error.code != "param.cardNotExist":
                raise
            return Sent(note="卡片已经不在了")
        return Sent()

    def _way_back(self) -> dict[str, str]:
        if self._callback is None:
            return {"callbackType": "STREAM"}
        with self._lock:
            if not self._registered:
                self._register(self._callback)
                self._registered = True
        return {"callbackType": "HTTP", "callbackRouteKey": self._callback.key}

    def _register(self, callback: HttpCallback) -> None:
        body = {"callbackRouteKey": callback.key, "callbackUrl": callback.url, "apiSecret": callback.secret}
        self._api.new("POST", "/v1.0/card/callbacks/register", body | {"forceUpdate": True})

    def _space(self, chat: ChatRef, outgoing: Outgoing) -> dict[str, Any]:
        notice = {"lastMessageI18n": {"ZH_CN": outgoing.title or "校铃"}, "supportForward": False}
        if chat.kind is ChatKind.DIRECT:
            return {
                "openSpaceId": f"dtv1.card//IM_ROBOT.{chat.id}",
                "imRobotOpenSpaceModel": notice,
                "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": self._code},
            }
        at = {account: account for account in outgoing.mentions}
        return {
            "openSpaceId": f"dtv1.card//IM_GROUP.{chat.id}",
            "imGroupOpenSpaceModel": notice,
            "imGroupOpenDeliverModel": {"robotCode": self._code} | ({"atUserIds": at} if at else {}),
        }


def read_press(data: dict[str, Any], clock: Clock) -> Message:
    """A press on a card. One person presses one button of a card once: the card closes, and a repeat is the same message.

    Where it was pressed is only told by `spaceType` and `spaceId`; without them the answer goes to the person. Raises
    Malformed, Unsupported.
    """
    if str(data.get("type") or "actionCallback") != "actionCallback":
        raise Unsupported(str(data["type"]))
    content = data.get("content") or data.get("value") or {}
    try:
        content = json.loads(content) if isinstance(content, str) else content
    except (ValueError, RecursionError) as error:
        raise Malformed("content") from error
    card, account = data.get("outTrackId"), data.get("userId")
    if not isinstance(content, dict) or not all(isinstance(one, str) and one for one in (card, account)):
        raise Malformed("card")
    says = next((one.strip() for one in _said(content) if isinstance(one, str) and one.strip()), "")
    if not says:
        raise Malformed("params")
    mark = hashlib.sha256(says.encode()).hexdigest()[:16]
    return Message(
        id=f"card/{card}/{account}/{mark}"[:255],
        account=str(account),
        chat=_chat(data, str(account)),
        sent_at=clock.now(),
        text=says,
        click=says,
        card=CardRef(str(card)),
        raw=data,
    )


def verify(callback: HttpCallback, headers: Mapping[str, str]) -> str:
    """Returns the signed timestamp (ms); only that is signed (0786). Raises Untrusted."""
    stamp = headers.get("x-ddpaas-signature-timestamp", "")
    digest = base64.b64encode(hmac.new(callback.secret.encode(), stamp.encode(), hashlib.sha256).digest())
    if not hmac.compare_digest(digest, headers.get("x-ddpaas-signature", "").encode()):
        raise Untrusted("x-ddpaas-signature")
    return stamp


def _said(content: Mapping[str, Any]) -> Iterator[object]:
    """The words of a pressed button, where one template or another puts them."""
    places: tuple[tuple[str, ...], ...] = (
        (),
        ("cardPrivateData",),
        ("userPrivateData",),
        ("actionData", "cardPrivateData"),
    )
    for place in places:
        yield _part(content, *place, "params").get("says")


def _part(value: Any, *names: str) -> Mapping[str, Any]:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _chat(data: Mapping[str, Any], account: str) -> ChatRef:
    group = str(data.get("spaceType") or "").upper() == "IM_GROUP" and data.get("spaceId")
    if group:
        return ChatRef(ChatKind.GROUP, _SPACE.sub("", str(group)))
    return ChatRef(ChatKind.DIRECT, account)


def _values(outgoing: Outgoing) -> dict[str, str]:
    """The template's variables; every one is a string, whatever it stands for."""
    buttons = [_button(place, button) for place, button in enumerate(outgoing.buttons)]
    return {
        "title": outgoing.title or "校铃",
        "text": as_markdown(outgoing.text),
        "buttons": json.dumps(buttons, ensure_ascii=False, separators=(",", ":")),
        "state": "open",
        "pressed": "",
        "flowStatus": DONE,
    }


def _button(place: int, button: Button) -> dict[str, Any]:
    sent = {"actionId": str(place + 1), "params": {"says": button.says}}
    event = {"type": "sendCardRequest", "params": sent}
    return {"text": button.label, "color": "gray" if place else "blue", "status": "normal", "event": event}


def _cut(text: str) -> str:
    return text.encode()[:VALUE_BYTES].decode("utf-8", "ignore")
