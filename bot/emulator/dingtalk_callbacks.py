"""What DingTalk sends to a robot's address when somebody writes to it: plain JSON, signed over its timestamp alone.

Written from the documentation alone: 钉钉开放平台 › 机器人 › 接收消息 (snapshot of 2026-08-22). Quotes (text.repliedMsg) are
undocumented and follow what public adapters read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.emulator import demo
from bot.emulator.records import BOT, GROUP, Chat, Message, Parcel, Person

SESSION_LASTS = timedelta(minutes=90)
BOT_ID = "$:LWCP_v1:$demoBot0000=="


def parcels(
    message: Message, quoted: Message | None, person: Person, chat: Chat, session_url: str, bot_url: str, clock: Clock
) -> list[Parcel]:
    """The callbacks that carry one bubble. Words with pictures travel together; pictures alone, one to one, each by itself."""
    contents: list[dict[str, Any]] = []
    if message.images and (message.text or (chat.kind == GROUP and len(message.images) > 1)):
        words = [{"text": message.text}] if message.text else []
        pictures = [{"type": "picture", **_picture(image)} for image in message.images]
        contents.append({"msgtype": "richText", "content": {"richText": words + pictures}})
    elif message.images:
        contents += [{"msgtype": "picture", "content": _picture(image)} for image in message.images]
    else:
        text: dict[str, Any] = {"content": f" {message.text}" if chat.kind == GROUP else message.text}
        if quoted is not None:
            text |= {"isReplyMsg": True, "repliedMsg": _quoted(quoted)}
        contents.append({"msgtype": "text", "text": text})
    if quoted is not None:
        contents[0]["originalMsgId"] = quoted.wire_id
    found = []
    for number, content in enumerate(contents):
        identity = message.wire_id if number == 0 else message_id()
        found.append(_parcel({"msgId": identity, **content}, person, chat, session_url, bot_url, clock))
    return found


def message_id() -> str:
    return f"msg{base64.b64encode(secrets.token_bytes(18)).decode()}"


def sender_id(person_id: str) -> str:
    """The encrypted id, which is no identity to anybody."""
    digest = hashlib.sha256(f"demo {person_id}".encode()).digest()
    return f"$:LWCP_v1:${base64.b64encode(digest[:12]).decode()}"


def sign(stamp: str, secret: str) -> str:
    """base64 of HMAC-SHA256 over timestamp, newline, secret; keyed by the secret."""
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _parcel(
    content: dict[str, Any], person: Person, chat: Chat, session_url: str, bot_url: str, clock: Clock
) -> Parcel:
    stamp = int(clock.now().timestamp() * 1000)
    body: dict[str, Any] = {
        **content,
        "createAt": stamp,
        "conversationType": "2" if chat.kind == GROUP else "1",
        "conversationId": chat.address,
        "senderId": sender_id(person.id),
        "senderStaffId": person.dingtalk,
        "senderNick": person.name,
        "senderCorpId": demo.DING_CORP_ID,
        "senderPlatform": "Android",
        "isAdmin": person.id == demo.ADMINISTRATOR,
        "chatbotUserId": BOT_ID,
        "chatbotCorpId": demo.DING_CORP_ID,
        "robotCode": demo.DING_ROBOT,
        "sessionWebhook": session_url,
        "sessionWebhookExpiredTime": stamp + int(SESSION_LASTS.total_seconds() * 1000),
    }
    if chat.kind == GROUP:
        body |= {"conversationTitle": chat.title, "isInAtList": True, "atUsers": [{"dingtalkId": BOT_ID}]}
    path = f"/callback/{demo.CODE}/{demo.DING_CONNECTION}"
    return Parcel(
        title=f"回调 POST {path}",
        url=f"{bot_url}{path}",
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "timestamp": str(stamp),
            "sign": sign(str(stamp), demo.DING_SECRET),
        },
        body=json.dumps(body, ensure_ascii=False).encode(),
        plain=json.dumps(body, ensure_ascii=False, indent=2),
    )


def _picture(image: str) -> dict[str, str]:
    code = download_code(image)
    return {"downloadCode": code, "pictureDownloadCode": code}


def download_code(image: str) -> str:
    return f"mIofN681YE3f/{image}=="


def file_of(code: str) -> str:
    """The stored file that a download code stands for; "" for no code of ours."""
    prefix, suffix = "mIofN681YE3f/", "=="
    return code[len(prefix) : -len(suffix)] if code.startswith(prefix) and code.endswith(suffix) else ""


def _quoted(quoted: Message) -> dict[str, Any]:
    kind, content = _quoted_content(quoted)
    return {
        "msgType": kind,
        "msgId": quoted.wire_id,
        "senderId": BOT_ID if quoted.sender == BOT else sender_id(quoted.sender),
        "createdAt": int(quoted.at.timestamp() * 1000),
        "content": content,
    }


def _quoted_content(quoted: Message) -> tuple[str, dict[str, Any]]:
    if quoted.images and quoted.text:
        words = [{"msgType": "text", "content": quoted.text}]
        pictures = [{"msgType": "picture", "downloadCode": download_code(image)} for image in quoted.images]
        return "richText", {"richText": words + pictures}
    if quoted.images:
        return "picture", {"downloadCode": download_code(quoted.images[0])}
    if quoted.file:
        return "file", {"downloadCode": download_code(quoted.file), "fileName": quoted.title}
    return "text", {"text": quoted.text}
