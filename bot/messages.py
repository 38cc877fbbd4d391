"""What was said and what is said back, whatever the platform. Plain values: no database, no wire format."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ChatKind(StrEnum):
    """A conversation between one account and the bot, or a group."""

    DIRECT = "direct"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class ChatRef:
    """Where something was said.

    id: the platform's own; for a direct chat on a platform that gives none, the account's id.
    reply_url, reply_until: an address that takes answers to this chat for a while (DingTalk's sessionWebhook).
    """

    kind: ChatKind
    id: str
    title: str = ""
    reply_url: str = ""
    reply_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MediaRef:
    """Something to fetch later, in the platform's own terms.

    ref: what Platform.fetch needs (a media id, a download code). name: the file's name where the platform gave one.
    """

    ref: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that the person pointed at. Any part may be empty: platforms tell little."""

    message_id: str = ""
    text: str = ""
    images: tuple[MediaRef, ...] = ()


@dataclass(frozen=True, slots=True)
class CardRef:
    """A card that was sent, as its platform knows it.

    id: WeCom's task_id, DingTalk's outTrackId. ticket: what lets it be changed once, until `until` (a response_code, the
    request id of a click); "" where the id is enough.
    """

    id: str
    ticket: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that an account said, or a button it pressed.

    id: unique within the connection; the inbox refuses a second one.
    account: the platform's id of who spoke (WeCom userid in lower case, DingTalk staffId).
    text: what was typed, without the mention of the bot, stripped; "" for a picture alone.
    click: the words a pressed button says for the person; it is then also `text`. card: the card it stood on.
    raw: the decrypted wire message, kept so that it can be read or replayed later.
    """

    id: str
    account: str
    chat: ChatRef
    sent_at: datetime
    text: str = ""
    images: tuple[MediaRef, ...] = ()
    files: tuple[MediaRef, ...] = ()
    quote: Quote | None = None
    click: str = ""
    card: CardRef | None = None
    account_name: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Button:
    """A choice; pressing it says `says` for the person, so that every flow also works as typed text."""

    label: str
    says: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A place in a form's words that is chosen. title: what is asked. several: more than one may be chosen."""

    title: str
    options: tuple[Button, ...]
    several: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Several choices and one button, which says `says` with the chosen words in the place of each {title}."""

    label: str
    says: str
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes to show or hand over. name carries the suffix the receiver sees ("9月汇总.png")."""

    content: bytes
    name: str
    mime: str


class TodoState(StrEnum):
    """open: it is still to be done. done: it stands ticked. gone: it is nobody's business there any more, and is taken out."""

    OPEN = "open"
    DONE = "done"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class TodoItem:
    """A line in somebody's own list of things to do (待办), as it should be now.

    source: ours, no other item's, for the platform's own duplicate check. title: one line. due_at: when it has to be done.
    link: what opening it opens. reference: the platform's id, "" where it is not known. tried: it may be there already.
    """

    source: str
    title: str
    due_at: datetime
    link: str
    state: TodoState
    reference: str = ""
    tried: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One call's worth of what is said: already rendered, already within the channel's limits.

    text: Markdown where `markdown`, else plain. Either text, or image, or file is set: one call carries one of them.
    buttons: beside a text, no more than the channel can; the text says the same words, so that none has to be shown.
    form: the same, where the channel has forms; it comes before the buttons, as a card shows one or the other.
    closes: instead of a new message, this card is changed: its buttons end, `text` stands in their place.
    reminds: instead of a new message, the sender of this reference is asked again to confirm it (Capabilities.confirmed).
    mentions: accounts to mention in a group, where the channel can.
    key: stable over retries of the same message, for the platform's own duplicate check; "" asks for none.
    card_id: stable from the first try on and no other message's, for a platform that names a card by it; "" leaves it to that.
    """

    text: str = ""
    markdown: bool = False
    title: str = ""
    image: Picture | None = None
    file: Picture | None = None
    buttons: tuple[Button, ...] = ()
    form: Form | None = None
    closes: CardRef | None = None
    reminds: str = ""
    mentions: tuple[str, ...] = ()
    key: str = ""
    card_id: str = ""
