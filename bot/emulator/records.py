"""What the emulated platforms hold: people, chats, messages, files, and what went over the wire. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.errors import BotError

BOT = "bot"
"""Who says what no person says."""

TOOL = "tool"
"""Who says what one of a platform's own tools shows, 群发助手: neither a person nor the bot."""

WECOM, DINGTALK = "wecom", "dingtalk"
DIRECT, GROUP = "direct", "group"
PARENTS = "parents"
WAITING, SENT, REFUSED = "waiting", "sent", "refused"


class Refused(BotError):
    """The person at the desk asked for something that cannot be. `line` tells them in friendly Chinese."""

    def __init__(self, line: str, status: int = 409) -> None:
        super().__init__(line)
        self.line = line
        self.status = status


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account on each platform. known: the school's roster names them."""

    id: str
    name: str
    post: str
    wecom: str
    dingtalk: str
    known: bool = True

    def account(self, platform: str) -> str:
        return self.wecom if platform == WECOM else self.dingtalk


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation as it stands on somebody's phone.

    platform: WECOM or DINGTALK. kind: DIRECT or GROUP. purpose: staff, leaders, safety for a group, PARENTS for a class's.
    address: the platform's own: a webhook's key (WeCom group), a conversationId (DingTalk), a userid (WeCom direct).
    hears: whether anything typed here reaches the bot; note says why not. channel: the connection that it travels on.
    owner, agent: of a group that an app made (应用群聊): whose it is, and which app's.
    """

    id: str
    platform: str
    kind: str
    title: str
    members: tuple[str, ...]
    address: str
    person: str | None = None
    purpose: str = ""
    hears: bool = True
    note: str = ""
    channel: str = ""
    owner: str = ""
    agent: int = 0


@dataclass(slots=True)
class Message:
    """One bubble. sender: a person's id or BOT. images, file: ids of stored files. buttons: (label, words it says).

    card: what a press on it has to tell; {} for none. pressed: the id of the message whose button was pressed.
    form: {"submit": label, "questions": [{key, title, several, selected, options: [[label, id]]}]}; {} for none.
    chosen: on a press of a form's button, by question key the ids that were chosen.
    wire_id: the platform's id of it. state: WAITING, SENT, REFUSED; note: why, or what the platform did to it.
    """

    seq: int
    chat: str
    sender: str
    at: datetime
    text: str = ""
    markdown: bool = False
    title: str = ""
    images: list[str] = field(default_factory=list)
    file: str = ""
    quote: str = ""
    mentions: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    card: dict[str, str] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=dict)
    pressed: str = ""
    chosen: dict[str, list[str]] = field(default_factory=dict)
    wire_id: str = ""
    state: str = SENT
    note: str = ""

    @property
    def id(self) -> str:
        return f"m{self.seq}"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes that were sent or uploaded. at: when, on the school's clock."""

    id: str
    name: str
    mime: str
    content: bytes
    at: datetime


@dataclass(slots=True)
class Exchange:
    """One HTTP request and its answer. direction: "to_bot" or "from_bot". plain: decrypted, or readable JSON.

    status 0: no answer came. messages: the ids of the bubbles that it carried.
    """

    direction: str
    title: str
    at: datetime
    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    plain: str
    status: int
    response_body: str
    ms: int
    messages: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One callback ready to be sent; sent again it is the same to the byte. plain: what is inside, for the eye."""

    title: str
    url: str
    headers: dict[str, str]
    body: bytes
    plain: str
