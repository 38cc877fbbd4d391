"""DingTalk's interactive cards: put out, changed, pressed. The phone shows the template of docs/dingtalk-card-template.json.

Written from the documentation alone: 钉钉开放平台 › 互动卡片 (snapshot of 2026-08-22). The shape of a button, and what a press
brings of where it was, follow public adapters. Which code a key that nobody registered gets is not documented.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from bot.clock import Clock
from bot.emulator import demo
from bot.emulator.dingtalk_refusals import NewError
from bot.emulator.records import DINGTALK, GROUP, SENT, Chat, Message, Parcel, Person
from bot.emulator.world import World

KEY_BYTES, VALUE_BYTES, ALL_BYTES, ID_LENGTH = 100, 1024, 100 * 1024, 100
_SPACE = re.compile(r"dtv1\.card//(IM_GROUP|IM_ROBOT)\.(.+)")


class Cards:
    """The work behind /v1.0/card. What was registered outlives the emulator, as it does on the real platform."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._file = world.home / "card_callbacks.json"

    def register(self, body: dict[str, Any]) -> dict[str, Any]:
        """Where presses go that name this key."""
        key, url = str(body.get("callbackRouteKey") or ""), str(body.get("callbackUrl") or "")
        if not key or not url.startswith(("http://", "https://")):
            raise NewError("param.error", "callbackRouteKey 或 callbackUrl 不对")
        routes = self._routes()
        if key in routes and not body.get("forceUpdate"):
            raise NewError("param.callbackRouteKeyAlreadyExist", "callbackRouteKey 已经注册过")
        routes[key] = {"url": url, "secret": str(body.get("apiSecret") or "")}
        self._file.write_text(json.dumps(routes), "utf-8")
        return {"success": True, "result": {"callbackUrl": url, "apiSecret": routes[key]["secret"]}}

    def create(self, body: dict[str, Any]) -> tuple[dict[str, Any], list[Message]]:
        """createAndDeliver: the answer, and the bubbles that show the card."""
        identity = body.get("outTrackId")
        if not isinstance(identity, str) or not 0 < len(identity) <= ID_LENGTH:
            raise NewError("param.outTrackIdInvalid", "outTrackId 不对")
        if body.get("cardTemplateId") != demo.DING_CARD:
            raise NewError("param.templateNotExist", "卡片模板不存在")
        values = _map(body)
        back = self._way_back(body)
        if self.found(identity):
            raise NewError("param.cardAlreadyExist", "outTrackId 已经用过")
        results, bubbles = [], []
        for space in str(body.get("openSpaceId") or "").split(";"):
            kind, address = self._space(space)
            chat = self._chat(kind, address, body)
            bubble = None
            if chat is not None:
                card = {"id": identity, "values": json.dumps(values, ensure_ascii=False), **back}
                at = self._at(chat, body) if kind == "IM_GROUP" else []
                bubble = self._world.bot_says(chat, **_face(values), card=card, mentions=at)
                bubbles.append(bubble)
            results.append(
                {
                    "spaceType": kind,
                    "spaceId": address,
                    "success": bubble is not None,
                    "carrierId": f"carrier-{bubble.id}" if bubble else "",
                    "errorMsg": "" if bubble else "场域不存在",
                }
            )
        return {"success": True, "result": {"outTrackId": identity, "deliverResults": results}}, bubbles

    def update(self, body: dict[str, Any]) -> tuple[dict[str, Any], list[Message]]:
        """Without updateCardDataByKey, what is not named is gone."""
        bubbles = self.found(str(body.get("outTrackId") or ""))
        if not bubbles:
            raise NewError("param.cardNotExist", "卡片不存在")
        changes = _map(body)
        options = body.get("cardUpdateOptions")
        by_key = isinstance(options, dict) and options.get("updateCardDataByKey") is True
        for bubble in bubbles:
            self._show(bubble, changes, by_key=by_key)
        return {"success": True, "result": True}, bubbles

    def found(self, identity: str) -> list[Message]:
        """The bubbles that show a card."""
        return [message for message in self._world.messages() if message.card.get("id") == identity]

    def answered(self, bubble: Message, chat: Chat, answer: Mapping[str, Any]) -> None:
        """What the bot answers to a press changes only what the person who pressed sees: in a group it is noted."""
        part = answer.get("cardData")
        values = part.get("cardParamMap") if isinstance(part, dict) else None
        if not isinstance(values, dict):
            return
        if chat.kind == GROUP:
            self._world.change(bubble, SENT, "只有按的人看到了变化")
        else:
            self._show(bubble, {str(name): str(value) for name, value in values.items()}, by_key=True)

    def _show(self, bubble: Message, changes: dict[str, str], *, by_key: bool) -> None:
        values = json.loads(bubble.card["values"]) | changes if by_key else changes
        card = bubble.card | {"values": json.dumps(values, ensure_ascii=False)}
        self._world.amend(bubble, **_face(values), card=card)

    def _routes(self) -> dict[str, dict[str, str]]:
        if not self._file.exists():
            return {}
        routes: dict[str, dict[str, str]] = json.loads(self._file.read_text("utf-8"))
        return routes

    def _way_back(self, body: dict[str, Any]) -> dict[str, str]:
        kind = body.get("callbackType", "STREAM")
        if kind == "STREAM":
            return {}
        route = self._routes().get(str(body.get("callbackRouteKey")))
        if kind != "HTTP" or route is None:
            raise NewError("param.callbackRouteKeyNotExist", "callbackRouteKey 没有注册")
        return route

    def _space(self, space: str) -> tuple[str, str]:
        match = _SPACE.fullmatch(space)
        if match is None:
            raise NewError("param.openSpaceIdInvalid", "openSpaceId 不对")
        return match[1], match[2]

    def _chat(self, kind: str, address: str, body: dict[str, Any]) -> Chat | None:
        model = "imGroupOpenDeliverModel" if kind == "IM_GROUP" else "imRobotOpenDeliverModel"
        deliver = body.get(model)
        if not isinstance(deliver, dict):
            raise NewError("param.deliverModelInvalid", f"缺少 {model}")
        if kind == "IM_GROUP":
            if deliver.get("robotCode") != demo.DING_ROBOT:
                raise NewError("param.robotCodeInvalid", "robotCode 不对")
            return self._world.addressed(DINGTALK, GROUP, address)
        if deliver.get("spaceType") != "IM_ROBOT":
            raise NewError("param.deliverModelInvalid", "spaceType 不对")
        person = self._world.with_account(DINGTALK, address)
        return self._world.direct(person.id, DINGTALK) if person else None

    def _at(self, chat: Chat, body: dict[str, Any]) -> list[str]:
        wanted = body["imGroupOpenDeliverModel"].get("atUserIds") or {}
        people = [self._world.with_account(DINGTALK, str(account)) for account in wanted]
        return [person.id for person in people if person and person.id in chat.members]


