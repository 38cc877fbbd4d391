"""DingTalk's servers, old and new, as far as an internal robot and group webhooks see them; and its callbacks to the bot.

Facts: 钉钉开放平台, 服务端 API › 机器人 (messages in and out, files), 自定义机器人接入, 媒体文件; snapshot of 2026-08.
api.* answers 4xx with {code, message}; oapi.* answers 200 with {errcode, errmsg}. One server answers for both hosts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Request, Response, g, jsonify, request, send_file

from bot.clock import monotonic
from bot.emulator.calls import Tokens, Window, deliver, from_bot, pretty, slowly
from bot.emulator.world import BOT, Actor, Line, Room, World

SESSION_LASTS = timedelta(minutes=90)
WEBHOOK_BLOCK = timedelta(minutes=10)
PARAM_BYTES = 15_000
USERS_AT_ONCE = 20

_FIELDS = {
    "sampleText": ("content",),
    "sampleMarkdown": ("title", "text"),
    "sampleImageMsg": ("photoURL",),
    "sampleFile": ("mediaId", "fileName", "fileType"),
}


@dataclass(frozen=True, slots=True)
class DingtalkRobot:
    """The app and its robot as the console shows them. callback: the path under the bot's address."""

    app_key: str
    app_secret: str
    robot_code: str
    corp_id: str
    callback: str


