"""DingTalk's events over HTTP (钉钉事件订阅): encrypted and signed in, the word "success" encrypted and signed out.

A connection of its own at /callback/<school>/<name>: it hears what changed, can be asked what it is now, and says nothing.
Sources: 钉钉开放平台 › 事件订阅 › 配置 HTTP 推送 (0003, 0004, 0346); snapshot of 2026-08.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from bot.clock import Clock, from_ms
from bot.errors import GiveUp, Malformed, Untrusted
from bot.facts import Ask, Fact, News
from bot.messages import ChatRef, MediaRef, Outgoing
from bot.platforms.base import Answer, Callback, Capabilities, Fetched, Health, Reach, Sent
from bot.platforms.dingtalk_api import DingtalkApi, as_json
from bot.platforms.dingtalk_facts import ASKS, DingtalkFacts
from bot.platforms.dingtalk_news import read_event, read_http_event
from bot.platforms.dingtalk_seal import Seal
from bot.platforms.dingtalk_words import read_object
from bot.platforms.tally import Tally
from bot.settings import DingtalkEvents

__all__ = ["DingtalkEventsPlatform", "build", "read_event"]

CHECK = "check_url"
"""The event that arrives when the address is saved in the console; nothing comes before it is answered."""

DONE = "success"


def build(connection: DingtalkEvents, clock: Clock) -> DingtalkEventsPlatform:
    """The connection that these settings describe."""
    return DingtalkEventsPlatform(connection, clock)


class DingtalkEventsPlatform:
    """One app's subscription."""

    capabilities = Capabilities(hears=True, direct=False, groups=False, text_bytes=0, reach=Reach.NOBODY)
    asks = ASKS

    def __init__(self, connection: DingtalkEvents, clock: Clock) -> None:
        self._settings = connection
        self._clock = clock
        key, token = connection.aes_key.get_secret_value(), connection.token.get_secret_value()
        self._seal = Seal(token, key, connection.app_key)
        self.tally = Tally()
        self._api = DingtalkApi(connection, clock, self.tally)
        self._facts = DingtalkFacts(self._api, clock)

    def parse(self, callback: Callback) -> News | Answer:
        """Verify one event and read it; the check of the address is answered at once.

        query: msg_signature (or signature), timestamp in ms (or timeStamp), nonce. body: {"encrypt": base64}.
        Raises Untrusted, Malformed, Unsupported.
        """
        data = read_object(self._opened(callback))
        if str(data.get("EventType") or data.get("eventType") or "") == CHECK:
            return self.acknowledge()
        self.tally.count("message")
        return read_http_event(data)

    def acknowledge(self) -> Answer:
        """ "success", sealed and signed anew; the S of timeStamp is a capital here."""
        stamp = str(int(self._clock.now().timestamp() * 1000))
        nonce, sealed = secrets.token_hex(8), self._seal.close(DONE)
        signature = self._seal.signature(stamp, nonce, sealed)
        body = {"msg_signature": signature, "timeStamp": stamp, "nonce": nonce, "encrypt": sealed}
        return Answer(as_json(body), "application/json; charset=utf-8")

    def _opened(self, callback: Callback) -> str:
        query = callback.query
        envelope = read_object(callback.body)
        sealed = envelope.get("encrypt")
        if not isinstance(sealed, str):
            raise Malformed("encrypt")
        stamp = query.get("timestamp") or query.get("timeStamp") or ""
        given = query.get("msg_signature") or query.get("signature") or ""
        if not self._seal.signed(given, stamp, query.get("nonce", ""), sealed):
            raise Untrusted("msg_signature")
        tolerance = self._settings.tolerance
        if tolerance and abs((self._clock.now() - _moment(stamp)).total_seconds()) > tolerance:
            raise Untrusted("timestamp")
        return self._seal.open(sealed)

    def ask(self, what: Ask, about: str) -> tuple[Fact, ...]:
        """See DingtalkFacts.ask."""
        return self._facts.ask(what, about)

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """Events are heard only. Raises GiveUp."""
        raise GiveUp("钉钉的事件订阅只收通知，不能发消息")

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """No event brings a file. Raises GiveUp."""
        raise GiveUp("钉钉的事件订阅里没有文件")

    def check(self) -> Health:
        """Fetch a token: it proves app_key, app_secret and the way there."""
        return self._api.check()


def _moment(stamp: str) -> datetime:
    try:
        return from_ms(stamp).astimezone(UTC)
    except ValueError as error:
        raise Untrusted("timestamp") from error
