"""WeCom's AI bot over its long connection (智能机器人，长连接): hears what is said to it in private and with @ in groups, and
needs no public address.

The platform is not told that a frame was taken, and does not bring it again: a frame waits here, in order, until it is in the
database. An answer takes the req_id of what it answers; where that is no longer worth anything, it goes out as a push, which
the platform allows wherever somebody wrote before.

Source: 企业微信开发者中心 › 智能机器人 › 长连接 (101463, copy of 2025-12); tests/interop plays it against the official client.
"""

from __future__ import annotations

import base64
import hashlib
import json
import queue
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from bot.clock import Clock, monotonic
from bot.errors import DeliveryError, GiveUp, Malformed, TryLater
from bot.messages import ChatKind, ChatRef, MediaRef, Message, Outgoing, Picture
from bot.platforms.base import Answer, Callback, Fetched, Health, Reach, Sent, tried
from bot.platforms.http import open_session
from bot.platforms.tally import Tally
from bot.platforms.wecom_bot_line import NOT_SUBSCRIBED, Line, checked, code_of, dial
from bot.platforms.wecom_bot_words import (
    CAN,
    card_of,
    closed_card,
    fetch,
    read,
    without_control,
)
from bot.platforms.wecom_errors import CARD_FORM, Refused
from bot.settings import WecomBotStream

log = structlog.get_logger()

ANSWERED_WITHIN = timedelta(hours=24)
CHUNK = 512 * 1024
IMAGE_BYTES, FILE_BYTES = 2 * 1024 * 1024, 20 * 1024 * 1024
"""Pictures: 2 MB in the documentation, 10 in the official plugin; the smaller is safe."""

UPLOAD = 80.0
"""Seconds for all pieces, so that nobody else takes the row over meanwhile (store/waiting.py, LEASE)."""

SMALLEST = 5
NAME_BYTES = 256

WAITING = 1000
"""Frames that wait for the database at most; then nothing more is read from the line."""

STALE = frozenset({846605, 846608})
"""The req_id is of another connection, or the answer began too long ago: as a push it still arrives."""

