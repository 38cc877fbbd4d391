"""The emulated world: who is there, what was said in which chat, and how the bot is told.

Everything is behind one lock and written down at once; pages and platform servers share one World.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from bot.clock import Clock, monotonic
from bot.emulator import demo, dingtalk_callbacks, families, wecom_callbacks, wecom_customers, wecom_door
from bot.emulator.carrier import Transport, over_http
from bot.emulator.dingtalk_office import DingtalkOffice
from bot.emulator.events import Event, Events
from bot.emulator.faults import Fault, Faults
from bot.emulator.limits import Codes, Quotas, Rates, Seen, Tokens
from bot.emulator.records import (
    BOT,
    DINGTALK,
    DIRECT,
    GROUP,
    PARENTS,
    REFUSED,
    SENT,
    TOOL,
    WAITING,
    WECOM,
    Chat,
    Exchange,
    Message,
    Person,
    Refused,
    StoredFile,
)
from bot.emulator.roads import Road, road
from bot.emulator.showing import offered, shown_fault, shown_message
from bot.emulator.storage import Storage
from bot.emulator.wecom_customers import Customers
from bot.emulator.wecom_office import Office

PLATFORMS = (WECOM, DINGTALK)
ADDRESS_SECONDS = 1.0
"""WeCom's time for the check of an address (回调配置, copy of 2023)."""

MESSAGES = 5000
"""So many are still there after a restart."""

