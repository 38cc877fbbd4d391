"""DingTalk's stream against the emulator's gateway: nothing acknowledged before it is kept, and the line comes back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.emulator import demo
from bot.emulator.dingtalk_stream_road import StreamRoad
from bot.emulator.dingtalk_stream_server import CARD, ROBOT
from bot.errors import GiveUp, Untrusted
from bot.messages import ChatKind, ChatRef, Message
from bot.platforms import dingtalk_stream
from bot.platforms.base import Callback, Recaller
from bot.settings import DingtalkStream
from tests.kit.lines import dingtalk_line
from tests.kit.other_side import OtherSide, other_side
from tests.kit.stage import MONDAY, HandClock
from tests.platforms.cases import DINGTALK_ROBOT, GROUP

BODY = {"msgId": "msg1==", "msgtype": "text", "text": {"content": "收到"}}
WAIT = 10.0


class Hearer:
    """What the service would keep. keeps: what it says to each frame in turn, True when none is left."""

    def __init__(self, *keeps: bool | Exception) -> None:
        self.frames: list[Callback] = []
        self._keeps = list(keeps)

    def __call__(self, received: Callback) -> bool:
        self.frames.append(received)
        kept = self._keeps.pop(0) if self._keeps else True
        if isinstance(kept, Exception):
            raise kept
        return kept


@contextmanager
def gateway(home: Path) -> Iterator[tuple[StreamRoad, str]]:
    with dingtalk_line(home, HandClock(MONDAY), 0.5) as line:
        yield line


@contextmanager
def listening(url: str, hear: Callable[[Callback], bool], **more: str) -> Iterator[threading.Thread]:
    """The platform's own thread; it has to end within a few seconds of being told."""
    values = {"name": "ding", "platform": "dingtalk", "kind": "stream", "api_base": url, "oapi_base": url}
    values |= {"app_key": demo.DING_KEY, "app_secret": demo.DING_SECRET} | more
    platform = dingtalk_stream.build(DingtalkStream.model_validate(values), HandClock(MONDAY))
    stopped = threading.Event()
    thread = threading.Thread(target=platform.listen, args=(hear, stopped), daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        stopped.set()
        thread.join(WAIT)
        assert not thread.is_alive()


def test_what_is_kept_is_acknowledged(tmp_path: Path) -> None:
    hear = Hearer()
    with gateway(tmp_path) as (road, url), listening(url, hear):
        answer = road.bring("CALLBACK", ROBOT, BODY)
        assert answer.taken
        assert answer.data == {"response": None}
        assert [json.loads(frame.body) for frame in hear.frames] == [BODY]
        assert hear.frames[0].headers["topic"] == ROBOT


@pytest.mark.parametrize("fails", [False, RuntimeError("the database is away")])
def test_what_is_not_kept_is_not_acknowledged_and_comes_again(tmp_path: Path, fails: bool | Exception) -> None:
    hear = Hearer(fails)
    with gateway(tmp_path) as (road, url), listening(url, hear):
        assert road.bring("CALLBACK", ROBOT, BODY).taken
        assert len(hear.frames) == 2


def test_an_event_that_is_not_kept_is_to_come_later(tmp_path: Path) -> None:
    headers = {"eventType": "user_add_org", "eventId": "e1", "eventBornTime": "1700000000000"}
    hear = Hearer(False)
    with gateway(tmp_path) as (road, url), listening(url, hear):
        line = road.line("EVENT", "*")
        assert line is not None
        assert road.bring_once(line, "EVENT", "*", {"userId": ["u1"]}, **headers).data["status"] == "LATER"
        assert road.bring_once(line, "EVENT", "*", {"userId": ["u1"]}, **headers).data["status"] == "SUCCESS"
        assert hear.frames[1].headers["eventId"] == "e1"


def test_a_ping_is_answered_with_what_it_brought(tmp_path: Path) -> None:
    with gateway(tmp_path) as (road, url), listening(url, Hearer()):
        line = road.line("CALLBACK", CARD)
        assert line is not None
        assert road.ping(line)


def test_a_frame_that_cannot_be_read_is_handed_over_as_it_is_and_does_not_come_again(tmp_path: Path) -> None:
    hear = Hearer()
    with gateway(tmp_path) as (road, url), listening(url, hear):
        line = road.line("CALLBACK", ROBOT)
        assert line is not None
        answer = road.bring_once(line, "CALLBACK", ROBOT, "no json")
        assert answer.body is not None
        assert answer.body["code"] == 400
        assert len(hear.frames) == 1


def test_a_line_that_broke_is_opened_again(tmp_path: Path) -> None:
    hear = Hearer()
    with gateway(tmp_path) as (road, url), listening(url, hear):
        assert road.wait(1)
        road.cut()
        assert road.bring("CALLBACK", ROBOT, BODY).taken


def test_the_next_line_is_open_before_the_one_that_was_sent_away_ends(tmp_path: Path) -> None:
    hear = Hearer()
    with gateway(tmp_path) as (road, url), listening(url, hear):
        assert road.wait(1)
        road.closes_after = 3600
        road.send_away()
        assert road.wait(1)
        assert road.bring("CALLBACK", ROBOT, BODY).taken


def test_wrong_credentials_neither_open_a_line_nor_ask_for_ever(tmp_path: Path) -> None:
    with gateway(tmp_path) as (road, url), listening(url, Hearer(), app_secret="changed"):
        assert not road.wait(1, seconds=3)
        asked = [one for one in road._world.exchanges() if "gateway" in one.url]
        assert len(asked) == 1


def built() -> dingtalk_stream.DingtalkStreamPlatform:
    values = {"name": "ding", "platform": "dingtalk", "kind": "stream", "app_key": "dingapp1", "app_secret": "x"}
    return dingtalk_stream.build(DingtalkStream.model_validate(values), HandClock(MONDAY))


def test_a_frame_is_read_as_the_robots_callback_is() -> None:
    sample = Path(__file__).parent.parent / "wire" / "dingtalk" / "text_group.json"
    body = json.loads(sample.read_text("utf-8"))
    frame = Callback("FRAME", {"type": "CALLBACK", "topic": ROBOT}, {}, json.dumps(body.get("body", body)).encode())
    message = built().parse(frame)
    assert isinstance(message, Message)
    assert message.chat.kind is ChatKind.GROUP
    assert message.text


def test_nobody_is_heard_at_the_address_of_callbacks() -> None:
    with pytest.raises(Untrusted):
        built().parse(Callback("POST", {"type": "CALLBACK", "topic": ROBOT}, {}, json.dumps(BODY).encode()))


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side() as listening:
        yield listening


@pytest.mark.parametrize(
    ("chat", "path"),
    [
        (ChatRef(ChatKind.DIRECT, "t001"), "/v1.0/robot/otoMessages/batchRecall"),
        (GROUP, "/v1.0/robot/groupMessages/recall"),
    ],
)
def test_a_message_is_taken_back_or_is_told_to_be_too_old(server: OtherSide, chat: ChatRef, path: str) -> None:
    platform = DINGTALK_ROBOT.connect(server)
    assert isinstance(platform, Recaller)
    server.says(
        path, {"successResult": ["pq1"], "failedResult": {}}, {"successResult": [], "failedResult": {"pq1": "1"}}
    )
    platform.recall(chat, "pq1")
    asked = server.requests(path)[0].json
    assert asked["processQueryKeys"] == ["pq1"]
    assert asked.get("openConversationId") == (chat.id if chat is GROUP else None)
    with pytest.raises(GiveUp, match="24"):
        platform.recall(chat, "pq1")
    with pytest.raises(GiveUp):
        platform.recall(chat, "")
