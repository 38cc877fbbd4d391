"""What a handler or schedule is given (Context, Run) and what it hands back (Outcome)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from bot.clock import school_time
from bot.domain.base import Record
from bot.domain.chats import Chat, Group
from bot.domain.limits import Limit, Standing
from bot.domain.notices import ParentNotice
from bot.domain.people import Account, Person, Post
from bot.domain.photos import Photo, PhotoOf
from bot.domain.posts import Posted
from bot.facts import Ask, Fact
from bot.language.meaning import Understanding
from bot.messages import ChatKind, Message
from bot.store.store import Store

PATIENCE = timedelta(minutes=30)
"""How long a question stays open in a chat."""


@dataclass(frozen=True, slots=True)
class Saying:
    """Something that can be said to the bot, for 帮助. handler: the file that takes it. posts: who may; empty is everybody."""

    handler: str
    example: str
    help: str
    posts: tuple[Post, ...]


def _nothing_understood(words: str) -> Understanding:
    return Understanding("chat")


def _nothing_of_theirs(words: str, by: Person) -> Understanding:
    return Understanding("chat")


@dataclass(frozen=True, slots=True)
class Context:
    """One message, with who said it and where.

    words: what followed the starting word ("隐患 三楼漏水" → "三楼漏水"); in a step, all of the text.
    memory: what the step before remembered. sayings: everything that can be said, in the order of the files.
    meaning: what the whole text was understood as, where no starting word or open question took it. understand: the
    same for other words of this message, such as those behind a starting word.
    """

    message: Message
    account: Account
    chat: Chat
    now: datetime
    store: Store
    words: str = ""
    memory: Mapping[str, Any] = field(default_factory=dict)
    sayings: Sequence[Saying] = ()
    meaning: Understanding | None = None
    understand: Callable[[str], Understanding] = _nothing_understood

    @property
    def person(self) -> Person:
        """Who spoke. Only `introduce` is called for accounts that nobody knows yet."""
        assert self.account.person is not None
        return self.account.person

    @property
    def day(self) -> date:
        return school_time(self.now).date()

    @property
    def in_group(self) -> bool:
        return self.chat.kind is ChatKind.GROUP

    @property
    def has_picture(self) -> bool:
        """Whether this message, or the one it quotes, shows something."""
        return bool(self.message.images or (self.message.quote and self.message.quote.images))


@dataclass(frozen=True, slots=True)
class Run:
    """One due time of one schedule. A schedule reasons from due_at, not from now. limits: the school's quotas by the month.

    knowing: what can be asked → the platforms that can be asked it.
    """

    due_at: datetime
    now: datetime
    store: Store
    limits: Sequence[Limit] = ()
    knowing: Mapping[Ask, Sequence[str]] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return school_time(self.due_at).date()

    def standings(self, day: date | None = None) -> list[Standing]:
        """What was used of the month's quotas by the end of a day; by now where none is named."""
        return self.store.ledger.standings(self.limits, day or school_time(self.now).date())


@dataclass(frozen=True, slots=True)
class Told:
    """What a platform answered to an errand. facts: all of it, () for nothing (any more). about: as it was asked.

    platform: whose account ids the facts hold; connection: its name in the settings. understood: what words of somebody
    mean at this school.
    """

    what: Ask
    about: str
    facts: tuple[Fact, ...]
    platform: str
    connection: str
    now: datetime
    store: Store
    understood: Callable[[str, Person], Understanding] = _nothing_of_theirs

    def account_id(self, account: str) -> str:
        """An account's id as Message.account gives it: WeCom's have no case (reference: 成员 userid 不区分大小写)."""
        return account.lower() if self.platform == "wecom" else account

    @property
    def day(self) -> date:
        return school_time(self.now).date()


class Witness(Protocol):
    """Who tells of something: in a chat (Context), or in a form (Wrote)."""

    @property
    def person(self) -> Person: ...

    @property
    def store(self) -> Store: ...

    @property
    def now(self) -> datetime: ...

    @property
    def day(self) -> date: ...

    @property
    def understand(self) -> Callable[[str], Understanding]: ...


@dataclass(frozen=True, slots=True)
class Wrote:
    """Somebody wrote something in one of the platform's own tools. now: when they did."""

    person: Person
    store: Store
    now: datetime
    understand: Callable[[str], Understanding]

    @property
    def day(self) -> date:
        return school_time(self.now).date()


Step = Callable[[Context], "Outcome"]

SPEAKER = "speaker"


@dataclass(frozen=True, slots=True)
class Parents:
    """The parents of a notice's classes. Its author forwards it where no channel reaches them, told so by the template
    `otherwise`; `missing` are the classes in question, [] for all."""

    notice: ParentNotice
    otherwise: str


