"""The real bytes each platform sends for one spoken line, made from the documentation with no code of the product's.

callback() says a line on any connection that hears. The functions below it seal and sign whatever a test likes, so that wrong
things can be said with right signatures.
Sources: 企业微信开发者中心 › 加解密方案说明 (90968), 接收消息 (90239); 钉钉开放平台 › 机器人 › 接收消息 (0699);
copies of 2023 to 2026.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.messages import ChatKind, ChatRef, Quote
from bot.platforms.base import Callback
from bot.settings import DingtalkRobot, DingtalkStream, WecomApp, WecomBot, WecomBotStream

BLOCK = 32
"""Bytes to which WeCom pads, though AES has blocks of 16."""

SESSION_LASTS = timedelta(minutes=90)
NONCE = "1597212914"


@singledispatch
def callback(
    settings: object,
    now: datetime,
    *,
    account: str,
    text: str = "",
    images: Sequence[str] = (),
    chat: ChatRef | None = None,
    message_id: str,
    quote: Quote | None = None,
) -> Callback:
    """One line said by `account`: words, or pictures by their ids at the platform, or both where the platform can.

    chat: None is the account's own chat with the bot; reply_url becomes the session address where there is such a thing.
    """
    raise TypeError(f"nothing is heard over {type(settings).__name__}")


@callback.register
def _wecom(
    settings: WecomApp,
    now: datetime,
    *,
    account: str,
    text: str = "",
    images: Sequence[str] = (),
    chat: ChatRef | None = None,
    message_id: str,
    quote: Quote | None = None,
) -> Callback:
    if quote or (chat and chat.kind is ChatKind.GROUP) or (text and images) or len(images) > 1:
        raise ValueError("a member writes to an app in private, words or one picture at a time, and quotes nothing")
    fields = {"MsgType": "text", "Content": text}
    if images:
        url = f"https://wework.qpic.cn/{images[0]}/0"
        fields = {"MsgType": "image", "PicUrl": url, "MediaId": images[0]}
    return wecom_callback(settings, now, wecom_xml(settings, now, account, fields | {"MsgId": message_id}))


@callback.register
def _dingtalk(
    settings: DingtalkRobot,
    now: datetime,
    *,
    account: str,
    text: str = "",
    images: Sequence[str] = (),
    chat: ChatRef | None = None,
    message_id: str,
    quote: Quote | None = None,
) -> Callback:
    group = chat is not None and chat.kind is ChatKind.GROUP
    pictures = [{"downloadCode": image, "pictureDownloadCode": f"p{image}"} for image in images]
    content: dict[str, Any]
    if len(pictures) == 1 and not text:
        content = {"msgtype": "picture", "content": pictures[0]}
    elif pictures:
        parts = [{"text": text}] if text else []
        parts += [{"type": "picture", **picture} for picture in pictures]
        content = {"msgtype": "richText", "content": {"richText": parts}}
    else:
        content = {"msgtype": "text", "text": {"content": f" {text}" if group else text}}
        if quote:
            content["text"] |= {"isReplyMsg": True, "repliedMsg": _replied(quote, now)}
    body = dingtalk_body(settings, now, account, content | {"msgId": message_id})
    if chat is not None:
        session = {"sessionWebhook": chat.reply_url, "sessionWebhookExpiredTime": _ms(chat.reply_until or now)}
        body |= session if chat.reply_url else {}
    if group and chat is not None:
        body |= {"conversationType": "2", "conversationId": chat.id, "conversationTitle": chat.title}
        body |= {"isInAtList": True, "atUsers": [{"dingtalkId": body["chatbotUserId"]}]}
    return dingtalk_callback(settings, now, body)


@callback.register
def _dingtalk_stream(settings: DingtalkStream, now: datetime, **said: Any) -> Callback:
    """The same object that comes over HTTP, in a frame."""
    robot = DingtalkRobot.model_validate(settings.model_dump() | {"kind": "robot"})
    headers = {"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get", "messageId": "frame1"}
    return Callback("FRAME", headers, {}, callback(robot, now, **said).body)


# WeCom


def wecom_xml(settings: WecomApp, now: datetime, account: str, fields: Mapping[str, str]) -> str:
    """A decrypted callback with the fields that every one has, and these."""
    common = {
        "ToUserName": settings.corp_id,
        "FromUserName": account,
        "CreateTime": str(int(now.timestamp())),
        "AgentID": str(settings.agent_id),
    }
    return f"<xml>{''.join(f'<{name}>{_cdata(value)}</{name}>' for name, value in {**common, **fields}.items())}</xml>"


def wecom_callback(settings: WecomApp, now: datetime, plain: str | bytes, *, corp_id: str = "") -> Callback:
    """POST: any document, sealed and signed. corp_id: whom it says it is for, default the right one."""
    sealed = wecom_sealed(settings, plain, receiver=corp_id or None)
    body = f"<xml><ToUserName>{_cdata(settings.corp_id)}</ToUserName><AgentID>{settings.agent_id}</AgentID>"
    body += f"<Encrypt>{_cdata(sealed)}</Encrypt></xml>"
    return Callback("POST", {"content-type": "text/xml"}, wecom_query(settings, now, sealed), body.encode())


def wecom_address_check(settings: WecomApp, now: datetime, echo: str) -> Callback:
    """GET: what the console sends when the address is saved."""
    sealed = wecom_sealed(settings, echo)
    return Callback("GET", {}, wecom_query(settings, now, sealed) | {"echostr": sealed}, b"")


def wecom_query(settings: WecomApp, now: datetime, sealed: str) -> dict[str, str]:
    """What stands in the address."""
    return wecom_signed(settings, str(int(now.timestamp())), sealed)


def wecom_signed(settings: WecomApp | WecomBot, stamp: str, sealed: str) -> dict[str, str]:
    """SHA-1 over token, timestamp, nonce and ciphertext, sorted as strings."""
    parts = sorted([settings.token.get_secret_value(), stamp, NONCE, sealed])
    signature = hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()
    return {"msg_signature": signature, "timestamp": stamp, "nonce": NONCE}


def wecom_sealed(settings: WecomApp | WecomBot, plain: str | bytes, *, receiver: str | None = None) -> str:
    """16 random bytes, the length as a big-endian number, the text, the receiver; padded; AES-256-CBC; base64.

    receiver: default the corp id of an app, nobody in particular for a bot.
    """
    content = plain.encode() if isinstance(plain, str) else plain
    if receiver is None:
        receiver = settings.corp_id if isinstance(settings, WecomApp) else ""
    whole = os.urandom(16) + struct.pack(">I", len(content)) + content + receiver.encode()
    padding = BLOCK - len(whole) % BLOCK
    key = base64.b64decode(settings.encoding_aes_key.get_secret_value() + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = encryptor.update(whole + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


# WeCom's AI bot


@callback.register
def _wecom_bot(settings: WecomBot, now: datetime, *, chat: ChatRef | None = None, **said: Any) -> Callback:
    url = chat.reply_url if chat and chat.reply_url else f"{settings.api_base}/cgi-bin/aibot/response?response_code=R1"
    return wecom_bot_callback(settings, now, _wecom_bot_body(now, "", chat=chat, **said) | {"response_url": url})


@callback.register
def _wecom_bot_stream(settings: WecomBotStream, now: datetime, *, chat: ChatRef | None = None, **said: Any) -> Callback:
    body = _wecom_bot_body(now, "AES-KEY-OF-THE-LINK", chat=chat, **said)
    return wecom_bot_frame(body, (chat.reply_url if chat else "") or f"req-{said['message_id']}")


def _wecom_bot_body(
    now: datetime,
    key: str,
    *,
    account: str,
    text: str = "",
    images: Sequence[str] = (),
    chat: ChatRef | None = None,
    message_id: str,
    quote: Quote | None = None,
) -> dict[str, Any]:
    """The same on both ways, but for the key: "" where the callback's own opens the files. images: their addresses."""
    group = chat is not None and chat.kind is ChatKind.GROUP
    words = f"@校铃 {text}" if group else text
    body: dict[str, Any] = {"msgid": message_id, "aibotid": "aib1", "create_time": int(now.timestamp())}
    body |= {"chattype": "group" if group else "single", "from": {"userid": account}}
    body |= {"chatid": chat.id} if group and chat else {}
    if quote:
        body["quote"] = _wecom_bot_content(quote.text, [image.ref for image in quote.images], key)
    return body | _wecom_bot_content(words, images, key)


