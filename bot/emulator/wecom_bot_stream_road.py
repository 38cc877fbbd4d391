"""WeCom's end of the AI bot's long connection: a WebSocket server of its own, one connection for the bot, every frame answered
with its req_id to the byte.

Written from the documentation alone: 企业微信开发者中心 › 智能机器人 › 长连接 (101463, copy of 2025-12).
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from bot.emulator import demo
from bot.emulator.faults import Fault
from bot.emulator.records import Chat, Exchange, Message, Person
from bot.emulator.wecom_bot_bodies import bodies, click, event_body
from bot.emulator.wecom_bot_desk import BotDesk, BotError
from bot.emulator.wecom_bot_links import Links
from bot.emulator.wecom_bot_server import MEDIA
from bot.emulator.wecom_bot_uploads import Uploads
from bot.emulator.world import World

HOST = "127.0.0.1"
ANSWERED_WITHIN = timedelta(hours=24)
AT_ONCE = timedelta(seconds=5)
STREAM_LASTS = timedelta(minutes=6)
FRAME_BYTES = 2 * 1024 * 1024

FAULTS = (
    Fault("bot_drop", "长连接断开", "现在断一次，看它自己连回来", times=1),
    Fault("bot_no_ack", "长连接没有回执", "开着的时候，平台照做，但不回话"),
    Fault("bot_dead", "订阅失效", "连着，但平台不认了，要重新订阅", times=1),
    Fault("bot_taken", "机器人被别处接走", "另一台电脑用同一个机器人连了上来", times=1),
)


@dataclass(slots=True)
class _Stream:
    """An answer that may still grow."""

    message: Message
    began: datetime
    finished: bool


@dataclass(slots=True)
class Session:
    """One open socket. given: the req_ids that may be answered on it, with their chat, kind, moment, and card."""

    socket: ServerConnection
    subscribed: bool = False
    given: dict[str, tuple[Chat, str, datetime, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, frame: dict[str, Any]) -> None:
        with self.lock:
            self.socket.send(json.dumps(frame, ensure_ascii=False))


def build(world: World) -> StreamRoad:
    """WeCom's way to a bot that calls. Its port is taken at once, so that its address is known."""
    return StreamRoad(world)


