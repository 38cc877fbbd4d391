"""What the chat desk in the browser asks and is told: JSON, and a stream of events."""

from __future__ import annotations

import json
import queue
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Blueprint, Response, abort, jsonify, request, send_file, send_from_directory

from bot.clock import school_time
from bot.emulator.transcript import transcript
from bot.emulator.turning import Turning
from bot.emulator.world import BOT, Actor, DeskError, Event, Exchange, Line, Room, World

HERE = Path(__file__).parent
HEARTBEAT = 15.0
PICTURE_BYTES = 20 * 1024 * 1024
PICTURES = 9

_OFFERED = re.compile(r"「([^「」\n]{2,14})」")
OFFERS = 4


class Desk:
    """The desk of one world. school: the name on its top bar."""

    def __init__(self, world: World, turning: Turning, school: str) -> None:
        self._world = world
        self._turning = turning
        self._school = school
        self._couriers = ThreadPoolExecutor(8, thread_name_prefix="courier")
        self._closing = False
        self._bot_up = False

    def close(self) -> None:
        """End the event streams and finish the deliveries under way."""
        self._closing = True
        self._world.publish("closing", None)
        self._couriers.shutdown()

    def blueprint(self) -> Blueprint:
        """The page and everything under /api/."""
        pages = Blueprint("desk", __name__, static_folder=str(HERE / "static"), static_url_path="/static")
        world = self._world

        @pages.before_request
        def from_here() -> None:
            """A page of another site must not speak for the school, even on this machine."""
            origin = request.headers.get("Origin")
            if request.method != "GET" and origin is not None and urlsplit(origin).netloc != request.host:
                abort(403)
            if request.host.partition(":")[0] not in ("127.0.0.1", "localhost"):
                abort(403)

        @pages.after_request
        def guard(response: Response) -> Response:
            response.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' blob: data:"
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response

        @pages.errorhandler(DeskError)
        def refused(error: DeskError) -> tuple[Response, int]:
            return jsonify(error=str(error)), 400

        @pages.get("/")
        def page() -> Response:
            return send_from_directory(HERE / "templates", "desk.html")

        @pages.get("/files/<name>")
        def file(name: str) -> Response:
            path = world.file(name)
            return send_file(path, max_age=3600) if path else Response(status=404)

        @pages.get("/api/state")
        def state() -> Response:
            due = self._turning.next_due()
            return jsonify(
                school=self._school,
                now=school_time(world.clock.now()).isoformat(),
                next=due.data() if due else None,
                bot={"up": self.bot_up(), "url": world.bot_url},
                people=[_person(actor) for actor in world.actors],
                chats=[self._chat(room) for room in world.rooms],
                faults=world.faults.list(),
                last_seq=world.last_seq,
            )

        @pages.get("/api/messages")
        def messages() -> Response:
            after, limit = request.args.get("after", 0, int), request.args.get("limit", 500, int)
            lines = world.messages(after, request.args.get("chat", ""), max(1, min(limit, 2000)))
            return jsonify(messages=[self._message(line) for line in lines])

        @pages.post("/api/chats/<room_id>/messages")
        def say(room_id: str) -> Response:
            pictures = [(file.filename or "photo.jpg", file.read()) for file in request.files.getlist("image")]
            if len(pictures) > PICTURES:
                raise DeskError("一次最多发 9 张照片")
            if any(len(content) > PICTURE_BYTES for _, content in pictures):
                raise DeskError("照片太大了，请选小一点的")
            form = request.form
            line = world.write(form.get("as", ""), room_id, form.get("text", ""), pictures, form.get("quote", ""))
            self._couriers.submit(world.send, line)
            return jsonify(self._message(line))

        @pages.post("/api/chats/<room_id>/click")
        def click(room_id: str) -> Response:
            data = _data()
            line = world.write(str(data.get("as", "")), room_id, str(data.get("says", "")))
            self._couriers.submit(world.send, line)
            return jsonify(self._message(line))

        @pages.get("/api/messages/<line_id>/wire")
        def wire(line_id: str) -> Response:
            return jsonify(exchanges=[_exchange(exchange) for exchange in world.exchanges(line_id)])

        @pages.post("/api/clock")
        def clock() -> Response:
            happened = self._turning.turn(str(_data().get("to", "")))
            return jsonify(now=school_time(world.clock.now()).isoformat(), happened=[item.data() for item in happened])

        @pages.post("/api/faults/<kind>")
        def fault(kind: str) -> Response:
            try:
                return jsonify(world.faults.switch(kind, bool(_data().get("on"))))
            except KeyError as error:
                raise DeskError("没有这种故障，请刷新页面") from error

        @pages.post("/api/people")
        def people() -> Response:
            data = _data()
            name = str(data.get("name", "")).strip()[:20]
            if not name:
                raise DeskError("请写上姓名")
            return jsonify(_person(world.add_stranger(name, str(data.get("post", "")).strip()[:20])))

        @pages.post("/api/transcript")
        def saved() -> Response:
            since = int(_data().get("since", 0) or 0)
            text = transcript(world, world.messages(max(since - 1, 0)))
            response = Response(text, content_type="text/plain; charset=utf-8")
            response.headers["Content-Disposition"] = "attachment; filename=conversation.txt"
            return response

        @pages.post("/api/reset")
        def reset() -> Response:
            world.reset()
            return jsonify(ok=True)

        @pages.get("/api/events")
        def events() -> Response:
            return Response(self._stream(), content_type="text/event-stream", headers={"Cache-Control": "no-store"})

        return pages

    def bot_up(self) -> bool:
        """Whether the bot answers; a change is told to the desks."""
        try:
            up = requests.get(f"{self._world.bot_url}/health/live", timeout=2).ok
        except requests.RequestException:
            up = False
        if up != self._bot_up:
            self._bot_up = up
            self._world.publish("bot", {"up": up})
        return up

    def _stream(self) -> Iterator[str]:
        since = request.headers.get("Last-Event-ID", "")
        with self._world.listening() as listener:
            if since.isdigit():
                for line in self._world.messages(int(since)):
                    yield _event(Event("message", line, line.seq), self._message(line))
            yield ": here\n\n"
            while not self._closing:
                try:
                    event = listener.get(timeout=HEARTBEAT)
                except queue.Empty:
                    self.bot_up()
                    yield ": still here\n\n"
                    continue
                if event.name != "closing":
                    data = self._message(event.data) if isinstance(event.data, Line) else event.data
                    yield _event(event, data)

    def _chat(self, room: Room) -> dict[str, Any]:
        lines = self._world.messages(room=room.id)
        return {
            "id": room.id,
            "platform": room.platform,
            "kind": room.kind,
            "title": room.title,
            "person": room.person or None,
            "members": list(room.members),
            "hears": room.hears,
            "note": room.note,
            "last_seq": lines[-1].seq if lines else 0,
        }

    def _message(self, line: Line) -> dict[str, Any]:
        return {
            "id": line.id,
            "seq": line.seq,
            "chat": line.room,
            "from": line.sender,
            "at": school_time(line.at).isoformat(),
            "text": line.text,
            "markdown": line.markdown,
            "title": line.title,
            "images": [{"url": f"/files/{name}"} for name in line.images],
            "file": {"name": line.file_name, "url": f"/files/{line.file}"} if line.file else None,
            "quote": self._quote(line.quote) if line.quote else None,
            "buttons": [{"label": words, "says": words} for words in offers(line)],
            "mentions": line.mentions,
            "state": line.state,
            "note": line.note,
            "wire": bool(self._world.exchanges(line.id)) or line.sender != BOT,
        }

    def _quote(self, line_id: str) -> dict[str, Any] | None:
        try:
            line = self._world.line(line_id)
        except DeskError:
            return None
        image = {"url": f"/files/{line.images[0]}"} if line.images else None
        return {"id": line.id, "from": line.sender, "text": line.text, "image": image}


def offers(line: Line) -> list[str]:
    """The commands that the bot's words offer, to be tapped: what stands in 「…」 and needs nothing added."""
    if line.sender != BOT:
        return []
    ready = [words for words in _OFFERED.findall(line.text) if not words.endswith(("我是", "隐患", "延期"))]
    return list(dict.fromkeys(ready))[:OFFERS]


def _person(actor: Actor) -> dict[str, Any]:
    return {"id": actor.id, "name": actor.name, "post": actor.post, "known": actor.known}


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return asdict(exchange) | {"at": school_time(exchange.at).isoformat()}


def _event(event: Event, data: Any) -> str:
    return f"id: {event.seq}\nevent: {event.name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _data() -> dict[str, Any]:
    data = request.get_json(force=True, silent=True)
    if not isinstance(data, dict):
        raise DeskError("没有收到内容，请再试一次")
    return data
