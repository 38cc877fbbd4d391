"""WeCom's AI bot over callbacks (智能机器人，接收消息回调): hears what is said to it in private and with @ in groups, at a public
address.

It can only answer: each message brings one address that takes one answer within the hour, and nothing can be said to anybody
unasked. An answer is therefore one call; a second one to the same message has nowhere to go.

Source: 企业微信开发者中心 › 智能机器人 › 接收消息 (100719), 被动回复 (101031), 主动回复 (101138), copies of 2025-12.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.clock import Clock, from_seconds
from bot.errors import GiveUp, Malformed, TryLater, Untrusted
from bot.messages import ChatKind, ChatRef, MediaRef, Message, Outgoing
from bot.platforms.base import Answer, Callback, Fetched, Health, Reach, Sent
from bot.platforms.http import call, open_session, read_json
from bot.platforms.tally import Tally
from bot.platforms.wecom_bot_seal import Seal, json_object
from bot.platforms.wecom_bot_words import (
    CAN,
    card_of,
    error_of,
    fetch,
    key_from,
    read,
)
from bot.platforms.wecom_errors import code_of
from bot.settings import WecomBot

ANSWERED_WITHIN = timedelta(hours=1)
ANSWERS = "/cgi-bin/aibot/response"
REMEMBERED = 5000
"""Addresses of the newest messages, and as many that took their one answer; the platform refuses a second all the same."""


def build(connection: WecomBot, clock: Clock) -> WecomBotPlatform:
    """The connection that these settings describe."""
    return WecomBotPlatform(connection, clock)


class WecomBotPlatform:
    """One bot."""

    # a card can only be changed in the answer to the click itself, and what it did is not known before the commit
    capabilities = replace(CAN, reach=Reach.NOBODY)

    def __init__(self, connection: WecomBot, clock: Clock) -> None:
        self._settings = connection
        self._clock = clock
        try:
            self._key = key_from(connection.encoding_aes_key.get_secret_value())
        except ValueError as error:
            raise Malformed("encoding_aes_key") from error
        self._seal = Seal(connection.token.get_secret_value(), self._key)
        self.tally = Tally()
        self._http = open_session(self.tally)
        self._lock = threading.Lock()
        self._used: OrderedDict[str, None] = OrderedDict()
        self._open: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    # in

    def parse(self, callback: Callback) -> Message | Answer:
        """Verify one callback and read it. GET is the address check; a poll for a streamed answer is told that there is none.

        query: msg_signature (also msgsignature, signature), timestamp in seconds, nonce, and echostr for GET.
        Raises Untrusted, Malformed, Unsupported.
        """
        if callback.method == "GET":
            # a "+" of the base64 arrives as a blank where somebody on the way decoded it once too often
            return Answer(self._opened(callback, callback.query.get("echostr", "").replace(" ", "+")))
        envelope = json_object(callback.body.decode("utf-8", "replace"), "json")
        sealed = envelope.get("encrypt") or envelope.get("Encrypt")
        body = json_object(self._opened(callback, sealed if isinstance(sealed, str) else ""), "encrypt")
        if body.get("msgtype") == "stream":
            return self._finished(callback, body)
        self.tally.count("message")
        message = read(body, self._clock, self._address(body), self._clock.now() + ANSWERED_WITHIN)
        self._note(message.chat)
        return message

    def acknowledge(self) -> Answer:
        """An empty 200: the answer goes to the message's own address, later."""
        return Answer()

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """Download what somebody sent, within its five minutes; the callback's key opens it. Raises TryLater, GiveUp."""
        return fetch(self._http, media, limit, self._key)

    def _opened(self, callback: Callback, sealed: str) -> str:
        query = callback.query
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        given = query.get("msg_signature") or query.get("msgsignature") or query.get("signature") or ""
        right = self._seal.signature(stamp, nonce, sealed)
        if not sealed or not hmac.compare_digest(right.encode(), given.encode()):
            raise Untrusted("msg_signature")
        tolerance = self._settings.tolerance
        if tolerance and abs((self._clock.now() - _moment(stamp)).total_seconds()) > tolerance:
            raise Untrusted("timestamp")
        return self._seal.open(sealed)

    def _address(self, body: dict[str, Any]) -> str:
        """Where this message is answered, if that is the platform's own host; "" else."""
        url = body.get("response_url")
        try:
            given, own = urlsplit(url if isinstance(url, str) else ""), urlsplit(self._settings.api_base)
        except ValueError:
            return ""
        right = (given.scheme, given.netloc) == (own.scheme, own.netloc) and given.path == ANSWERS
        return str(url) if right and len(str(url)) <= 1000 else ""

    def _finished(self, callback: Callback, body: dict[str, Any]) -> Answer:
        """Nothing is ever streamed this way, so whatever is asked for is over."""
        part = body.get("stream")
        identity = part.get("id") if isinstance(part, dict) else None
        if not isinstance(identity, str) or not identity:
            raise Malformed("stream")
        words = {"msgtype": "stream", "stream": {"id": identity, "finish": True, "content": ""}}
        stamp = int(self._clock.now().timestamp())
        return Answer(self._seal.answer(json.dumps(words), stamp, callback.query.get("nonce", "")))

    # out

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """One answer to one of the messages in this chat, the last one first. Raises TryLater, GiveUp."""
        if outgoing.image is not None or outgoing.file is not None:
            raise GiveUp("智能机器人用回调方式时只能回文字，图片和文件发不出去：请改用长连接（bot_stream）")
        url = self._use(chat)
        content = json.dumps(self._body(chat, outgoing), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        self.tally.count("message")
        try:
            result = read_json(call(self._http, "POST", url, data=content, headers=headers, allow_redirects=False))
            if code := code_of(result):
                raise error_of(code, str(result.get("errmsg", "")))
        except TryLater:
            # if it was carried out all the same, the platform refuses the second one
            self._give_back(url)
            raise
        return Sent()

    def check(self) -> Health:
        """There is no call to try: the platform is the one that calls."""
        return Health(True, "等企业微信来访问；地址、Token 和 EncodingAESKey 在后台按“保存”时验证")

    def _body(self, chat: ChatRef, outgoing: Outgoing) -> dict[str, Any]:
        """Words, or a card where it has room for all of them: there is no second call."""
        task = f"xl-{secrets.token_hex(16)}"
        if chat.kind is ChatKind.DIRECT and (card := card_of(outgoing, task)):
            return {"msgtype": "template_card", "template_card": card}
        return {"msgtype": "markdown", "markdown": {"content": outgoing.text}}

    def _note(self, chat: ChatRef) -> None:
        """A chat's record keeps the last address alone; two messages in one breath bring two."""
        if chat.reply_url and chat.reply_until is not None:
            with self._lock:
                self._open[chat.reply_url] = (chat.id, chat.reply_until)
                if len(self._open) > REMEMBERED:
                    self._open.popitem(last=False)

    def _use(self, chat: ChatRef) -> str:
        """An address that has not been used. Raises GiveUp where there is none."""
        now = self._clock.now()
        with self._lock:
            known = [chat.reply_url] if chat.reply_url and chat.reply_until and now < chat.reply_until else []
            known += [url for url, (of, until) in reversed(self._open.items()) if of == chat.id and now < until]
            free = [url for url in known if url not in self._used]
            if not known:
                raise GiveUp("智能机器人用回调方式时只能在一小时内回答，不能主动发：请改用长连接（bot_stream）")
            if not free:
                raise GiveUp("这句话已经回过一次，企业微信不让再回：请改用长连接（bot_stream）")
            self._used[free[0]] = None
            if len(self._used) > REMEMBERED:
                self._used.popitem(last=False)
            return free[0]

    def _give_back(self, url: str) -> None:
        with self._lock:
            self._used.pop(url, None)


def _moment(seconds: str) -> datetime:
    try:
        return from_seconds(seconds)
    except (ValueError, OverflowError, OSError) as error:
        raise Untrusted("timestamp") from error
