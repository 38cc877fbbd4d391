"""DingTalk's internal-app robot over HTTP (钉钉企业内部应用机器人): signed JSON in; sessionWebhook and OpenAPI out.

In a group it hears only what mentions it, and only text, richText and picture; one to one it hears everything.
Sources: 钉钉开放平台 › 机器人 › 接收消息 (0699), 发送消息 (0714-0716), 下载文件 (0719), 媒体文件 (0646); snapshot of 2026-08.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog

from bot.clock import Clock, from_ms
from bot.errors import GiveUp, Malformed, Unsupported, Untrusted
from bot.messages import ChatKind, ChatRef, MediaRef, Message, Outgoing, Quote
from bot.platforms.base import Answer, Callback, Capabilities, Fetched, Health, Rate, Sent
from bot.platforms.dingtalk_api import JSON, DingtalkApi, as_json
from bot.platforms.dingtalk_errors import SESSION_OVER, error_for, old_code
from bot.platforms.dingtalk_posts import as_markdown, webhook_body
from bot.platforms.http import call, read_json
from bot.platforms.tally import Tally
from bot.settings import DingtalkRobot

log = structlog.get_logger()

PARAM_BYTES = 15_000
"""Of msgParam as a string (0699). Text keeps well below it: escaping and line breaks make it longer."""

SESSION_MARGIN = timedelta(minutes=1)
"""A session address about to end is not used."""

FILE_TYPES = ("xlsx", "pdf", "zip", "rar", "doc", "docx")
"""What sampleFile accepts (0699)."""

OVER_QUOTA = "20001"
"""The organisation's monthly quota is used up: the message comes without its words (1431)."""


def build(connection: DingtalkRobot, clock: Clock) -> DingtalkRobotPlatform:
    """The connection that these settings describe."""
    return DingtalkRobotPlatform(connection, clock)


