"""What WeCom tells an AI bot when somebody writes to it or presses a button on its card; the same on both ways.

In a group only what mentions the bot comes, with its name at the start; a picture there comes with words, as "mixed".
Written from the documentation alone: 企业微信开发者中心 › 智能机器人 › 接收消息 (100719), 接收事件 (101027), copies of 2025-12.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from bot.clock import Clock
from bot.emulator import demo
from bot.emulator.records import GROUP, Chat, Message, Person

Picture = Callable[[str], dict[str, str]]
"""A stored file's id -> {url, aeskey?}."""


def chat_id(chat: Chat) -> str:
    """The platform's id of a group; a person's own chat has their userid."""
    return f"wrkDEMO{chat.purpose}" if chat.kind == GROUP else chat.address


def bodies(
    message: Message, quoted: Message | None, person: Person, chat: Chat, picture: Picture, clock: Clock
) -> list[dict[str, Any]]:
    """The bodies that carry one bubble."""
    words = f"@{demo.BOT_NAME} {message.text}".rstrip() if chat.kind == GROUP else message.text
    contents: list[dict[str, Any]] = []
    if message.images and words:
        items: list[dict[str, Any]] = [{"msgtype": "text", "text": {"content": words}}]
        items += [{"msgtype": "image", "image": picture(image)} for image in message.images]
        contents.append({"msgtype": "mixed", "mixed": {"msg_item": items}})
    elif message.images:
        contents += [{"msgtype": "image", "image": picture(image)} for image in message.images]
    else:
        contents.append({"msgtype": "text", "text": {"content": words}})
    if quoted is not None:
        contents[0]["quote"] = _quote(quoted, picture)
    return [_body(person, chat, clock) | content for content in contents]


def click(
    person: Person, chat: Chat, on: Message, said: Message, clock: Clock, *, nested: bool = True
) -> dict[str, Any]:
    """A button of a card is pressed. nested: as documented; else as the official package's types have it."""
    key = on.card["submit"] if said.chosen else said.text
    pressed: dict[str, Any] = {"card_type": on.card["type"], "event_key": key, "task_id": on.card["task_id"]}
    if said.chosen:
        items = [{"question_key": name, "option_ids": {"option_id": ids}} for name, ids in said.chosen.items()]
        pressed["selected_items"] = {"selected_item": items}
    event = {"template_card_event": pressed} if nested else pressed
    return event_body(person, chat, clock, "template_card_event", **event)


def event_body(person: Person, chat: Chat, clock: Clock, kind: str, **event: Any) -> dict[str, Any]:
    """Anything that happens and is no message."""
    return _body(person, chat, clock) | {"msgtype": "event", "event": {"eventtype": kind, **event}}


def _body(person: Person, chat: Chat, clock: Clock) -> dict[str, Any]:
    body: dict[str, Any] = {
        "msgid": secrets.token_hex(16),
        "create_time": int(clock.now().timestamp()),
        "aibotid": demo.BOT_ID,
        "chattype": "group" if chat.kind == GROUP else "single",
        "from": {"userid": person.wecom},
    }
    return body | ({"chatid": chat_id(chat)} if chat.kind == GROUP else {})


def _quote(quoted: Message, picture: Picture) -> dict[str, Any]:
    if quoted.images and quoted.text:
        items: list[dict[str, Any]] = [{"msgtype": "text", "text": {"content": quoted.text}}]
        items += [{"msgtype": "image", "image": picture(image)} for image in quoted.images]
        return {"msgtype": "mixed", "mixed": {"msg_item": items}}
    if quoted.images:
        return {"msgtype": "image", "image": picture(quoted.images[0])}
    return {"msgtype": "text", "text": {"content": quoted.text}}