Target = Person | Post | Group | Account | Parents | str
"""Whom words are for: a person, everybody who holds a post, a bound group, an account nobody knows yet, or SPEAKER."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture to be drawn when it is sent. kind: a function of bot/documents; data: its arguments, as JSON."""

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Speech:
    """Words for somebody, not rendered yet. then: the step that takes their next words, where it is a question.

    at_once: it does not wait for the end of the quiet hours (templates/manners.yaml). Answers never do.
    """

    to: Target
    template: str
    values: Mapping[str, Any]
    chart: Chart | None = None
    then: Step | None = None
    remember: Mapping[str, Any] = field(default_factory=dict)
    lasts: timedelta = PATIENCE
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """Photos that show a record: those of this message, and `held` ones sent before.

    pictures: which of the message's, counted from 0; None is all of them and those of a quoted one.
    """

    of: PhotoOf
    subject: Record
    held: Sequence[Photo] = ()
    pictures: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask the platforms, each that can be asked it, or one of them. about, details: see Ask."""

    what: Ask
    about: str
    platform: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Something the bot said is to be taken back. What is said to who asked for it: `going` where the channel can (or where it
    is not out yet), `failed` if its platform refuses after all, `cannot` where the channel has no such thing; the next words
    then go to `then`."""

    post: Posted
    going: str = "recall/going"
    failed: str = "recall/failed"
    cannot: str = "recall/cannot"
    then: Step | None = None
    remember: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Nudge:
    """Not a message: what was sent to this chat under this reference is to be confirmed, or it ends. See Outgoing."""

    chat: Chat
    reference: str
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from a message or a due time: records to keep, words to say, the next step. Adds up with +.

    questions: for the platforms; the answers come to whoever is marked @told. withdrawals: messages to take back.
    stays: the open question stays open, whatever was said in between. drops: it is forgotten, though it would wait for hours.
    """

    records: tuple[Record, ...] = ()
    speeches: tuple[Speech, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    questions: tuple[Question, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    nudges: tuple[Nudge, ...] = ()
    stays: bool = False
    drops: bool = False

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.records + other.records,
            self.speeches + other.speeches,
            self.attachments + other.attachments,
            self.questions + other.questions,
            self.withdrawals + other.withdrawals,
            self.nudges + other.nudges,
            self.stays or other.stays,
            self.drops or other.drops,
        )


NOTHING = Outcome()


def keep(*records: Record) -> Outcome:
    """Store these; what is already stored needs no keeping."""
    return Outcome(records=records)


def say(template: str, **values: Any) -> Outcome:
    """Answer in the chat where it was said. template: folder/name in templates/, without suffix."""
    return Outcome(speeches=(Speech(SPEAKER, template, values),))


def ask(template: str, *, then: Step, remember: Mapping[str, Any] | None = None, **values: Any) -> Outcome:
    """Answer with a question; the next words in this chat go to `then`."""
    return Outcome(speeches=(Speech(SPEAKER, template, values, then=then, remember=remember or {}),))


def tell(
    to: Target,
    template: str,
    *,
    chart: Chart | None = None,
    then: Step | None = None,
    remember: Mapping[str, Any] | None = None,
    lasts: timedelta = PATIENCE,
    at_once: bool = False,
    **values: Any,
) -> Outcome:
    """Write to somebody else, in their own chat or a group; at night what is not `at_once` waits for the morning."""
    return Outcome(speeches=(Speech(to, template, values, chart, then, remember or {}, lasts, at_once),))


def attach(
    of: PhotoOf, subject: Record, held: Sequence[Photo] = (), pictures: tuple[int, ...] | None = None
) -> Outcome:
    """The photos of this message (all, or these of them) and `held` show this record."""
    return Outcome(attachments=(Attachment(of, subject, held, pictures),))


def inquire(what: Ask, about: str = "", platform: str = "", details: str = "") -> Outcome:
    """Ask the platforms, after the commit; platform: this one alone."""
    return Outcome(questions=(Question(what, about, platform, details),))


def withdraw(withdrawal: Withdrawal) -> Outcome:
    """Take back something the bot said, after the commit; who asked for it hears what comes of it."""
    return Outcome(withdrawals=(withdrawal,))


def nudge(chat: Chat, reference: str, *, ends: bool = False) -> Outcome:
    """Ask the sender again to confirm what they have not, or end it; not in the quiet hours."""
    return Outcome(nudges=(Nudge(chat, reference, ends),))


def drop() -> Outcome:
    """Forget the open question, also one that waits for hours."""
    return Outcome(drops=True)


def stay() -> Outcome:
    """Leave the open question open."""
    return Outcome(stays=True)