def press_data(on: Message, says: str, person: Person, chat: Chat) -> dict[str, Any]:
    """What a press brings, over a stream and over HTTP alike. content is JSON within a string."""
    pressed = next(button for button in _listed(json.loads(on.card["values"])) if _says(button) == says)
    sent = pressed["event"]["params"]
    private = {"actionIds": [sent["actionId"]], "params": sent["params"]}
    return {
        "type": "actionCallback",
        "outTrackId": on.card["id"],
        "corpId": demo.DING_CORP_ID,
        "userId": person.dingtalk,
        "userIdType": 1,
        "content": json.dumps({"cardPrivateData": private}, ensure_ascii=False),
        "extension": "{}",
        "spaceType": "IM_GROUP" if chat.kind == GROUP else "IM_ROBOT",
        "spaceId": chat.address if chat.kind == GROUP else person.dingtalk,
    }


def press_parcel(on: Message, data: dict[str, Any], clock: Clock) -> Parcel:
    """The same to the registered address; signed over the timestamp alone."""
    stamp = str(int(clock.now().timestamp() * 1000))
    digest = hmac.new(on.card["secret"].encode(), stamp.encode(), hashlib.sha256).digest()
    return Parcel(
        title=f"按卡片 POST {on.card['url']}",
        url=on.card["url"],
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "x-ddpaas-signature-timestamp": stamp,
            "x-ddpaas-signature": base64.b64encode(digest).decode(),
        },
        body=json.dumps(data, ensure_ascii=False).encode(),
        plain=json.dumps(data, ensure_ascii=False, indent=2),
    )


def _map(body: dict[str, Any]) -> dict[str, str]:
    """cardData.cardParamMap: strings only, each short."""
    part = body.get("cardData")
    values = part.get("cardParamMap") if isinstance(part, dict) else None
    if not isinstance(values, dict):
        raise NewError("param.cardDataInvalid", "缺少 cardData.cardParamMap")
    for name, value in values.items():
        if not isinstance(value, str):
            raise NewError("param.cardDataInvalid", f"{name} 要是字符串")
        if len(name.encode()) > KEY_BYTES or len(value.encode()) > VALUE_BYTES:
            raise NewError("param.cardDataInvalid", f"{name} 太长")
    if len(json.dumps(values, ensure_ascii=False).encode()) > ALL_BYTES:
        raise NewError("param.cardDataInvalid", "cardParamMap 太长")
    return values


def _face(values: Mapping[str, str]) -> dict[str, Any]:
    """The card as the phone shows it: the words, what was pressed, the buttons."""
    lines = [line for line in (values.get("text", ""), values.get("pressed", "")) if line]
    buttons = [(str(button["text"]), _says(button)) for button in _listed(values) if button.get("status") == "normal"]
    return {"text": "\n\n".join(lines), "markdown": True, "title": values.get("title", ""), "buttons": buttons}


def _listed(values: Mapping[str, str]) -> list[dict[str, Any]]:
    try:
        buttons = json.loads(values.get("buttons") or "[]")
    except ValueError as error:
        raise NewError("param.cardDataInvalid", "buttons 不是 JSON") from error
    return [one for one in buttons if isinstance(one, dict)] if isinstance(buttons, list) else []


def _says(button: dict[str, Any]) -> str:
    """What tells one button from another at the desk."""
    try:
        return str(button["event"]["params"]["params"].get("says") or button["event"]["params"]["actionId"])
    except (KeyError, TypeError, AttributeError) as error:
        raise NewError("param.cardDataInvalid", "按钮不对") from error
