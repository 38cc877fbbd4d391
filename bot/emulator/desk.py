"""The chat desk's server: the page, its JSON, and the stream of what happens."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, jsonify, request, send_from_directory
from werkzeug.exceptions import HTTPException

from bot.emulator import demo
from bot.emulator.dingtalk_todos import TodoLists
from bot.emulator.events import Event
from bot.emulator.office_desk import carry_out, offices
from bot.emulator.records import Message, Refused
from bot.emulator.showing import (
    iso,
    shown_chat,
    shown_exchange,
    shown_fault,
    shown_message,
    shown_person,
    shown_todo,
)
from bot.emulator.transcript import transcript
from bot.emulator.turning import Turning
from bot.emulator.world import World

HERE = Path(__file__).resolve().parent
HEARTBEAT = 15.0
"""Seconds of silence after which a comment shows both ends that the line stands."""

LIMIT = 500
NAMES = ("127.0.0.1", "localhost", "[::1]")
"""What this machine is called in an address; a page from elsewhere that points its own name here is refused."""

POLICY = "default-src 'self'; img-src 'self' blob: data:"


def blueprint(world: World, turning: Turning) -> Blueprint:
    """The page and /api."""
    pages = Blueprint("desk", __name__)
    todos = TodoLists(world)

    @pages.before_request
    def only_from_here() -> None:
        if urlsplit(f"//{request.host}").netloc.rsplit(":", 1)[0] not in NAMES:
            raise Refused("演示台只在这台电脑上用。", 403)
        origin = request.headers.get("Origin")
        if request.method not in ("GET", "HEAD") and origin is not None and urlsplit(origin).netloc != request.host:
            raise Refused("这个请求不是从演示台来的。", 403)

    @pages.after_request
    def guarded(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @pages.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        return jsonify(error=error.line), error.status

    @pages.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> tuple[Response, int]:
        line = "太大了，一次最多 200 MB。" if error.code == 413 else "这个请求看不懂。"
        return jsonify(error=line), error.code or 400

    @pages.get("/")
    def page() -> Response:
        return send_from_directory(HERE / "templates", "desk.html")

    @pages.get("/static/<path:path>")
    def static(path: str) -> Response:
        return send_from_directory(HERE / "static", path)

    @pages.get("/files/<file_id>")
    def file(file_id: str) -> Response:
        found = world.file(file_id)
        if found is None:
            raise Refused("没有这个文件。", 404)
        picture = found.mime.startswith("image/") and found.mime != "image/svg+xml"
        response = Response(found.content, mimetype=found.mime if picture else "application/octet-stream")
        response.headers["Content-Security-Policy"] = "sandbox"
        response.headers["Cache-Control"] = "private, max-age=86400"
        if not picture:
            response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
        return response

    @pages.get("/api/state")
    def state() -> Response:
        turning.look_if_old()
        last: defaultdict[str, int] = defaultdict(int)
        for message in world.messages():
            last[message.chat] = message.seq
        return jsonify(
            school=demo.NAME,
            **turning.shown(),
            bot={"up": turning.up, "url": world.bot_url},
            people=[shown_person(person) for person in world.people()],
            # a group that an app made does not show before anything was said in it
            chats=[shown_chat(chat, last[chat.id]) for chat in world.chats() if not chat.agent or chat.id in last],
            faults=[shown_fault(fault) for fault in world.faults.all()],
            todos={person.id: [shown_todo(card) for card in todos.of(person.name)] for person in world.people()},
            last_seq=world.last_seq,
        )

    @pages.get("/api/messages")
    def messages() -> Response:
        after, limit = request.args.get("after", 0, int), request.args.get("limit", LIMIT, int)
        chat = request.args.get("chat", "")
        found = [message for message in world.messages(after) if not chat or message.chat == chat]
        return jsonify(messages=[shown_message(world, message) for message in found[: max(1, min(limit, LIMIT))]])

    @pages.post("/api/chats/<chat_id>/messages")
    def say(chat_id: str) -> Response:
        images = [(upload.filename or "照片", upload.read()) for upload in request.files.getlist("image")]
        words = request.form
        message = world.begin(words.get("as", ""), chat_id, words.get("text", ""), images, words.get("quote"))
        return _sent_off(world, message)

    @pages.post("/api/chats/<chat_id>/click")
    def click(chat_id: str) -> Response:
        asked = _asked("as", "message", "says")
        if world.message(asked["message"]).chat != chat_id:
            raise Refused("这个按钮不在这个会话里。", 400)
        return _sent_off(world, world.begin_press(asked["as"], asked["message"], asked["says"]))

    @pages.post("/api/chats/<chat_id>/submit")
    def submit(chat_id: str) -> Response:
        asked, chosen = _asked("as", "message"), _json().get("chosen")
        if world.message(asked["message"]).chat != chat_id:
            raise Refused("这张卡片不在这个会话里。", 400)
        if not isinstance(chosen, dict) or not all(isinstance(ids, list) for ids in chosen.values()):
            raise Refused("这个请求看不懂。", 400)
        return _sent_off(world, world.begin_submit(asked["as"], asked["message"], chosen))

    @pages.get("/api/messages/<message_id>/wire")
    def wire(message_id: str) -> Response:
        exchanges = world.exchanges(world.message(message_id).id)
        return jsonify(exchanges=[shown_exchange(exchange) for exchange in exchanges])

    @pages.post("/api/clock")
    def clock() -> Response:
        happened = turning.turn(_asked("to")["to"])
        return jsonify(now=iso(world.clock.now()), happened=[due.shown() for due in happened])

    @pages.post("/api/faults/<fault_id>")
    def fault(fault_id: str) -> Response:
        on = _json().get("on")
        if not isinstance(on, bool):
            raise Refused("这个请求看不懂。", 400)
        return jsonify(shown_fault(world.faults.switch(fault_id, on)))

    @pages.post("/api/people")
    def stranger() -> Response:
        asked = _asked("name", "post")
        return jsonify(shown_person(world.add_stranger(asked["name"], asked["post"])))

    @pages.get("/api/office")
    def office() -> Response:
        return jsonify(offices=offices(world))

    @pages.post("/api/office")
    def act() -> Response:
        asked, values = _asked("platform", "act"), _json().get("values")
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise Refused("这个请求看不懂。", 400)
        return jsonify(line=carry_out(world, asked["platform"], asked["act"], values))

    @pages.post("/api/transcript")
    def as_transcript() -> Response:
        since = _json().get("since")
        if not isinstance(since, int):
            raise Refused("这个请求看不懂。", 400)
        response = Response(transcript(world, since), content_type="text/plain; charset=utf-8")
        response.headers["Content-Disposition"] = "attachment; filename=conversation.txt"
        return response

    @pages.post("/api/reset")
    def reset() -> Response:
        world.reset()
        return jsonify({})

    @pages.get("/api/events")
    def events() -> Response:
        if world.events.crowded:
            raise Refused("打开的演示台太多了，请关掉几个。", 503)
        last = request.headers.get("Last-Event-ID", "")
        stream = _stream(world, int(last) if last.isdigit() else None)
        return Response(stream, content_type="text/event-stream; charset=utf-8", headers={"X-Accel-Buffering": "no"})

    return pages


def _sent_off(world: World, message: Message) -> Response:
    """The bubble as it is before its way to the bot, which it takes in the background."""
    answer = jsonify(shown_message(world, message))
    threading.Thread(target=world.deliver, args=(message,), name=f"deliver-{message.id}", daemon=True).start()
    return answer


def _stream(world: World, after: int | None) -> Iterator[str]:
    with world.subscribe(after) as mine:
        yield ": 校铃演示台\n\n"
        while True:
            try:
                event = mine.get(timeout=HEARTBEAT)
            except Empty:
                yield ": still here\n\n"
                continue
            if event is None:
                return
            yield _written(event)


def _written(event: Event) -> str:
    return f"id: {event.number}\nevent: {event.kind}\ndata: {json.dumps(event.data, ensure_ascii=False)}\n\n"


def _json() -> dict[str, Any]:
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise Refused("这个请求看不懂。", 400)
    return data


def _asked(*names: str) -> dict[str, str]:
    """The texts that the page must send."""
    data = _json()
    for name in names:
        if not isinstance(data.get(name), str):
            raise Refused("这个请求看不懂。", 400)
    return {name: data[name] for name in names}