AGAIN = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between the tries to hand a frame over; the last for ever."""


def build(connection: WecomBotStream, clock: Clock) -> WecomBotStreamPlatform:
    """The connection that these settings describe. Nothing is opened before listen()."""
    return WecomBotStreamPlatform(connection, clock)


class WecomBotStreamPlatform:
    """One bot."""

    capabilities = replace(CAN, images=True, files=True, notices=True, closes=True, reach=Reach.SPOKEN)

    def __init__(self, connection: WecomBotStream, clock: Clock) -> None:
        self._settings = connection
        self._clock = clock
        self.tally = Tally()
        self._http = open_session(self.tally)
        self._line = Line(connection, clock, self.tally)

    # in

    @property
    def health(self) -> Health | None:
        """How the line stands; None as long as nobody listens in this process."""
        return self._line.health

    def listen(self, hear: Callable[[Callback], bool], stopped: threading.Event) -> None:
        """Keep the line open; what it brings is handed over in its order, each frame until it is taken."""
        waiting: queue.Queue[str | None] = queue.Queue(WAITING)
        worker = threading.Thread(target=_hand_over, args=(waiting, hear, stopped), name="wecom bot", daemon=True)
        worker.start()

        def take(frame: str, seconds: float) -> bool:
            try:
                waiting.put(frame, timeout=seconds)
            except queue.Full:
                return False
            return True

        try:
            self._line.run(take, stopped)
        finally:
            waiting.put(None)  # what was read before the end is still handed over, once
            worker.join()

    def parse(self, callback: Callback) -> Message:
        """Read one frame. The line itself is what proves where it comes from. Raises Malformed, Unsupported."""
        try:
            frame = json.loads(without_control(callback.body.decode()))
            body, req_id = frame["body"], frame["headers"]["req_id"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Malformed("frame") from error
        if not isinstance(body, dict) or not isinstance(req_id, str) or not 0 < len(req_id) <= 500:
            raise Malformed("frame")
        return read(body, self._clock, req_id, self._clock.now() + ANSWERED_WITHIN)

    def acknowledge(self) -> Answer:
        """This protocol acknowledges nothing."""
        return Answer()

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """Download and open what somebody sent, within its five minutes. Raises TryLater, GiveUp."""
        return fetch(self._http, media, limit)

    # out

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """Answer where what was said can still be answered, else push. Raises TryLater, GiveUp."""
        if outgoing.closes is not None:
            return self._close(outgoing)
        if outgoing.image is not None:
            return self._media(chat, "image", outgoing.image, IMAGE_BYTES)
        if outgoing.file is not None:
            return self._media(chat, "file", outgoing.file, FILE_BYTES)
        task = f"xl-{secrets.token_hex(16)}"
        if chat.kind is ChatKind.DIRECT and (card := card_of(outgoing, task)):
            body = {"msgtype": "template_card", "template_card": card}
            try:
                self._bring(chat, body, body)
                return Sent(task)
            except Refused as error:
                if error.code not in CARD_FORM:
                    raise
        self._say(chat, outgoing.text, outgoing.key)
        return Sent()

    def check(self) -> Health:
        """How the line stands where it runs. Elsewhere only whether the platform can be reached: to subscribe from here
        would throw out the service that is running."""
        if self._line.health is not None:
            return self._line.health
        try:
            dial(self._settings.url).close()
        except TryLater as error:
            return Health(False, "长连接连不上", error.reason)
        return Health(True, "长连接的地址连得上；bot_id 和 secret 在校铃运行时才验证，结果在下面")

    def prove(self) -> Health:
        """Subscribe and leave again: nothing less shows whether the keys are right. Whoever holds the line loses it."""
        return self._line.health or tried(self._line.try_once)

    def _say(self, chat: ChatRef, text: str, key: str) -> None:
        # the same stream again only replaces itself, so that an answer whose acknowledgement got lost stands once
        stream = hashlib.sha256(key.encode()).hexdigest()[:32] if key else secrets.token_hex(16)
        answer = {"msgtype": "stream", "stream": {"id": stream, "finish": True, "content": text}}
        self._bring(chat, answer, {"msgtype": "markdown", "markdown": {"content": text}})

    def _close(self, outgoing: Outgoing) -> Sent:
        """Change a pressed card within its five seconds. Too late is no loss: the answer itself stands below it."""
        card = outgoing.closes
        assert card is not None
        if not card.ticket or (card.until is not None and self._clock.now() > card.until):
            return Sent(note="过了 5 秒，卡片没有收起来")
        if not self._line.answers(card.ticket):
            return Sent(note="长连接换过了，卡片没有收起来")
        body = {"response_type": "update_template_card", "template_card": closed_card(card, outgoing.text)}
        try:
            checked(self._line.ask("aibot_respond_update_msg", body, card.ticket))
        except DeliveryError as error:
            return Sent(note=f"卡片没有收起来：{error.reason}")
        return Sent(card.id)

    def _media(self, chat: ChatRef, kind: str, picture: Picture, most: int) -> Sent:
        if not SMALLEST <= len(picture.content) <= most:
            raise GiveUp(
                f"{'图片' if kind == 'image' else '文件'}太大或是空的，企业微信最多收 {most // 1024 // 1024} MB"
            )
        body = {"msgtype": kind, kind: {"media_id": self._uploaded(kind, picture)}}
        self._bring(chat, body, body)
        return Sent()

    def _uploaded(self, kind: str, picture: Picture) -> str:
        """In chunks, in their order. Raises TryLater, never `unknown`: nobody has seen anything yet; GiveUp."""
        content = picture.content
        chunks = [content[start : start + CHUNK] for start in range(0, len(content), CHUNK)]
        name = picture.name.encode()[-NAME_BYTES:].decode("utf-8", "ignore")
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        begin = {"type": kind, "filename": name, "total_size": len(content), "total_chunks": len(chunks), "md5": digest}
        try:
            upload = _id_in(self._asked("aibot_upload_media_init", begin), "upload_id")
            until = monotonic() + UPLOAD
            for index, chunk in enumerate(chunks):
                if monotonic() > until:
                    raise TryLater("上传得太慢，稍后再试")
                data = base64.b64encode(chunk).decode()
                part = {"upload_id": upload, "chunk_index": index, "base64_data": data}
                self._asked("aibot_upload_media_chunk", part)
            return _id_in(self._asked("aibot_upload_media_finish", {"upload_id": upload}), "media_id")
        except TryLater as error:
            raise TryLater(error.reason, error.after) from error

    def _bring(self, chat: ChatRef, answer: dict[str, Any], push: dict[str, Any]) -> None:
        """Answer by the req_id that the chat still has, else push; over a new line where the subscription is dead."""
        frame = self._brought(chat, answer, push)
        if code_of(frame) == NOT_SUBSCRIBED:
            log.warning("line_dead", connection=self._settings.name)
            if not self._line.renew():
                raise TryLater("长连接的订阅失效，正在重连")
            frame = self._brought(chat, answer, push)
            if code_of(frame) == NOT_SUBSCRIBED:
                raise TryLater("长连接的订阅失效，重连了也没有用，稍后再试")
        checked(frame)

    def _brought(self, chat: ChatRef, answer: dict[str, Any], push: dict[str, Any]) -> dict[str, Any]:
        alive = chat.reply_until is not None and self._clock.now() < chat.reply_until
        if alive and self._line.answers(chat.reply_url):
            frame = self._line.ask("aibot_respond_msg", answer, chat.reply_url)
            if code_of(frame) not in STALE:
                return frame
        group = chat.kind is ChatKind.GROUP
        return self._line.ask("aibot_send_msg", {"chatid": chat.id, "chat_type": 2 if group else 1, **push})

    def _asked(self, cmd: str, body: dict[str, Any]) -> dict[str, Any]:
        """One step of an upload. A dead subscription is renewed; the upload then begins anew, by the deliverer."""
        frame = self._line.ask(cmd, body)
        if code_of(frame) == NOT_SUBSCRIBED:
            self._line.renew()
            raise TryLater("长连接的订阅失效，已经重连")
        return checked(frame)


def _id_in(body: dict[str, Any], name: str) -> str:
    if not body.get(name):
        raise TryLater("企业微信没有给出上传的文件号")
    return str(body[name])


def _hand_over(waiting: queue.Queue[str | None], hear: Callable[[Callback], bool], stopped: threading.Event) -> None:
    """One frame after the other, each again and again until it is taken. After `stopped` each is tried once more."""
    while (frame := waiting.get()) is not None:
        callback = Callback("FRAME", {}, {}, frame.encode("utf-8", "replace"))
        tries = 0
        while not _taken(hear, callback):
            log.error("not_taken", tries=tries + 1, todo="xiaoling doctor")
            if stopped.wait(AGAIN[min(tries, len(AGAIN) - 1)]):
                if not _taken(hear, callback):
                    log.error("frame_lost", todo="xiaoling doctor")
                break
            tries += 1


def _taken(hear: Callable[[Callback], bool], callback: Callback) -> bool:
    try:
        return hear(callback)
    except Exception as error:  # one frame that breaks something must not make the school deaf
        log.exception("frame_bug", error=type(error).__name__)
        return True
