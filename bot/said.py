"""Messages as data and back: how the inbox keeps what came in and the outbox what goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.messages import Button, CardRef, ChatKind, ChatRef, Form, Gap, MediaRef, Message, Quote


def to_data(message: Message) -> dict[str, Any]:
    """A message as JSON can hold it. Written out: dataclasses.asdict copies every value, at a tenth of a message's time."""
    chat, quote = message.chat, message.quote
    return {
        "id": message.id,
        "account": message.account,
        "chat": {
            "kind": chat.kind.value,
            "id": chat.id,
            "title": chat.title,
            "reply_url": chat.reply_url,
            "reply_until": chat.reply_until.isoformat() if chat.reply_until else None,
        },
        "sent_at": message.sent_at.isoformat(),
        "text": message.text,
        "images": _listed(message.images),
        "files": _listed(message.files),
        "quote": {"message_id": quote.message_id, "text": quote.text, "images": _listed(quote.images)}
        if quote
        else None,
        "click": message.click,
        "card": card_to_data(message.card) if message.card else None,
        "account_name": message.account_name,
        "raw": message.raw,
    }


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
        card=card_from_data(data["card"]) if data.get("card") else None,
        account_name=data["account_name"],
        raw=data["raw"],
    )


def card_to_data(card: CardRef) -> dict[str, Any]:
    return {"id": card.id, "ticket": card.ticket, "until": card.until.isoformat() if card.until else None}


def card_from_data(data: dict[str, Any]) -> CardRef:
    until = data["until"]
    return CardRef(data["id"], data["ticket"], datetime.fromisoformat(until) if until else None)


def form_to_data(form: Form) -> dict[str, Any]:
    gaps = [
        {"title": gap.title, "options": [[one.label, one.says] for one in gap.options], "several": gap.several}
        for gap in form.gaps
    ]
    return {"label": form.label, "says": form.says, "gaps": gaps}


def form_from_data(data: dict[str, Any]) -> Form:
    gaps = tuple(
        Gap(gap["title"], tuple(Button(label, says) for label, says in gap["options"]), gap["several"])
        for gap in data["gaps"]
    )
    return Form(data["label"], data["says"], gaps)


def _listed(items: tuple[MediaRef, ...]) -> list[dict[str, str]]:
    return [{"ref": item.ref, "name": item.name} for item in items]


def _media(items: list[dict[str, str]]) -> tuple[MediaRef, ...]:
    return tuple(MediaRef(**item) for item in items)
