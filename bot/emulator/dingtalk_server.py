"""DingTalk's two servers as far as a robot calls them: the new API (/v1.0, HTTP errors) and the old one (HTTP 200, errcode).

Written from the documentation alone, snapshot of 2026-08-22: 钉钉开放平台 › 机器人 › 发送消息, 下载机器人接收消息的文件内容,
自定义机器人接入, 上传媒体文件, 错误码. The 300001 of an ended session is known from a public thread.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from flask import Blueprint, Response, jsonify, request

from bot.emulator import demo
from bot.emulator.dingtalk_callbacks import file_of, sign
from bot.emulator.dingtalk_cards import Cards
from bot.emulator.dingtalk_measures import measure
from bot.emulator.dingtalk_notices import Notices
from bot.emulator.dingtalk_refusals import NewError, OldError
from bot.emulator.dingtalk_stream_server import Stream
from bot.emulator.records import DINGTALK, GROUP, Chat, Message, Person
from bot.emulator.showing import offered
from bot.emulator.wirelog import carried, carried_file_of, json_body, watch
from bot.emulator.world import World, image_type

BATCH, PARAM_BYTES, WEBHOOK_BYTES = 20, 15_000, 20_000
MINUTE, BLOCKED, DOWNLOAD_LASTS, SIGN_LASTS = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(minutes=10),
    timedelta(hours=1),
)
WEBHOOKS_MINUTE = 20
DAY = timedelta(days=1)
MEDIA_BYTES = {"image": 20 * 1024 * 1024, "voice": 2 * 1024 * 1024, "video": 20 * 1024 * 1024, "file": 20 * 1024 * 1024}
FILE_TYPES = ("xlsx", "pdf", "zip", "rar", "doc", "docx")

_TITLES = {
    "/v1.0/oauth2/accessToken": "取令牌 POST /v1.0/oauth2/accessToken",
    "/gettoken": "取令牌 GET /gettoken",
    "/v1.0/gateway/connections/open": "开长连接 POST /v1.0/gateway/connections/open",
    "/v1.0/robot/groupMessages/send": "群消息 POST /v1.0/robot/groupMessages/send",
    "/v1.0/robot/oToMessages/batchSend": "单聊消息 POST /v1.0/robot/oToMessages/batchSend",
    "/v1.0/robot/messageFiles/download": "取文件地址 POST /v1.0/robot/messageFiles/download",
    "/v1.0/card/instances/createAndDeliver": "发卡片 POST /v1.0/card/instances/createAndDeliver",
    "/v1.0/card/instances": "改卡片 PUT /v1.0/card/instances",
    "/v1.0/card/callbacks/register": "注册卡片回调 POST /v1.0/card/callbacks/register",
    "/dingtalk/files": "下载文件 GET",
    "/robot/sendBySession": "会话回复 POST /robot/sendBySession",
    "/robot/send": "群机器人 POST /robot/send",
    "/topapi/message/corpconversation/asyncsend_v2": "工作通知 POST /topapi/message/corpconversation/asyncsend_v2",
    "/topapi/message/corpconversation/recall": "撤回工作通知 POST /topapi/message/corpconversation/recall",
    "/v1.0/robot/groupMessages/recall": "撤回群消息 POST /v1.0/robot/groupMessages/recall",
    "/v1.0/robot/otoMessages/batchRecall": "撤回单聊消息 POST /v1.0/robot/otoMessages/batchRecall",
    "/media/upload": "上传素材 POST /media/upload",
}


def blueprint(world: World) -> Blueprint:
    """The addresses of api.dingtalk.com and oapi.dingtalk.com, told apart by their paths."""
    pages = Blueprint("dingtalk_server", __name__)
    watch(pages, world, _TITLES)
    pages.before_request(partial(measure, world))
    server, cards, notices = _Server(world), Cards(world), Notices(world)

    @pages.errorhandler(NewError)
    def refused(error: NewError) -> tuple[Response, int]:
        body = {"code": error.code, "message": error.message, "requestid": secrets.token_hex(8).upper()}
        return jsonify(body), error.status

    @pages.errorhandler(OldError)
    def refused_200(error: OldError) -> Response:
        return jsonify(errcode=error.code, errmsg=error.message)

    @pages.post("/v1.0/oauth2/accessToken")
    def access_token() -> Response:
        body = json_body()
        if body is None or not request.is_json:
            raise NewError("MissingBody", "body is mandatory for this action.")
        if (body.get("appKey"), body.get("appSecret")) != (demo.DING_KEY, demo.DING_SECRET):
            raise NewError("invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        token, seconds = server.issue()
        return jsonify(accessToken=token, expireIn=seconds)

    @pages.get("/gettoken")
    def old_token() -> Response:
        if (request.args.get("appkey"), request.args.get("appsecret")) != (demo.DING_KEY, demo.DING_SECRET):
            raise OldError(40089, "不合法的corpid或corpsecret")
        token, seconds = server.issue()
        return jsonify(errcode=0, access_token=token, errmsg="ok", expires_in=seconds)

    @pages.post("/v1.0/gateway/connections/open")
    def open_stream() -> Response:
        return server.open_stream(json_body() or {})

    @pages.post("/v1.0/robot/groupMessages/send")
    def send_to_group() -> Response:
        return server.send_to_group(server.robot_call())

    @pages.post("/v1.0/robot/oToMessages/batchSend")
    def send_to_people() -> Response:
        return server.send_to_people(server.robot_call())

    @pages.post("/v1.0/robot/groupMessages/recall")
    def recall_from_group() -> Response:
        return server.recall(server.robot_call(sends=False), needs_group=True)

    @pages.post("/v1.0/robot/otoMessages/batchRecall")
    def recall_from_people() -> Response:
        return server.recall(server.robot_call(sends=False), needs_group=False)

    @pages.post("/v1.0/robot/messageFiles/download")
    def where_to_download() -> Response:
        return server.where_to_download(server.robot_call(sends=False))

    @pages.post("/v1.0/card/instances/createAndDeliver")
    def put_out_a_card() -> Response:
        return server.card(cards.create)

    @pages.put("/v1.0/card/instances")
    def change_a_card() -> Response:
        return server.card(cards.update)

    @pages.post("/v1.0/card/callbacks/register")
    def register_card_callback() -> Response:
        return jsonify(cards.register(server.new_call(sends=False)))

    @pages.get("/dingtalk/files/<file_id>")
    def download(file_id: str) -> Response:
        return server.download(file_id)

    @pages.post("/robot/sendBySession")
    def send_by_session() -> Response:
        chat = world.session_chat(request.args.get("session", ""))
        if chat is None:
            raise OldError(300001, "session 不存在")
        server.check_busy()
        return server.post(chat, _old_body())

    @pages.post("/robot/send")
    def send_by_webhook() -> Response:
        chat = server.webhook()
        server.check_busy()
        return server.post(chat, _old_body())

    @pages.post("/topapi/message/corpconversation/asyncsend_v2")
    def send_notice() -> Response:
        server.check_token_in_query()
        server.check_busy()
        answer, bubbles = notices.send(_old_body())
        for bubble in bubbles:
            carried(bubble)
        return jsonify(answer)

    @pages.post("/topapi/message/corpconversation/getsendresult")
    def what_became_of_a_notice() -> Response:
        server.check_token_in_query()
        return jsonify(notices.result(_old_body()))

    @pages.post("/topapi/message/corpconversation/recall")
    def recall_notice() -> Response:
        server.check_token_in_query()
        return jsonify(notices.recall(_old_body()))

    @pages.post("/media/upload")
    def upload() -> Response:
        server.check_token_in_query()
        return server.upload()

    return pages


class _Server:
    """The work behind the addresses."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._key = secrets.token_bytes(16)
        self._sent: dict[str, list[Message]] = {}

    def issue(self) -> tuple[str, int]:
        self._world.faults.strikes("expired_token")
        return self._world.tokens[DINGTALK].issue(demo.DING_KEY, extend=True)

    def open_stream(self, body: dict[str, Any]) -> Response:
        """A ticket for one connection. Without the robot in Stream mode the gateway refuses, as for wrong credentials."""
        road = self._world.roads.get(DINGTALK)
        wanted = body.get("subscriptions")
        if (body.get("clientId"), body.get("clientSecret")) != (demo.DING_KEY, demo.DING_SECRET):
            raise NewError("invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        if not isinstance(road, Stream) or not isinstance(wanted, list) or not wanted:
            raise NewError("invalidParameter.subscriptions", "没有可以订阅的")
        topics = {(str(one.get("type")), str(one.get("topic"))) for one in wanted if isinstance(one, dict)}
        return jsonify(endpoint=road.endpoint, ticket=road.issue(topics))

    def check_token_in_query(self) -> None:
        if self._world.tokens[DINGTALK].state(request.args.get("access_token", "")) != "good":
            raise OldError(40014, "不合法的access_token")

    def check_busy(self) -> None:
        if self._world.faults.strikes("busy"):
            raise OldError(-1, "系统繁忙")

    def new_call(self, *, sends: bool = True) -> dict[str, Any]:
        """The body of a call of the new API, its token and faults checked."""
        if self._world.tokens[DINGTALK].state(request.headers.get("x-acs-dingtalk-access-token", "")) != "good":
            raise NewError("InvalidAuthentication", "不合法的access_token")
        if sends and self._world.faults.strikes("busy"):
            raise NewError("system.error", "系统繁忙，请稍后再试", 500)
        body = json_body()
        if body is None:
            raise NewError("invalidParameter.param.invalid", "参数不是 JSON")
        return body

    def card(self, act: Callable[[dict[str, Any]], tuple[dict[str, Any], list[Message]]]) -> Response:
        answer, bubbles = act(self.new_call())
        for bubble in bubbles:
            carried(bubble)
        return jsonify(answer)

    def robot_call(self, *, sends: bool = True) -> dict[str, Any]:
        """The body of a call in the robot's name, its token, faults and robotCode checked."""
        body = self.new_call(sends=sends)
        if not body.get("robotCode"):
            raise NewError("invalidParameter.robotCode.empty", "robotCode 为空")
        if body["robotCode"] != demo.DING_ROBOT:
            raise NewError("invalidParameter.robotCode.auth", "robotCode 不属于这个应用")
        return body

    def send_to_group(self, body: dict[str, Any]) -> Response:
        address = body.get("openConversationId")
        if not address:
            raise NewError("miss.openConversationId", "缺少 openConversationId")
        chat = self._world.addressed(DINGTALK, GROUP, str(address))
        if chat is None:
            raise NewError("invalid.openConversationId", "openConversationId 不对")
        return jsonify(processQueryKey=self._kept([self._world.bot_says(chat, **self._sample(body))]))

    def send_to_people(self, body: dict[str, Any]) -> Response:
        accounts = body.get("userIds")
        if not isinstance(accounts, list) or not accounts:
            raise NewError("invalidParameter.userIds.empty", "userIds 为空")
        if len(accounts) > BATCH:
            raise NewError("invalidParameter.userIds.overMax", f"userIds 最多 {BATCH} 个")
        what, shown = self._sample(body), []
        invalid, held = [], accounts[:1] if self._world.faults.strikes("flow_control") else []
        for account in accounts:
            person = self._world.with_account(DINGTALK, str(account))
            if account in held:
                continue
            if person is None:
                invalid.append(account)
            else:
                shown.append(self._world.bot_says(self._world.direct(person.id, DINGTALK), **what))
        return jsonify(processQueryKey=self._kept(shown), invalidStaffIdList=invalid, flowControlledStaffIdList=held)

    def _kept(self, shown: list[Message]) -> str:
        """The processQueryKey of what one call brought."""
        for bubble in shown:
            carried(bubble)
        key = secrets.token_urlsafe(24)
        self._sent[key] = shown
        return key

    def recall(self, body: dict[str, Any], *, needs_group: bool) -> Response:
        """Within a day, up to twenty keys; each is answered for itself. Nobody is told that there was something."""
        keys = body.get("processQueryKeys")
        if not isinstance(keys, list) or not 1 <= len(keys) <= BATCH:
            raise NewError("invalidParameter.param.invalid", f"processQueryKeys 要 1 到 {BATCH} 个")
        if needs_group and not body.get("openConversationId"):
            raise NewError("miss.openConversationId", "缺少 openConversationId")
        done, failed = [], {}
        for key in map(str, keys):
            # a card's carrierId is one, too (0780)
            shown = self._sent.get(key) or [one for one in self._world.messages() if f"carrier-{one.id}" == key]
            if not shown or self._world.clock.now() - shown[0].at > DAY:
                failed[key] = "processQueryKey.expireTime"
                continue
            self._sent.pop(key, None)
            for bubble in shown:
                self._world.amend(bubble, text="", images=[], file="", buttons=[], note="消息已撤回")
                carried(bubble)
            done.append(key)
        return jsonify(successResult=done, failedResult=failed)

    def where_to_download(self, body: dict[str, Any]) -> Response:
        file_id = file_of(str(body.get("downloadCode", "")))
        if not file_id or self._world.file(file_id) is None:
            raise NewError("invalidParameter.robotCode.downloadCode", "downloadCode 不对或已过期")
        carried_file_of(self._world, file_id)
        expires = int((self._world.clock.now() + DOWNLOAD_LASTS).timestamp())
        query = f"Expires={expires}&Signature={self._mark(file_id, expires)}"
        return jsonify(downloadUrl=f"{request.host_url}dingtalk/files/{file_id}?{query}")

    def download(self, file_id: str) -> Response:
        """Without a token, as long as the address is fresh and untouched. The name ends in .file, as on the real server."""
        file = self._world.file(file_id)
        expires = request.args.get("Expires", 0, int)
        good = hmac.compare_digest(self._mark(file_id, expires), request.args.get("Signature", ""))
        if file is None or not good or expires < self._world.clock.now().timestamp():
            return Response("<Error><Code>AccessDenied</Code></Error>", status=403, mimetype="application/xml")
        response = Response(file.content, mimetype="application/octet-stream")
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.id[:12])}.file"
        return response

    def _mark(self, file_id: str, expires: int) -> str:
        return hmac.new(self._key, f"{file_id} {expires}".encode(), hashlib.sha256).hexdigest()

    def webhook(self) -> Chat:
        """The group of a custom robot's address, its signature and pace checked."""
        token = request.args.get("access_token", "")
        group = next((group for group in demo.GROUPS if group.token == token), None)
        if group is None:
            raise OldError(300005, "token is not exist")
        if self._world.rates.blocked("dingtalk webhook", token):
            raise OldError(130101, "send too fast, exceed 20 times per minute")
        if self._world.rates.count("dingtalk webhook", token, MINUTE) > WEBHOOKS_MINUTE:
            self._world.rates.block("dingtalk webhook", token, BLOCKED)
            raise OldError(130101, "send too fast, exceed 20 times per minute")
        self._check_sign(demo.WEBHOOK_SECRETS.get(token))
        return self._world.group(group.title, DINGTALK)

    def _check_sign(self, secret: str | None) -> None:
        if secret is None:
            return
        stamp = request.args.get("timestamp", "")
        now = self._world.clock.now().timestamp() * 1000
        if not stamp.isdigit() or abs(now - int(stamp)) > SIGN_LASTS.total_seconds() * 1000:
            raise OldError(310000, "invalid timestamp")
        if not hmac.compare_digest(sign(stamp, secret), request.args.get("sign", "")):
            raise OldError(310000, "sign not match")

    def upload(self) -> Response:
        kind, part = request.args.get("type", ""), request.files.get("media")
        if kind not in MEDIA_BYTES:
            raise OldError(40004, "不合法的媒体文件类型")
        content = part.read() if part is not None else b""
        if part is None or not content:
            raise OldError(41005, "缺少多媒体文件数据")
        if len(content) > MEDIA_BYTES[kind]:
            raise OldError(45001, "多媒体文件大小超过限制")
        mime = image_type(content) if kind == "image" else part.mimetype
        if kind == "image" and mime not in ("image/jpeg", "image/png", "image/gif", "image/bmp"):
            raise OldError(40004, "不合法的媒体文件类型")
        file_id = self._world.keep_file(part.filename or "文件", mime, content)
        created = int(self._world.clock.now().timestamp() * 1000)
        return jsonify(errcode=0, errmsg="ok", type=kind, media_id=f"@{file_id}", created_at=created)

    # what a message looks like on the phone

    def _sample(self, body: dict[str, Any]) -> dict[str, Any]:
        """The fields of a bubble for a msgKey and its msgParam, which is JSON within a string."""
        key, text = body.get("msgKey"), body.get("msgParam")
        if not key:
            raise NewError("invalidParameter.msgKey.empty", "msgKey 为空")
        if not isinstance(text, str):
            raise NewError("invalidParameter.msgParam.invalid", "msgParam 要是 JSON 字符串")
        if len(text.encode()) > PARAM_BYTES:
            raise NewError("invalidParameter.msgParam.tooLong", f"msgParam 超过 {PARAM_BYTES} 字节")
        try:
            param = json.loads(text)
        except ValueError as error:
            raise NewError("invalidParameter.msgParam.invalid", "msgParam 不是 JSON") from error
        if not isinstance(param, dict):
            raise NewError("invalidParameter.msgParam.invalid", "msgParam 不是 JSON 对象")
        try:
            return self._sampled(str(key), param)
        except KeyError as error:
            raise NewError("invalidParameter.msgParam.invalid", f"msgParam 缺少 {error}") from error

    def _sampled(self, key: str, param: dict[str, Any]) -> dict[str, Any]:
        if key == "sampleText":
            return {"text": _filled(param, "content")}
        if key == "sampleMarkdown":
            return self._markdown(_filled(param, "title"), _filled(param, "text"))
        if key == "sampleImageMsg":
            return self._image(_filled(param, "photoURL"))
        if key == "sampleFile":
            if param["fileType"] not in FILE_TYPES:
                raise NewError("invalidParameter.msgParam.invalid", "fileType 不支持")
            file = self._media(_filled(param, "mediaId"))
            return {"file": file, "title": _filled(param, "fileName")}
        if key == "sampleLink":
            link = f"[{_filled(param, 'title')}]({_filled(param, 'messageUrl')})"
            return {"text": f"{link}\n\n{_filled(param, 'text')}", "markdown": True}
        if key.startswith("sampleActionCard"):
            return self._card(_filled(param, "title"), _filled(param, "text"), _card_buttons(key, param))
        raise NewError("invalidParameter.msgKey.invalid", "msgKey 不支持")

    def post(self, chat: Chat, body: dict[str, Any]) -> Response:
        """A message in the old servers' shape, of a session or of a webhook."""
        kind = body.get("msgtype")
        part = body.get(str(kind))
        if not isinstance(part, dict):
            raise OldError(400105 if kind is not None else 40035, "不支持的消息类型" if kind else "缺少参数 msgtype")
        if len(request.get_data()) > WEBHOOK_BYTES:
            raise OldError(460101, "message too long, exceed 20000 bytes")
        if kind == "text":
            what: dict[str, Any] = {"text": _given(part, "content")}
        elif kind == "markdown":
            if not part.get("title"):
                raise OldError(400402, "缺少 title")
            try:
                what = self._markdown(_given(part, "title"), _given(part, "text"))
            except NewError as error:
                raise OldError(40035, error.message) from error
        elif kind == "link":
            link = f"[{_given(part, 'title')}]({_given(part, 'messageUrl')})"
            what = {"text": f"{link}\n\n{_given(part, 'text')}", "markdown": True}
        elif kind == "actionCard":
            buttons = [(str(one.get("title", "")), str(one.get("actionURL", ""))) for one in part.get("btns", [])]
            if part.get("singleTitle"):
                buttons = [(str(part["singleTitle"]), str(part.get("singleURL", "")))]
            what = self._card(_given(part, "title"), _given(part, "text"), buttons)
        else:
            raise OldError(400105, "不支持的消息类型")
        at = body.get("at")
        if kind in ("text", "markdown") and isinstance(at, dict):
            what |= self._mentioned(what["text"], at, chat)
        carried(self._world.bot_says(chat, **what))
        return jsonify(errcode=0, errmsg="ok")

    def _markdown(self, title: str, text: str) -> dict[str, Any]:
        """Pictures within Markdown are named by their media ids."""
        images = [self._media(media) for media in re.findall(r"!\[[^\]]*\]\((@[^)\s]+)\)", text)]
        text = re.sub(r"!\[[^\]]*\]\(@[^)\s]+\)", "", text).strip()
        return {"text": text, "markdown": True, "title": title, "images": images}

    def _image(self, photo: str) -> dict[str, Any]:
        return (
            {"images": [self._media(photo)]} if photo.startswith("@") else {"text": f"![]({photo})", "markdown": True}
        )

    def _media(self, media_id: str) -> str:
        """Media ids do not end (上传媒体文件)."""
        file = self._world.file(media_id.removeprefix("@"))
        if file is None:
            raise NewError("resource.not.found", "mediaId 不对")
        return file.id

    def _card(self, title: str, text: str, buttons: list[tuple[str, str]]) -> dict[str, Any]:
        """Buttons that say something are buttons; the others, which open a page, are links below the text."""
        says, links = [], []
        for label, address in buttons:
            parts = urlsplit(address)
            if parts.scheme == "dtmd" and parts.path == "/sendMessage":
                says.append((label, parse_qs(parts.query).get("content", [label])[0]))
            else:
                links.append(f"[{label}]({address})")
        shown = "\n\n".join([text, *links])
        return {"text": shown, "markdown": True, "title": title, "buttons": says or offered(text)}

    def _mentioned(self, text: str, at: dict[str, Any], chat: Chat) -> dict[str, Any]:
        """A mention is seen where the words hold @ and the id; there the phone shows the name."""
        if chat.kind != GROUP:
            return {}
        everybody = bool(at.get("isAtAll"))
        listed = at.get("atUserIds", [])
        people: list[Person] = []
        for account in listed if isinstance(listed, list) else []:
            person = self._world.with_account(DINGTALK, str(account))
            if person is not None and person.id in chat.members:
                text = re.sub(rf"@{re.escape(person.dingtalk)}(?![0-9A-Za-z])", f"@{person.name}", text)
                people.append(person)
        mentions = list(chat.members) if everybody else [person.id for person in people]
        return {"text": text, "mentions": mentions}


