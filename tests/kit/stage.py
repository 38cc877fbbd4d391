"""A school to play conversations in: the real service, the real emulator, the real bytes between them; only time is ours.

A transcript is a chat as a headmaster could read it:

    [2026-11-23 07:30]                              the clock turns to this moment; everything due on the way rings
    王小燕: 隐患 三楼东侧消防栓漏水 [图片]               said to the bot in private, with a picture
    周强 @安全巡查群: 复查 1 通过                      said in a group (DingTalk; WeCom's groups do not hear)
    张建国 「隐患 1」: 复查 通过                       a message that quotes the bot's last one with these words
    bot: 已登记隐患 1                                the answer to whoever spoke last, where they spoke
    bot → 赵海峰: 请整改隐患 1                        to somebody else
        a line that goes on                        indented by four
    周强 按【通过】                                  pressed on the last card that had such a button
    周强 选【一般】【11月25日（周三）】                  chosen on the last form and sent off
    bot → 教职工群: [图片]
    （校铃重启）                                      the process ends and another starts over the same database

plays() says the people's lines, turns the clock, and compares the whole chat with what was written: silence included.
Links stand as 〔链接〕, the numbers of accounts as 〔号〕. Blank lines and lines that begin with # are for the reader.
"""

from __future__ import annotations

import io
import re
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.app import App, build
from bot.clock import SCHOOL_TZ, monotonic
from bot.domain.people import Holding, Person, Post, Turn
from bot.domain.tasks import Task
from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.records import BOT, Chat, Message
from bot.emulator.transcript import said
from bot.emulator.world import World
from bot.facts import Ask, Fact
from bot.platforms.base import Capabilities, Reach
from bot.render import TEMPLATES
from bot.settings import from_data
from bot.store.arrivals import the_school
from bot.store.records import Errand, ErrandState, Inbox, RunState, ScheduleRun
from bot.store.session import reading
from bot.store.store import Store
from bot.store.waiting import ToAsk
from tests.kit.furniture import acquaint, furnish, greet

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=SCHOOL_TZ)
"""Where every play begins, unless it says otherwise: an ordinary Monday before the first bell."""

BOT_URL = "http://127.0.0.1:8000"
"""Where the emulator believes the bot to be; requests go straight into the bot's WSGI application."""

A_MOMENT = timedelta(seconds=1)
"""Between two things said, so that a channel's calls per second do not add up for ever on a clock that stands still."""

PATIENCE = 60
"""Seconds that another thread may take on a busy machine before a play gives up."""

_NICKNAME = re.compile(r"（账号名：[^）]*）")
"""Only DingTalk tells what an account calls itself."""

_ACCOUNT = re.compile(r"(确认|不是|分开账号) \d+")
_LINK = re.compile(r"https?://\S+")
_SAID = re.compile(r"^(?P<who>[\u4e00-\u9fff]{2,4})(?: @(?P<group>\S+?))?(?: 「(?P<quote>[^」]+)」)?: ?(?P<text>.*)$")
_PRESSED = re.compile(r"^(?P<who>[\u4e00-\u9fff]{2,4}) 按【(?P<label>[^】]+)】$")
_MENTION = re.compile(r"^(bot(?: → [^:]+)?: )@[\u4e00-\u9fff]{2,4}(?: |\n {4})", re.MULTILINE)
_UNASKED = re.compile(r"bot → ([^:]+):")
_CHOSEN = re.compile(r"^(?P<who>[\u4e00-\u9fff]{2,4}) 选(?P<labels>(?:【[^】]+】)+)$")
_TIME = re.compile(r"^\[(\d{4}-\d\d-\d\d \d\d:\d\d)\]$")
_PICTURE = "[图片]"
RESTART = "（校铃重启）"


