"""WeCom's end of the AI bot, told the protocol by hand: what it refuses, what it echoes, and what it keeps to itself."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.wecom_bot_road import POLLS
from bot.emulator.wecom_bot_stream_road import StreamRoad
from bot.emulator.world import World
from bot.platforms.wecom_bot_seal import Seal
from bot.platforms.wecom_bot_words import key_from
from tests.emulator.emulated import HandClock, from_bot, jpeg
from tests.kit.lines import wecom_line

SUBSCRIBE = {"bot_id": demo.BOT_ID, "secret": demo.BOT_SECRET}
WANG = {"chatid": "wangxiaoyan", "chat_type": 1}


@dataclass
class Socket:
    """One connection, frame by frame."""

    socket: ClientConnection
    number: int = 0

    def asks(self, cmd: str, body: object = None, req_id: str = "") -> dict[str, Any]:
        """The answer to a frame; it must echo the req_id to the byte."""
        self.number += 1
        req_id = req_id or f'{cmd}_{self.number} "漏\\'
        frame = {"cmd": cmd, "headers": {"req_id": req_id}} | ({"body": body} if body is not None else {})
        self.socket.send(json.dumps(frame))
        answer = self.next()
        assert answer["headers"] == {"req_id": req_id}
        assert "cmd" not in answer
        return answer

    def code(self, cmd: str, body: object = None, req_id: str = "") -> int:
        return int(self.asks(cmd, body, req_id)["errcode"])

    def next(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self.socket.recv(timeout=10))
        return frame


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def line(tmp_path: Path, clock: HandClock) -> Iterator[tuple[World, StreamRoad]]:
    with wecom_line(tmp_path, clock) as line:
        yield line


@pytest.fixture
def world(line: tuple[World, StreamRoad]) -> World:
    return line[0]


@pytest.fixture
def road(line: tuple[World, StreamRoad]) -> StreamRoad:
    return line[1]


@pytest.fixture
def stranger(road: StreamRoad) -> Iterator[Socket]:
    with connect(road.url, proxy=None) as socket:
        yield Socket(socket)


@pytest.fixture
def bot(stranger: Socket) -> Socket:
    assert stranger.code("aibot_subscribe", SUBSCRIBE) == 0
    return stranger


def says(world: World, bot: Socket, text: str = "帮助", chat: str = "wecom-wang") -> dict[str, Any]:
    assert world.say("wang", chat, text).state == "sent"
    return bot.next()


def stream(text: str, finish: bool = True, identity: str = "st-1") -> dict[str, Any]:
    return {"msgtype": "stream", "stream": {"id": identity, "finish": finish, "content": text}}


MARKDOWN = {"msgtype": "markdown", "markdown": {"content": "请交表"}}


def test_before_it_is_subscribed_nothing_is_taken(world: World, stranger: Socket) -> None:
    assert stranger.code("ping") == 846609
    assert stranger.code("aibot_send_msg", WANG | MARKDOWN) == 846609
    assert stranger.code("aibot_subscribe", SUBSCRIBE | {"secret": "wrong"}) != 0
    assert stranger.code("ping") == 846609
    assert world.say("wang", "wecom-wang", "帮助").state == "refused"
    assert stranger.code("aibot_subscribe", SUBSCRIBE) == 0
    assert stranger.code("ping") == 0


def test_the_old_connection_is_told_and_closed_when_another_subscribes(road: StreamRoad, bot: Socket) -> None:
    with connect(road.url, proxy=None) as other:
        assert Socket(other).code("aibot_subscribe", SUBSCRIBE) == 0
        farewell = bot.next()
        assert (farewell["cmd"], farewell["body"]["event"]["eventtype"]) == (
            "aibot_event_callback",
            "disconnected_event",
        )
        with pytest.raises(ConnectionClosed):
            bot.next()
        assert Socket(other).code("ping") == 0


def test_a_req_id_answers_on_its_own_connection_and_for_its_own_kind(
    world: World, road: StreamRoad, bot: Socket, clock: HandClock
) -> None:
    frame = says(world, bot)
    req_id = frame["headers"]["req_id"]
    assert bot.code("aibot_respond_msg", stream("一"), "somebody-elses") == 846605
    assert bot.code("aibot_respond_update_msg", {"response_type": "update_template_card"}, req_id) == 846605
    assert bot.code("aibot_respond_msg", stream("一"), req_id) == 0
    clock.pass_by(hours=25)
    assert bot.code("aibot_respond_msg", stream("二", identity="st-2"), req_id) == 846605
    assert [message.text for message in from_bot(world)] == ["一"]


def test_a_finished_stream_changes_no_more_and_blanks_replace_nothing(world: World, bot: Socket) -> None:
    req_id = says(world, bot)["headers"]["req_id"]
    for text, finish in (("<think></think>", False), ("想", False), ("  ", False), ("想好了", True), ("不", True)):
        assert bot.code("aibot_respond_msg", stream(text, finish), req_id) == 0
    assert [message.text for message in from_bot(world)] == ["想好了"]


def test_a_push_needs_somebody_who_wrote_there_and_cards_stay_out_of_groups(world: World, bot: Socket) -> None:
    group = {"chatid": "wrkDEMOsafety", "chat_type": 2}
    assert bot.code("aibot_send_msg", WANG | MARKDOWN) != 0
    assert bot.code("aibot_send_msg", group | MARKDOWN) != 0
    says(world, bot)
    says(world, bot, chat="wecom-group-safety")
    assert bot.code("aibot_send_msg", {"chatid": "WangXiaoYan"} | MARKDOWN) == 0
    assert bot.code("aibot_send_msg", group | MARKDOWN) == 0
    card = {
        "card_type": "button_interaction",
        "main_title": {"title": "复查"},
        "button_list": [{"text": "通过", "key": "x"}],
        "task_id": "t-1",
    }
    shown = {"msgtype": "template_card", "template_card": card}
    assert bot.code("aibot_send_msg", group | shown) != 0
    assert bot.code("aibot_send_msg", WANG | shown) == 0
    assert bot.code("aibot_send_msg", WANG | shown) != 0, "a task_id serves once"
    assert bot.code("aibot_send_msg", WANG | MARKDOWN | {"markdown": {"content": "漏" * 6827}}) == 45002


def test_thirty_a_minute_in_one_chat_replies_and_pushes_together(world: World, bot: Socket, clock: HandClock) -> None:
    req_id = says(world, bot)["headers"]["req_id"]
    says(world, bot, chat="wecom-group-safety")
    for number in range(15):
        assert bot.code("aibot_respond_msg", stream("一", identity=f"st-{number}"), req_id) == 0
        assert bot.code("aibot_send_msg", WANG | MARKDOWN) == 0
    assert bot.code("aibot_send_msg", WANG | MARKDOWN) == 45009
    assert bot.code("aibot_send_msg", {"chatid": "wrkDEMOsafety", "chat_type": 2} | MARKDOWN) == 0
    clock.pass_by(minutes=1)
    assert bot.code("aibot_send_msg", WANG | MARKDOWN) == 0


CONTENT = bytes(range(256)) * 4096  # two pieces


@dataclass
class Uploading:
    """An upload of CONTENT, step by step."""

    bot: Socket
    announced: Mapping[str, Any] = field(default_factory=dict)
    upload: str = ""

    def __post_init__(self) -> None:
        md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
        whole = {"type": "file", "filename": "名单.xlsx", "total_size": len(CONTENT), "total_chunks": 2, "md5": md5}
        self.upload = self.bot.asks("aibot_upload_media_init", {**whole, **self.announced})["body"]["upload_id"]

    def piece(self, index: int, content: bytes) -> int:
        data = base64.b64encode(content).decode()
        body = {"upload_id": self.upload, "chunk_index": index, "base64_data": data}
        return self.bot.code("aibot_upload_media_chunk", body)

    def ends(self) -> dict[str, Any]:
        return self.bot.asks("aibot_upload_media_finish", {"upload_id": self.upload})


FIRST, SECOND = CONTENT[: 512 * 1024], CONTENT[512 * 1024 :]


def test_pieces_come_in_any_order_and_one_that_comes_again_is_ignored(world: World, bot: Socket) -> None:
    says(world, bot)
    uploading = Uploading(bot)
    assert [uploading.piece(1, SECOND), uploading.piece(0, FIRST), uploading.piece(0, b"other")] == [0, 0, 0]
    answer = uploading.ends()
    assert answer["body"]["type"] == "file"
    file = {"msgtype": "file", "file": {"media_id": answer["body"]["media_id"]}}
    assert bot.code("aibot_send_msg", WANG | file) == 0
    shown = from_bot(world)[-1]
    stored = world.file(shown.file)
    assert stored is not None
    assert (shown.title, stored.content) == ("名单.xlsx", CONTENT)
    wrong_kind = {"msgtype": "image", "image": file["file"]}
    assert bot.code("aibot_send_msg", WANG | wrong_kind) == 40007


def test_what_is_missing_too_much_or_not_what_was_announced_is_refused(bot: Socket, clock: HandClock) -> None:
    missing = Uploading(bot)
    assert missing.piece(1, SECOND) == 0
    assert missing.ends()["errcode"] != 0
    assert (missing.piece(2, b"x"), missing.piece(-1, b"x")) == (40058, 40058)
    assert missing.piece(0, b"x" * (512 * 1024 + 1)) == 40058
    other = Uploading(bot, {"md5": "0" * 32})
    assert [other.piece(0, FIRST), other.piece(1, SECOND)] == [0, 0]
    assert other.ends()["errcode"] != 0
    late = Uploading(bot)
    clock.pass_by(minutes=30)
    assert late.piece(0, FIRST) == 40007
    for announced in ({"total_chunks": 101}, {"total_size": 4}, {"type": "hologram"}, {"filename": ""}):
        whole = {"type": "file", "filename": "a", "total_size": 9, "total_chunks": 1}
        assert bot.code("aibot_upload_media_init", whole | announced) == 40058
    assert bot.code("aibot_upload_media_init", whole | {"total_size": 21 * 1024 * 1024, "filename": "a"}) != 0


def test_the_faults_strike(world: World, road: StreamRoad, bot: Socket) -> None:
    world.faults.switch("bot_dead", True)
    assert bot.code("aibot_send_msg", WANG | MARKDOWN) == 846609
    assert bot.code("ping") == 846609
    assert bot.code("aibot_subscribe", SUBSCRIBE) == 0
    world.faults.switch("bot_drop", True)
    assert not world.faults.on("bot_drop")
    with pytest.raises(ConnectionClosed):
        bot.next()
    assert not road.connected.is_set()


def test_a_link_gives_encrypted_bytes_for_five_minutes(world: World, bot: Socket, clock: HandClock) -> None:
    world.say("wang", "wecom-wang", "", [("a.jpg", jpeg())])
    image = bot.next()["body"]["image"]
    got = requests.get(image["url"], timeout=10)
    assert (got.status_code, len(got.content) % 32) == (200, 0)
    assert got.content != jpeg()
    clock.pass_by(minutes=5)
    assert requests.get(image["url"], timeout=10).status_code == 403


# the callbacks


@dataclass
class CalledBot:
    """Answers callbacks with what it is told, one after the other; then with nothing."""

    seal: Seal
    answers: list[dict[str, Any]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)
    down: bool = False

    def post(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.heard.append(json.loads(self.seal.open(json.loads(body)["encrypt"])))
        if self.down:
            return 503, {}, b""
        if not self.answers:
            return 200, {}, b""
        return 200, {}, self.seal.answer(json.dumps(self.answers.pop(0)), 1_795_000_000, "n").encode()


@pytest.fixture
def called(tmp_path: Path, clock: HandClock) -> Iterator[tuple[World, CalledBot]]:
    bot = CalledBot(Seal(demo.WECOM_TOKEN, key_from(demo.WECOM_AES_KEY)))
    world = World(tmp_path / "called", clock, "http://127.0.0.1:9", bot.post, ("wecom bot", "dingtalk robot"))
    with EmulatorServer(world):
        yield world, bot
    world.close()


def test_an_address_takes_one_answer_within_the_hour(called: tuple[World, CalledBot], clock: HandClock) -> None:
    world, bot = called
    for _ in range(2):
        world.say("wang", "wecom-wang", "帮助")
    urls = [heard["response_url"] for heard in bot.heard]
    assert requests.post(urls[0], json=MARKDOWN, timeout=10).json()["errcode"] == 0
    assert requests.post(urls[0], json=MARKDOWN, timeout=10).json()["errcode"] != 0
    clock.pass_by(hours=1)
    assert requests.post(urls[1], json=MARKDOWN, timeout=10).json()["errcode"] != 0
    assert [message.text for message in from_bot(world)] == ["请交表"]


def test_a_stream_that_was_begun_is_asked_for_until_it_is_finished(called: tuple[World, CalledBot]) -> None:
    world, bot = called
    bot.answers = [stream("想", False), stream("想一想", False), stream("想好了")]
    world.say("wang", "wecom-wang", "今天谁值班")
    assert [heard["msgtype"] for heard in bot.heard] == ["text", "stream", "stream"]
    assert [message.text for message in from_bot(world)] == ["想好了"]
    bot.answers = [stream("想", False)] * (POLLS + 50)
    world.say("wang", "wecom-wang", "再问一次")
    assert len(bot.heard) == 4 + POLLS


def test_a_click_comes_once(called: tuple[World, CalledBot]) -> None:
    world, bot = called
    world.say("wang", "wecom-wang", "帮助")
    card = {
        "card_type": "button_interaction",
        "main_title": {"title": "复查"},
        "button_list": [{"text": "通过", "key": "复查 1 通过"}],
        "task_id": "t-1",
    }
    shown = {"msgtype": "template_card", "template_card": card}
    assert requests.post(bot.heard[0]["response_url"], json=shown, timeout=10).json()["errcode"] == 0
    bot.down = True
    assert world.press("wang", from_bot(world)[-1].id, "复查 1 通过").state == "refused"
    assert len(bot.heard) == 2
    assert bot.heard[1]["event"]["template_card_event"]["event_key"] == "复查 1 通过"
