"""DingTalk's stream gateway: tickets, WebSocket connections, frames and their acknowledgements.

Written from the documentation alone: open-dingtalk/developerpedia, docs/learn/stream/protocol.md and faq.md (2026-08). What a
wrong ticket is answered with, and how often a message comes again, is not documented: 401, and three times in all.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import websockets
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from bot.clock import Clock, monotonic

TICKET_SECONDS, PING_SECONDS, CLOSES_AFTER, COMES_AGAIN = 90.0, 25.0, 10.0, 60.0
CONNECTS_WITHIN = 10.0
"""Seconds that a message waits for a connection. On the real platform it is lost at once where there is none."""

ATTEMPTS = 3
ROBOT, CARD = "/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback"


@dataclass(eq=False, slots=True)
class _Line:
    """One connection. leaving: it was told to go, and is brought nothing more."""

    socket: ServerConnection
    topics: set[tuple[str, str]]
    leaving: bool = False


@dataclass(slots=True)
class Acknowledged:
    """What a client answered to one frame. body: None where nothing came in time."""

    sent: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None

    @property
    def taken(self) -> bool:
        """A 200; of an event also that it is not to come LATER."""
        if self.body is None or self.body.get("code") != HTTPStatus.OK:
            return False
        return self.sent["type"] != "EVENT" or self.data.get("status") == "SUCCESS"

    @property
    def data(self) -> dict[str, Any]:
        """The answer's data, which is JSON within a string."""
        try:
            data = json.loads((self.body or {}).get("data", ""))
        except (TypeError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}