class ApiError(Exception):
    """An answer of the new API."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


class OapiError(Exception):
    """An answer of the old API."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Dingtalk:
    """One organisation with one robot."""

    def __init__(self, world: World, robot: DingtalkRobot) -> None:
        self._world = world
        self._robot = robot
        self.tokens = Tokens(world.clock)
        self._sessions: dict[str, tuple[str, datetime]] = {}
        self._per_webhook = Window(world.clock, 20, timedelta(minutes=1))
        self._blocked_until: dict[str, datetime] = {}
        self.address = ""

    def clear(self) -> None:
        """Forget tokens, sessions and windows."""
        self.tokens.clear()
        self._sessions.clear()
        self._per_webhook.clear()
        self._blocked_until.clear()

    # callbacks

    def deliver(self, line: Line, room: Room, actor: Actor) -> tuple[str, str]:
        """One signed JSON callback."""
        body = json.dumps(self.message(line, room, actor), ensure_ascii=False)
        stamp = str(int(self._world.clock.now().timestamp() * 1000))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "timestamp": stamp,
            "sign": sign(self._robot.app_secret, stamp),
        }
        url = f"{self._world.bot_url}{self._robot.callback}"
        return deliver(self._world, line.id, url, headers, body.encode(), pretty(body))

    def message(self, line: Line, room: Room, actor: Actor) -> dict[str, Any]:
        """What the robot is told. In a group, the mention of the robot is gone and its blank is left."""
        group = room.kind == "group"
        session = secrets.token_hex(16)
        until = self._world.clock.now() + SESSION_LASTS
        self._sessions[session] = (room.id, until)
        data: dict[str, Any] = {
            "msgId": _message_id(line),
            "createAt": int(line.at.timestamp() * 1000),
            "conversationType": "2" if group else "1",
            "conversationId": room.key if group else f"cidDirect{actor.dingtalk}==",
            "senderId": f"$:LWCP_v1:${actor.dingtalk}",
            "senderStaffId": actor.dingtalk,
            "senderNick": actor.name,
            "senderCorpId": self._robot.corp_id,
            "chatbotCorpId": self._robot.corp_id,
            "chatbotUserId": "$:LWCP_v1:$bot",
            "isAdmin": False,
            "robotCode": self._robot.robot_code,
            "sessionWebhook": f"{self.address}/robot/sendBySession?session={session}",
            "sessionWebhookExpiredTime": int(until.timestamp() * 1000),
        }
        if group:
            data |= {
                "conversationTitle": room.title,
                "isInAtList": True,
                "atUsers": [{"dingtalkId": "$:LWCP_v1:$bot"}],
            }
        text = f" {line.text}" if group else line.text
        if line.images and line.text.strip():
            parts: list[dict[str, str]] = [{"text": text}]
            parts += [{"type": "picture", **_codes(name)} for name in line.images]
            data |= {"msgtype": "richText", "content": {"richText": parts}}
        elif len(line.images) > 1:
            parts = [{"type": "picture", **_codes(name)} for name in line.images]
            data |= {"msgtype": "richText", "content": {"richText": parts}}
        elif line.images:
            data |= {"msgtype": "picture", "content": _codes(line.images[0])}
        else:
            data |= {"msgtype": "text", "text": {"content": text}}
        if line.quote:
            quoted = self._quoted(self._world.line(line.quote))
            data.setdefault("text", {"content": text}).update(isReplyMsg=True, repliedMsg=quoted)
        return data

    def _quoted(self, line: Line) -> dict[str, Any]:
        content: dict[str, Any] = {"text": line.text}
        kind = "text"
        if line.images:
            kind, content = "picture", {"downloadCode": line.images[0]}
        return {
            "msgType": kind,
            "msgId": _message_id(line),
            "senderId": "$:LWCP_v1:$bot" if line.sender == BOT else f"$:LWCP_v1:${line.sender}",
            "createdAt": int(line.at.timestamp() * 1000),
            "content": content,
        }

    # the APIs

    def blueprint(self) -> Blueprint:
        """Both hosts' paths."""
        pages = Blueprint("dingtalk", __name__)

        @pages.before_request
        def begin() -> Response | tuple[Response, int] | None:
            g.started = monotonic()
            slowly(self._world)
            sending = request.endpoint in (
                "dingtalk.group_send", "dingtalk.direct_send", "dingtalk.by_session", "dingtalk.by_webhook"
            )  # fmt: skip
            if sending and self._world.faults.strikes("busy"):
                if request.path.startswith("/v1.0/"):
                    return jsonify(code="ServiceUnavailable", message="系统繁忙", requestid=_request_id()), 503
                return jsonify(errcode=-1, errmsg="系统繁忙")
            return None

        @pages.errorhandler(ApiError)
        def api_refused(error: ApiError) -> tuple[Response, int]:
            return jsonify(code=error.code, message=str(error), requestid=_request_id()), error.status

        @pages.errorhandler(OapiError)
        def oapi_refused(error: OapiError) -> Response:
            return jsonify(errcode=error.code, errmsg=str(error))

        @pages.post("/v1.0/oauth2/accessToken")
        def access_token() -> Response:
            data = _json(request)
            if (data.get("appKey"), data.get("appSecret")) != (self._robot.app_key, self._robot.app_secret):
                raise ApiError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
            return jsonify(accessToken=self.tokens.issue(), expireIn=7200)

        @pages.post("/v1.0/robot/groupMessages/send")
        def group_send() -> Response:
            self._check_token()
            data = _json(request)
            self._check_robot(data)
            room = self._world.room_with_key("dingtalk", "group", str(data.get("openConversationId", "")))
            if room is None:
                raise ApiError(400, "invalid.openConversationId", "openConversationId不合法")
            line = self._world.bot_says(room, **self._content(data))
            return self._noted(jsonify(processQueryKey=secrets.token_urlsafe(18)), line, "groupMessages/send")

        @pages.post("/v1.0/robot/oToMessages/batchSend")
        def direct_send() -> Response:
            self._check_token()
            data = _json(request)
            self._check_robot(data)
            users = data.get("userIds")
            if not isinstance(users, list) or not users:
                raise ApiError(400, "invalidParameter.userIds.empty", "userIds为空")
            if len(users) > USERS_AT_ONCE:
                raise ApiError(400, "invalidParameter.userIds.overMax", "userIds超过上限")
            content = self._content(data)
            rooms = {user: self._world.room_with_key("dingtalk", "direct", str(user)) for user in users}
            line = None
            for room in rooms.values():
                line = self._world.bot_says(room, **content) if room is not None else line
            response = jsonify(
                processQueryKey=secrets.token_urlsafe(18),
                invalidStaffIdList=[user for user, room in rooms.items() if room is None],
                flowControlledStaffIdList=[],
            )
            return self._noted(response, line, "oToMessages/batchSend")

        @pages.post("/v1.0/robot/messageFiles/download")
        def download() -> Response:
            self._check_token()
            data = _json(request)
            if data.get("robotCode") != self._robot.robot_code:
                raise ApiError(400, "invalidParameter.robotCode.auth", "robotCode不合法")
            name = str(data.get("downloadCode", ""))
            if self._world.file(name) is None:
                raise ApiError(400, "invalidParameter.robotCode.downloadCode", "downloadCode不合法")
            response = jsonify(downloadUrl=f"{self.address}/dingtalk-files/{name}?Expires=1&Signature=emulator")
            exchange = from_bot(self._world, request, response, g.started, "POST messageFiles/download")
            self._world.record_file(name, exchange)
            return response

        @pages.get("/dingtalk-files/<name>")
        def file(name: str) -> Response:
            path = self._world.file(name)
            return send_file(path, mimetype="application/octet-stream") if path else Response(status=404)

        @pages.post("/robot/sendBySession")
        def by_session() -> Response:
            room_id, until = self._sessions.get(request.args.get("session", ""), ("", None))
            if until is None or until <= self._world.clock.now():
                raise OapiError(300001, "session 不存在")
            return self._posted(self._world.room(room_id), "sendBySession")

        @pages.post("/robot/send")
        def by_webhook() -> Response:
            key = request.args.get("access_token", "")
            room = self._world.room_with_key("dingtalk", "group", f"webhook:{key}")
            if room is None:
                raise OapiError(300001, "token is not exist")
            now = self._world.clock.now()
            if self._blocked_until.get(key, now) > now or self._per_webhook.full(key):
                self._blocked_until.setdefault(key, now + WEBHOOK_BLOCK)
                raise OapiError(130101, "send too fast, exceed 20 times per minute")
            return self._posted(room, "robot/send")

        @pages.post("/media/upload")
        def upload() -> Response:
            self._check_old_token()
            file = request.files.get("media")
            kind = request.args.get("type", "")
            if kind not in ("image", "voice", "video", "file"):
                raise OapiError(40004, "不合法的媒体文件类型")
            if file is None:
                raise OapiError(41005, "缺少多媒体文件数据")
            name = self._world.keep_file(file.read(), file.filename or "file.bin")
            stamp = int(self._world.clock.now().timestamp() * 1000)
            response = jsonify(errcode=0, errmsg="ok", type=kind, media_id=f"@{name}", created_at=stamp)
            self._world.record_file(name, from_bot(self._world, request, response, g.started, "POST media/upload"))
            return response

        return pages

    def _noted(self, response: Response, line: Line | None, title: str) -> Response:
        if line is not None:
            self._world.record(line.id, from_bot(self._world, request, response, g.started, f"POST {title}"))
        return response

    def _posted(self, room: Room, title: str) -> Response:
        """What a session or webhook address was sent: the shapes of the group robot."""
        data = _json(request)
        kind = str(data.get("msgtype"))
        inner = data.get(kind)
        if kind not in ("text", "markdown") or not isinstance(inner, dict):
            raise OapiError(400105, "不支持的消息类型")
        if kind == "markdown" and not inner.get("title"):
            raise OapiError(400402, "markdown 缺少 title")
        text = str(inner.get("content" if kind == "text" else "text", ""))
        if not text:
            raise OapiError(40035, "缺少参数")
        at = data.get("at")
        accounts = at.get("atUserIds", []) if isinstance(at, dict) else []
        mentioned = [actor for actor in self._world.actors if actor.dingtalk in accounts]
        for actor in mentioned:
            text = text.replace(f"@{actor.dingtalk}", f"@{actor.name}")  # as the app shows it
        line = self._world.bot_says(
            room,
            text=text,
            markdown=kind == "markdown",
            title=str(inner.get("title", "")),
            mentions=[actor.id for actor in mentioned],
        )
        return self._noted(jsonify(errcode=0, errmsg="ok"), line, title)

    def _content(self, data: dict[str, Any]) -> dict[str, Any]:
        key, packed = str(data.get("msgKey")), data.get("msgParam")
        if key not in _FIELDS:
            raise ApiError(400, "invalidParameter.msgKey.invalid", "msgKey不合法")
        if not isinstance(packed, str):
            raise ApiError(400, "invalidParameter.msgParam.invalid", "msgParam必须是字符串")
        if len(packed.encode()) > PARAM_BYTES:
            raise ApiError(400, "invalidParameter.msgParam.tooLong", "msgParam太长")
        try:
            values = json.loads(packed)
            parts = [str(values[name]) for name in _FIELDS[key]]
        except (ValueError, TypeError, KeyError) as error:
            raise ApiError(400, "invalidParameter.msgParam.invalid", "msgParam不合法") from error
        match key:
            case "sampleText":
                return {"text": parts[0]}
            case "sampleMarkdown":
                return {"title": parts[0], "text": parts[1], "markdown": True}
        name = parts[0].removeprefix("@")
        if self._world.file(name) is None:
            raise ApiError(400, "invalidParameter.param.invalid", "mediaId不存在")
        return {"images": [name]} if key == "sampleImageMsg" else {"file": name, "file_name": parts[1]}

    def _check_robot(self, data: dict[str, Any]) -> None:
        if data.get("robotCode") != self._robot.robot_code:
            raise ApiError(400, "invalidParameter.robotCode.auth", "robotCode不合法")

    def _check_token(self) -> None:
        if self._world.faults.strikes("expired_token"):
            self.tokens.end_all()
        if not self.tokens.alive(request.headers.get("x-acs-dingtalk-access-token", "")):
            raise ApiError(400, "InvalidAuthentication", "不合法的access_token")

    def _check_old_token(self) -> None:
        if not self.tokens.alive(request.args.get("access_token", "")):
            raise OapiError(40014, "不合法的access_token")


def sign(secret: str, stamp: str) -> str:
    """base64(HMAC-SHA256(secret, stamp + newline + secret)); the body is not covered."""
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _message_id(line: Line) -> str:
    digest = hashlib.sha256(f"{line.id} {line.at.isoformat()}".encode()).digest()
    return "msg" + base64.b64encode(digest[:18]).decode()


def _codes(name: str) -> dict[str, str]:
    return {"downloadCode": name, "pictureDownloadCode": f"p-{name}"}


def _request_id() -> str:
    return secrets.token_hex(8).upper()


def _json(asked: Request) -> dict[str, Any]:
    data = asked.get_json(force=True, silent=True)
    if not isinstance(data, dict):
        raise ApiError(400, "MissingBody", "body is mandatory for this action")
    return data
