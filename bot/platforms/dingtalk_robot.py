"""DingTalk's internal-app robot over HTTP (钉钉企业内部应用机器人): signed JSON in; sessionWebhook and OpenAPI out.

In a group it hears only what mentions it, and only text, richText and picture; one to one it hears everything.
Source: 钉钉开放平台 › 机器人 › 接收消息 (0699); snapshot of 2026-08.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from bot.clock import Clock, from_ms
from bot.errors import Untrusted
from bot.messages import Message
from bot.platforms.base import Answer, Callback
from bot.platforms.dingtalk_cards import HttpCallback, read_press, verify
from bot.platforms.dingtalk_voice import RobotVoice
from bot.platforms.dingtalk_words import read_message, read_object
from bot.settings import DingtalkRobot


def build(connection: DingtalkRobot, clock: Clock) -> DingtalkRobotPlatform:
    """The connection that these settings describe."""
    return DingtalkRobotPlatform(connection, clock)


class DingtalkRobotPlatform(RobotVoice):
    """One robot."""

    def __init__(self, connection: DingtalkRobot, clock: Clock) -> None:
        secret = connection.card_secret.get_secret_value() if connection.card_secret else ""
        self._cards_come = HttpCallback(connection.card_url, secret) if connection.card_template else None
        super().__init__(connection, clock, self._cards_come)
        self._secret = connection.app_secret.get_secret_value()
        self._tolerance = connection.tolerance

    def parse(self, callback: Callback) -> Message | Answer:
        """Verify one robot callback and read it.

        headers: timestamp (ms since 1970) and sign. The sign covers the time only: HTTPS protects the body, and the inbox
        stops a replay within the tolerance. A press on a card comes to the same address, signed in its own way. Raises
        Untrusted, Malformed, Unsupported.
        """
        if "x-ddpaas-signature" in callback.headers:
            return self._pressed(callback)
        stamp = callback.headers.get("timestamp", "")
        digest = hmac.new(self._secret.encode(), f"{stamp}\n{self._secret}".encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(base64.b64encode(digest), callback.headers.get("sign", "").encode()):
            raise Untrusted("sign")
        self._check_time(stamp)
        data = read_object(callback.body)
        self.count_heard(data)
        return read_message(data, self._settings.oapi_base)

    def acknowledge(self) -> Answer:
        """The one body that is documented to say nothing; to a card it says no more, as it holds no cardData."""
        return Answer('{"msgtype":"empty"}', "application/json; charset=utf-8")

    def _pressed(self, callback: Callback) -> Message:
        if self._cards_come is None:
            raise Untrusted("card_secret")
        self._check_time(verify(self._cards_come, callback.headers))
        self.tally.count("message")
        return read_press(read_object(callback.body), self._clock)

    def _check_time(self, stamp: str) -> None:
        if self._tolerance and abs((self._clock.now() - _moment(stamp)).total_seconds()) > self._tolerance:
            raise Untrusted("timestamp")


def _moment(stamp: str) -> datetime:
    try:
        return from_ms(stamp).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Untrusted("timestamp") from error