def wecom_bot_callback(
    settings: WecomBot, now: datetime, body: object, *, receiver: str = "", stamp: str = "", name: str = "encrypt"
) -> Callback:
    """POST: any JSON, or any bytes, sealed for no receiver in particular."""
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    sealed = wecom_sealed(settings, content, receiver=receiver)
    query = wecom_signed(settings, stamp or str(int(now.timestamp())), sealed)
    return Callback("POST", {"content-type": "application/json"}, query, json.dumps({name: sealed}).encode())


def wecom_bot_frame(body: object, req_id: str = "req-1", cmd: str = "aibot_msg_callback") -> Callback:
    """What the long connection brings."""
    frame = {"cmd": cmd, "headers": {"req_id": req_id}, "body": body}
    return Callback("FRAME", {}, {}, json.dumps(frame, ensure_ascii=False).encode())


def _wecom_bot_content(text: str, images: Sequence[str], key: str) -> dict[str, Any]:
    pictures = [{"url": url, **({"aeskey": key} if key else {})} for url in images]
    if pictures and (text or len(pictures) > 1):
        items: list[dict[str, Any]] = [{"msgtype": "text", "text": {"content": text}}] if text else []
        items += [{"msgtype": "image", "image": picture} for picture in pictures]
        return {"msgtype": "mixed", "mixed": {"msg_item": items}}
    if pictures:
        return {"msgtype": "image", "image": pictures[0]}
    return {"msgtype": "text", "text": {"content": text}}


