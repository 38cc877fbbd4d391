"""One connection of DingTalk's Stream mode, made by the official client (package dingtalk-stream 0.24.3).

What the client does otherwise and a school's bot cannot live with is replaced here: it asks for the ticket without a time-out
and within the event loop, swallows being cancelled, answers an event without saying whether it was taken, closes the line at
the first "disconnect", and answers over whichever socket it has just then. Hence one client for each connection, over which
only that connection's frames are answered. Its handlers, frames and acknowledgements are its own.
Source: its code, and open-dingtalk/developerpedia, docs/learn/stream/protocol.md (2026-08).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

import websockets
from dingtalk_stream import (  # type: ignore[import-untyped]
    AckMessage,
    CallbackHandler,
    Credential,
    DingTalkStreamClient,
    EventHandler,
)
from dingtalk_stream.frames import CallbackMessage, EventMessage, Headers  # type: ignore[import-untyped]

from bot.platforms.base import Callback

ROBOT = "/v1.0/im/bot/messages/get"
CARD = "/v1.0/card/instances/callback"
TOPICS = (ROBOT, CARD)

OPEN_TIMEOUT, CLOSE_TIMEOUT, PING_EVERY, PING_TIMEOUT = 10.0, 2.0, 30.0, 20.0
"""Seconds. The server's own ping comes every 20 to 30."""

FRAME_BYTES = 1024 * 1024

_SILENT = logging.getLogger("bot.dingtalk_stream")
_SILENT.disabled = True  # the client logs tickets and what people said

Take = Callable[[Callback], Awaitable[bool]]


class NotTaken(Exception):
    """What came is not in the database: it is not acknowledged, and DingTalk brings it again."""


class _Said(CallbackHandler):  # type: ignore[misc]  # the client has no types
    """Acknowledged when it is taken, and not before."""

    def __init__(self, take: Take) -> None:
        super().__init__()
        self._take = take

    async def process(self, message: CallbackMessage) -> tuple[int, Any]:
        if not await self._take(_frame(CallbackMessage.TYPE, message.headers, message.data)):
            raise NotTaken
        return AckMessage.STATUS_OK, {} if message.headers.topic == CARD else None


class _Happened(EventHandler):  # type: ignore[misc]
    """An event is answered with whether it was taken; LATER lets it come again (事件订阅 0003)."""

    def __init__(self, take: Take) -> None:
        super().__init__()
        self._take = take

    async def raw_process(self, event_message: EventMessage) -> AckMessage:
        taken = await self._take(_frame(EventMessage.TYPE, event_message.headers, event_message.data))
        ack = AckMessage()
        ack.headers.message_id = event_message.headers.message_id
        ack.headers.content_type = Headers.CONTENT_TYPE_APPLICATION_JSON
        ack.message = "OK"
        ack.data = {"status": "SUCCESS", "message": "ok"} if taken else {"status": "LATER", "message": "busy"}
        return ack


class Line(DingTalkStreamClient):  # type: ignore[misc]
    """One connection. take: hands a frame over and says whether it is kept.

    leaving: set once the server said that it will close; it brings nothing more, and another line is to be opened first.
    alive: whether anything ever came over it.
    """

    def __init__(self, app_key: str, take: Take) -> None:
        super().__init__(Credential(app_key, ""), logger=_SILENT)
        self._take = take
        self.register_all_event_handler(_Happened(take))
        for topic in TOPICS:
            self.register_callback_handler(topic, _Said(take))
        for handler in (self.event_handler, self.system_handler, *self.callback_handler_map.values()):
            handler.logger = _SILENT
        self.leaving = asyncio.Event()
        self.alive = False
        self._under_way: set[asyncio.Task[None]] = set()

    def open_connection(self) -> None:
        """The ticket is asked for elsewhere, with a time-out and outside of the event loop."""
        raise NotImplementedError

    async def connect(self, endpoint: str, ticket: str) -> None:
        """Open the socket. Raises OSError, TimeoutError, websockets.WebSocketException."""
        self.websocket = await websockets.connect(
            f"{endpoint}?ticket={quote_plus(ticket)}",
            proxy=None,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
            ping_interval=PING_EVERY,
            ping_timeout=PING_TIMEOUT,
            max_size=FRAME_BYTES,
        )

    async def start(self) -> None:
        """Take what comes until the socket ends."""
        try:
            async for raw in self.websocket:
                self.alive = True
                task = asyncio.create_task(self.background_task(raw))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
        except websockets.ConnectionClosedError:
            pass

    async def background_task(self, json_message: str | bytes) -> None:
        """One frame. Whatever goes wrong with it, it stays without an answer, and the line goes on."""
        frame: Any = None
        try:
            frame = json.loads(json_message)
            if await self.route_message(frame) == self.TAG_DISCONNECT:
                self.leaving.set()
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            await self._keep_unread(frame)
        except (NotTaken, websockets.ConnectionClosed):
            pass

    async def finish(self, seconds: float) -> None:
        """Let what is under way be acknowledged, no longer than this, and close."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        for task in self._under_way:
            task.cancel()
        if self.websocket is not None:
            await self.websocket.close()

    async def _keep_unread(self, frame: Any) -> None:
        """A frame that the client cannot read is kept as it is, for whoever looks for it; then it need not come again."""
        if not isinstance(frame, dict) or not isinstance(headers := frame.get("headers"), dict):
            return
        headers = {str(name): str(value) for name, value in headers.items()}
        body = json.dumps(frame.get("data"), ensure_ascii=False).encode()
        if await self._take(Callback("FRAME", headers | {"type": str(frame.get("type"))}, {}, body)):
            ack = AckMessage()
            ack.code = AckMessage.STATUS_BAD_REQUEST
            ack.headers.message_id = headers.get("messageId", "")
            ack.headers.content_type = Headers.CONTENT_TYPE_APPLICATION_JSON
            ack.data = {"response": None}
            await self.websocket.send(json.dumps(ack.to_dict()))


def subscriptions() -> list[dict[str, str]]:
    """What a connection asks to be told. Events come only where the app subscribed to them by Stream."""
    return [{"type": "EVENT", "topic": "*"}, *({"type": "CALLBACK", "topic": topic} for topic in TOPICS)]


def _frame(kind: str, headers: Headers, data: Any) -> Callback:
    """A frame as the platform reads it: its headers by the wire's names, its data as JSON."""
    named: Mapping[str, object] = {
        "type": kind,
        "topic": headers.topic,
        "messageId": headers.message_id,
        "eventType": headers.event_type,
        "eventId": headers.event_id,
        "eventBornTime": headers.event_born_time,
        "eventCorpId": headers.event_corp_id,
    }
    words = {name: str(value) for name, value in named.items() if value is not None}
    return Callback("FRAME", words, {}, json.dumps(data, ensure_ascii=False).encode())