EXCHANGES = 3000
IMAGES = 9
IMAGE_BYTES = 20 * 1024 * 1024
TEXT = 4000
"""Characters somebody may type at once."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
"""What no keyboard types and no XML carries."""

ONLY_READ = "家长在微信里收“学校通知”，不能回话。"
APP, WEBHOOK, SCHOOL = "wecom app", "wecom webhook", "wecom school"
DEAF = "企业微信群里的机器人只能发，不能听。"


class World:
    """A school and its two platforms. bot_url: where the bot's callbacks are. url: where this emulator is, once known.

    post: how the bot is called; None is real HTTP. channels: which connections hear people, one for each platform; a school
    may be on one platform alone.
    """

    def __init__(
        self,
        home: Path,
        clock: Clock,
        bot_url: str,
        post: Transport | None = None,
        channels: Sequence[str] = demo.CHANNELS,
    ) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home, self.clock, self.bot_url = home, clock, bot_url.rstrip("/")
        self.url = ""
        self.post = post or over_http()
        self.patient_post = post or over_http(seconds=120)
        self.events = Events()
        self.tokens = {platform: Tokens(clock) for platform in PLATFORMS}
        self.rates, self.seen, self.codes = Rates(clock), Seen(clock), Codes(clock)
        self.office = Office()
        self.customers = Customers()
        self.quotas = Quotas(clock, demo.DING_QUOTAS)
        self.faults = Faults(self._fault_changed, self._expire_tokens)
        wecom_door.add_faults(self)
        self._lock = threading.RLock()
        self._storage = Storage(home / "emulator.db")
        self._storage.forget_old(MESSAGES)
        self._people = {person.id: person for person in (*demo.PEOPLE, *self._storage.people())}
        self._messages = {message.id: message for message in self._storage.messages()}
        self._exchanges = deque(self._storage.exchanges(), maxlen=EXCHANGES)
        self._seq = max((message.seq for message in self._messages.values()), default=0)
        self._exchange_number = max((number for number, _ in self._exchanges), default=0)
        self._lines: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._chats: dict[str, Chat] = {}
        self.channels = {channel.split()[0]: channel for channel in channels}
        self._made = {chat.id: chat for chat in self._storage.chats()}
        self.roads: dict[str, Road] = {platform: road(channel, self) for platform, channel in self.channels.items()}
        self.ding_office = DingtalkOffice(self)
        self._build_chats()
        # what was said where this school no longer hears cannot be shown
        self._messages = {key: message for key, message in self._messages.items() if message.chat in self._chats}
        for message in self._messages.values():
            if message.state == WAITING:  # the emulator was stopped while it was under way
                message.state, message.note = REFUSED, "演示台关掉了，没有送到"
            if message.quote not in self._messages:
                message.quote = ""

    # who and where

    def people(self) -> list[Person]:
        with self._lock:
            return list(self._people.values())

    def person(self, person_id: str) -> Person:
        """Raises Refused."""
        with self._lock:
            if person_id not in self._people:
                raise Refused("没有这个人。", 404)
            return self._people[person_id]

    def person_named(self, name: str) -> Person:
        """Raises Refused."""
        found = [person for person in self.people() if person.name == name]
        if not found:
            raise Refused(f"没有叫{name}的人。", 404)
        return found[0]

    def with_account(self, platform: str, account: str) -> Person | None:
        """WeCom's userids do not depend on case."""
        wanted = account.lower() if platform == WECOM else account
        return next((person for person in self.people() if person.account(platform) == wanted), None)

    def chats(self) -> list[Chat]:
        with self._lock:
            return list(self._chats.values())

    def chat(self, chat_id: str) -> Chat:
        """Raises Refused."""
        with self._lock:
            if chat_id not in self._chats:
                raise Refused("没有这个会话。", 404)
            return self._chats[chat_id]

    def direct(self, person_id: str, platform: str) -> Chat:
        """A person's own chat with the bot. Raises Refused."""
        return self.chat(f"{platform}-{person_id}")

    def group(self, title: str, platform: str) -> Chat:
        """By what the school calls it. Raises Refused."""
        for chat in self.chats():
            if chat.kind == GROUP and chat.platform == platform and chat.title == title:
                return chat
        raise Refused(f"没有叫{title}的群。", 404)

    def addressed(self, platform: str, kind: str, address: str) -> Chat | None:
        """The chat that the platform knows by this key or conversationId."""
        for chat in self.chats():
            if (chat.platform, chat.kind, chat.address) == (platform, kind, address):
                return chat
        return None

    def add_stranger(self, name: str, post: str) -> Person:
        """Somebody with accounts that the bot has never heard of. Raises Refused."""
        name, post = name.strip(), post.strip()
        if not 1 <= len(name) <= 20 or len(post) > 20:
            raise Refused("请写名字，名字和职务都不超过 20 个字。", 400)
        with self._lock:
            if len(self._people) >= 100:
                raise Refused("演示学校已经有 100 个人了。")
            number = 1 + sum(not person.known for person in self._people.values())
            person = Person(f"guest{number}", name, post, f"guest{number}", f"u{2000 + number}", known=False)
            self._people[person.id] = person
            self._storage.keep_person(person)
            self._build_chats()
        self.events.publish("chats", {})
        return person

    def _build_chats(self) -> None:
        chats = []
        newcomers = tuple(person.id for person in self._people.values() if person not in demo.PEOPLE)
        for group in demo.GROUPS:
            # whoever joins the school is in the staff's group before the bot knows them
            members = (*group.members, *newcomers) if len(group.members) == len(demo.PEOPLE) else group.members
            for platform, address in ((DINGTALK, group.conversation), (WECOM, group.key)):
                if platform not in self.roads:
                    continue
                hears = self.roads[platform].hears_groups
                chats.append(
                    Chat(
                        f"{platform}-group-{group.purpose}", platform, GROUP, group.title, members, address,
                        purpose=group.purpose, hears=hears, note="" if hears else DEAF,
                        channel=self.channels[platform] if hears else WEBHOOK,
                    )
                )  # fmt: skip
        for person in self._people.values():
            for platform, channel in self.channels.items():
                address = person.wecom if platform == WECOM else f"cidDEMO/direct+{person.dingtalk}=="
                chats.append(
                    Chat(
                        f"{platform}-{person.id}", platform, DIRECT, person.name, (person.id,), address, person.id,
                        channel=channel,
                    )
                )  # fmt: skip
        for number, name in families.CLASS_NAMES.items() if self.channels.get(WECOM) == APP else ():
            chat = f"{WECOM}-class-{number}"
            chats.append(
                Chat(
                    chat, WECOM, GROUP, f"{name}家长", (), "", purpose=PARENTS, hears=False, note=ONLY_READ,
                    channel=SCHOOL,
                )
            )  # fmt: skip
        chats += wecom_customers.chats() if self.channels.get(WECOM) == APP else []
        self._chats = {chat.id: chat for chat in chats} | self._made

    def keep_chat(self, chat: Chat) -> None:
        """A chat that was made, or made different, on the way."""
        with self._lock:
            self._made[chat.id] = self._chats[chat.id] = chat
            self._storage.keep_chat(chat)
        self.events.publish("chats", {})

    # what was said

    def messages(self, after: int = 0) -> list[Message]:
        """Later than a sequence number, oldest first."""
        with self._lock:
            return [message for message in self._messages.values() if message.seq > after]

    def message(self, message_id: str) -> Message:
        """Raises Refused."""
        with self._lock:
            if message_id not in self._messages:
                raise Refused("没有这条消息。", 404)
            return self._messages[message_id]

    @property
    def last_seq(self) -> int:
        with self._lock:
            return self._seq

    def say(
        self,
        person_id: str,
        chat_id: str,
        text: str,
        images: Sequence[tuple[str, bytes]] = (),
        quote: str | None = None,
    ) -> Message:
        """Somebody says something; returns once the bot has answered the callback, or could not. Raises Refused."""
        message = self.begin(person_id, chat_id, text, images, quote)
        self.deliver(message)
        return message

    def begin(
        self,
        person_id: str,
        chat_id: str,
        text: str,
        images: Sequence[tuple[str, bytes]] = (),
        quote: str | None = None,
    ) -> Message:
        """Put a bubble in the chat that still has to be delivered. images: (name, bytes). Raises Refused."""
        person, chat = self.person(person_id), self.chat(chat_id)
        if not chat.hears:
            raise Refused(chat.note)
        if person.id not in chat.members:
            raise Refused(f"{person.name}不在这个会话里。", 403)
        text = _CONTROL.sub("", text).strip()
        if not text and not images:
            raise Refused("写点什么，或者选一张图片。", 400)
        if len(text) > TEXT:
            raise Refused(f"一次最多 {TEXT} 个字。", 400)
        if len(images) > IMAGES:
            raise Refused(f"一次最多 {IMAGES} 张图片。", 400)
        if quote:
            if self.message(quote).chat != chat.id:
                raise Refused("只能引用这个会话里的话。", 400)
            if chat.platform == WECOM and not self.roads[WECOM].hears_groups:
                raise Refused("企业微信里给机器人发消息不能带引用。")
        kinds = [image_type(content) for _, content in images]
        if not all(kinds):
            raise Refused("这不是图片，请另选一张。", 400)
        stored = [self.keep_file(name, kind, content) for (name, content), kind in zip(images, kinds, strict=True)]
        return self._add(
            chat=chat.id,
            sender=person.id,
            text=text,
            images=stored,
            quote=quote or "",
            wire_id=dingtalk_callbacks.message_id() if chat.platform == DINGTALK else "",
            state=WAITING,
        )

    def press(self, person_id: str, message_id: str, says: str) -> Message:
        """Somebody presses a button of the bot's; returns once the bot has taken it, or could not. Raises Refused."""
        message = self.begin_press(person_id, message_id, says)
        self.deliver(message)
        return message

    def begin_press(self, person_id: str, message_id: str, says: str) -> Message:
        """Put a press in the chat that still has to be delivered: typed for the person where it is no card's. Raises Refused."""
        on, person = self.message(message_id), self.person(person_id)
        if not on.card:
            return self.begin(person_id, on.chat, says)
        if person.id not in self.chat(on.chat).members:
            raise Refused(f"{person.name}不在这个会话里。", 403)
        if says not in [key for _, key in on.buttons]:
            raise Refused("这个按钮已经按不了了。")
        return self._add(chat=on.chat, sender=person.id, text=says, pressed=on.id, state=WAITING)

    def submit(self, person_id: str, message_id: str, chosen: Mapping[str, Sequence[str]]) -> Message:
        """Somebody chooses on a form and presses its button; returns once the bot has taken it, or could not. Raises Refused."""
        message = self.begin_submit(person_id, message_id, chosen)
        self.deliver(message)
        return message

    def begin_submit(self, person_id: str, message_id: str, chosen: Mapping[str, Sequence[str]]) -> Message:
        """Put a form's answer in the chat that still has to be delivered. chosen: by question the ids; a question that is left
        out keeps what it shows. Raises Refused."""
        on, person = self.message(message_id), self.person(person_id)
        if person.id not in self.chat(on.chat).members:
            raise Refused(f"{person.name}不在这个会话里。", 403)
        if not on.form:
            raise Refused("这张卡片已经交过了。")
        answers, words = {}, []
        for question in on.form["questions"]:
            ids = list(chosen.get(question["key"]) or [question["selected"]])
            labels = [label for label, identity in question["options"] if identity in ids]
            if len(labels) != len(ids) or (len(ids) > 1 and not question["several"]):
                raise Refused("先选好再提交。", 400)
            answers[question["key"]] = ids
            words += labels
        return self._add(
            chat=on.chat, sender=person.id, text="、".join(words), pressed=on.id, chosen=answers, state=WAITING
        )

    def deliver(self, message: Message) -> None:
        """Carry a bubble to the bot. What was said first in a chat arrives first. A press in a platform's tool is the tool's."""
        chat, person = self.chat(message.chat), self.person(message.sender)
        if message.pressed and self.message(message.pressed).sender == TOOL:
            failure = wecom_customers.confirm(self, person.id, self.message(message.pressed).card["msgid"])
            self.change(message, REFUSED if failure else SENT, failure)
            return
        with self._lock:
            line = self._lines[chat.id]
        with line:
            failure = self.roads[chat.platform].carry(message, chat, person)
            self.change(message, REFUSED if failure else SENT, failure)

    def bot_says(self, chat: Chat, **what: Any) -> Message:
        """A platform shows something that the bot sent. what: the fields of Message."""
        if chat.hears and not what.get("card") and not what.get("buttons"):
            what["buttons"] = offered(what.get("text", ""))
        identity = dingtalk_callbacks.message_id() if chat.platform == DINGTALK else wecom_callbacks.message_id()
        return self._add(chat=chat.id, sender=BOT, **{"wire_id": identity} | what)

    def shows(self, chat: Chat, sender: str, **what: Any) -> Message:
        """A platform shows something that is not the bot's: its own tool's, or a person's. what: the fields of Message."""
        return self._add(chat=chat.id, sender=sender, **what)

    def amend(self, message: Message, **values: Any) -> None:
        """A platform changes a bubble that is there already. values: fields of Message."""
        with self._lock:
            for name, value in values.items():
                setattr(message, name, value)
        self.change(message, message.state, message.note)

    def change(self, message: Message, state: str, note: str) -> None:
        with self._lock:
            if message.id not in self._messages:
                return  # the chats were begun anew meanwhile
            message.state, message.note = state, note
            self._storage.keep_message(message)
            self.events.publish("message", shown_message(self, message))

    def _add(self, **values: Any) -> Message:
        with self._lock:
            self._seq += 1
            message = Message(seq=self._seq, at=self.clock.now(), **values)
            self._messages[message.id] = message
            self._storage.keep_message(message)
            # published under the lock, so that no page hears of a later one first
            self.events.publish("message", shown_message(self, message))
            return message

    def check_address(self) -> str:
        """WeCom looks at the callback's address, as when the administrator saves it. Returns what is wrong, "" for nothing."""
        url, echo = wecom_callbacks.address_check(self.bot_url, self.clock)
        started, status, content = monotonic(), 0, b""
        try:
            status, _, content = self.post("GET", url, {}, b"")
        except OSError:
            failure = "连不上"
        else:
            right = status == 200 and content == echo.encode()
            failure = "" if right else f"答得不对（HTTP {status}）"
        took = monotonic() - started
        self.note_exchange(
            Exchange(
                "to_bot", f"验证地址 GET {wecom_callbacks.PATH}", self.clock.now(), "GET", url, {}, "", echo,
                status, content.decode("utf-8", "replace"), int(took * 1000),
            )
        )  # fmt: skip
        return failure or ("超过 1 秒才回答" if took > ADDRESS_SECONDS else "")

    # what the platforms keep

    def keep_file(self, name: str, mime: str, content: bytes) -> str:
        """Returns the new file's id. Raises Refused for one that is too big."""
        if len(content) > IMAGE_BYTES:
            raise Refused("一个文件最多 20 MB。", 413)
        file = StoredFile(secrets.token_urlsafe(24), name[-80:], mime, content, self.clock.now())
        self._storage.keep_file(file)
        return file.id

    def file(self, file_id: str) -> StoredFile | None:
        return self._storage.file(file_id)

    def open_session(self, chat: Chat) -> str:
        """A new DingTalk sessionWebhook for a chat."""
        session = secrets.token_hex(16)
        self._storage.keep_session(session, chat.id, self.clock.now() + dingtalk_callbacks.SESSION_LASTS)
        return f"{self.url}/robot/sendBySession?session={session}"

    def session_chat(self, session: str) -> Chat | None:
        """The chat that a sessionWebhook still answers in."""
        found = self._storage.session(session)
        if found is None or found[1] <= self.clock.now():
            return None
        return self.chat(found[0])

    def note_exchange(self, exchange: Exchange) -> None:
        with self._lock:
            self._exchange_number += 1
            self._exchanges.append((self._exchange_number, exchange))
            self._storage.keep_exchange(self._exchange_number, exchange)
            if self._exchange_number % 100 == 0:
                self._storage.drop_exchanges(self._exchange_number - EXCHANGES)

    def exchanges(self, message_id: str = "") -> list[Exchange]:
        """Oldest first; of one message, or all that are kept."""
        with self._lock:
            return [one for _, one in self._exchanges if not message_id or message_id in one.messages]

    # the whole

    def reset(self) -> None:
        """Begin the chats anew: messages, files, tokens, counters and faults are gone; people stay."""
        with self._lock:
            self._messages.clear()
            self._exchanges.clear()
            self._storage.forget_chats()
            for tokens in self.tokens.values():
                tokens.reset()
            self.rates.reset()
            self.seen.reset()
            self.codes.reset()
            self.quotas.reset()
            self.faults.reset()
            self.ding_office.reset()
            self.office.reset()
            self.customers.reset()
        self.events.publish("chats", {})

    def subscribe(self, after: int | None = None) -> AbstractContextManager[SimpleQueue[Event | None]]:
        """What happens from now on; see Events.subscribe."""
        return self.events.subscribe(after)

    def close(self) -> None:
        self.events.close()
        self._storage.close()

    def _fault_changed(self, fault: Fault) -> None:
        self.events.publish("fault", shown_fault(fault))

    def _expire_tokens(self) -> None:
        for tokens in self.tokens.values():
            tokens.expire()


def image_type(content: bytes) -> str:
    """The MIME type of a picture by its first bytes; "" for anything else."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"BM"):
        return "image/bmp"
    if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1"):
        return "image/heic"
    return ""
