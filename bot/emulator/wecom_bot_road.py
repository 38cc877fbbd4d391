"""WeCom's way to an AI bot at a public address: encrypted JSON for no receiver in particular; each message brings an address
that takes one answer within the hour. A bot that begins a stream in its answer is asked for the rest, until it is finished.

Written from the documentation alone: 企业微信开发者中心 › 智能机器人 › 加解密 (101033), 接收消息 (100719), 被动回复 (101031),
主动回复 (101138), copies of 2025-12.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.emulator import demo
from bot.emulator.records import Chat, Message, Parcel, Person
from bot.emulator.roads import Callbacks
from bot.emulator.wecom_bot_bodies import bodies, click
from bot.emulator.wecom_bot_desk import BotDesk, BotError
from bot.emulator.wecom_bot_links import Links
from bot.emulator.wecom_bot_server import ANSWER, MEDIA
from bot.emulator.world import World

PATH = f"/callback/{demo.CODE}/{demo.BOT_CONNECTION}"
ANSWERED_WITHIN = timedelta(hours=1)
POLLS = 360
"""A stream is asked for about every second, for six minutes."""

BLOCK = 32


def build(world: World) -> BotRoad:
    """WeCom's way to a bot that is called."""
    return BotRoad(world)


class BotRoad(Callbacks):
    """hears_groups: what mentions the bot."""

    def __init__(self, world: World) -> None:
        super().__init__(world, self._parcels_of, hears_groups=True, answered=self._heard_back)
        self._key = base64.b64decode(demo.WECOM_AES_KEY + "=")
        self._desk = BotDesk(world)
        self._codes: dict[str, tuple[Chat, datetime]] = {}
        self.links = Links(world.clock, self._key)

    def carry(self, message: Message, chat: Chat, person: Person) -> str:
        """A press on a card is told once, and never again."""
        if not message.pressed:
            return super().carry(message, chat, person)
        body = click(person, chat, self._world.message(message.pressed), message, self._world.clock)
        return self._carry(self.parcel(body | {"response_url": self._response_url(chat)}), message, attempts=1)

    def answered(self, code: str, body: dict[str, Any]) -> int:
        """The bot answers at a response_url. Returns the errcode."""
        chat, until = self._codes.pop(code, (None, None))
        if chat is None or until is None or self._world.clock.now() >= until:
            return 40058
        try:
            kind = body.get("msgtype")
            self._desk.check_rate(chat)
            if kind == "markdown":
                self._desk.say(chat, self._desk.words(body, "markdown"))
            elif kind == "template_card":
                self._desk.card(chat, body.get("template_card"))
            else:
                raise BotError(40008)
        except BotError as error:
            return error.code
        return 0

    def parcel(self, body: dict[str, Any]) -> Parcel:
        """Any body, sealed and signed."""
        plain = json.dumps(body, ensure_ascii=False)
        sealed = self._sealed(plain)
        stamp, nonce = str(int(self._world.clock.now().timestamp())), secrets.token_hex(8)
        query = {"msg_signature": self._signature(stamp, nonce, sealed), "timestamp": stamp, "nonce": nonce}
        return Parcel(
            title=f"回调 POST {PATH}",
            url=f"{self._world.bot_url}{PATH}?{urlencode(query)}",
            headers={"Content-Type": "application/json; charset=utf-8"},
            body=json.dumps({"encrypt": sealed}).encode(),
            plain=json.dumps(body, ensure_ascii=False, indent=2),
        )

    def _parcels_of(self, message: Message, chat: Chat, person: Person) -> Sequence[Parcel]:
        quoted = self._world.message(message.quote) if message.quote else None
        found = bodies(message, quoted, person, chat, self._picture, self._world.clock)
        return [self.parcel(body | {"response_url": self._response_url(chat)}) for body in found]

    def _response_url(self, chat: Chat) -> str:
        code = secrets.token_urlsafe(24)
        self._codes[code] = (chat, self._world.clock.now() + ANSWERED_WITHIN)
        return f"{self._world.url}{ANSWER}?{urlencode({'response_code': code})}"

    def _picture(self, file_id: str) -> dict[str, str]:
        return {"url": f"{self._world.url}{MEDIA}{self.links.make(file_id)[0]}"}

    def _heard_back(self, message: Message, content: bytes) -> None:
        """A stream in the answer stands in the chat, and grows as long as it is not finished."""
        shown: Message | None = None
        for _ in range(POLLS):
            answer = self._opened(content)
            part = answer.get("stream") if answer.get("msgtype") == "stream" else None
            if not isinstance(part, dict):
                return
            text = str(part.get("content", ""))
            if shown is None:
                shown = self._desk.say(self._world.chat(message.chat), text)
            elif text.strip():
                shown.text = text
                self._world.change(shown, shown.state, shown.note)
            if part.get("finish"):
                return
            asks = {"msgid": secrets.token_hex(16), "aibotid": demo.BOT_ID, "msgtype": "stream"}
            poll = self.parcel(asks | {"stream": {"id": part.get("id")}})
            _, _, content = self._world.post("POST", poll.url, poll.headers, poll.body)

    def _opened(self, content: bytes) -> dict[str, Any]:
        """The bot's encrypted answer; {} for an empty one, or one that is not signed as it should be."""
        if not content:
            return {}
        try:
            envelope = json.loads(content)
            sealed, stamp, nonce = envelope["encrypt"], str(envelope["timestamp"]), envelope["nonce"]
            if envelope["msgsignature"] != self._signature(stamp, nonce, sealed):
                return {}
            decryptor = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).decryptor()
            plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
            answer = json.loads(plain[20 : 20 + struct.unpack(">I", plain[16:20])[0]])
        except (ValueError, KeyError, TypeError, struct.error):
            return {}
        return answer if isinstance(answer, dict) else {}

    def _sealed(self, text: str) -> str:
        content = text.encode()
        plain = os.urandom(16) + struct.pack(">I", len(content)) + content
        padding = BLOCK - len(plain) % BLOCK
        encryptor = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()

    def _signature(self, stamp: str, nonce: str, sealed: str) -> str:
        parts = "".join(sorted([demo.WECOM_TOKEN, stamp, nonce, sealed]))
        return hashlib.sha1(parts.encode(), usedforsecurity=False).hexdigest()