# DingTalk


def dingtalk_body(settings: DingtalkRobot, now: datetime, account: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A private callback with the fields that every one has, and these."""
    return {
        "createAt": _ms(now),
        "conversationType": "1",
        "conversationId": f"cid+{account}/==",
        "senderId": f"$:LWCP_v1:${account}",
        "senderStaffId": account,
        "senderNick": "李老师",
        "senderCorpId": "dingcorp1",
        "senderPlatform": "Mac",
        "isAdmin": False,
        "chatbotUserId": "$:LWCP_v1:$bot",
        "chatbotCorpId": "dingcorp1",
        "robotCode": settings.robot_code,
        "sessionWebhook": f"{settings.oapi_base}/robot/sendBySession?session=S1",
        "sessionWebhookExpiredTime": _ms(now + SESSION_LASTS),
        **fields,
    }


def dingtalk_callback(settings: DingtalkRobot, now: datetime, body: object) -> Callback:
    """POST: any JSON, or any bytes, signed over its time as DingTalk does."""
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Callback("POST", dingtalk_headers(settings, str(_ms(now))), {}, content)


def dingtalk_headers(settings: DingtalkRobot, stamp: str) -> dict[str, str]:
    """timestamp, and base64 of HMAC-SHA256 over timestamp, newline, secret; keyed by the secret."""
    secret = settings.app_secret.get_secret_value()
    return {"timestamp": stamp, "sign": dingtalk_sign(secret, stamp)}


def dingtalk_sign(secret: str, stamp: str) -> str:
    """The same for callbacks to a robot and for posts to a group's webhook."""
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _replied(quote: Quote, now: datetime) -> dict[str, Any]:
    """Undocumented; as public adapters read it."""
    kind: str
    content: dict[str, Any]
    if quote.images and quote.text:
        words = [{"msgType": "text", "content": quote.text}]
        pictures = [{"msgType": "picture", "downloadCode": image.ref} for image in quote.images]
        kind, content = "richText", {"richText": words + pictures}
    elif quote.images:
        kind, content = "picture", {"downloadCode": quote.images[0].ref}
    else:
        kind, content = "text", {"text": quote.text}
    return {"msgType": kind, "msgId": quote.message_id, "createdAt": _ms(now), "content": content}


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _cdata(text: str) -> str:
    """Text that cannot end its own section; what holds the end mark is escaped instead."""
    return escape(text) if "]]>" in text else f"<![CDATA[{text}]]>"
