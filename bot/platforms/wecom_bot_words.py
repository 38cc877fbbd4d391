"""What WeCom's AI bot (智能机器人) hears and shows, the same over its long connection and over its callbacks: messages, clicks,
files, cards.

Sources: 企业微信开发者中心 › 智能机器人 › 接收消息 (100719), 接收事件 (101027), 模板卡片 (101032), 长连接 (101463), copies of
2025-12; where those are silent, the official package @wecom/aibot-node-sdk 1.0.7.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.message import Message as Headers
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.clock import Clock, from_seconds
from bot.errors import DeliveryError, GiveUp, Malformed, TryLater, Unsupported
from bot.messages import CardRef, ChatKind, ChatRef, MediaRef, Message, Outgoing, Quote
from bot.platforms import wecom_cards
from bot.platforms.base import Capabilities, Fetched, Rate
from bot.platforms.http import call, read_bytes
from bot.platforms.wecom_card_notice import notice
from bot.platforms.wecom_errors import Refused, error_for

TEXT_BYTES = 20480
"""Of a reply and of a push, in UTF-8 (101031, 101463)."""

RATES = (Rate(28, timedelta(minutes=1), "chat"), Rate(950, timedelta(hours=1), "chat"))
"""30 a minute and 1,000 an hour in one conversation, replies and pushes together (101463)."""

BUTTONS = wecom_cards.BUTTONS
CAN = Capabilities(
    hears=True,
    direct=True,
    groups=True,
    text_bytes=TEXT_BYTES,
    markdown=True,
    buttons=BUTTONS,
    group_buttons=0,  # cards are for single chats (101463)
    forms=True,
    rates=RATES,
)
"""What a bot can do on both ways."""

CLICK_LASTS = timedelta(seconds=5)
"""A card can be changed so long after a click (101027)."""

BLOCK = 32
REF_CHARACTERS = 1000
"""What a record of a photo has room for."""

_BOT_NEVER: Mapping[int, str] = {
    40201: "企业微信认为这段话像骚扰信息，没有发：请换个说法",
    42045: "卡片少了点开的地址，企业微信不接受",
    846607: "企业微信没有收这条消息",
}

_MENTION = re.compile(r"^\s*@\S+\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

_MAGIC = (
    (b"\xff\xd8\xff", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"BM", ".bmp"), (b"%PDF", ".pdf"),
    (b"PK\x03\x04", ".zip"), (b"#!AMR", ".amr"),
)  # fmt: skip


def without_control(text: str) -> str:
    """The words of a frame without what JSON does not allow inside a string; the platform lets it through."""
    return _CONTROL.sub("", text)


# in


def read(body: Mapping[str, Any], clock: Clock, answers: str, until: datetime | None) -> Message:
    """The message or click in one body. answers, until: what lets it be answered (a req_id, a response_url).

    Raises Malformed, Unsupported.
    """
    try:
        if body["msgtype"] == "event":
            return _click(body, clock, answers)
        return _message(body, clock, answers, until)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Malformed(str(body.get("msgtype", "msgtype"))[:40]) from error


def _message(body: Mapping[str, Any], clock: Clock, answers: str, until: datetime | None) -> Message:
    kind = body["msgtype"]
    if not isinstance(kind, str):
        raise TypeError("msgtype")
    if kind not in ("text", "image", "mixed", "voice", "file"):
        raise Unsupported(kind[:40])
    account = _word(body["from"]["userid"]).lower()
    chat = _chat(body, account, answers, until)
    texts, images, files = _contents(body)
    text = " ".join(part for part in texts if part)
    if chat.kind is ChatKind.GROUP:
        text = _MENTION.sub("", text, count=1)  # the literal name of the bot, which brought the message here
    return Message(
        id=_word(body["msgid"]),
        account=account,
        chat=chat,
        sent_at=_sent_at(body, clock),
        text=text.strip(),
        images=images,
        files=files,
        quote=_quote(body.get("quote")),
        raw=dict(body),
    )


def _click(body: Mapping[str, Any], clock: Clock, ticket: str) -> Message:
    """A pressed button says its key, which is the words that could have been typed instead."""
    event = body["event"]
    kind = event["eventtype"]
    if kind != "template_card_event":
        raise Unsupported(f"event {kind}"[:60])
    # documented in an object of its own; the official package has the fields beside eventtype
    nested = event.get("template_card_event")
    card = nested if isinstance(nested, dict) else event
    account = _word(body["from"]["userid"]).lower()
    words = wecom_cards.filled(card.get("card_type"), _word(card["event_key"]), _chosen(card))
    task = _word(card["task_id"])
    return Message(
        id=_word(body["msgid"]),
        account=account,
        chat=_chat(body, account, "", None),
        sent_at=_sent_at(body, clock),
        text=words,
        click=words,
        card=CardRef(task, ticket, clock.now() + CLICK_LASTS if ticket else None),
        raw=dict(body),
    )


def _chosen(card: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was chosen from a form, by its question's key."""
    part = card.get("selected_items")
    items = wecom_cards.listed(part.get("selected_item") if isinstance(part, dict) else None)
    return {
        _word(item["question_key"]): [
            _word(option).strip() for option in wecom_cards.listed((item.get("option_ids") or {}).get("option_id"))
        ]
        for item in items
    }


def _chat(body: Mapping[str, Any], account: str, answers: str, until: datetime | None) -> ChatRef:
    lasts = until if answers else None
    if body.get("chattype") == "group":
        return ChatRef(ChatKind.GROUP, _word(body["chatid"]), "", answers, lasts)
    return ChatRef(ChatKind.DIRECT, account, "", answers, lasts)


