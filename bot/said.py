"""Messages as data and back: how the inbox keeps what came in and the outbox what goes out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.messages import ChatKind, ChatRef, MediaRef, Message, Quote


def to_data(message: Message) -> dict[str, Any]:
    """A message as JSON can hold it."""
    data = asdict(message)
    data["sent_at"] = message.sent_at.isoformat()
    reply_until = message.chat.reply_until
    data["chat"]["reply_until"] = reply_until.isoformat() if reply_until else None
    return data


def from_data(data: dict[str, Any]) -> Message:
    """The message that to_data stored."""
    chat = dict(data["chat"])
    reply_until = chat.pop("reply_until")
    quote = data["quote"]
    return Message(
        id=data["id"],
        account=data["account"],
        chat=ChatRef(
            **chat | {"kind": ChatKind(chat["kind"])},
            reply_until=datetime.fromisoformat(reply_until) if reply_until else None,
        ),
        sent_at=datetime.fromisoformat(data["sent_at"]),
        text=data["text"],
        images=_media(data["images"]),
        files=_media(data["files"]),
        quote=Quote(quote["message_id"], quote["text"], _media(quote["images"])) if quote else None,
        click=data["click"],
        account_name=data["account_name"],
        raw=data["raw"],
    )


def _media(items: list[dict[str, str]]) -> tuple[MediaRef, ...]:
    return tuple(MediaRef(**item) for item in items)