def _card_buttons(key: str, param: dict[str, Any]) -> list[tuple[str, str]]:
    """Label and address of each button; the sixth kind of card names its two differently."""
    if key == "sampleActionCard":
        return [(_filled(param, "singleTitle"), _filled(param, "singleURL"))]
    if key == "sampleActionCard6":
        return [(_filled(param, f"buttonTitle{n}"), _filled(param, f"buttonUrl{n}")) for n in (1, 2)]
    if key[-1] in "2345":
        return [
            (_filled(param, f"actionTitle{n}"), _filled(param, f"actionURL{n}")) for n in range(1, int(key[-1]) + 1)
        ]
    raise NewError("invalidParameter.msgKey.invalid", "msgKey 不支持")


def _filled(param: dict[str, Any], name: str) -> str:
    """Raises KeyError for one that is missing or empty."""
    if not isinstance(param.get(name), str) or not param[name].strip():
        raise KeyError(name)
    text: str = param[name]
    return text


def _given(part: dict[str, Any], name: str) -> str:
    try:
        return _filled(part, name)
    except KeyError as error:
        raise OldError(40035, f"缺少参数 {name}") from error


def _old_body() -> dict[str, Any]:
    if not request.is_json:
        raise OldError(43004, "Content-Type 要是 application/json")
    body = json_body()
    if body is None:
        raise OldError(40035, "缺少参数 json")
    return body
