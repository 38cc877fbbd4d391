"""The other end of the wire: a real HTTP server on loopback that writes down what it is asked and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request. headers: names in lower case. query: decoded."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def part(self) -> bytes:
        """The one file of a multipart form."""
        boundary = self.headers["content-type"].partition("boundary=")[2].encode()
        head, _, rest = self.body.partition(b"\r\n\r\n")
        assert head.startswith(b"--" + boundary)
        return rest[: rest.rindex(b"\r\n--" + boundary)]


@dataclass(frozen=True)
class Says:
    """One answer. hangs: seconds of silence before it. breaks: "request" closes without a word, "body" in the middle.

    stalls: seconds of silence in the middle of the body.
    """

    body: object = None
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    location: str = ""
    hangs: float = 0
    breaks: str = ""
    stalls: float = 0

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps({} if self.body is None else self.body, ensure_ascii=False).encode()


class OtherSide:
    """answers: what a path says, in turn; the last one for ever. A path that nobody told what to say is a 404."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[str, list[Says]] = {}
        self.deciders: dict[str, Callable[[Asked], Says]] = {}
        self.woken = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def says(self, path: str, *answers: Says | dict[str, Any]) -> None:
        """From now on; a dictionary is a 200 with this JSON."""
        with self._lock:
            self.answers[path] = [Says(answer) if isinstance(answer, dict) else answer for answer in answers]

    def decides(self, path: str, decide: Callable[[Asked], Says]) -> None:
        """From now on, what a path says depends on what it is asked."""
        self.deciders[path] = decide

    def requests(self, path: str) -> list[Asked]:
        with self._lock:
            return [asked for asked in self.asked if asked.path == path]

    def close(self) -> None:
        self.woken.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, asked: Asked) -> Says:
        with self._lock:
            self.asked.append(asked)
            if asked.path in self.deciders:
                return self.deciders[asked.path](asked)
            left = self.answers.get(asked.path, [])
            if not left:
                return Says({"code": "nobody.told", "errcode": 404_404}, 404)
            return left.pop(0) if len(left) > 1 else left[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        other_side = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                query = dict(parse_qsl(parts.query, keep_blank_values=True))
                says = other_side.answer(Asked(self.command, parts.path, query, headers, body))
                if says.hangs:
                    other_side.woken.wait(says.hangs)
                if says.breaks == "request":
                    self.close_connection = True
                    return
                content = says.content
                self.send_response(says.status)
                self.send_header("Content-Type", says.content_type)
                self.send_header("Content-Length", str(len(content)))
                if says.location:
                    self.send_header("Location", says.location)
                self.end_headers()
                half = len(content) // 2
                self.wfile.write(content[:half])
                if says.breaks == "body":
                    self.close_connection = True
                    return
                if says.stalls:
                    self.wfile.flush()
                    other_side.woken.wait(says.stalls)
                try:
                    self.wfile.write(content[half:])
                except OSError:
                    self.close_connection = True  # the client had enough

            def do_POST(self) -> None:
                self.do_GET()

            def do_PUT(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """The test says what happened."""

        return Handler


@contextmanager
def other_side() -> Iterator[OtherSide]:
    """Listening until the test is over."""
    server = OtherSide()
    try:
        yield server
    finally:
        server.close()
