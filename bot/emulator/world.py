"""The emulated school: people, chats, what was said, what went over the wire. Shared by all the servers' threads."""

from __future__ import annotations

import json
import queue
import secrets
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import requests

from bot.clock import Clock
from bot.emulator.faults import Faults
from bot.errors import BotError

Post = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]
"""How a callback is delivered: method, address, headers, body → status, headers, body."""

CALLBACK_SECONDS = 5.0
"""WeCom waits five seconds; DingTalk's 2.5 is a part of it."""

REMEMBERED = 2000
"""Messages whose wire traffic is kept, and lines of chat that are read back after a restart."""

BOT = "bot"


class DeskError(BotError):
    """Something the person at the desk can put right: one friendly Chinese line."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody to be. known: the roster has their accounts; a stranger still has to introduce themselves."""

    id: str
    name: str
    post: str
    wecom: str
    dingtalk: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Room:
    """A chat. key: its id on the platform, or the key of a group's webhook. hears: whether the bot reads it.

    open: newcomers are in it from the start.
    """

    id: str
    platform: str
    kind: str
    title: str
    key: str
    person: str = ""
    members: tuple[str, ...] = ()
    hears: bool = True
    note: str = ""
    open: bool = False


@dataclass(slots=True)
class Line:
    """One thing said. sender: an actor's id or BOT. images, file: names in the files folder. state: sent, waiting, refused."""

    id: str
    seq: int
    room: str
    sender: str
    at: datetime
    text: str = ""
    markdown: bool = False
    title: str = ""
    images: list[str] = field(default_factory=list)
    file: str = ""
    file_name: str = ""
    quote: str = ""
    mentions: list[str] = field(default_factory=list)
    state: str = "sent"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its answer, as they were on the wire; `plain` is the same made readable."""

    direction: str
    title: str
    at: datetime
    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str
    plain: str
    status: int
    response_body: str
    ms: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that open desks have to know."""

    name: str
    data: Any
    seq: int


class Side(Protocol):
    """One platform's half of the emulator."""

    def deliver(self, line: Line, room: Room, actor: Actor) -> tuple[str, str]:
        """Send the callbacks for what somebody said. Returns the line's state and note."""
        ...