class StreamRoad:
    """connected: set while somebody is subscribed. pings: how many came. nested: how a press is told, see click()."""

    hears_groups = True
    nested = True

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.RLock()
        self._current: Session | None = None
        self._desk, self._uploads = BotDesk(world), Uploads(world)
        self._streams: dict[str, _Stream] = {}
        self.links = Links(world.clock)
        self.connected = threading.Event()
        self.pings = 0
        self._brought: dict[str, list[str]] = {}
        self._server: Server = serve(
            self._serve, HOST, 0, ping_interval=None, max_size=FRAME_BYTES, close_timeout=1, compression=None
        )
        self.url = f"ws://{HOST}:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="wecom bot", daemon=True)
        for fault, act in zip(FAULTS, (self.drop, None, None, self.take_over), strict=True):
            world.faults.add(Fault(fault.id, fault.label, fault.help, fault.times), act)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.drop()
        self._server.shutdown()
        if self._thread.is_alive():
            self._thread.join(5)

    # to the bot

    def carry(self, message: Message, chat: Chat, person: Person) -> str:
        """Nothing comes back: what was put on the line has been brought."""
        if message.pressed:
            return self._press(message, chat, person)
        quoted = self._world.message(message.quote) if message.quote else None
        failure = ""
        for body in bodies(message, quoted, person, chat, self._picture, self._world.clock):
            self._brought.setdefault(message.id, []).append(body["msgid"])
            for _ in range(2 if self._world.faults.on("duplicate_callback") else 1):
                failure = failure or self._bring("aibot_msg_callback", body, chat, "message", message.id)
        return failure

    def brought(self, message: str) -> list[str]:
        """The msgids under which a bubble went out."""
        return list(self._brought.get(message, ()))

    def enter(self, person: Person, chat: Chat) -> str:
        """Somebody opens the chat for the first time that day."""
        return self._bring(
            "aibot_event_callback", event_body(person, chat, self._world.clock, "enter_chat"), chat, "enter", ""
        )

    def bring(self, body: dict[str, Any], chat: Chat) -> str:
        """Any message at all, for what the desk cannot type."""
        return self._bring("aibot_msg_callback", body, chat, "message", "")

    def drop(self) -> None:
        """The line breaks."""
        with self._lock:
            session, self._current = self._current, None
            self.connected.clear()
        self._world.faults.strikes("bot_drop")
        if session is not None:
            session.socket.close()

    def take_over(self) -> None:
        """Another connection subscribes for the same bot: the old one is told, and closed."""
        self._world.faults.strikes("bot_taken")
        with self._lock:
            session, self._current = self._current, None
            self.connected.clear()
        if session is not None:
            self._dismiss(session)

    def _press(self, message: Message, chat: Chat, person: Person) -> str:
        on = self._world.message(message.pressed)
        body = click(person, chat, on, message, self._world.clock, nested=self.nested)
        self._brought.setdefault(message.id, []).append(body["msgid"])
        return self._bring("aibot_event_callback", body, chat, "click", message.id, on.card["task_id"])

    def _bring(self, cmd: str, body: dict[str, Any], chat: Chat, kind: str, message: str, task: str = "") -> str:
        with self._lock:
            session = self._current
        if session is None:
            return "校铃的长连接没有连上"
        req_id = secrets.token_urlsafe(24)
        session.given[req_id] = (chat, kind, self._world.clock.now(), task)
        frame = {"cmd": cmd, "headers": {"req_id": req_id}, "body": body}
        failure = ""
        try:
            session.send(frame)
        except ConnectionClosed:
            failure = "校铃的长连接断了"
        self._log("to_bot", cmd, frame, {}, [message] if message else [])
        return failure

    def _picture(self, file_id: str) -> dict[str, str]:
        name, key = self.links.make(file_id)
        return {"url": f"{self._world.url}{MEDIA}{name}", "aeskey": key}

    def _dismiss(self, session: Session) -> None:
        event = {"msgtype": "event", "aibotid": demo.BOT_ID, "msgid": secrets.token_hex(16)}
        body = event | {
            "create_time": int(self._world.clock.now().timestamp()),
            "event": {"eventtype": "disconnected_event"},
        }
        with suppress(ConnectionClosed):
            session.send({"cmd": "aibot_event_callback", "headers": {"req_id": secrets.token_hex(12)}, "body": body})
        session.socket.close()

    # from the bot

    def _serve(self, socket: ServerConnection) -> None:
        session = Session(socket)
        try:
            for text in socket:
                self._take(session, text)
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                if self._current is session:
                    self._current = None
                    self.connected.clear()

    def _take(self, session: Session, text: str | bytes) -> None:
        try:
            frame = json.loads(text)
            req_id, cmd, body = frame["headers"]["req_id"], frame["cmd"], frame.get("body") or {}
        except (ValueError, KeyError, TypeError):
            return
        if cmd == "aibot_subscribe":
            self._subscribe(session, req_id, body)
            return
        if cmd == "ping":
            self.pings += 1
        carried: list[str] = []
        answer: dict[str, Any] = {}
        try:
            if not session.subscribed:
                raise BotError(846609)
            if cmd != "ping":
                if self._world.faults.strikes("bot_dead"):
                    session.subscribed = False
                    raise BotError(846609)
                if self._world.faults.strikes("busy"):
                    raise BotError(-1)
                answer, carried = self._carried_out(session, cmd, req_id, body)
            code = 0
        except BotError as error:
            code = error.code
        reply = _reply(req_id, code, answer)
        if cmd != "ping":
            self._log("from_bot", cmd, frame, reply, carried)
        if not self._world.faults.on("bot_no_ack"):
            session.send(reply)

    def _subscribe(self, session: Session, req_id: str, body: dict[str, Any]) -> None:
        """Whoever had the bot before loses it. Nothing is brought on a line before its subscription is answered."""
        if body.get("bot_id") != demo.BOT_ID or body.get("secret") != demo.BOT_SECRET:
            session.send(_reply(req_id, 40001, {}))
            return
        with self._lock:
            session.send(_reply(req_id, 0, {}))
            old, self._current = self._current, session
            session.subscribed = True
            self.connected.set()
        if old is not None and old is not session:
            self._dismiss(old)

    def _carried_out(
        self, session: Session, cmd: str, req_id: str, body: dict[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        """Returns the answer's body, and the bubbles that it brought."""
        uploads: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "aibot_upload_media_init": self._uploads.begin,
            "aibot_upload_media_chunk": self._uploads.add,
            "aibot_upload_media_finish": self._uploads.end,
        }
        if cmd in uploads:
            return uploads[cmd](body), []
        if cmd == "aibot_send_msg":
            chat = self._desk.chat(str(body.get("chatid", "")), body.get("chat_type", 0))
            self._desk.check_spoken(chat)
            message = self._said(chat, body, ("markdown", "template_card", "file", "image"))
        elif cmd == "aibot_respond_msg":
            chat = self._given(session, req_id, "message", ANSWERED_WITHIN)[0]
            message = self._said(chat, body, ("stream", "markdown", "template_card", "file", "image"))
        elif cmd == "aibot_respond_welcome_msg":
            chat = self._given(session, req_id, "enter", AT_ONCE)[0]
            message = self._said(chat, body, ("text", "template_card"))
        elif cmd == "aibot_respond_update_msg":
            _, task = self._given(session, req_id, "click", AT_ONCE)
            if body.get("response_type") != "update_template_card":
                raise BotError(40058)
            message = self._desk.update(task, body.get("template_card"))
        else:
            raise BotError(40058)
        return {}, [message.id]

    def _given(self, session: Session, req_id: str, kind: str, lasts: timedelta) -> tuple[Chat, str]:
        chat, of, at, task = session.given.get(req_id, (None, "", None, ""))
        if chat is None or at is None or of != kind or self._world.clock.now() - at > lasts:
            raise BotError(846605)
        return chat, task

    def _said(self, chat: Chat, body: dict[str, Any], kinds: tuple[str, ...]) -> Message:
        kind = str(body.get("msgtype"))
        if kind not in kinds:
            raise BotError(40008)
        if kind == "stream":
            return self._streamed(chat, body)
        if kind in ("text", "markdown"):
            text = self._desk.words(body, kind)
            self._desk.check_rate(chat)
            return self._desk.say(chat, text)
        self._desk.check_rate(chat)
        if kind == "template_card":
            return self._desk.card(chat, body.get("template_card"))
        return self._desk.show(chat, self._uploads.file(body, kind), kind)

    def _streamed(self, chat: Chat, body: dict[str, Any]) -> Message:
        """Each frame has the whole text; once finished nothing changes any more."""
        text = self._desk.words(body, "stream")
        part = body["stream"]
        identity, finish, now = part.get("id"), part.get("finish") is True, self._world.clock.now()
        if not isinstance(identity, str) or not identity or part.get("msg_item"):
            raise BotError(40058)
        shown = text.replace("<think></think>", "…")
        stream = self._streams.get(identity)
        if stream is None:
            self._desk.check_rate(chat)
            stream = self._streams[identity] = _Stream(self._desk.say(chat, shown), now, finish)
            return stream.message
        if stream.finished:
            return stream.message
        if now - stream.began > STREAM_LASTS:
            raise BotError(846608)
        stream.finished = finish
        if text.strip():
            stream.message.text = shown
            self._world.change(stream.message, stream.message.state, stream.message.note)
        return stream.message

    def _log(self, direction: str, cmd: str, frame: dict[str, Any], reply: dict[str, Any], messages: list[str]) -> None:
        plain = json.dumps(frame, ensure_ascii=False, indent=2)[:20_000]
        answer = json.dumps(reply, ensure_ascii=False) if reply else ""
        self._world.note_exchange(
            Exchange(
                direction, f"长连接 {cmd}", self._world.clock.now(), "FRAME", self.url, {}, plain, plain, 200, answer, 0,
                [message for message in messages if message],
            )
        )  # fmt: skip


def _reply(req_id: str, code: int, body: dict[str, Any]) -> dict[str, Any]:
    reply = {"headers": {"req_id": req_id}, "errcode": code, "errmsg": "ok" if code == 0 else f"refused {code}"}
    return reply | ({"body": body} if body else {})
