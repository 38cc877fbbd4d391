"""What every platform must do, and what it may say about itself. Nothing here knows any platform."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, runtime_checkable

from bot.errors import GiveUp, Unsupported
from bot.messages import ChatRef, MediaRef, Message, Outgoing

BODY_LIMIT = 64 * 1024
"""Bytes of a callback's body that are read; every documented callback is far smaller."""

TIMEOUT = (5.0, 20.0)
"""Seconds to connect and to wait for bytes, for every call to a platform."""


@dataclass(frozen=True, slots=True)
class Callback:
    """One HTTP request from a platform, or one frame of a connection that we opened (method "FRAME", only a body).

    Header names are in lower case; query values are decoded once.
    """

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to put on the wire at once: an address check, or the empty acknowledgement."""

    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` calls in any `per`. scope: "connection" for all chats together, or "chat" for each."""

    count: int
    per: timedelta
    scope: str = "connection"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do. It drives rendering, splitting and pacing.

    text_bytes: UTF-8 bytes of one text; longer is split between lines before it is queued.
    markdown: it renders Markdown; else the plain form is sent.
    """

    hears: bool
    direct: bool
    groups: bool
    text_bytes: int
    markdown: bool = False
    images: bool = False
    files: bool = False
    mentions: bool = False
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it. reference: its id of the message, "" where it gives none. note: what it refused in part."""

    reference: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file from the platform: its bytes, never more than asked for, and its name where known."""

    content: bytes
    name: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """What `doctor` shows for a connection: one plain Chinese line, and the next click where it is not well."""

    well: bool
    line: str
    todo: str = field(default="")


class Platform(Protocol):
    """A connection to one platform, for one school. Safe to use from several threads."""

    capabilities: Capabilities

    def parse(self, callback: Callback) -> Message | Answer:
        """Verify one callback and read it. An Answer is an address check: it is returned as it is.

        Raises Untrusted, Malformed, Unsupported.
        """
        ...

    def acknowledge(self) -> Answer:
        """What says "received" without saying anything in the chat."""
        ...

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """Carry out one call. Raises TryLater or GiveUp; every library error is one of the two."""
        ...

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """Download what a person sent, at most `limit` bytes. Raises TryLater or GiveUp."""
        ...

    def check(self) -> Health:
        """Try the credentials with the cheapest call there is."""
        ...


@runtime_checkable
class Listener(Protocol):
    """A platform that also hears through a connection which it opens itself: no public address is needed."""

    def listen(self, hear: Callable[[Callback], bool], stopped: threading.Event) -> None:
        """Keep the connection open and hand each frame over; called once, in a thread of its own; returns after `stopped`.

        hear parses, handles and commits; False means that it is not taken, and must not be acknowledged. Whatever breaks,
        listen opens the connection again, later and later; only a setting that a person must change makes it wait for them.
        """
        ...


class Deaf:
    """What a connection that only speaks answers to whoever speaks to it."""

    def parse(self, callback: Callback) -> Message | Answer:
        """A group webhook hears nothing. Raises Unsupported."""
        raise Unsupported("a group webhook hears nothing")

    def acknowledge(self) -> Answer:
        """Nothing to acknowledge."""
        return Answer()

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """Nobody can send it anything. Raises GiveUp."""
        raise GiveUp("群机器人收不到文件")