class World:
    """home: where lines and files are kept. bot_url: where callbacks go. post: how (tests plug the bot in directly)."""

    def __init__(
        self,
        home: Path,
        clock: Clock,
        actors: Sequence[Actor],
        rooms: Sequence[Room],
        bot_url: str,
        post: Post | None = None,
    ) -> None:
        self.clock = clock
        self.bot_url = bot_url
        self.faults = Faults(self._fault_changed)
        self.sides: dict[str, Side] = {}
        self.post = post or http_post
        self._first_actors, self._first_rooms = tuple(actors), tuple(rooms)
        self._lock = threading.RLock()
        self._home = home
        (home / "files").mkdir(parents=True, exist_ok=True)
        self._listeners: list[queue.SimpleQueue[Event]] = []
        self._wire: OrderedDict[str, list[Exchange]] = OrderedDict()
        self._uploads: dict[str, list[Exchange]] = defaultdict(list)
        self._start_anew()
        self._read_back()

    # people and rooms

    @property
    def actors(self) -> list[Actor]:
        with self._lock:
            return list(self._actors.values())

    @property
    def rooms(self) -> list[Room]:
        with self._lock:
            return list(self._rooms.values())

    def actor(self, actor_id: str) -> Actor:
        """Raises DeskError for an id that does not exist."""
        with self._lock:
            if actor_id not in self._actors:
                raise DeskError("没有这个人，请刷新页面")
            return self._actors[actor_id]

    def room(self, room_id: str) -> Room:
        """Raises DeskError for an id that does not exist."""
        with self._lock:
            if room_id not in self._rooms:
                raise DeskError("没有这个聊天，请刷新页面")
            return self._rooms[room_id]

    def room_with_key(self, platform: str, kind: str, key: str) -> Room | None:
        """The chat that a platform's id names; a direct one by the account's id."""
        with self._lock:
            for room in self._rooms.values():
                if room.platform == platform and room.kind == kind and room.key.lower() == key.lower():
                    return room
        return None

    def account_of(self, room: Room, actor: Actor) -> str:
        """An actor's id on the room's platform."""
        return actor.wecom if room.platform == "wecom" else actor.dingtalk

    def add_stranger(self, name: str, post: str) -> Actor:
        """Somebody with accounts that the roster does not know."""
        with self._lock:
            number = len(self._actors) + 1
            actor = Actor(f"stranger{number}", name, post, f"stranger{number}", f"u9{number:03d}", known=False)
            self._add_actor(actor)
            for room in [room for room in self._rooms.values() if room.kind == "group" and room.open]:
                self._rooms[room.id] = replace(room, members=(*room.members, actor.id))
        self.publish("chats", None)
        return actor

    def _add_actor(self, actor: Actor) -> None:
        self._actors[actor.id] = actor
        for platform, key in (("wecom", actor.wecom), ("dingtalk", actor.dingtalk)):
            room = Room(f"{platform}-{actor.id}", platform, "direct", actor.name, key, actor.id, (actor.id,))
            self._rooms[room.id] = room

    # what is said

    def say(
        self,
        actor_id: str,
        room_id: str,
        text: str,
        images: Sequence[tuple[str, bytes]] = (),
        quote: str = "",
    ) -> Line:
        """Somebody says something; returns when the bot has answered the callback, or never will."""
        line = self.write(actor_id, room_id, text, images, quote)
        return self.send(line)

    def write(
        self, actor_id: str, room_id: str, text: str, images: Sequence[tuple[str, bytes]] = (), quote: str = ""
    ) -> Line:
        """Put what somebody says into the chat; send() carries it to the bot. Raises DeskError."""
        room = self.room(room_id)
        self.actor(actor_id)
        if not room.hears:
            raise DeskError(room.note or "这里机器人听不到")
        if actor_id not in room.members:
            raise DeskError("您不在这个聊天里")
        if not text.strip() and not images:
            raise DeskError("还没有写内容")
        kept = [self.keep_file(content, name) for name, content in images]
        return self._append(room, actor_id, text=text, images=kept, quote=quote, state="waiting")

    def send(self, line: Line) -> Line:
        """Deliver a line that was written."""
        room, actor = self.room(line.room), self.actor(line.sender)
        line.state, line.note = self.sides[room.platform].deliver(line, room, actor)
        self._changed(line)
        return line

    def bot_says(self, room: Room, exchange: Exchange | None = None, **content: Any) -> Line:
        """The bot's words arrive in a chat. content: fields of Line."""
        line = self._append(room, BOT, **content)
        for name in (*line.images, line.file):
            for upload in self._uploads.pop(name, []):
                self.record(line.id, upload)
        if exchange is not None:
            self.record(line.id, exchange)
        return line

    def messages(self, after: int = 0, room: str = "", limit: int = 100_000) -> list[Line]:
        """What was said with a higher number than `after`, oldest first."""
        with self._lock:
            found = [line for line in self._lines.values() if line.seq > after and (not room or line.room == room)]
        return sorted(found, key=lambda line: line.seq)[:limit]

    def line(self, line_id: str) -> Line:
        """Raises DeskError for an id that does not exist."""
        with self._lock:
            if line_id not in self._lines:
                raise DeskError("没有这条消息，请刷新页面")
            return self._lines[line_id]

    @property
    def last_seq(self) -> int:
        with self._lock:
            return self._seq

    def reset(self) -> None:
        """Empty chats, no strangers, no faults, as on the first day."""
        with self._lock:
            self._start_anew()
            self._wire.clear()
            self._uploads.clear()
            self.faults.clear()
            self._log.unlink(missing_ok=True)
        self.publish("chats", None)

    # files

    def keep_file(self, content: bytes, name: str) -> str:
        """Store bytes under a new unguessable name; returns it."""
        suffix = Path(name).suffix.lower()[:8] or ".bin"
        kept = f"{secrets.token_hex(16)}{suffix if suffix[1:].isalnum() else '.bin'}"
        (self._home / "files" / kept).write_bytes(content)
        return kept

    def file(self, name: str) -> Path | None:
        """Where a stored file lies, None when there is none of this name."""
        if not name or Path(name).name != name:
            return None
        path = self._home / "files" / name
        return path if path.is_file() else None

    # the wire

    def record(self, line_id: str, exchange: Exchange) -> None:
        """Note what the wire carried for a line."""
        with self._lock:
            self._wire.setdefault(line_id, []).append(exchange)
            while len(self._wire) > REMEMBERED:
                self._wire.popitem(last=False)

    def record_file(self, name: str, exchange: Exchange) -> None:
        """Note what the wire carried for a file: with the line that shows it, now or once it is said."""
        with self._lock:
            line = next((line for line in reversed(self._lines.values()) if name in line.images), None)
            if line is None:
                self._uploads[name].append(exchange)
            else:
                self.record(line.id, exchange)

    def exchanges(self, line_id: str) -> list[Exchange]:
        with self._lock:
            return list(self._wire.get(line_id, ()))

    # events

    @contextmanager
    def listening(self) -> Iterator[queue.SimpleQueue[Event]]:
        """Every event from now on, until the block ends."""
        listener: queue.SimpleQueue[Event] = queue.SimpleQueue()
        with self._lock:
            self._listeners.append(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def publish(self, name: str, data: Any) -> None:
        """Tell every open desk."""
        with self._lock:
            for listener in self._listeners:
                listener.put(Event(name, data, self._seq))

    def _fault_changed(self, fault: Mapping[str, object]) -> None:
        self.publish("fault", dict(fault))

    def _append(self, room: Room, sender: str, **content: Any) -> Line:
        with self._lock:
            self._seq += 1
            line = Line(f"m{self._seq}", self._seq, room.id, sender, self.clock.now(), **content)
            self._lines[line.id] = line
            self._write_down(line)
        self.publish("message", line)
        return line

    def _changed(self, line: Line) -> None:
        with self._lock:
            self._write_down(line)
        self.publish("message", line)

    # over a restart

    @property
    def _log(self) -> Path:
        return self._home / "lines.jsonl"

    def _start_anew(self) -> None:
        self._seq = 0
        self._lines: dict[str, Line] = {}
        self._actors: dict[str, Actor] = {}
        self._rooms: dict[str, Room] = {room.id: room for room in self._first_rooms}
        for actor in self._first_actors:
            self._add_actor(actor)

    def _write_down(self, line: Line) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(asdict(line) | {"at": line.at.isoformat()}, ensure_ascii=False) + "\n")

    def _read_back(self) -> None:
        if not self._log.exists():
            return
        for text in self._log.read_text("utf-8").splitlines():
            try:
                data = json.loads(text)
                line = Line(**data | {"at": datetime.fromisoformat(data["at"]).astimezone(UTC)})
            except (ValueError, TypeError, KeyError):
                continue  # the last line of a process that was killed while it wrote
            self._seq = max(self._seq, line.seq)
            if line.room in self._rooms:
                self._lines[line.id] = line
        for line_id in list(self._lines)[:-REMEMBERED]:
            del self._lines[line_id]


def http_post(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
    """Deliver a callback over HTTP. Raises requests.RequestException."""
    response = requests.request(method, url, headers=dict(headers), data=body, timeout=CALLBACK_SECONDS)
    return response.status_code, response.headers, response.content
