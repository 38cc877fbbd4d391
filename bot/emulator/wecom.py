"""WeCom's server, as far as a self-built app and group webhooks see it; and WeCom's callbacks to the bot.

Facts: 企业微信开发者中心, pages 90236 (send), 90930 and 90968 (callbacks and their crypto), 91770 (webhook), 90253 (media); error
codes of the global list. Failures answer 200 with an errcode, as WeCom does.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flask import Blueprint, Request, Response, g, jsonify, request, send_file

from bot.clock import monotonic
from bot.emulator.calls import Tokens, Window, deliver, from_bot, slowly
from bot.emulator.world import Actor, Line, Room, World

TEXT_BYTES = 2048
MEDIA_LASTS = timedelta(days=3)
IMAGE_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class WecomApp:
    """The app as the console shows it. callback: the path under the bot's address."""

    corp_id: str
    agent_id: int
    secret: str
    token: str
    aes_key: str
    callback: str


class WecomError(Exception):
    """An errcode for the answer."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Wecom:
    """One corp with one app; the group webhooks are the keys of the world's WeCom groups."""

    def __init__(self, world: World, app: WecomApp) -> None:
        self._world = world
        self._app = app
        self.tokens = Tokens(world.clock)
        self._per_member = Window(world.clock, 30, timedelta(minutes=1))
        self._per_webhook = Window(world.clock, 20, timedelta(minutes=1))
        self._sent: dict[str, datetime] = {}

    def clear(self) -> None:
        """Forget tokens, windows and what was sent."""
        self.tokens.clear()
        self._per_member.clear()
        self._per_webhook.clear()
        self._sent.clear()

    # callbacks

    def deliver(self, line: Line, room: Room, actor: Actor) -> tuple[str, str]:
        """Text and each picture are messages of their own: WeCom has no message that holds both."""
        messages = [f"<Content><![CDATA[{_cdata(line.text)}]]></Content>"] if line.text.strip() else []
        kinds = ["text"] * len(messages) + ["image"] * len(line.images)
        messages += [
            f"<PicUrl><![CDATA[https://emulator.invalid/{name}]]></PicUrl><MediaId><![CDATA[{name}]]></MediaId>"
            for name in line.images
        ]
        state, note = "sent", ""
        for place, (kind, inner) in enumerate(zip(kinds, messages, strict=True)):
            xml = (
                f"<xml><ToUserName><![CDATA[{self._app.corp_id}]]></ToUserName>"
                f"<FromUserName><![CDATA[{actor.wecom}]]></FromUserName>"
                f"<CreateTime>{int(line.at.timestamp())}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{inner}"
                f"<MsgId>{_message_id(line, place)}</MsgId><AgentID>{self._app.agent_id}</AgentID></xml>"
            )
            url, body = self.sealed(xml)
            state, note = deliver(self._world, line.id, url, {"Content-Type": "text/xml"}, body, xml)
            if state != "sent":
                break
        return state, note

    def sealed(self, xml: str) -> tuple[str, bytes]:
        """The address with its signature, and the encrypted body, for one callback."""
        encrypted = encrypt(xml, self._app.aes_key, self._app.corp_id)
        stamp, nonce = str(int(self._world.clock.now().timestamp())), secrets.token_hex(5)
        signature = sign(self._app.token, stamp, nonce, encrypted)
        query = urlencode({"msg_signature": signature, "timestamp": stamp, "nonce": nonce})
        body = (
            f"<xml><ToUserName><![CDATA[{self._app.corp_id}]]></ToUserName><AgentID>{self._app.agent_id}</AgentID>"
            f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        )
        return f"{self._world.bot_url}{self._app.callback}?{query}", body.encode()

    # the API

    def blueprint(self) -> Blueprint:
        """Everything under /cgi-bin/."""
        pages = Blueprint("wecom", __name__, url_prefix="/cgi-bin")

        @pages.before_request
        def begin() -> Response | None:
            g.started = monotonic()
            slowly(self._world)
            if request.endpoint != "wecom.gettoken" and self._world.faults.strikes("busy"):
                return jsonify(errcode=-1, errmsg="system busy")
            return None

        @pages.errorhandler(WecomError)
        def refused(error: WecomError) -> Response:
            return jsonify(errcode=error.code, errmsg=f"{error}, hint: [emulator]")

        @pages.get("/gettoken")
        def gettoken() -> Response:
            if request.args.get("corpid") != self._app.corp_id:
                raise WecomError(40013, "invalid corpid")
            if request.args.get("corpsecret") != self._app.secret:
                raise WecomError(40001, "invalid credential")
            return jsonify(errcode=0, errmsg="ok", access_token=self.tokens.issue(), expires_in=7200)

        @pages.post("/message/send")
        def message_send() -> Response:
            self._check_token()
            return self._noted("message/send", self._send(_json(request)))

        @pages.post("/media/upload")
        def media_upload() -> Response:
            self._check_token()
            return self._upload(request.args.get("type", ""))

        @pages.get("/media/get")
        def media_get() -> Response:
            self._check_token()
            name = request.args.get("media_id", "")
            path = self._world.file(name)
            if path is None or self._too_old(name):
                raise WecomError(40007, "invalid media_id")
            response = send_file(path, as_attachment=True, download_name=name)
            self._world.record_file(name, from_bot(self._world, request, response, g.started, "GET media/get"))
            return response

        @pages.post("/webhook/send")
        def webhook_send() -> Response:
            room = self._webhook_room()
            return self._noted("webhook/send", self._post_to_group(room, _json(request)))

        @pages.post("/webhook/upload_media")
        def webhook_upload() -> Response:
            self._webhook_room()
            return self._upload(request.args.get("type", ""))

        return pages

    def _noted(self, title: str, done: tuple[dict[str, Any], Line | None]) -> Response:
        result, line = done
        response = jsonify(result)
        if line is not None:
            self._world.record(line.id, from_bot(self._world, request, response, g.started, f"POST {title}"))
        return response

    def _check_token(self) -> None:
        if self._world.faults.strikes("expired_token"):
            self.tokens.end_all()
        token = request.args.get("access_token", "")
        if not token:
            raise WecomError(41001, "access_token missing")
        if not self.tokens.known(token):
            raise WecomError(40014, "invalid access_token")
        if not self.tokens.alive(token):
            raise WecomError(42001, "access_token expired")

    def _send(self, data: dict[str, Any]) -> tuple[dict[str, Any], Line | None]:
        if data.get("agentid") != self._app.agent_id:
            raise WecomError(40056, "invalid agentid")
        wanted = [user for user in str(data.get("touser", "")).split("|") if user]
        rooms = {user: self._world.room_with_key("wecom", "direct", user) for user in wanted}
        invalid = [user.lower() for user, room in rooms.items() if room is None]
        if len(invalid) == len(wanted):
            raise WecomError(81013, "user & party & tag all invalid")
        content = self._content(data)
        result = {"errcode": 0, "errmsg": "ok", "invaliduser": "|".join(invalid), "msgid": secrets.token_urlsafe(24)}
        if data.get("enable_duplicate_check") and self._said_before(data):
            return result, None
        line = None
        for user, room in rooms.items():
            if room is not None and not self._per_member.full(user.lower()):
                line = self._world.bot_says(room, **content)
        return result, line

    def _said_before(self, data: dict[str, Any]) -> bool:
        now = self._world.clock.now()
        seconds = min(int(data.get("duplicate_check_interval", 1800)), 14400)
        key = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
        before = self._sent.get(key)
        self._sent[key] = now
        return before is not None and now - before < timedelta(seconds=seconds)

    def _content(self, data: dict[str, Any]) -> dict[str, Any]:
        kind = data.get("msgtype")
        inner = data.get(str(kind))
        if kind not in ("text", "markdown", "image", "file") or not isinstance(inner, dict):
            raise WecomError(40008, "invalid message type")
        if kind in ("text", "markdown"):
            text = str(inner.get("content", ""))
            if not text:
                raise WecomError(44004, "empty content")
            cut = text.encode()[:TEXT_BYTES].decode("utf-8", "ignore")
            return {"text": cut, "markdown": kind == "markdown"}
        name = str(inner.get("media_id", ""))
        if self._world.file(name) is None or self._too_old(name):
            raise WecomError(40007, "invalid media_id")
        return {"images": [name]} if kind == "image" else {"file": name, "file_name": name}

    def _post_to_group(self, room: Room, data: dict[str, Any]) -> tuple[dict[str, Any], Line | None]:
        if self._per_webhook.full(room.key):
            raise WecomError(45009, "api freq out of limit")
        inner = data.get("image")
        if data.get("msgtype") == "image" and isinstance(inner, dict):
            picture = base64.b64decode(str(inner.get("base64", "")), validate=True)
            if hashlib.md5(picture, usedforsecurity=False).hexdigest() != inner.get("md5"):
                raise WecomError(301019, "media md5 not match")
            if len(picture) > 2 * 1024 * 1024:
                raise WecomError(40009, "invalid image size")
            return _OK, self._world.bot_says(room, images=[self._world.keep_file(picture, "image.png")])
        content = self._content(data)
        text = data.get("text")
        accounts = text.get("mentioned_list", []) if isinstance(text, dict) else []
        mentioned = [actor.id for actor in self._world.actors if actor.wecom in accounts]
        return _OK, self._world.bot_says(room, mentions=mentioned, **content)

    def _webhook_room(self) -> Room:
        room = self._world.room_with_key("wecom", "group", request.args.get("key", ""))
        if room is None:
            raise WecomError(93000, "invalid webhook url")
        return room

    def _upload(self, kind: str) -> Response:
        file = request.files.get("media")
        if kind not in ("image", "voice", "video", "file"):
            raise WecomError(40004, "invalid media type")
        if file is None:
            raise WecomError(41005, "media data missing")
        content = file.read()
        if len(content) <= 5:
            raise WecomError(40006, "invalid media size")
        if kind == "image" and len(content) > IMAGE_BYTES:
            raise WecomError(40009, "invalid image size")
        name = self._world.keep_file(content, file.filename or "file.bin")
        stamp = str(int(self._world.clock.now().timestamp()))
        response = jsonify(errcode=0, errmsg="ok", type=kind, media_id=name, created_at=stamp)
        exchange = from_bot(self._world, request, response, g.started, "POST media/upload")
        self._world.record_file(name, exchange)
        return response

    def _too_old(self, name: str) -> bool:
        """Three days after it was said. What is not in a chat yet has just been uploaded."""
        for line in self._world.messages():
            if name in line.images:
                return self._world.clock.now() - line.at > MEDIA_LASTS
        return False


_OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}


def encrypt(text: str, aes_key: str, receive_id: str) -> str:
    """AES-256-CBC over random(16) + length(4, big endian) + text + receive_id, PKCS#7 to 32; base64."""
    key = base64.b64decode(aes_key + "=")
    content = text.encode()
    plain = os.urandom(16) + struct.pack(">I", len(content)) + content + receive_id.encode()
    padding = 32 - len(plain) % 32
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def sign(token: str, stamp: str, nonce: str, encrypted: str) -> str:
    """SHA-1 of the four parts, sorted and joined."""
    return hashlib.sha1("".join(sorted([token, stamp, nonce, encrypted])).encode(), usedforsecurity=False).hexdigest()


def _message_id(line: Line, place: int) -> int:
    """Beyond 2^53, as WeCom's are; the same for every delivery of the same thing."""
    digest = hashlib.sha256(f"{line.id} {line.at.isoformat()} {place}".encode()).digest()
    return 7_400_000_000_000_000_000 + int.from_bytes(digest[:6], "big")


def _cdata(text: str) -> str:
    return text.replace("]]>", "]]]]><![CDATA[>")


def _json(asked: Request) -> dict[str, Any]:
    data = asked.get_json(force=True, silent=True)
    if not isinstance(data, dict):
        raise WecomError(47001, "data format error")
    return data
