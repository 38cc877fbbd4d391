"""What WeCom sends to a self-built app's callback: encrypted, signed XML for what a member writes, one thing a message; and
the check of the address, when the administrator saves it.

Written from the documentation alone, copies of 2023 to 2025: 企业微信开发者中心 › 加解密方案说明 (90968), 接收消息 (90239).
A chat with an app carries text or one picture a message, and no quotes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import struct
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.clock import Clock
from bot.emulator import demo
from bot.emulator.records import Message, Parcel, Person

BLOCK = 32
"""Bytes to which the plaintext is padded, though AES has blocks of 16."""

PATH = f"/callback/{demo.CODE}/{demo.WECOM_CONNECTION}"


def press(on: Message, said: Message, code: str, person: Person, bot_url: str, clock: Clock) -> Parcel:
    """The event of a press on a card. said: the press. code: lets the card be changed once. The documentation's "OpitonIds" is
    meant."""
    card = on.card
    key = card["submit"] if said.chosen else said.text
    fields = f"<EventKey>{_cdata(key)}</EventKey><TaskId>{_cdata(card['task_id'])}</TaskId>"
    fields += f"<CardType>{_cdata(card['type'])}</CardType><ResponseCode>{_cdata(code)}</ResponseCode>"
    items = ""
    for question, options in said.chosen.items():
        ids = "".join(f"<OpitonId>{_cdata(option)}</OpitonId>" for option in options)
        items += (
            f"<SelectedItem><QuestionKey>{_cdata(question)}</QuestionKey><OpitonIds>{ids}</OpitonIds></SelectedItem>"
        )
    fields += f"<SelectedItems>{items}</SelectedItems>" if items else ""
    event = "template_card_menu_event" if card["type"].endswith("notice") else "template_card_event"
    return _parcel("event", f"<Event>{_cdata(event)}</Event>{fields}", person, bot_url, clock)


def parcels(message: Message, person: Person, bot_url: str, clock: Clock) -> list[Parcel]:
    """The callbacks that carry one bubble: the words first, then each picture."""
    contents = [("text", f"<Content>{_cdata(message.text)}</Content>")] if message.text else []
    for image in message.images:
        picture = f"<PicUrl>{_cdata(f'https://wework.qpic.cn/demo/{image}/0')}</PicUrl>"
        contents.append(("image", f"{picture}<MediaId>{_cdata(image)}</MediaId>"))
    return [_parcel(kind, content, person, bot_url, clock) for kind, content in contents]


def address_check(bot_url: str, clock: Clock) -> tuple[str, str]:
    """The address to GET, and the bare text that must come back."""
    echo = str(secrets.randbelow(10**19))
    sealed = seal(echo)
    return f"{bot_url}{PATH}?{urlencode({**_signed(sealed, clock), 'echostr': sealed})}", echo


def _parcel(kind: str, content: str, person: Person, bot_url: str, clock: Clock) -> Parcel:
    seconds = int(clock.now().timestamp())
    xml = (
        f"<xml><ToUserName>{_cdata(demo.CORP_ID)}</ToUserName><FromUserName>{_cdata(person.wecom)}</FromUserName>"
        f"<CreateTime>{seconds}</CreateTime><MsgType>{_cdata(kind)}</MsgType>{content}"
        f"{'' if kind == 'event' else f'<MsgId>{message_id()}</MsgId>'}<AgentID>{demo.AGENT_ID}</AgentID></xml>"
    )
    return _sealed(xml, bot_url, clock, demo.AGENT_ID)


def event(name: str, fields: str, bot_url: str, clock: Clock, agent: int, sender: str = "sys") -> Parcel:
    """The event of another of the company's tools. agent: that tool's AgentID. sender: who caused it, where it says."""
    xml = (
        f"<xml><ToUserName>{_cdata(demo.CORP_ID)}</ToUserName><FromUserName>{_cdata(sender)}</FromUserName>"
        f"<CreateTime>{int(clock.now().timestamp())}</CreateTime><MsgType>{_cdata('event')}</MsgType>"
        f"<Event>{_cdata(name)}</Event><AgentID>{agent}</AgentID>{fields}</xml>"
    )
    return _sealed(xml, bot_url, clock, agent)


def _sealed(xml: str, bot_url: str, clock: Clock, agent: int) -> Parcel:
    sealed = seal(xml)
    body = (
        f"<xml><ToUserName>{_cdata(demo.CORP_ID)}</ToUserName><AgentID>{_cdata(str(agent))}</AgentID>"
        f"<Encrypt>{_cdata(sealed)}</Encrypt></xml>"
    )
    return Parcel(
        title=f"回调 POST {PATH}",
        url=f"{bot_url}{PATH}?{urlencode(_signed(sealed, clock))}",
        headers={"Content-Type": "text/xml; charset=utf-8"},
        body=body.encode(),
        plain=xml,
    )


def _signed(sealed: str, clock: Clock) -> dict[str, str]:
    stamp, nonce = str(int(clock.now().timestamp())), secrets.token_hex(8)
    return {"msg_signature": signature(stamp, nonce, sealed), "timestamp": stamp, "nonce": nonce}


def message_id() -> str:
    """A new MsgId: a positive 64-bit number above 2^53, as real ones are."""
    return str(7_000_000_000_000_000_000 + secrets.randbelow(2**60))


def seal(text: str) -> str:
    """16 random bytes, the length as a big-endian number, the text, the corp id; padded to 32; AES-256-CBC; base64."""
    key = base64.b64decode(demo.WECOM_AES_KEY + "=")
    content = text.encode()
    plain = os.urandom(16) + struct.pack(">I", len(content)) + content + demo.CORP_ID.encode()
    padding = BLOCK - len(plain) % BLOCK
    plain += bytes([padding]) * padding
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def signature(stamp: str, nonce: str, sealed: str) -> str:
    """SHA-1 over token, timestamp, nonce and ciphertext, sorted as strings and joined."""
    parts = sorted([demo.WECOM_TOKEN, stamp, nonce, sealed])
    return hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _cdata(text: str) -> str:
    """Text that cannot end its own section; what holds the end mark is escaped instead."""
    return escape(text) if "]]>" in text else f"<![CDATA[{text}]]>"