class DingtalkRobotPlatform:
    """One robot."""

    capabilities = Capabilities(
        hears=True,
        direct=True,
        groups=True,
        text_bytes=4000,
        markdown=True,
        images=True,
        files=True,
        mentions=True,
        rates=(Rate(18, timedelta(seconds=1)),),  # 20 a second per app and API in the standard edition
    )

    def __init__(self, connection: DingtalkRobot, clock: Clock) -> None:
        self._settings = connection
        self._clock = clock
        self._secret = connection.app_secret.get_secret_value()
        self.tally = Tally()
        self._api = DingtalkApi(connection, clock, self.tally)

    # in

    def parse(self, callback: Callback) -> Message | Answer:
        """Verify one robot callback and read it.

        headers: timestamp (ms since 1970) and sign. The sign covers the time only: HTTPS protects the body, and the inbox
        stops a replay within the tolerance. Raises Untrusted, Malformed, Unsupported.
        """
        stamp = callback.headers.get("timestamp", "")
        digest = hmac.new(self._secret.encode(), f"{stamp}\n{self._secret}".encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(base64.b64encode(digest), callback.headers.get("sign", "").encode()):
            raise Untrusted("sign")
        tolerance = self._settings.tolerance
        if tolerance and abs((self._clock.now() - _moment(stamp)).total_seconds()) > tolerance:
            raise Untrusted("timestamp")
        try:
            data = json.loads(callback.body)
        except (ValueError, RecursionError) as error:
            raise Malformed("json") from error
        if not isinstance(data, dict):
            raise Malformed("json")
        return self._message(data)

    def acknowledge(self) -> Answer:
        """The one body that is documented to say nothing."""
        return Answer('{"msgtype":"empty"}', "application/json; charset=utf-8")

    def _message(self, data: dict[str, Any]) -> Message:
        """senderStaffId is missing for who is not of the school, and for all until the app is published: they go by senderId.

        That one is encrypted, but the same each time, and can be no staff id: it starts with "$:".
        """
        if str(data.get("errorCode") or data.get("errCode") or "") == OVER_QUOTA:
            log.warning("dingtalk_over_quota", todo="钉钉本月额度用完：开发者后台“额度”里查看")
            raise Unsupported("over quota")
        kind = str(data.get("msgtype", ""))
        try:
            account = _word(data.get("senderStaffId") or data["senderId"])
            text, images, files = _content(kind, data)
            return Message(
                # one group message that mentions two robots has one id for both
                id=f"{_word(data['msgId'])}/{data.get('robotCode') or ''}"[:255],
                account=account,
                chat=self._chat(data, account),
                sent_at=from_ms(data["createAt"]),
                text=text,
                images=images,
                files=files,
                quote=_quote(data),
                account_name=str(data.get("senderNick") or ""),
                raw=data,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Malformed(kind or "msgtype") from error

    def _chat(self, data: Mapping[str, Any], account: str) -> ChatRef:
        """A direct chat goes by the account's id: that is what oToMessages needs, also before anybody wrote."""
        group = str(data["conversationType"]) == "2"
        return ChatRef(
            ChatKind.GROUP if group else ChatKind.DIRECT,
            _word(data["conversationId"]) if group else account,
            str(data.get("conversationTitle") or ""),
            *self._session(data),
        )

    def _session(self, data: Mapping[str, Any]) -> tuple[str, datetime | None]:
        """The address for answers and until when it lives; ("", None) for one that cannot be used.

        The sign does not cover the body: an address is believed only on DingTalk's own host.
        """
        url = str(data.get("sessionWebhook") or "")
        ours = urlsplit(self._settings.oapi_base)
        try:
            theirs = urlsplit(url)
            until = from_ms(data["sessionWebhookExpiredTime"])
        except (KeyError, TypeError, ValueError):
            return "", None
        return (url, until) if (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc) else ("", None)

    # out

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """By the session's address while it lives, else by OpenAPI. Raises TryLater, GiveUp."""
        if outgoing.image is None and outgoing.file is None and self._session_lives(chat):
            code = self._by_session(chat, outgoing)
            if code == "0":
                return Sent()
            if code != SESSION_OVER:
                raise error_for(code)
        key, values = self._packed(outgoing)
        body = {"robotCode": self._settings.robot_code, "msgKey": key, "msgParam": as_json(values)}
        if len(body["msgParam"].encode()) > PARAM_BYTES:
            raise error_for("msgParam.tooLong")
        if chat.kind is ChatKind.GROUP:
            result = self._api.new("POST", "/v1.0/robot/groupMessages/send", body | {"openConversationId": chat.id})
            return Sent(str(result.get("processQueryKey", "")))
        result = self._api.new("POST", "/v1.0/robot/oToMessages/batchSend", body | {"userIds": [chat.id]})
        if chat.id in (result.get("invalidStaffIdList") or []):
            raise error_for("staffId.notExisted")
        if chat.id in (result.get("flowControlledStaffIdList") or []):
            raise error_for("send.too.fast")
        return Sent(str(result.get("processQueryKey", "")))

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """downloadCode → address → bytes. Raises TryLater, GiveUp."""
        return self._api.download(self._settings.robot_code, media, limit)

    def check(self) -> Health:
        """Fetch a token: it proves app_key, app_secret and the way there."""
        return self._api.check()

    def _session_lives(self, chat: ChatRef) -> bool:
        if not chat.reply_url or chat.reply_until is None:
            return False
        return chat.reply_until - SESSION_MARGIN > self._clock.now()

    def _by_session(self, chat: ChatRef, outgoing: Outgoing) -> str:
        """Returns the errcode as a word."""
        if chat.kind is ChatKind.DIRECT:
            outgoing = replace(outgoing, mentions=())
        # the address came from outside: it may not lead on to another
        asked = {"data": webhook_body(outgoing), "headers": JSON, "allow_redirects": False}
        return old_code(read_json(call(self._api.http, "POST", chat.reply_url, **asked)))

    def _packed(self, outgoing: Outgoing) -> tuple[str, dict[str, str]]:
        if outgoing.image is not None:
            return "sampleImageMsg", {"photoURL": self._api.upload("image", outgoing.image)}
        if outgoing.file is not None:
            suffix = outgoing.file.name.rpartition(".")[2].lower()
            if suffix not in FILE_TYPES:
                raise GiveUp(f"钉钉机器人不能发 .{suffix} 文件，只能发 {'、'.join(FILE_TYPES)}")
            values = {"mediaId": self._api.upload("file", outgoing.file), "fileName": outgoing.file.name}
            return "sampleFile", values | {"fileType": suffix}
        if outgoing.markdown:
            return "sampleMarkdown", {"title": outgoing.title or "校铃", "text": as_markdown(outgoing.text)}
        return "sampleText", {"content": outgoing.text}


def _content(kind: str, data: Mapping[str, Any]) -> tuple[str, tuple[MediaRef, ...], tuple[MediaRef, ...]]:
    """Text, pictures and files of one message. Raises Unsupported, KeyError."""
    match kind:
        case "text":
            return _said(data["text"]["content"]).strip(), (), ()
        case "picture":
            return "", (MediaRef(_word(data["content"]["downloadCode"])),), ()
        case "richText":
            parts = data["content"]["richText"]
            text = "".join(str(part["text"]) for part in parts if part.get("text"))
            images = tuple(MediaRef(str(part["downloadCode"])) for part in parts if part.get("downloadCode"))
            return text.strip(), images, ()
        case "audio":
            return str(data["content"].get("recognition") or "").strip(), (), ()
        case "file":
            content = data["content"]
            return "", (), (MediaRef(_word(content["downloadCode"]), str(content.get("fileName") or "")),)
    raise Unsupported(kind or "no msgtype")


def _quote(data: Mapping[str, Any]) -> Quote | None:
    """What the message points at. Undocumented, so read leniently: anything unexpected is no quote.

    repliedMsg stands beside the words; quoteMessage and quoteContent are older forms; some replies name the message alone.
    """
    text = data.get("text")
    places = [place for place in (text, data.get("content"), data) if isinstance(place, dict)]
    for place in places:
        for name in ("repliedMsg", "quoteMessage"):
            if isinstance(place.get(name), dict) and (quote := _replied(place[name])):
                return quote
    for place in places:
        if isinstance(words := place.get("quoteContent"), str) and words.strip():
            return Quote(text=words.strip())
    if isinstance(text, dict) and text.get("isReplyMsg") and data.get("originalMsgId"):
        return Quote(str(data["originalMsgId"]))
    return None


def _replied(replied: Mapping[str, Any]) -> Quote | None:
    content = replied.get("content") or replied.get("text")
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError):
            content = {"text": content}
    if not isinstance(content, dict):
        content = {"text": content} if isinstance(content, int) else {}
    parts = content.get("richText")
    parts = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    words = [
        content.get("text") or content.get("content"),
        *(part.get("content") or part.get("text") for part in parts),
    ]
    codes = [content.get("downloadCode"), *(part.get("downloadCode") for part in parts)]
    quote = Quote(
        str(replied.get("msgId") or ""),
        "".join(word for word in map(str, filter(None, words))).strip(),
        tuple(MediaRef(code) for code in codes if isinstance(code, str) and code),
    )
    return None if quote == Quote() else quote


def _said(value: object) -> str:
    """Words, perhaps none. Raises ValueError for what are no words."""
    if not isinstance(value, str):
        raise ValueError("no words")
    return value


def _word(value: object) -> str:
    """A string that must not be empty. Raises ValueError."""
    if not _said(value):
        raise ValueError("empty")
    return str(value)


def _moment(stamp: str) -> datetime:
    try:
        return from_ms(stamp).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Untrusted("timestamp") from error