def _contents(body: Mapping[str, Any]) -> tuple[list[str], tuple[MediaRef, ...], tuple[MediaRef, ...]]:
    """The words, the pictures and the files, in their order."""
    texts: list[str] = []
    images: list[MediaRef] = []
    files: list[MediaRef] = []
    for kind, part in _parts(body):
        if kind in ("text", "voice"):
            content = part["content"]
            if not isinstance(content, str):
                raise TypeError(kind)
            texts.append(content.strip())
        elif kind == "image":
            images.append(_media(part))
        elif kind == "file":
            files.append(_media(part))
    return texts, tuple(images), tuple(files)


def _parts(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    kind = body["msgtype"]
    if kind == "mixed":
        for item in body["mixed"]["msg_item"]:
            yield item["msgtype"], item[item["msgtype"]]
    else:
        yield kind, body[kind]


def _media(part: Mapping[str, Any]) -> MediaRef:
    """ref: the key of this file and its address with a blank between; "-" where the connection's own key opens it."""
    url, key = _word(part["url"]), part.get("aeskey") or "-"
    if urlsplit(url).scheme not in ("http", "https") or " " in url:
        raise ValueError("url")
    ref = f"{_word(key)} {url}"
    if len(ref) > REF_CHARACTERS:
        raise ValueError("url too long")
    name = part.get("filename") or part.get("name") or ""
    return MediaRef(ref, name if isinstance(name, str) else "")


def _quote(quote: object) -> Quote | None:
    """The message pointed at; the platform gives no id of it. A form that nobody knows yet is no error."""
    if not isinstance(quote, dict):
        return None
    try:
        texts, images, _ = _contents(quote)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    text = " ".join(part for part in texts if part)
    return Quote("", text, images) if text or images else None


def _sent_at(body: Mapping[str, Any], clock: Clock) -> datetime:
    stamp = body.get("create_time")
    return from_seconds(stamp) if isinstance(stamp, int | str) and stamp else clock.now()


def _word(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("empty")
    return value


# files


def key_from(word: str) -> bytes:
    """The 32 bytes of an aeskey or an EncodingAESKey; the "=" at its end may be missing. Raises ValueError."""
    key = binascii.a2b_base64(word.rstrip("=") + "=" * (-len(word.rstrip("=")) % 4))
    if len(key) != BLOCK:
        raise ValueError("not 32 bytes")
    return key


def fetch(session: requests.Session, media: MediaRef, limit: int, own_key: bytes | None = None) -> Fetched:
    """Download one file and open it. own_key: for a ref without a key of its own. Raises TryLater, GiveUp.

    The link lives five minutes. AES-256-CBC, the IV is the key's first half, PKCS#7 to 32 (100719).
    """
    word, _, url = media.ref.partition(" ")
    try:
        key = own_key if word == "-" else key_from(word)
    except ValueError as error:
        raise GiveUp("文件的密钥不对，打不开") from error
    if key is None:
        raise GiveUp("文件没有密钥，打不开")
    response = call(session, "GET", url, stream=True)
    if response.status_code in (400, 401, 403, 404, 410):
        response.close()
        raise GiveUp("文件的链接只管五分钟，已经过期")
    if response.status_code != 200:
        response.close()
        raise TryLater(f"企业微信没有给文件（HTTP {response.status_code}）")
    name = media.name or _name(response.headers.get("Content-Disposition", ""))
    content = opened(read_bytes(response, limit + BLOCK), key)
    if len(content) > limit:
        raise GiveUp(f"文件超过 {limit // 1024 // 1024} MB")
    suffix = next((suffix for magic, suffix in _MAGIC if content.startswith(magic)), "")
    return Fetched(content, name or (f"文件{suffix}" if suffix else ""))


def opened(sealed: bytes, key: bytes) -> bytes:
    """Raises GiveUp for what this key does not open."""
    if not sealed or len(sealed) % 16:
        raise GiveUp("文件解不开，请再发一次")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = decryptor.update(sealed) + decryptor.finalize()
    padding = plain[-1]
    if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise GiveUp("文件解不开，请再发一次")
    return plain[:-padding]


def _name(disposition: str) -> str:
    """The file's name: filename*=UTF-8''… first, then filename=."""
    star = re.search(r"filename\*\s*=\s*UTF-8''([^;]+)", disposition, re.IGNORECASE)
    if star:
        return unquote(star[1].strip().strip('"'))[-200:]
    headers = Headers()
    headers["Content-Disposition"] = disposition
    return unquote(headers.get_filename() or "")[-200:]


# out


def card_of(outgoing: Outgoing, task: str) -> dict[str, Any] | None:
    """The words with their form or buttons as a card, or a notice that opens its links; None where a card has no room for all
    of it: the words also say what to type."""
    words = wecom_cards.bare(outgoing.text) if outgoing.markdown else outgoing.text
    if not words:
        return None
    if outgoing.buttons or outgoing.form is not None:
        return wecom_cards.card(words, outgoing.buttons, task, outgoing.form)
    return notice(words)


def closed_card(card: CardRef, words: str) -> dict[str, Any]:
    """The card once a button was pressed: a notice with what was pressed, and nothing left to press.

    A notice must lead somewhere (42045); ours has nowhere to lead but the platform's own page.
    """
    return {
        "card_type": "text_notice",
        "main_title": {"title": f"已选择：{words}"[:36]},
        "card_action": {"type": 1, "url": "https://work.weixin.qq.com"},
        "task_id": card.id,
    }


def error_of(code: int, words: str = "") -> DeliveryError:
    """What a refusal of the bot's own means; other codes mean the same everywhere in WeCom."""
    if code in _BOT_NEVER:
        return Refused(f"{_BOT_NEVER[code]}（{code}）", code)
    return error_for(code, words)
