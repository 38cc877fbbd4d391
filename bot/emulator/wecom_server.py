"""WeCom's server as far as a self-built app and a group's webhook call it. HTTP 200 always; errcode tells.

Written from the documentation alone, copies of 2023 to 2025: 企业微信开发者中心 › 获取access_token (91039),
获取应用 (90227), 发送应用消息 (90236), 素材管理, 消息推送配置说明 (91770), 全局错误码 (90313).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from bot.emulator import demo, wecom_cards
from bot.emulator.records import BOT, GROUP, REFUSED, SENT, WECOM, Chat, StoredFile
from bot.emulator.wecom_callbacks import message_id
from bot.emulator.wecom_door import WecomError, admit, answer, secret_kind, sees
from bot.emulator.wirelog import carried, carried_file_of, json_body, watch
from bot.emulator.world import World, image_type

MEDIA_LASTS = timedelta(days=3)
CODE_LASTS, RECALL_WITHIN = timedelta(hours=72), timedelta(hours=24)
RECALLED = "（这条消息被撤回了）"
APP_BYTES, POST_TEXT_BYTES, POST_MARKDOWN_BYTES = 2048, 2048, 4096
POST_IMAGE_BYTES = 2 * 1024 * 1024
MEDIA_BYTES = {"image": 10 * 1024 * 1024, "voice": 2 * 1024 * 1024, "video": 10 * 1024 * 1024, "file": 20 * 1024 * 1024}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MEMBER_MINUTE, MEMBER_HOUR, POSTS_MINUTE = 30, 1000, 20
AGAIN_WITHIN, AGAIN_MOST = 1800, 14400

_TITLES = {
    "/cgi-bin/gettoken": "取令牌 GET /cgi-bin/gettoken",
    "/cgi-bin/agent/get": "应用详情 GET /cgi-bin/agent/get",
    "/cgi-bin/message/send": "应用消息 POST /cgi-bin/message/send",
    "/cgi-bin/message/update_template_card": "改卡片 POST /cgi-bin/message/update_template_card",
    "/cgi-bin/message/recall": "撤回 POST /cgi-bin/message/recall",
    "/cgi-bin/media/upload": "上传素材 POST /cgi-bin/media/upload",
    "/cgi-bin/media/get": "取素材 GET /cgi-bin/media/get",
    "/cgi-bin/webhook/send": "群机器人 POST /cgi-bin/webhook/send",
    "/cgi-bin/webhook/upload_media": "群机器人上传 POST /cgi-bin/webhook/upload_media",
}


def blueprint(world: World) -> Blueprint:
    """The addresses under /cgi-bin."""
    pages = Blueprint("wecom_server", __name__)
    watch(pages, world, _TITLES)
    server = WecomServer(world)

    @pages.errorhandler(WecomError)
    def refused(error: WecomError) -> Response:
        return answer(error.code)

    @pages.get("/cgi-bin/gettoken")
    def gettoken() -> Response:
        if not request.args.get("corpsecret"):
            raise WecomError(41004)
        if request.args.get("corpid") != demo.CORP_ID:
            raise WecomError(40013)
        kind = secret_kind(world, request.args["corpsecret"])
        world.faults.strikes("expired_token")
        token, seconds = world.tokens[WECOM].issue(kind)
        return answer(access_token=token, expires_in=seconds)

    @pages.get("/cgi-bin/agent/get")
    def agent() -> Response:
        admit(world)
        if request.args.get("agentid") != str(demo.AGENT_ID):
            raise WecomError(40056)
        return answer(
            agentid=demo.AGENT_ID, name="校铃", square_logo_url="", description="", allow_userinfos={"user": []},
            allow_partys={"partyid": [1]}, allow_tags={"tagid": []}, close=0, redirect_domain="", report_location_flag=0,
            isreportenter=0, home_url="",
        )  # fmt: skip

    @pages.post("/cgi-bin/message/send")
    def send() -> Response:
        admit(world)
        server.check_busy()
        return server.send(_body())

    @pages.post("/cgi-bin/message/update_template_card")
    def update_card() -> Response:
        admit(world)
        return server.update_card(_body())

    @pages.post("/cgi-bin/message/recall")
    def recall() -> Response:
        admit(world)
        return server.recall(_body())

    @pages.post("/cgi-bin/media/upload")
    def upload() -> Response:
        admit(world)
        return server.upload(request.args.get("type", ""), "corp", ("image", "voice", "video", "file"))

    @pages.get("/cgi-bin/media/get")
    def get_media() -> Response:
        admit(world)
        file = server.media(request.args.get("media_id", ""))
        carried_file_of(world, file.id)
        response = Response(file.content, mimetype=file.mime)
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
        return response

    @pages.post("/cgi-bin/webhook/send")
    def post() -> Response:
        chat = server.group()
        server.check_rate(chat)
        server.check_busy()
        return server.post(chat, _body())

    @pages.post("/cgi-bin/webhook/upload_media")
    def upload_to_webhook() -> Response:
        chat = server.group()
        return server.upload(request.args.get("type", ""), chat.address, ("file", "voice"))

    return pages


class WecomServer:
    """The work behind the addresses."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._owners: dict[str, str] = {}
        """media id -> the webhook key it was uploaded for, or "corp"."""

    def check_busy(self) -> None:
        if self._world.faults.strikes("busy"):
            raise WecomError(-1)

    def group(self) -> Chat:
        chat = self._world.addressed(WECOM, GROUP, request.args.get("key", ""))
        if chat is None:
            raise WecomError(93000)
        return chat

    def check_rate(self, chat: Chat) -> None:
        """A refused post counts too."""
        if self._world.rates.count("wecom webhook", chat.address, MINUTE) > POSTS_MINUTE:
            raise WecomError(45009)

    def media(self, media_id: str, owner: str = "corp") -> StoredFile:
        file = self._world.file(media_id)
        if file is None or file.at + MEDIA_LASTS <= self._world.clock.now():
            raise WecomError(40007)
        if self._owners.get(media_id, "corp") != owner:
            raise WecomError(40007)
        return file

    def upload(self, kind: str, owner: str, kinds: tuple[str, ...]) -> Response:
        part = request.files.get("media")
        if kind not in kinds:
            raise WecomError(40004)
        if part is None:
            raise WecomError(44001)
        content = part.read()
        if len(content) <= 5:
            raise WecomError(44001)
        if len(content) > MEDIA_BYTES[kind]:
            raise WecomError(40009 if kind == "image" else 45001)
        mime = image_type(content) if kind == "image" else part.mimetype
        if kind == "image" and mime not in ("image/jpeg", "image/png"):
            raise WecomError(40004)
        name = part.filename or "文件"
        media_id = self._world.keep_file(name, mime, content)
        self._owners[media_id] = owner
        return answer(type=kind, media_id=media_id, created_at=str(int(self._world.clock.now().timestamp())))

    def send(self, body: dict[str, Any]) -> Response:
        if body.get("agentid") != demo.AGENT_ID:
            raise WecomError(40056)
        accounts = [account.lower() for account in str(body.get("touser", "")).split("|") if account]
        people = self._world.people()
        if accounts == ["@all"]:
            accounts = [person.wecom for person in people]
        if len(accounts) > 1000:
            raise WecomError(40058)
        known = [person for person in people if person.wecom in accounts and sees(self._world, person)]
        invalid = [account for account in accounts if account not in {person.wecom for person in known}]
        if not known:
            raise WecomError(81013)
        what = self.app_content(body)
        fingerprint = ""
        if body.get("enable_duplicate_check") == 1:
            fingerprint = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
            before = self._world.seen.before(fingerprint)
            if before is not None:
                return answer(msgid=before, invaliduser="|".join(invalid))
        if what.get("card") and self._task_used(what["card"]["task_id"]):
            raise WecomError(40058)  # which errcode it really is, nobody has written down
        identity, bubbles = message_id(), []
        for person in known:
            chat = self._world.direct(person.id, WECOM)
            fate = self._fate(person.wecom, what["note"])
            bubbles.append(self._world.bot_says(chat, **what | fate, wire_id=identity))
            carried(bubbles[-1])
        more: dict[str, object] = (
            {"response_code": self._world.codes.issue((one.id for one in bubbles), CODE_LASTS)}
            if what.get("card")
            else {}
        )
        if fingerprint:
            interval = int(body.get("duplicate_check_interval", AGAIN_WITHIN))
            self._world.seen.remember(fingerprint, identity, min(interval, AGAIN_MOST))
        return answer(msgid=identity, invaliduser="|".join(invalid), **more)

    def update_card(self, body: dict[str, Any]) -> Response:
        """The code is used up also where it was the last thing that was right."""
        if body.get("agentid") != demo.AGENT_ID:
            raise WecomError(40056)
        listed = body.get("userids", [])
        accounts = {str(account).lower() for account in listed} if isinstance(listed, list) else set()
        name = body["button"].get("replace_name") if isinstance(body.get("button"), dict) else ""
        new = None if name else self._card(body.get("template_card"))
        found = self._world.codes.use(str(body.get("response_code", "")))
        if found is None:
            raise WecomError(40058)
        for bubble in map(self._world.message, found):
            person = self._world.person(str(self._world.chat(bubble.chat).person))
            if person.wecom in accounts or body.get("atall") == 1:
                values = new or {"buttons": [], "form": {}, "note": f"按钮变成了“{name}”"}
                self._world.amend(bubble, **values)
                carried(bubble)
        return answer(invaliduser=[])

    def recall(self, body: dict[str, Any]) -> Response:
        wanted, now = str(body.get("msgid", "")), self._world.clock.now()
        bubbles = [one for one in self._world.messages() if wanted and one.wire_id == wanted and one.sender == BOT]
        if not bubbles or bubbles[0].at + RECALL_WITHIN <= now:
            raise WecomError(40058)
        for bubble in bubbles:
            self._world.amend(bubble, text=RECALLED, markdown=False, title="", images=[], file="", buttons=[], form={})
            carried(bubble)
        return answer()

    def _task_used(self, task: str) -> bool:
        return any(one.card.get("task_id") == task for one in self._world.messages())

    def _card(self, card: object) -> dict[str, Any]:
        try:
            return wecom_cards.shown(card)
        except wecom_cards.BadCard as error:
            raise WecomError(error.code) from error

    def _fate(self, account: str, note: str) -> dict[str, str]:
        """Too many to one member are dropped, and the sender hears nothing of it."""
        in_minute = self._world.rates.count("wecom member minute", account, MINUTE)
        in_hour = self._world.rates.count("wecom member hour", account, HOUR)
        if in_minute > MEMBER_MINUTE or in_hour > MEMBER_HOUR:
            return {"state": REFUSED, "note": "同一个人一分钟超过 30 条，企业微信悄悄丢掉了"}
        return {"state": SENT, "note": note}

    def app_content(self, body: dict[str, Any]) -> dict[str, Any]:
        """What an app's message shows: the fields of Message, with its note. Raises WecomError."""
        kind = body.get("msgtype")
        if kind in ("text", "markdown"):
            text = _text(body, kind)
            shown = _cut(text, APP_BYTES)
            note = "" if shown == text else f"超过 {APP_BYTES} 字节，后面被企业微信截掉了"
            return {"text": shown, "markdown": kind == "markdown", "note": note}
        if kind in ("image", "file"):
            return self._file_content(kind, self.media(_field(body, kind, "media_id")))
        if kind == "template_card":
            return self._card(body.get("template_card"))
        raise WecomError(40008)

    def _file_content(self, kind: str, file: StoredFile) -> dict[str, Any]:
        if kind == "image":
            return {"images": [file.id], "note": ""}
        return {"file": file.id, "title": file.name, "note": ""}

    def post(self, chat: Chat, body: dict[str, Any]) -> Response:
        kind = body.get("msgtype")
        if kind in ("text", "markdown", "markdown_v2"):
            text = _text(body, kind)
            if len(text.encode()) > (POST_TEXT_BYTES if kind == "text" else POST_MARKDOWN_BYTES):
                raise WecomError(45002)
            listed = body[kind].get("mentioned_list", []) if kind == "text" else []
            shown, mentions = self.mentioned(text, listed, chat)
            what: dict[str, Any] = {"text": shown, "markdown": kind != "text", "mentions": mentions}
        elif kind == "image":
            what = {"images": [self._posted_image(body)]}
        elif kind == "template_card":
            what = self._card(body.get("template_card"))
            if what["card"]:
                raise WecomError(40058)  # only the two notice kinds, and nothing that comes back
        elif kind == "file":
            file = self.media(_field(body, "file", "media_id"), chat.address)
            what = {"file": file.id, "title": file.name}
        else:
            raise WecomError(40008)
        carried(self._world.bot_says(chat, **what))
        return answer()

    def mentioned(self, text: str, listed: object, chat: Chat) -> tuple[str, list[str]]:
        """The words with names in place of <@userid>, and who was mentioned. Listed members stand behind the words."""
        accounts = [str(account) for account in listed] if isinstance(listed, list) else []
        inside = re.findall(r"<@([^<>\s]+)>", text)
        mentions: list[str] = []
        for account in (*inside, *accounts):
            person = self._world.with_account(WECOM, account)
            name = "所有人" if account == "@all" else person.name if person else account
            members = list(chat.members) if account == "@all" else [person.id] if person else []
            mentions += [member for member in members if member not in mentions]
            if account in inside:
                text = text.replace(f"<@{account}>", f"@{name} ")
            else:
                text += f" @{name}"
        return text.rstrip(), mentions

    def _posted_image(self, body: dict[str, Any]) -> str:
        try:
            content = base64.b64decode(_field(body, "image", "base64"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise WecomError(40058) from error
        if len(content) > POST_IMAGE_BYTES:
            raise WecomError(40009)
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != _field(body, "image", "md5"):
            raise WecomError(40058)
        mime = image_type(content)
        if mime not in ("image/jpeg", "image/png"):
            raise WecomError(40058)
        return self._world.keep_file("图片", mime, content)


def _body() -> dict[str, Any]:
    body = json_body()
    if body is None:
        raise WecomError(47001)
    return body


def _field(body: dict[str, Any], kind: str, name: str) -> str:
    part = body.get(kind)
    value = part.get(name) if isinstance(part, dict) else None
    if not isinstance(value, str) or not value:
        raise WecomError(40058)
    return value


def _text(body: dict[str, Any], kind: str) -> str:
    part = body.get(kind)
    text = part.get("content") if isinstance(part, dict) else None
    if not isinstance(text, str):
        raise WecomError(40058)
    if not text.strip():
        raise WecomError(44004)
    return text


def _cut(text: str, most: int) -> str:
    """At most so many bytes of UTF-8, without half a character."""
    return text.encode()[:most].decode("utf-8", "ignore")
