"""What the contract has to know of each platform: its settings, the addresses it calls, where the words stand."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bot.clock import Clock
from bot.messages import ChatKind, ChatRef
from bot.platforms import (
    dingtalk_notice,
    dingtalk_robot,
    dingtalk_stream,
    dingtalk_webhook,
    wecom_app,
    wecom_bot,
    wecom_bot_stream,
    wecom_webhook,
)
from bot.platforms.base import Platform
from bot.settings import (
    DingtalkNotice,
    DingtalkRobot,
    DingtalkStream,
    DingtalkWebhook,
    WecomApp,
    WecomBot,
    WecomBotStream,
    WecomWebhook,
)
from tests.kit.other_side import Asked, OtherSide, Says

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)

BOT_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

GROUP = ChatRef(ChatKind.GROUP, "cidSYN/001+x==", "三年级组")


class HandClock:
    """A clock that stands still until it is turned."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def _direct(account: str) -> ChatRef:
    return ChatRef(ChatKind.DIRECT, account)


def _old_words(asked: Asked) -> str:
    body = asked.json
    content = body[body["msgtype"]]
    return str(content["text"] if "title" in content else content["content"])


def _robot_words(asked: Asked) -> str:
    values = json.loads(asked.json["msgParam"])
    return str(values.get("content") or values["text"])


def _notice_words(asked: Asked) -> str:
    """Without the time that stands below; it is there each time."""
    message = asked.json["msg"]
    part = message[message["msgtype"]]
    words, stamp, rest = str(part.get("content") or part.get("text")).rpartition("（09:30）")
    assert (stamp, rest) == ("（09:30）", "")
    return words.removesuffix("\n").removesuffix("  ")


def _same(text: str) -> str:
    return text


@dataclass(frozen=True)
class Hearer:
    """One kind of connection, as it is set up and built."""

    name: str
    settings: Callable[..., Any]
    build: Callable[[Any, Clock], Platform]


@dataclass(frozen=True)
class Case(Hearer):
    """One that also sends by calls of the usual kind.

    chat: where send_path sends to. words: what stands in a request to it. shown: how Markdown's newlines have to arrive.
    stale: the answers by which it says that a token is over. token: what its token address says, given the token.
    """

    chat: ChatRef
    send_path: str
    words: Callable[[Asked], str]
    ok: dict[str, Any]
    upload_path: str = ""
    token_path: str = ""
    token: Callable[[str], dict[str, Any]] = field(default=lambda token: {})
    given_token: Callable[[Asked], str] = field(default=lambda asked: "")
    stale: tuple[Says, ...] = ()
    shown: Callable[[str], str] = _same

    def connect(self, server: OtherSide, clock: HandClock | None = None, **settings: Any) -> Platform:
        """The platform, its other side at this server, everything going well."""
        if self.token_path:
            server.says(self.token_path, self.token("tok-1"), self.token("tok-2"), self.token("tok-3"))
        server.says(self.send_path, self.ok)
        return self.build(self.settings(server.url, **settings), clock or HandClock())


def wecom_settings(url: str = "http://127.0.0.1:9", **more: Any) -> WecomApp:
    values: dict[str, Any] = {
        "name": "oa",
        "platform": "wecom",
        "kind": "app",
        "corp_id": "ww0sim0corp",
        "agent_id": 1000002,
        "secret": "synthetic-wecom-secret",
        "token": "syntheticToken",
        # the 43rd character carries bits that belong to no byte, as the console's keys do
        "encoding_aes_key": base64.b64encode(bytes(range(32))).decode()[:42] + "9",
        "api_base": url,
    }
    return WecomApp.model_validate(values | more)


def wecom_webhook_settings(url: str = "http://127.0.0.1:9", **more: Any) -> WecomWebhook:
    values = {"name": "staff", "platform": "wecom", "kind": "webhook", "key": "693a91f6", "group": "教职工群"}
    return WecomWebhook.model_validate(values | {"api_base": url} | more)


def dingtalk_settings(url: str = "http://127.0.0.1:9", **more: Any) -> DingtalkRobot:
    values = {
        "name": "ding",
        "platform": "dingtalk",
        "kind": "robot",
        "app_key": "dingapp1",
        "app_secret": "SYNTHETIC-app-secret-0001",
        "robot_code": "dingapp1",
        "api_base": url,
        "oapi_base": url,
    }
    return DingtalkRobot.model_validate(values | more)


def dingtalk_stream_settings(url: str = "http://127.0.0.1:9", **more: Any) -> DingtalkStream:
    values = dingtalk_settings(url).model_dump(exclude={"card_secret", "card_url"})
    return DingtalkStream.model_validate(values | {"kind": "stream"} | more)