class Stream:
    """The gateway of one app. comes_again: seconds without an acknowledgement after which a frame is brought again."""

    def __init__(self, clock: Clock, comes_again: float = COMES_AGAIN) -> None:
        self._clock, self.comes_again, self.closes_after = clock, comes_again, CLOSES_AFTER
        self._tickets: dict[str, tuple[float, set[tuple[str, str]]]] = {}
        self._lines: list[_Line] = []
        self._waiting: dict[str, tuple[threading.Event, Acknowledged]] = {}
        self._change = threading.Condition()
        self._server: Server | None = None
        self._stopping = threading.Event()

    def start(self) -> None:
        """Listen on any free port."""
        self._server = serve(self._serve, "127.0.0.1", 0, process_request=self._admit, ping_interval=None)
        for work in (self._server.serve_forever, self._ping):
            threading.Thread(target=work, name="stream", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()
        self.cut()

    # what the bot opens

    @property
    def endpoint(self) -> str:
        """Where to connect."""
        if self._server is None:
            raise RuntimeError("not started")
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/connect"

    def issue(self, topics: set[tuple[str, str]]) -> str:
        """A ticket for one connection within 90 seconds."""
        ticket = secrets.token_hex(16)
        with self._change:
            self._tickets[ticket] = (monotonic() + TICKET_SECONDS, topics)
        return ticket

    @property
    def connections(self) -> int:
        """How many stand, those about to close not counted."""
        with self._change:
            return sum(not line.leaving for line in self._lines)

    def wait(self, connections: int, seconds: float = CONNECTS_WITHIN) -> bool:
        """Until exactly so many stand."""
        with self._change:
            return self._change.wait_for(
                lambda: sum(not line.leaving for line in self._lines) == connections, timeout=seconds
            )

    # what goes over it

    def bring(self, kind: str, topic: str, data: object, **headers: str) -> Acknowledged:
        """One frame over one connection, by chance where there are several; returns its acknowledgement.

        Comes again where none came, with another messageId. data: becomes JSON within a string.
        """
        answer = Acknowledged({"type": kind})
        for _ in range(ATTEMPTS):
            line = self._some_line(kind, topic)
            if line is None:
                return answer
            answer = self.bring_once(line, kind, topic, data, **headers)
            if answer.taken:
                return answer
        return answer

    def bring_once(self, line: _Line, kind: str, topic: str, data: object, **headers: str) -> Acknowledged:
        """One frame, once."""
        frame = self.frame(kind, topic, data, **headers)
        identity = frame["headers"]["messageId"]
        arrived, answer = threading.Event(), Acknowledged(frame)
        with self._change:
            self._waiting[identity] = (arrived, answer)
        try:
            line.socket.send(json.dumps(frame, ensure_ascii=False))
            arrived.wait(self.comes_again)
        except websockets.ConnectionClosed:
            pass
        finally:
            with self._change:
                self._waiting.pop(identity, None)
        return answer

    def frame(self, kind: str, topic: str, data: object, **headers: str) -> dict[str, Any]:
        """As the gateway writes it."""
        return {
            "specVersion": "1.0",
            "type": kind,
            "headers": {
                "appId": "demo-app",
                "connectionId": "demo-connection",
                "contentType": "application/json",
                "messageId": secrets.token_hex(12),
                "time": str(int(self._clock.now().timestamp() * 1000)),
                "topic": topic,
                **headers,
            },
            "data": data if isinstance(data, str) else json.dumps(data, ensure_ascii=False),
        }

    def send_away(self) -> None:
        """Every connection is told that it will be closed: it is brought nothing more, and closed after ten seconds."""
        with self._change:
            leaving = [line for line in self._lines if not line.leaving]
            for line in leaving:
                line.leaving = True
            self._change.notify_all()
        for line in leaving:
            line.socket.send(json.dumps(self.frame("SYSTEM", "disconnect", {"reason": "server is going away"})))
            timer = threading.Timer(self.closes_after, line.socket.close)
            timer.daemon = True
            timer.start()

    def cut(self) -> None:
        """Every connection breaks, without a word."""
        with self._change:
            lines, self._lines = self._lines, []
            self._change.notify_all()
            for arrived, _ in self._waiting.values():
                arrived.set()
        for line in lines:
            line.socket.close_timeout = 0.2
            line.socket.close()

    def line(self, kind: str, topic: str) -> _Line | None:
        """A connection that wants this, by chance; waits until there is one."""
        return self._some_line(kind, topic)

    def _some_line(self, kind: str, topic: str) -> _Line | None:
        def wanting() -> list[_Line]:
            wanted = (kind, "*" if kind == "EVENT" else topic)
            return [line for line in self._lines if not line.leaving and wanted in line.topics]

        with self._change:
            self._change.wait_for(wanting, timeout=CONNECTS_WITHIN)
            found = wanting()
        return random.choice(found) if found else None

    # one connection

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        ticket = parse_qs(parts.query).get("ticket", [""])[0]
        with self._change:
            until, _ = self._tickets.get(ticket, (0.0, set()))
        if parts.path != "/connect" or until < monotonic():
            return connection.respond(HTTPStatus.UNAUTHORIZED, "ticket is invalid\n")
        return None

    def _serve(self, socket: ServerConnection) -> None:
        request = socket.request
        ticket = parse_qs(urlsplit(request.path).query)["ticket"][0] if request is not None else ""
        with self._change:
            _, topics = self._tickets.pop(ticket, (0.0, None))
            if topics is None:  # two connections came with one ticket
                return
            line = _Line(socket, topics)
            self._lines.append(line)
            self._change.notify_all()
        try:
            for raw in socket:
                self._acknowledged(raw)
        except websockets.ConnectionClosed:
            pass
        finally:
            with self._change:
                if line in self._lines:
                    self._lines.remove(line)
                self._change.notify_all()

    def _acknowledged(self, raw: str | bytes) -> None:
        try:
            body = json.loads(raw)
            identity = str(body["headers"]["messageId"])
        except (KeyError, TypeError, ValueError):
            return
        with self._change:
            found = self._waiting.get(identity)
        if found is not None:
            arrived, answer = found
            answer.body = body
            arrived.set()

    def _ping(self) -> None:
        while not self._stopping.wait(PING_SECONDS):
            with self._change:
                lines = list(self._lines)
            for line in lines:
                if not self.ping(line):
                    line.socket.close()

    def ping(self, line: _Line) -> bool:
        """Whether the client answers with what it was sent."""
        opaque = {"opaque": secrets.token_hex(8)}
        return self.bring_once(line, "SYSTEM", "ping", opaque).data == opaque
