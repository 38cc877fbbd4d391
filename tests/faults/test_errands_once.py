"""Ten events about one person ask once; one that comes while it is being asked asks again. On both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.connections import Connection
from bot.emulator import demo
from bot.errors import TryLater
from bot.facts import Ask, Fact, Member, News
from bot.platforms.base import Capabilities, Deaf, Health, Sent
from bot.platforms.tally import Tally
from bot.store.arrivals import the_school
from bot.store.records import Errand, ErrandState, Inbox
from bot.store.session import Writer, reading
from bot.store.waiting import claim_errands, want_to_know
from tests.kit.stage import Stage

ONE_PLATFORM = pytest.mark.on("dingtalk robot", "dingtalk robot/sqlite")


class Directory(Deaf):
    """The other side of a directory: it says how it stands when it is asked. meanwhile: what happens while it looks."""

    capabilities = Capabilities(hears=True, direct=False, groups=False, text_bytes=0)
    asks = frozenset({Ask.MEMBER})

    def __init__(self) -> None:
        self.tally = Tally()
        self.asked: list[str] = []
        self.name = "王小燕"
        self.meanwhile: list[Callable[[], object]] = []

    def ask(self, what: Ask, about: str) -> tuple[Fact, ...]:
        self.asked.append(about)
        name = self.name
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return (Member(about, name),)

    def send(self, *_: object) -> Sent:
        raise NotImplementedError

    def check(self) -> Health:
        return Health(True, "")


def directory(school: Stage) -> tuple[Directory, Connection]:
    platform = Directory()
    settings = next(iter(school.app.connections)).settings
    connection = Connection(demo.CODE, "directory", settings, platform)  # type: ignore[arg-type]
    school.app.connections._all[(demo.CODE, "directory")] = connection
    return platform, connection


def event(school: Stage, connection: Connection, number: int) -> None:
    news = News(f"event-{number}", Ask.MEMBER, "u1008", school.clock.now())
    school.app.pipeline.hear_news(connection, news)


def states(school: Stage) -> list[ErrandState]:
    with reading(school.app.engine) as session:
        return list(session.scalars(select(Errand.state).order_by(Errand.id)))


@ONE_PLATFORM
def test_ten_events_at_once_ask_once(school: Stage) -> None:
    platform, connection = directory(school)
    with ThreadPoolExecutor(10) as hands:
        list(hands.map(partial(event, school, connection), range(10)))
    school.settle()
    assert platform.asked == ["u1008"]
    with reading(school.app.engine) as session:
        heard = session.scalar(select(func.count()).where(Inbox.connection == "directory"))
    assert heard == 10, "each is kept"


@ONE_PLATFORM
def test_two_processes_leave_one_errand(school: Stage) -> None:
    platform, _ = directory(school)
    now = school.clock.now()

    def wants(writer: Writer, number: int) -> None:
        def work(session: Session) -> None:
            school_id = the_school(session, demo.CODE).id
            want_to_know(session, school_id, "directory", Ask.MEMBER, "u1008", f"msg:{number}", now)

        writer.do(work)

    other = Writer(school.app.engine)
    with ThreadPoolExecutor(8) as hands:
        list(hands.map(lambda number: wants((school.app.writer, other)[number % 2], number), range(40)))
    other.close()
    assert states(school) == [ErrandState.DUE]
    school.settle()
    assert platform.asked == ["u1008"]


@ONE_PLATFORM
def test_what_changes_while_it_is_asked_is_asked_again(school: Stage) -> None:
    platform, connection = directory(school)

    def changes() -> None:
        platform.name = "王晓燕"
        for number in (2, 3, 4):
            event(school, connection, number)

    platform.meanwhile.append(changes)
    event(school, connection, 1)
    school.settle()
    assert platform.asked == ["u1008", "u1008"], "once more, not three times"
    with school.store() as store:
        account = store.people.account("dingtalk", "u1008")
    assert account is not None
    assert account.name == "王晓燕", "the later answer stands"


@ONE_PLATFORM
def test_a_try_that_failed_waits_with_those_that_come(school: Stage) -> None:
    platform, connection = directory(school)

    def fails() -> None:
        event(school, connection, 2)
        raise TryLater("钉钉繁忙")

    platform.meanwhile += [fails]
    event(school, connection, 1)
    school.settle()
    assert platform.asked == ["u1008"] * 2
    assert states(school) == [ErrandState.DONE, ErrandState.DONE], "the second took the place of the first"

    def busy() -> None:
        raise TryLater("钉钉繁忙", timedelta(hours=1))

    platform.meanwhile += [busy]
    event(school, connection, 3)
    school.settle()
    assert states(school)[2:] == [ErrandState.DUE]
    event(school, connection, 4)
    school.settle()
    assert states(school)[2:] == [ErrandState.DONE], "what is new does not wait for an hour"


@pytest.mark.on("dingtalk robot")
def test_it_is_not_asked_before_whoever_waits_for_it_is_committed(school: Stage) -> None:
    """Else the answer would meet records that are not there yet."""
    _, connection = directory(school)
    event(school, connection, 1)
    now = school.clock.now()
    with Session(school.app.engine) as writing, Session(school.app.engine) as asking:
        school_id = the_school(writing, demo.CODE).id
        want_to_know(writing, school_id, "directory", Ask.MEMBER, "u1008", "msg:2", now)
        assert claim_errands(asking, now, 4) == []
        writing.commit()
        assert [errand.about for errand in claim_errands(asking, now, 4)] == ["u1008"]
