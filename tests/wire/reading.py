"""How the .read.json files beside the samples write a message that was read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.messages import Message

NOTHING: dict[str, Any] = {
    "text": "", "images": [], "files": [], "quote": None, "account_name": "", "reply_url": "", "reply_until": None,
    "click": "", "card": None,
}  # fmt: skip
"""What a file need not say."""


def shown(message: Message) -> dict[str, Any]:
    """A message as the .read.json files write it."""
    chat, quote, card = message.chat, message.quote, message.card
    return {
        "id": message.id,
        "account": message.account,
        "account_name": message.account_name,
        "chat": [chat.kind.value, chat.id, chat.title],
        "reply_url": chat.reply_url,
        "reply_until": chat.reply_until.isoformat() if chat.reply_until else None,
        "sent_at": message.sent_at.isoformat(),
        "text": message.text,
        "images": [list(asdict(image).values()) for image in message.images],
        "files": [list(asdict(file).values()) for file in message.files],
        "quote": [quote.message_id, quote.text, [image.ref for image in quote.images]] if quote else None,
        "click": message.click,
        "card": [card.id, card.ticket, card.until.isoformat() if card.until else None] if card else None,
    }
