"""Things as the desk's page gets them: plain data for JSON, moments in ISO 8601 with the school's offset."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.clock import school_time
from bot.emulator.faults import Fault
from bot.emulator.records import Chat, Exchange, Message, Person

if TYPE_CHECKING:
    from bot.emulator.dingtalk_todos import TodoCard
    from bot.emulator.world import World

BUTTONS = 4
CHANNELS = {
    "wecom app": "自建应用",
    "wecom webhook": "群机器人",
    "wecom school": "学校通知",
    "wecom customers": "客户群",
    "wecom bot": "智能机器人（回调）",
    "wecom bot_stream": "智能机器人（长连接）",
    "dingtalk robot": "机器人（HTTP）",
    "dingtalk stream": "机器人（Stream）",
}
"""What the desk calls the way that a chat travels."""

_OFFER = re.compile(r"「([^「」\n]{2,14})」")


def offered(text: str) -> list[tuple[str, str]]:
    """The commands that the bot's words name in 「」, to be tapped: 2 to 14 characters, each once, the first four."""
    found = dict.fromkeys(phrase.strip() for phrase in _OFFER.findall(text))
    return [(phrase, phrase) for phrase in found if len(phrase) >= 2][:BUTTONS]


def iso(moment: datetime) -> str:
    return school_time(moment).isoformat()


def shown_person(person: Person) -> dict[str, Any]:
    return {"id": person.id, "name": person.name, "post": person.post, "known": person.known}


def shown_chat(chat: Chat, last_seq: int) -> dict[str, Any]:
    return {
        "id": chat.id,
        "platform": chat.platform,
        "kind": chat.kind,
        "title": chat.title,
        "person": chat.person,
        "members": list(chat.members),
        "hears": chat.hears,
        "note": chat.note,
        "channel": CHANNELS.get(chat.channel, chat.channel),
        "last_seq": last_seq,
    }


def shown_todo(card: TodoCard) -> dict[str, Any]:
    """due: ms since 1970, or None."""
    return {"subject": card.subject, "due": card.due, "done": card.done, "url": card.url}


def shown_fault(fault: Fault) -> dict[str, Any]:
    return {"id": fault.id, "label": fault.label, "help": fault.help, "on": fault.on}


def shown_message(world: World, message: Message) -> dict[str, Any]:
    """The title of a file's message is the file's name, and is shown there alone."""
    return {
        "id": message.id,
        "seq": message.seq,
        "chat": message.chat,
        "from": message.sender,
        "at": iso(message.at),
        "text": message.text,
        "markdown": message.markdown,
        "title": "" if message.file else message.title,
        "images": [{"url": f"/files/{image}"} for image in message.images],
        "file": {"name": message.title, "url": f"/files/{message.file}"} if message.file else None,
        "quote": _quote(world, message),
        "buttons": [{"label": label, "says": says} for label, says in message.buttons],
        "form": message.form or None,
        "mentions": message.mentions,
        "state": message.state,
        "note": message.note,
        "wire": True,
    }


def shown_exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "direction": exchange.direction,
        "title": exchange.title,
        "at": iso(exchange.at),
        "method": exchange.method,
        "url": exchange.url,
        "request_headers": exchange.request_headers,
        "request_body": exchange.request_body,
        "plain": exchange.plain,
        "status": exchange.status,
        "response_body": exchange.response_body,
        "ms": exchange.ms,
    }


def _quote(world: World, message: Message) -> dict[str, Any] | None:
    if not message.quote:
        return None
    quoted = world.message(message.quote)
    image = f"/files/{quoted.images[0]}" if quoted.images else None
    return {"id": quoted.id, "from": quoted.sender, "text": quoted.text, "image": image}
