"""Work notices against the emulated DingTalk: they reach whom nobody could write to, and none is dropped as a repeat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.records import BOT, Message
from bot.emulator.world import World
from bot.errors import GiveUp
from bot.messages import ChatKind, ChatRef, Outgoing, Picture
from bot.platforms import dingtalk_notice
from bot.settings import DingtalkNotice
from tests.kit.stage import MONDAY, HandClock, picture

WANG = ChatRef(ChatKind.DIRECT, "u1008")
WORDS = Outgoing(text="今天的晨检还没有交。", title="晨检")


class Office:
    """The emulated platform, and the connection to it."""

    def __init__(self, world: World, url: str, clock: HandClock) -> None:
        values = {"name": "work", "platform": "dingtalk", "kind": "notice", "api_base": url, "oapi_base": url}
        values |= {"app_key": demo.DING_KEY, "app_secret": demo.DING_SECRET, "agent_id": demo.DING_AGENT}
        self.platform = dingtalk_notice.build(DingtalkNotice.model_validate(values), clock)
        self.world, self.clock = world, clock

    def shown(self) -> list[Message]:
        return [message for message in self.world.messages() if message.sender == BOT]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = HandClock(MONDAY)
    world = World(tmp_path, clock, "http://127.0.0.1:9")
    with EmulatorServer(world) as emulator:
        yield Office(world, emulator.url, clock)
    world.close()


def test_who_never_spoke_is_reached_and_the_time_stands_below(office: Office) -> None:
    sent = office.platform.send(WANG, WORDS)
    (message,) = office.shown()
    assert (message.chat, message.text) == ("dingtalk-wang", "今天的晨检还没有交。\n（07:00）")
    assert sent.reference.isdigit()


def test_the_same_words_later_on_the_day_arrive_again(office: Office) -> None:
    office.platform.send(WANG, WORDS)
    office.platform.send(WANG, WORDS)
    assert len(office.shown()) == 1, "within a minute it is a repeat, and dropped"
    office.clock.turn_to(MONDAY + timedelta(hours=1))
    office.platform.send(WANG, WORDS)
    assert len(office.shown()) == 2


def test_pictures_and_files_arrive(office: Office) -> None:
    office.platform.send(WANG, Outgoing(image=Picture(picture(), "9月汇总.jpg", "image/jpeg")))
    office.platform.send(WANG, Outgoing(file=Picture(b"PK\x03\x04", "9月汇总.xlsx", "application/zip")))
    image, file = office.shown()
    assert (len(image.images), file.title) == (1, "9月汇总.xlsx")


def test_what_marks_make_too_long_is_sent_without_them_and_what_is_too_long_is_told(office: Office) -> None:
    office.platform.send(WANG, Outgoing(text="a\n" * 450, markdown=True))
    assert office.shown()[0].markdown is False
    with pytest.raises(GiveUp, match="太长"):
        office.platform.send(WANG, Outgoing(text="漏" * 700))


def test_it_is_taken_back_within_a_day(office: Office) -> None:
    first, second = office.platform.send(WANG, WORDS), office.platform.send(WANG, Outgoing(text="别的"))
    office.platform.recall(WANG, first.reference)
    assert [message.text for message in office.shown()] == ["", "别的\n（07:00）"]
    office.clock.turn_to(MONDAY + timedelta(days=1, hours=1))
    for reference in (second.reference, ""):
        with pytest.raises(GiveUp):
            office.platform.recall(WANG, reference)


def test_nothing_goes_to_a_group(office: Office) -> None:
    with pytest.raises(GiveUp, match="群"):
        office.platform.send(ChatRef(ChatKind.GROUP, demo.GROUPS[0].conversation), WORDS)
    assert office.shown() == []
