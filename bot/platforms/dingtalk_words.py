"""What somebody said to DingTalk's robot, read; the same object comes over HTTP and over a stream.

Source: 钉钉开放平台 › 机器人 › 接收消息 (0699); snapshot of 2026-08. Quotes are undocumented.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog

from bot.clock import from_ms
from bot.errors import Malformed, Unsupported
from bot.messages import ChatKind, ChatRef, MediaRef, Message, Quote

log = structlog.get_logger()

OVER_QUOTA = "20001"
"""The organisation's monthly quota is used up: the message comes without its words (1431)."""


def read_object(body: str | bytes) -> dict[str, Any]:
    """The JSON object of a callback. Raises Malformed."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("json") from error
    if not isinstance(data, dict):
        raise Malformed("json")
    return data


def over_quota(data: Mapping[str, Any]) -> bool:
    """Whether a message lacks its words because the month's messages are used up."""
    return str(data.get("errorCode") or data.get("errCode") or "") == OVER_QUOTA


def read_message(data: dict[str, Any], oapi_base: str) -> Message:
    """senderStaffId is missing for who is not of the school, and for all until the app is published: they go by senderId.

    That one is encrypted, but the same each time, and can be no staff id: it starts with "$:". oapi_base: DingTalk's own
    host. Raises Malformed, Unsupported.
    """
    if over_quota(data):
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
            chat=_chat(data, account, oapi_base),
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


def _chat(data: Mapping[str, Any], account: str, oapi_base: str) -> ChatRef:
    """A direct chat goes by the account's id: that is what oToMessages needs, also before anybody wrote."""
    group = str(data["conversationType"]) == "2"
    return ChatRef(
        ChatKind.GROUP if group else ChatKind.DIRECT,
        _word(data["conversationId"]) if group else account,
        str(data.get("conversationTitle") or ""),
        *_session(data, oapi_base),
    )


def _session(data: Mapping[str, Any], oapi_base: str) -> tuple[str, datetime | None]:
    """The address for answers and until when it lives; ("", None) for one that cannot be used.

    The sign does not cover the body: an address is believed only on DingTalk's own host.
    """
    url = str(data.get("sessionWebhook") or "")
    ours = urlsplit(oapi_base)
    try:
        theirs = urlsplit(url)
        until = from_ms(data["sessionWebhookExpiredTime"])
    except (KeyError, TypeError, ValueError):
        return "", None
    return (url, until) if (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc) else ("", None)


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