class HandClock:
    """A clock that stands still until it is turned."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def turn_to(self, moment: datetime) -> None:
        self.moment = moment


class Stage:
    """One school on one platform and one database. clock: turn it with at(); everything due on the way rings.

    desk: the address of the emulator's page.
    """

    def __init__(self, platform: str, build_app: Callable[..., App], world: World, clock: HandClock, desk: str) -> None:
        self.platform = platform
        self.desk = desk
        self._build = build_app
        self.app = build_app()
        self.world = world
        self.clock = clock
        self._listen()
        self._names = {person.name: person.id for person in world.people()}
        self._spoken = ""

    # what happens

    def plays(self, text: str) -> None:
        """Say and turn what a transcript says, and compare the whole of it."""
        expected = self._as_shown(_tidy(text))
        actual = self.runs(text)
        assert actual == expected, f"\n--- said\n{actual}\n--- expected\n{expected}"

    def runs(self, text: str) -> str:
        """Say and turn what a transcript says; returns the whole chat as it came out."""
        written: list[str] = []
        for line in _tidy(text).splitlines():
            if line.startswith(("bot", " ")):
                continue
            if line == RESTART:
                written.append(line)
                self.restart()
            elif match := _TIME.match(line):
                written.append(line)
                written += self.at(match[1])
            elif match := _PRESSED.match(line):
                written.append(line)
                written += self.presses(match["who"], match["label"])
            elif match := _CHOSEN.match(line):
                written.append(line)
                written += self.chooses(match["who"], *match["labels"][1:-1].split("】【"))
            elif match := _SAID.match(line):
                written.append(line)
                words, pictures = _pictures(match["text"])
                written += self.says(match["who"], words, pictures, group=match["group"], quote=match["quote"])
            else:
                raise ValueError(f"neither said nor a time: {line}")
        return "\n".join(written)

    def says(
        self, who: str, text: str, pictures: int = 0, *, group: str | None = None, quote: str | None = None
    ) -> list[str]:
        """Somebody says something; returns what the bot then says, to anybody, in order."""
        self.clock.turn_to(self.clock.now() + A_MOMENT)
        seq = self.world.last_seq
        room = self.room(group or who)
        self._spoken = room.id
        images = [(f"{place}.jpg", picture(size=(320 + place, 240))) for place in range(pictures)]
        quoted = self._quoted(room, quote).id if quote else None
        line = self.world.say(self._names[who], room.id, text, images, quoted)
        assert line.state == "sent", line.note
        self._wait_until_taken(line)
        return self._said_since(seq)

    def happens(self, act: Callable[[], object]) -> list[str]:
        """Something is done in the platform's own tools; returns what the bot then says, to anybody, in order."""
        self.clock.turn_to(self.clock.now() + A_MOMENT)
        seq = self.world.last_seq
        self._spoken = ""
        act()
        return self._said_since(seq)

    def tells(self, what: Ask, *facts: Fact, about: str = "", connection: str = "") -> list[str]:
        """The platform answers an errand with these facts; returns what the bot then says, to anybody, in order.

        connection: by its name; without one the first that reaches one person.
        """
        seq = self.world.last_seq
        self._spoken = ""
        ways = self.app.connections.direct(demo.CODE)[self.platform]
        asked = self.app.connections.get(demo.CODE, connection) if connection else ways[0]
        assert asked is not None
        with Session(self.app.engine, expire_on_commit=False) as session:
            school_id = the_school(session, demo.CODE).id
        now = self.clock.now()
        errand = Errand(
            school_id=school_id,
            connection=asked.name,
            what=what,
            about=about,
            cause="test",
            created_at=now,
            # nobody else may ask it meanwhile
            due_at=now + timedelta(days=1),
        )
        number = self.app.writer.do(partial(_numbered, errand))
        self.app.pipeline.tell(asked, ToAsk(number, demo.CODE, asked.name, what, about, 1), facts)
        with reading(self.app.engine) as session:
            row = session.get_one(Errand, number)
        assert row.state is ErrandState.DONE, row.reason
        return self._said_since(seq)

    def names(self) -> list[str]:
        """Everybody who can speak here."""
        return list(self._names)

    def account(self, name: str) -> str:
        """Somebody's account on this platform."""
        return self.world.person(self._names[name]).account(self.platform)

    def presses(self, who: str, label: str) -> list[str]:
        """Somebody presses a card's button in their own chat; returns what the bot then says."""
        found = [(message, key) for message in self._cards(who) for text, key in message.buttons if text == label]
        return self._pressed(who, lambda: self.world.press(self._names[who], found[-1][0].id, found[-1][1]))

    def chooses(self, who: str, *labels: str) -> list[str]:
        """Somebody chooses these on the last form in their own chat and presses its button; returns what the bot then says."""
        form = [message for message in self._cards(who) if message.form][-1]
        chosen = {
            question["key"]: [identity for label, identity in question["options"] if label in labels]
            for question in form.form["questions"]
        }
        return self._pressed(who, lambda: self.world.submit(self._names[who], form.id, chosen))

    def _cards(self, who: str) -> list[Message]:
        return [each for each in self.world.messages() if each.chat == self.room(who).id and each.card]

    def _pressed(self, who: str, act: Callable[[], Message]) -> list[str]:
        self.clock.turn_to(self.clock.now() + A_MOMENT)
        seq = self.world.last_seq
        self._spoken = self.room(who).id
        line = act()
        assert line.state == "sent", line.note
        self._wait_until_taken(line)
        return self._said_since(seq)

    def at(self, moment: str | datetime) -> list[str]:
        """Turn the clock to a moment; whatever is due on the way rings at its own time."""
        target = _moment(moment) if isinstance(moment, str) else moment
        seq = self.world.last_seq
        said_: list[str] = []
        while coming := self.app.scheduler.coming(target):
            self.clock.turn_to(max(coming[0].due_at, self.clock.now()))
            self.app.scheduler.tick()
            self.settle()
        self.clock.turn_to(target)
        self.app.scheduler.tick()
        self._spoken = ""
        with reading(self.app.engine) as session:
            failed = session.scalars(select(ScheduleRun.error).where(ScheduleRun.state == RunState.FAILED)).first()
        assert failed is None, failed
        return said_ + self._said_since(seq)

    def restart(self, **school: object) -> None:
        """The process ends as it would by TERM, and another starts over the same database, at the same moment.

        school: what its settings now say otherwise (approval=[{…}]).
        """
        if school:
            self._build = partial(self._build, **school)
        schedules = self.app.scheduler.schedules
        self.app.stop()
        self.app = self._build()
        self._listen()
        self.app.scheduler.schedules = schedules

    def settle(self) -> None:
        """Fetch and deliver until there is nothing left to do now."""
        while self.app.media.drain() + self.app.errands.drain() + self.app.deliverer.drain():
            pass

    # what there is

    @property
    def _capabilities(self) -> Capabilities:
        """The channel's, through which people speak here."""
        return self.app.connections.direct(demo.CODE)[self.platform][0].platform.capabilities

    def room(self, title: str) -> Chat:
        """A group by its title, or somebody's own chat with the bot."""
        if title in self._names:
            return self.world.direct(self._names[title], self.platform)
        return self.world.group(title, self.platform)

    def stranger(self, name: str) -> None:
        """Somebody whom the roster does not connect with an account."""
        self._names[name] = self.world.add_stranger(name, "").id

    def task(self, owner: str, text: str, due_on: date) -> None:
        """A line of the plan."""

        def write(session: Session) -> None:
            person = self.person(session, owner)
            session.add(Task(school_id=person.school_id, owner=person, text=text, due_on=due_on, moved=0))

        self.app.writer.do(write)

    def turn(self, who: str, day: date) -> None:
        """Somebody leads the duty on a day."""

        def write(session: Session) -> None:
            session.add(Turn.of(self.person(session, who), Post.DUTY_LEADER, day))

        self.app.writer.do(write)

    def without_duty(self, session: Session) -> None:
        """Nobody is on duty: the evenings are quiet, where a story is about something else."""
        session.execute(delete(Turn))
        session.execute(delete(Holding).where(Holding.post == Post.DUTY_LEADER))

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The records as they are now."""
        with reading(self.app.engine) as session:
            yield Store(session, the_school(session, demo.CODE))

    def id_of(self, name: str) -> str:
        """Who somebody is to the emulator."""
        return self._names[name]

    def person(self, session: Session, name: str) -> Person:
        return Store(session, the_school(session, demo.CODE)).people.named(name)[0]

    def _as_shown(self, text: str) -> str:
        """A transcript as the channel can carry it: without mentions where it has none, and where the bot cannot write to
        people unasked, without what it would write. It answers there, and posts to groups by webhook."""
        can = self._capabilities
        if not can.mentions:
            text = _MENTION.sub(r"\1", text)
        if can.reach is not Reach.NOBODY:
            return text
        kept, unasked = [], False
        for line in text.splitlines():
            if not line.startswith(" "):
                to = _UNASKED.match(line)
                unasked = to is not None and to[1] in self._names
            if not unasked:
                kept.append(line)
        return "\n".join(kept)

    def _listen(self) -> None:
        """Open the long connections, where the school hears through one."""
        self.app.ears.start()
        self.wait_for_the_line()

    def wait_for_the_line(self) -> None:
        """Until the long connection is up, where there is one."""
        road = self.world.roads[self.platform]
        connected: threading.Event | None = getattr(road, "connected", None)
        assert connected is None or connected.wait(PATIENCE), "the bot's long connection did not come up"

    def _wait_until_taken(self, line: Message) -> None:
        """A long connection tells nobody that a frame was taken: the inbox does."""
        brought: Callable[[str], list[str]] | None = getattr(self.world.roads[self.platform], "brought", None)
        wanted = set(brought(line.id)) if brought is not None else set()
        until = monotonic() + PATIENCE
        while wanted:
            with reading(self.app.engine) as session:
                wanted -= set(session.scalars(select(Inbox.message_id).where(Inbox.message_id.in_(wanted))))
            assert monotonic() < until, "the bot did not take what was said"
            time.sleep(0.005 if wanted else 0)

    def _quoted(self, room: Chat, words: str) -> Message:
        for message in reversed(self.world.messages()):
            if message.chat == room.id and (words in message.text or (words == "图片" and message.images)):
                return message
        raise LookupError(words)

    def _said_since(self, seq: int) -> list[str]:
        self.settle()
        written: list[str] = []
        for line in self.world.messages(after=seq):
            room = self.world.chat(line.chat)
            if line.sender != BOT or room.platform != self.platform:
                continue
            head = "bot: " if room.id == self._spoken else f"bot → {room.title}: "
            written += _indented(head + _plain(said(line))).splitlines()
        return written


USUAL = ("monday_tasks", "evening_duty_report")
"""The routines that ring in a play, unless it asks for others: all of them would drown its story."""

ALWAYS = ("opens_rounds", "nudges_the_missing", "closes_rounds", "escalates_hazards", "month_end_summary")
"""The schedules that ring in every play; others where it names them beside its routines."""


@contextmanager
def stage(
    platform: str,
    database_url: str,
    home: Path,
    start: datetime = MONDAY,
    routines: tuple[str, ...] = USUAL,
    channels: Sequence[str] = demo.CHANNELS,
    *,
    both: bool = False,
    spoken: bool = False,
) -> Iterator[Stage]:
    """The demonstration school on one platform, over a database that is up to date and empty.

    channels: which connections hear people, one for each platform. spoken: everybody said a first word, where the channel
    writes to nobody else. both: it has both platforms; people speak on
    Stage.platform, which a play may change.
    """
    folder = home / "routines"
    folder.mkdir()
    for name in routines:
        if (TEMPLATES / "routines" / f"{name}.yaml").exists():
            shutil.copy(TEMPLATES / "routines" / f"{name}.yaml", folder)
    clock = HandClock(start)
    world = World(home / "emulator", clock, BOT_URL, channels=channels)
    with EmulatorServer(world) as emulator:

        def build_app(**school: object) -> App:
            platforms = ("wecom", "dingtalk") if both else (platform,)
            data = _settings_data(emulator.url, platforms, database_url, channels, world)
            data["school"][0].update(school)
            return build(from_data(data, home), clock, folder)

        play = Stage(platform, build_app, world, clock, emulator.url)

        def post(
            method: str, url: str, headers: Mapping[str, str], body: bytes
        ) -> tuple[int, Mapping[str, str], bytes]:
            parts = urlsplit(url)
            path = f"{parts.path}?{parts.query}"
            answer = play.app.web.test_client().open(path, method=method, headers=dict(headers), data=body)
            return answer.status_code, dict(answer.headers), answer.data

        world.post = world.patient_post = post
        try:
            app = play.app
            app.writer.do(partial(furnish, start))
            rings = (*ALWAYS, *routines)
            app.scheduler.schedules = [each for each in app.registry.schedules if each.name.split("/")[0] in rings]
            app.writer.do(partial(acquaint, app, world, platform))
            if spoken:
                app.writer.do(partial(greet, app, world, platform))
            yield play
        finally:
            play.app.stop()
            world.close()


def _numbered(record: Errand, session: Session) -> int:
    session.add(record)
    session.flush()
    return record.id


def _settings_data(
    emulator_url: str, platforms: Collection[str], database_url: str, channels: Sequence[str], world: World
) -> dict[str, Any]:
    """The demonstration's settings, with these platforms' connections only."""
    streams = {channel: getattr(world.roads[channel.split()[0]], "url", "") for channel in channels}
    data = demo.settings_data(emulator_url, 8000, channels, streams)
    school = data["school"][0]
    school["connection"] = [entry for entry in school["connection"] if entry["platform"] in platforms]
    return data | {"database": {"url": database_url}}


def picture(colour: str = "orange", size: tuple[int, int] = (320, 240)) -> bytes:
    """A small real JPEG."""
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "JPEG")
    return content.getvalue()


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SCHOOL_TZ)


def _pictures(text: str) -> tuple[str, int]:
    return text.replace(_PICTURE, "").strip(), text.count(_PICTURE)


def _plain(text: str) -> str:
    """The words without what a platform needs to show them: Markdown's marks, its extra line breaks, long links."""
    text = _NICKNAME.sub("", _ACCOUNT.sub(r"\1 〔号〕", _LINK.sub("〔链接〕", text.replace("**", ""))))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _indented(text: str) -> str:
    return "\n    ".join(text.splitlines())


def _tidy(text: str) -> str:
    """A transcript without its own indentation, blank lines and remarks."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    lines = [line for line in lines if line.strip() and not line.strip().startswith("#")]
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    return "\n".join(line[margin:] for line in lines)