def dingtalk_notice_settings(url: str = "http://127.0.0.1:9", **more: Any) -> DingtalkNotice:
    values = dingtalk_settings(url).model_dump(include={"name", "app_key", "app_secret", "api_base", "oapi_base"})
    return DingtalkNotice.model_validate(values | {"platform": "dingtalk", "kind": "notice", "agent_id": 77} | more)


def dingtalk_webhook_settings(url: str = "http://127.0.0.1:9", **more: Any) -> DingtalkWebhook:
    values = {
        "name": "staff",
        "platform": "dingtalk",
        "kind": "webhook",
        "access_token": "hooktoken",
        "secret": "SECsynthetic0002",
        "group": "教职工群",
        "oapi_base": url,
    }
    return DingtalkWebhook.model_validate(values | more)


def wecom_bot_settings(**more: Any) -> WecomBot:
    values = {"name": "bot", "platform": "wecom", "kind": "bot", "token": "syntheticToken", "encoding_aes_key": BOT_KEY}
    return WecomBot.model_validate(values | more)


def wecom_bot_stream_settings(**more: Any) -> WecomBotStream:
    values = {"name": "bot", "platform": "wecom", "kind": "bot_stream", "bot_id": "aib1", "secret": "synthetic-secret"}
    return WecomBotStream.model_validate(values | more)


WECOM_APP = Case(
    name="wecom_app",
    settings=wecom_settings,
    build=wecom_app.build,
    chat=_direct("t.li"),
    send_path="/cgi-bin/message/send",
    words=_old_words,
    ok={"errcode": 0, "errmsg": "ok", "msgid": "m1"},
    upload_path="/cgi-bin/media/upload",
    token_path="/cgi-bin/gettoken",
    token=lambda token: {"errcode": 0, "access_token": token, "expires_in": 7200},
    given_token=lambda asked: asked.query["access_token"],
    stale=(Says({"errcode": 42001, "errmsg": "expired"}), Says({"errcode": 40014, "errmsg": "invalid"})),
)

WECOM_WEBHOOK = Case(
    name="wecom_webhook",
    settings=wecom_webhook_settings,
    build=wecom_webhook.build,
    chat=GROUP,
    send_path="/cgi-bin/webhook/send",
    words=_old_words,
    ok={"errcode": 0, "errmsg": "ok"},
    upload_path="/cgi-bin/webhook/upload_media",
)

DINGTALK_ROBOT = Case(
    name="dingtalk_robot",
    settings=dingtalk_settings,
    build=dingtalk_robot.build,
    chat=_direct("t001"),
    send_path="/v1.0/robot/oToMessages/batchSend",
    words=_robot_words,
    ok={"processQueryKey": "pq1", "invalidStaffIdList": [], "flowControlledStaffIdList": []},
    upload_path="/media/upload",
    token_path="/v1.0/oauth2/accessToken",
    token=lambda token: {"accessToken": token, "expireIn": 7200},
    given_token=lambda asked: asked.headers["x-acs-dingtalk-access-token"],
    stale=(
        Says({"code": "InvalidAuthentication", "requestid": "R-1", "message": "不合法的access_token"}, 400),
        Says({"Code": "InvalidAuthentication", "RequestId": "R-2"}, 401),
        Says({"message": "unauthorized"}, 401),
    ),
    shown=lambda text: text.replace("\n", "  \n"),
)

DINGTALK_STREAM = replace(
    DINGTALK_ROBOT, name="dingtalk_stream", settings=dingtalk_stream_settings, build=dingtalk_stream.build
)

DINGTALK_NOTICE = replace(
    DINGTALK_ROBOT,
    name="dingtalk_notice",
    settings=dingtalk_notice_settings,
    build=dingtalk_notice.build,
    send_path="/topapi/message/corpconversation/asyncsend_v2",
    words=_notice_words,
    ok={"errcode": 0, "task_id": 256271667526, "request_id": "r1"},
    given_token=lambda asked: asked.query["access_token"],
    stale=(Says({"errcode": 40014, "errmsg": "不合法的access_token"}), Says({"errcode": 42001, "errmsg": "over"})),
)

DINGTALK_WEBHOOK = Case(
    name="dingtalk_webhook",
    settings=dingtalk_webhook_settings,
    build=dingtalk_webhook.build,
    chat=GROUP,
    send_path="/robot/send",
    words=_old_words,
    ok={"errcode": 0, "errmsg": "ok"},
    shown=lambda text: text.replace("\n", "  \n"),
)

WECOM_BOT = Hearer("wecom_bot", wecom_bot_settings, wecom_bot.build)
WECOM_BOT_STREAM = Hearer("wecom_bot_stream", wecom_bot_stream_settings, wecom_bot_stream.build)
"""What they send goes in frames, and to the message's own address: their own files have that half."""

CASES = (WECOM_APP, WECOM_WEBHOOK, DINGTALK_ROBOT, DINGTALK_STREAM, DINGTALK_NOTICE, DINGTALK_WEBHOOK)
