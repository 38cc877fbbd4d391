"""DingTalk's custom group robot by webhook (钉钉自定义机器人): posts to one group, hears nothing.

Source: 钉钉开放平台 › 自定义机器人接入 (0717, 0702), 安全设置 (0081-0083); snapshot of 2026-08.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

from bot.clock import Clock
from bot.errors import GiveUp
from bot.messages import ChatRef, Outgoing
from bot.platforms.base import Capabilities, Deaf, Health, Quota, Rate, Sent
from bot.platforms.dingtalk_api import JSON, unit
from bot.platforms.dingtalk_errors import error_for, old_code
from bot.platforms.dingtalk_posts import webhook_body
from bot.platforms.http import call, open_session, read_json
from bot.platforms.tally import Tally
from bot.settings import DingtalkWebhook


def build(connection: DingtalkWebhook, clock: Clock) -> DingtalkWebhookPlatform:
    """The connection that these settings describe."""
    return DingtalkWebhookPlatform(connection, clock)


class DingtalkWebhookPlatform(Deaf):
    """One group's robot."""

    capabilities = Capabilities(
        hears=False,
        direct=False,
        groups=True,
        text_bytes=4000,
        markdown=True,
        images=False,  # it takes pictures by public address only
        mentions=True,
        quotas=(Quota("message", 3000),),  # the standard edition's, for the whole organisation (1431)
        rates=(Rate(18, timedelta(minutes=1)),),  # the 21st of a minute blocks the robot for ten
    )

    def __init__(self, connection: DingtalkWebhook, clock: Clock) -> None:
        self._url = f"{connection.oapi_base}/robot/send"
        self._token = connection.access_token.get_secret_value()
        self._secret = connection.secret.get_secret_value() if connection.secret else ""
        self._clock = clock
        self.tally = Tally()
        self._http = open_session(self.tally, unit)

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """robot/send. chat is the one group that the token stands for. Raises TryLater, GiveUp."""
        if outgoing.image is not None or outgoing.file is not None:
            raise GiveUp("钉钉群机器人的 webhook 发不了图片和文件")
        query = {"access_token": self._token, **self._signed()}
        response = call(self._http, "POST", self._url, params=query, data=webhook_body(outgoing), headers=JSON)
        code = old_code(read_json(response))
        if code != "0":
            raise error_for(code)
        return Sent()

    def check(self) -> Health:
        """There is no call that shows nothing in the group, so only what can be seen from here."""
        return Health(True, "已设置；发第一条消息时才知道能不能用")

    def _signed(self) -> dict[str, str]:
        if not self._secret:
            return {}
        stamp = str(int(self._clock.now().timestamp() * 1000))
        digest = hmac.new(self._secret.encode(), f"{stamp}\n{self._secret}".encode(), hashlib.sha256).digest()
        return {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}
