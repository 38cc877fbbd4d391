"""What every platform must do, and what it may say about itself. Nothing here knows any platform."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.errors import DeliveryError, GiveUp, TryLater, Unsupported
from bot.facts import Ask, Fact, News
from bot.messages import ChatRef, MediaRef, Message, Outgoing, TodoItem
from bot.platforms.tally import Tally

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


class Reach(StrEnum):
    """Whom a channel can write to unasked: any account of the school, only where somebody wrote before, or nobody."""

    ANYONE = "anyone"
    SPOKEN = "spoken"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Quota:
    """What the platform sells or gives by the month. unit: what is counted, as the ledger names it ("api", "message")."""

    unit: str
    a_month: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do. It drives rendering, splitting, pacing, and the choice between channels.

    text_bytes: UTF-8 bytes of one text; longer is split between lines before it is queued.
    markdown: it renders Markdown; else the plain form is sent.
    buttons: so many on one message at most; 0 has none, and the words to type stand in the text alone.
    group_buttons: the same in groups. forms: several choices and one button, in private chats.
    notices: a text that ends with links is shown as a card that opens them, and may be cut where its card ends;
    group_notices: the same in groups. closes: a card can be changed after a click. recalls: a message can be taken back.
    reach: whom it can write to unasked. quotas: by the month, for the school's whole organisation.
    parents: it reaches guardians; chats are classes, pupils, guardians. `direct` and `groups` speak of the staff alone.
    todos: it keeps people's lists of things to do (TodoKeeper).
    confirmed: what is sent waits until a person, the group's owner, confirms it in the platform; Sent.reference asks for it
    (Ask.POSTING). posts_a_day: such messages that one group gets in a day; 0 is any number.
    """

    hears: bool
    direct: bool
    groups: bool
    text_bytes: int
    markdown: bool = False
    images: bool = False
    files: bool = False
    mentions: bool = False
    buttons: int = 0
    group_buttons: int = 0
    forms: bool = False
    notices: bool = False
    group_notices: bool = False
    closes: bool = False
    recalls: bool = False
    reach: Reach = Reach.ANYONE
    rates: tuple[Rate, ...] = ()
    quotas: tuple[Quota, ...] = ()
    parents: bool = False
    todos: bool = False
    confirmed: bool = False
    posts_a_day: int = 0


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
    """A connection to one platform, for one school. Safe to use from several threads.

    tally: what it has called and sent, for the ledger.
    """

    capabilities: Capabilities
    tally: Tally

    def parse(self, callback: Callback) -> Message | News | Answer:
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
class Prover(Protocol):
    """A platform whose keys can be tried out while they are being typed in, further or less far than check() goes."""

    def prove(self) -> Health:
        """Try the keys. What is set on the platform's pages only later does not count; a line that another process holds with
        the same keys may be lost: it is for whoever sets the connection up, and not for looking."""
        ...


@runtime_checkable
class Listener(Protocol):
    """A platform that also hears through a connection which it opens itself: no public address is needed."""

    @property
    def health(self) -> Health | None:
        """How the line stands; None as long as nobody listens in this process."""
        ...

    def listen(self, hear: Callable[[Callback], bool], stopped: threading.Event) -> None:
        """Keep the connection open and hand each frame over; called once, in a thread of its own; returns after `stopped`.

        hear parses, handles and commits; False means that it is not taken, and must not be acknowledged. Whatever breaks,
        listen opens the connection again, later and later; only a setting that a person must change makes it wait for them.
        """
        ...


@runtime_checkable
class Recaller(Protocol):
    """A platform that can take back what it sent."""

    def recall(self, chat: ChatRef, reference: str) -> None:
        """Take back one message. reference: as Sent gave it. Raises TryLater or GiveUp (too late, or gone)."""
        ...


@runtime_checkable
class TodoKeeper(Protocol):
    """A platform on which people have lists of things to do."""

    def keep(self, chat: ChatRef, item: TodoItem) -> Sent:
        """Make an item of the person's list as it should be: put in, changed, ticked or taken out. chat: theirs, direct.

        Doing it twice does no harm. Sent.reference is the platform's id, "" where there is none (any more). Raises TryLater,
        GiveUp.
        """
        ...


@runtime_checkable
class Broadcaster(Protocol):
    """A platform that can say the same thing to several people in one call."""

    most: int
    """People in one call."""

    def send_many(self, chats: Sequence[ChatRef], outgoing: Outgoing) -> Mapping[str, Sent | DeliveryError]:
        """Say it to each of these direct chats; what became of each, by the chat's id. outgoing has neither buttons nor key.

        Raises TryLater or GiveUp where the call failed as a whole.
        """
        ...


@dataclass(frozen=True, slots=True)
class MadeGroup:
    """A group that stands. id: the platform's. new: it was made now. joined: the accounts that were taken in now."""

    id: str
    new: bool
    joined: tuple[str, ...]


@runtime_checkable
class GroupMaker(Protocol):
    """A platform that can make groups of its own."""

    def create_group(self, name: str, owner: str, members: Sequence[str]) -> MadeGroup:
        """The group of this name with at least these accounts in it, made where there is none yet; nobody is taken out.

        name: up to 50 characters, one group each. It shows once something was said in it. Raises TryLater, GiveUp.
        """
        ...


@runtime_checkable
class Informant(Protocol):
    """A platform that can be asked what it knows. Every call goes out, so it is asked by an errand, never in a transaction."""

    asks: frozenset[Ask]
    """What these settings let it be asked."""

    def ask(self, what: Ask, about: str) -> tuple[Fact, ...]:
        """What it is now; () where there is nothing (any more). about: see Ask. Raises TryLater or GiveUp."""
        ...


def tried(act: Callable[[], object]) -> Health:
    """What fetching a token says about the keys, and the way there. act: raises TryLater, GiveUp."""
    try:
        act()
    except TryLater as error:
        return Health(False, "没有问到平台，凭证还没有检查", error.reason)
    except GiveUp as error:
        return Health(False, "凭证没有通过", error.reason)
    return Health(True, "凭证可用")


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
