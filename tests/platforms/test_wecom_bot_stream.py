"""WeCom's AI bot over its long connection, against the platform's end of it: every way in which the line can fail, and what is
said over it. tests/interop proves that end against other hands' clients."""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_websocket

from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.records import BOT
from bot.emulator.records import Message as Bubble
from bot.emulator.wecom_bot_stream_road import StreamRoad
from bot.emulator.world import World
from bot.errors import GiveUp, TryLater
from bot.messages import Button, CardRef, ChatKind, ChatRef, MediaRef, Message, Outgoing, Picture
from bot.platforms import wecom_bot_line, wecom_bot_stream
from bot.platforms.base import Callback, Sent
from bot.platforms.wecom_bot_stream import WecomBotStreamPlatform
from bot.settings import WecomBotStream
from tests.kit import wire
from tests.kit.other_side import other_side
from tests.kit.stage import HandClock, picture
from tests.platforms.cases import NOW

PATIENCE = 10
WANG = ChatRef(ChatKind.DIRECT, "wangxiaoyan")
SAFETY = ChatRef(ChatKind.GROUP, "wrkDEMOsafety")
FILE = Picture(bytes(range(256)) * 5000, "9月汇总.xlsx", "application/vnd.ms-excel")


@dataclass
class Line:
    """A bot on the line. refuses: how many times more what is heard is not taken."""

    world: World
    road: StreamRoad
    clock: HandClock
    platform: WecomBotStreamPlatform
    refuses: int = 0
    tried: int = 0
    heard: queue.Queue[Callback] = field(default_factory=queue.Queue)
    stopped: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def hear(self, callback: Callback) -> bool:
        self.tried += 1
        if self.refuses:
            self.refuses -= 1
            return False
        self.heard.put(callback)
        return True

    def listen(self) -> None:
        self.thread = threading.Thread(target=self.platform.listen, args=(self.hear, self.stopped), daemon=True)
        self.thread.start()

    def up(self) -> None:
        """Once it is connected on both ends."""
        assert self.road.connected.wait(PATIENCE)
        until(lambda: self.platform.check().well)

    def stop(self) -> None:
        self.stopped.set()
        if self.thread is not None:
            self.thread.join(PATIENCE)
            assert not self.thread.is_alive()

    def next(self) -> Message:
        message = self.platform.parse(self.heard.get(timeout=PATIENCE))
        assert isinstance(message, Message)
        return message

    def says(self, text: str, group: str = "", images: int = 0, quote: str | None = None) -> Message:
        chat = self.world.group(group, "wecom") if group else self.world.direct("wang", "wecom")
        pictures = [("a.jpg", picture())] * images
        bubble = self.world.say("wang", chat.id, text, pictures, quote)
        assert bubble.state == "sent", bubble.note
        return self.next()

    def brings(self, **body: Any) -> Callback:
        """A message in private that the desk cannot type."""
        whole = {"msgid": "m1", "chattype": "single", "from": {"userid": "wangxiaoyan"}, **body}
        assert self.road.bring(whole, self.world.direct("wang", "wecom")) == ""
        return self.heard.get(timeout=PATIENCE)

    def shown(self) -> list[Bubble]:
        return [bubble for bubble in self.world.messages() if bubble.sender == BOT]

    def commands(self) -> list[str]:
        """What the bot asked for, pings and subscriptions left out."""
        return [each.title.split()[1] for each in self.world.exchanges() if each.direction == "from_bot"]


def until(true: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    wait = threading.Event()
    for _ in range(PATIENCE * 100):
        if true():
            return
        wait.wait(0.01)
    raise AssertionError("it did not happen")


class Seconds:
    """The seconds that the line counts its heartbeat by: they pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_a_beat(self) -> None:
        self.now += wecom_bot_line.HEARTBEAT


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    counted = Seconds()
    monkeypatch.setattr(wecom_bot_line, "monotonic", counted)
    return counted


@pytest.fixture
def idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """A bot that has not connected yet. It waits for nothing that the platform does not owe it."""
    monkeypatch.setattr(wecom_bot_line, "_wait", lambda failures: 0.01)
    monkeypatch.setattr(wecom_bot_line, "TURN", 0.02)
    monkeypatch.setattr(wecom_bot_stream, "AGAIN", (0.01,))
    clock = HandClock(NOW)
    channels = ("wecom bot_stream", "dingtalk robot")
    world = World(tmp_path / "emulator", clock, "http://127.0.0.1:9", channels=channels)
    with EmulatorServer(world) as server:
        road = world.roads["wecom"]
        assert isinstance(road, StreamRoad)
        data = demo.settings_data(server.url, 8000, channels, {"wecom bot_stream": road.url})
        settings = WecomBotStream.model_validate(data["school"][0]["connection"][0])
        line = Line(world, road, clock, wecom_bot_stream.build(settings, clock))
        yield line
        line.stop()
    world.close()


@pytest.fixture
def line(idle: Line) -> Line:
    idle.listen()
    idle.up()
    return idle


# what is heard


def test_words_in_private_are_read_with_what_answers_them(line: Line) -> None:
    message = line.says("隐患 三楼漏水")
    assert (message.text, message.account) == ("隐患 三楼漏水", "wangxiaoyan")
    assert (message.chat.kind, message.chat.id) == (ChatKind.DIRECT, "wangxiaoyan")
    assert message.chat.reply_until == line.clock.now() + timedelta(hours=24)
    assert message.chat.reply_url


def test_in_a_group_the_name_of_the_bot_at_the_start_is_dropped(line: Line) -> None:
    message = line.says("隐患 @三楼 漏水", group="安全巡查群", images=2)
    assert (message.text, message.chat.kind, message.chat.id) == ("隐患 @三楼 漏水", ChatKind.GROUP, "wrkDEMOsafety")
    assert len(message.images) == 2


def test_what_was_pointed_at_is_read(line: Line) -> None:
    message = line.says("先说一句")
    line.platform.send(message.chat, Outgoing(text="已登记隐患 7"))
    quoted = line.says("复查 通过", quote=line.shown()[-1].id).quote
    assert quoted is not None
    assert quoted.text == "已登记隐患 7"


def test_a_voice_is_its_recognised_words_and_a_file_is_something_to_fetch(line: Line) -> None:
    voice = line.platform.parse(line.brings(msgtype="voice", voice={"content": "三楼漏水"}))
    file = line.platform.parse(line.brings(msgtype="file", file={"url": "https://x.example/f", "aeskey": "k"}))
    assert voice.text == "三楼漏水"
    assert file.files == (MediaRef("k https://x.example/f"),)


def test_accounts_are_one_whatever_their_case(line: Line) -> None:
    said = line.brings(msgtype="text", text={"content": "收到"}, **{"from": {"userid": "WangXiaoYan"}})
    message = line.platform.parse(said)
    assert (message.account, message.chat.id) == ("wangxiaoyan", "wangxiaoyan")


def test_a_picture_is_fetched_and_opened_while_its_link_lives(line: Line) -> None:
    (media,) = line.says("", images=1).images
    assert line.platform.fetch(media, 1_000_000).content == picture()
    with pytest.raises(GiveUp, match="超过"):
        line.platform.fetch(media, 100)
    with pytest.raises(GiveUp, match="密钥"):
        line.platform.fetch(MediaRef(f"AAAA {media.ref.partition(' ')[2]}"), 1_000_000)
    line.clock.moment += timedelta(minutes=5)
    with pytest.raises(GiveUp, match="过期"):
        line.platform.fetch(media, 1_000_000)


def test_what_is_not_taken_is_handed_over_again_in_its_order_and_nothing_is_lost(line: Line) -> None:
    line.refuses = 5
    for words in ("一", "二", "三"):
        line.world.say("wang", "wecom-wang", words)
    assert [line.next().text for _ in range(3)] == ["一", "二", "三"]
    assert line.tried == 8


def test_what_was_read_before_the_end_is_still_handed_over(line: Line) -> None:
    line.refuses = 1
    line.world.say("wang", "wecom-wang", "最后一句")
    until(lambda: line.tried > 0)
    line.stop()
    assert line.next().text == "最后一句"


def test_while_nothing_is_taken_the_heart_beats_on(
    idle: Line, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wecom_bot_stream, "WAITING", 1)
    idle.listen()
    idle.up()
    idle.says("早")  # it reads now
    idle.refuses = 10**9
    for number in range(4):  # more than there is room for
        idle.world.say("wang", "wecom-wang", f"第 {number} 句")
    for beats in range(1, wecom_bot_line.MISSED + 3):
        seconds.pass_a_beat()
        until(lambda: idle.road.pings == beats)  # noqa: B023 - asked at once
    idle.refuses = 0
    assert [idle.next().text for _ in range(4)] == [f"第 {number} 句" for number in range(4)]


# what is said


def test_an_answer_takes_the_way_that_the_message_brought(line: Line) -> None:
    for group in ("", "安全巡查群"):
        message = line.says("帮助", group=group)
        line.platform.send(message.chat, Outgoing(text="**可以这样说**\n一", markdown=True))
        assert line.shown()[-1].text == "**可以这样说**\n一"
    assert line.commands() == ["aibot_respond_msg"] * 2


def test_without_a_message_to_answer_it_is_pushed(line: Line) -> None:
    line.says("帮助")
    line.says("帮助", group="安全巡查群")
    line.platform.send(WANG, Outgoing(text="请交表"))
    line.platform.send(SAFETY, Outgoing(text="请看"))
    assert [(bubble.chat, bubble.text) for bubble in line.shown()] == [
        ("wecom-wang", "请交表"),
        ("wecom-group-safety", "请看"),
    ]
    assert line.commands() == ["aibot_send_msg"] * 2


def test_the_longest_text_that_it_promises_to_take_is_taken(line: Line) -> None:
    chat, most = line.says("帮助").chat, line.platform.capabilities.text_bytes
    for to in (chat, WANG):
        line.platform.send(to, Outgoing(text="漏" * (most // 3)))
        with pytest.raises(GiveUp, match="太长"):
            line.platform.send(to, Outgoing(text="漏" * (most // 3 + 1)))


def test_an_answer_said_twice_under_one_key_stands_once(line: Line) -> None:
    chat = line.says("帮助").chat
    for _ in range(2):
        line.platform.send(chat, Outgoing(text="好", key="demo-1"))
    assert len(line.shown()) == 1


def test_who_never_wrote_cannot_be_reached(line: Line) -> None:
    with pytest.raises(GiveUp):
        line.platform.send(ChatRef(ChatKind.DIRECT, "zhaohaifeng"), Outgoing(text="请整改"))


def test_over_the_measure_it_is_tried_after_a_minute(line: Line) -> None:
    chat = line.says("帮助").chat
    for number in range(30):
        line.platform.send(chat if number % 2 else WANG, Outgoing(text=str(number)))
    with pytest.raises(TryLater) as caught:
        line.platform.send(WANG, Outgoing(text="太多"))
    assert (caught.value.after, caught.value.unknown) == (timedelta(minutes=1), False)
    (minute, hour) = line.platform.capabilities.rates
    assert minute.count < 30
    assert hour.count < 1000


def test_pictures_and_files_arrive_whole(line: Line) -> None:
    chat = line.says("帮助").chat
    line.platform.send(chat, Outgoing(image=Picture(picture(), "月.jpg", "image/jpeg")))
    line.platform.send(WANG, Outgoing(file=FILE))
    image, file = line.shown()
    stored = [line.world.file(each) for each in (*image.images, file.file)]
    assert [each.content if each else b"" for each in stored] == [picture(), FILE.content]
    assert file.title == FILE.name
    assert line.commands().count("aibot_upload_media_chunk") == 1 + 3


@pytest.mark.parametrize("size", [0, 4, 2 * 1024 * 1024 + 1])
def test_a_picture_that_the_platform_would_refuse_is_not_sent(line: Line, size: int) -> None:
    with pytest.raises(GiveUp, match="图片"):
        line.platform.send(WANG, Outgoing(image=Picture(b"x" * size, "a.png", "image/png")))
    assert line.commands() == []


# cards

CARD = Outgoing(
    text="隐患 7 已整改\n请复查", buttons=(Button("通过", "复查 7 通过"), Button("不通过", "复查 7 不通过"))
)


def pressed(line: Line, *, nested: bool = True) -> tuple[Sent, Message]:
    sent = line.platform.send(line.says("帮助").chat, CARD)
    line.road.nested = nested
    assert line.world.press("wang", line.shown()[-1].id, "复查 7 通过").state == "sent"
    return sent, line.next()


@pytest.mark.parametrize("nested", [True, False])
def test_a_pressed_button_says_its_words_and_the_card_ends(line: Line, nested: bool) -> None:
    sent, message = pressed(line, nested=nested)
    assert line.shown()[0].text == CARD.text
    assert line.shown()[0].buttons == [("通过", "复查 7 通过"), ("不通过", "复查 7 不通过")]
    assert (message.text, message.click) == ("复查 7 通过", "复查 7 通过")
    assert message.card is not None
    assert message.card.id == sent.reference
    assert line.platform.send(WANG, Outgoing(text=message.click, closes=message.card)).note == ""
    (card,) = line.shown()
    assert card.card["task_id"] == sent.reference
    assert (card.text, card.buttons) == ("已选择：复查 7 通过", [])


def test_after_five_seconds_the_card_stays_and_nothing_is_lost(line: Line) -> None:
    _, message = pressed(line)
    line.clock.moment += timedelta(seconds=6)
    assert "5 秒" in line.platform.send(WANG, Outgoing(text="通过", closes=message.card)).note
    assert message.card is not None
    late = replace(message.card, until=line.clock.now() + timedelta(days=1))
    assert "846605" not in line.shown()[0].text
    assert line.platform.send(WANG, Outgoing(text="通过", closes=late)).note
    assert line.platform.send(WANG, Outgoing(text="通过", closes=CardRef("t", ""))).note
    assert line.shown()[0].buttons


def test_words_too_long_for_a_card_say_themselves_what_to_type(line: Line) -> None:
    text = "**隐患 7** 已整改：" + "三楼漏水，" * 40
    line.platform.send(line.says("帮助").chat, replace(CARD, text=text, markdown=True))
    (words,) = line.shown()
    assert (words.text, words.card) == (text, {})


def test_in_a_group_there_are_only_the_words(line: Line) -> None:
    line.platform.send(line.says("帮助", group="安全巡查群").chat, CARD)
    assert line.platform.capabilities.group_buttons == 0
    assert "aibot_respond_msg" in line.commands()
    assert line.shown()[0].text == CARD.text


# the line


def test_a_line_that_breaks_is_opened_again_and_old_answers_become_pushes(line: Line) -> None:
    chat = line.says("帮助").chat
    line.road.drop()
    line.up()
    line.platform.send(chat, Outgoing(text="回来了"))
    assert line.commands() == ["aibot_send_msg"]
    assert line.shown()[-1].text == "回来了"


def test_an_answer_that_comes_too_late_for_the_platform_is_pushed(line: Line) -> None:
    chat = line.says("帮助").chat
    line.clock.moment += timedelta(hours=25)
    later = replace(chat, reply_until=line.clock.now() + timedelta(hours=1))
    line.platform.send(later, Outgoing(text="迟了一天"))
    assert line.commands() == ["aibot_respond_msg", "aibot_send_msg"]
    assert [bubble.text for bubble in line.shown()] == ["迟了一天"]


def test_a_dead_subscription_is_renewed_and_the_words_go_out_once(line: Line) -> None:
    chat = line.says("帮助").chat
    line.world.faults.switch("bot_dead", True)
    line.platform.send(chat, Outgoing(text="还在"))
    assert [bubble.text for bubble in line.shown()] == ["还在"]
    assert line.commands() == ["aibot_respond_msg", "aibot_send_msg"]


def test_a_dead_subscription_during_an_upload_is_tried_again_whole(line: Line) -> None:
    line.says("帮助")
    line.world.faults.switch("bot_dead", True)
    with pytest.raises(TryLater) as caught:
        line.platform.send(WANG, Outgoing(file=FILE))
    assert not caught.value.unknown
    line.up()
    line.platform.send(WANG, Outgoing(file=FILE))
    assert len(line.shown()) == 1


def test_an_answer_without_an_acknowledgement_may_have_been_said(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = line.says("帮助").chat
    monkeypatch.setattr(wecom_bot_line, "ACK", 0.2)
    line.world.faults.switch("bot_no_ack", True)
    with pytest.raises(TryLater, match="回执") as caught:
        line.platform.send(chat, Outgoing(text="听见了吗"))
    assert caught.value.unknown
    line.world.faults.switch("bot_no_ack", False)
    monkeypatch.setattr(wecom_bot_line, "ACK", 10)
    line.platform.send(chat, Outgoing(text="再说"))
    assert line.commands() == ["aibot_respond_msg", "aibot_send_msg"], "its req_id is not used again"


def test_a_line_on_which_nothing_answers_is_opened_again(idle: Line, seconds: Seconds) -> None:
    with capture_logs() as logged:
        idle.listen()
        idle.up()
        idle.says("早")  # it reads now
        idle.world.faults.switch("bot_no_ack", True)
        for beats in range(1, wecom_bot_line.MISSED + 1):
            seconds.pass_a_beat()
            until(lambda: idle.road.pings == beats)  # noqa: B023 - asked at once
        seconds.pass_a_beat()
        until(lambda: any(line.get("reason") == "没有心跳" for line in logged))
        idle.world.faults.switch("bot_no_ack", False)
        idle.up()
    assert idle.says("帮助").text == "帮助"


def test_whoever_takes_the_bot_keeps_it_and_the_operator_is_told(line: Line) -> None:
    with capture_logs() as logged:
        line.world.faults.switch("bot_taken", True)
        until(lambda: "接走" in line.platform.check().line)
    assert "重新启动" in line.platform.check().todo
    assert [each["log_level"] for each in logged if each["event"] == "line_taken"] == ["error"]
    assert not line.road.connected.is_set()
    with pytest.raises(TryLater, match="重新启动") as caught:
        line.platform.send(WANG, Outgoing(text="请交表"))
    assert not caught.value.unknown


def test_a_wrong_secret_is_tried_five_times_and_then_waits_for_a_person(idle: Line, tmp_path: Path) -> None:
    settings = WecomBotStream.model_validate(
        {"name": "bot", "platform": "wecom", "kind": "bot_stream", "bot_id": demo.BOT_ID, "secret": "wrong-secret",
         "url": idle.road.url}
    )  # fmt: skip
    idle.platform = wecom_bot_stream.build(settings, idle.clock)
    with capture_logs() as logged:
        idle.listen()
        until(lambda: "停下来等人" in idle.platform.check().line)
    refused = [each for each in logged if each["event"] == "line_refused"]
    assert [each["log_level"] for each in refused] == ["warning"] * 4 + ["error"]
    assert "bot_id" in idle.platform.check().todo
    assert "wrong-secret" not in json.dumps(refused, ensure_ascii=False)


@contextmanager
def hanging_up() -> Iterator[str]:
    """A machine that closes every connection without a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    listening.accept()[0].close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)


@pytest.mark.parametrize("how", ["nobody", "no WebSocket", "hangs up"])
def test_a_platform_that_cannot_be_reached_is_tried_for_ever(idle: Line, how: str) -> None:
    with hanging_up() as cut, other_side() as server:
        urls = {"nobody": "ws://127.0.0.1:9", "no WebSocket": server.url.replace("http", "ws"), "hangs up": cut}
        values = {"name": "bot", "platform": "wecom", "kind": "bot_stream", "bot_id": "b", "secret": "s"}
        idle.platform = wecom_bot_stream.build(WecomBotStream.model_validate(values | {"url": urls[how]}), idle.clock)
        with capture_logs() as logged:
            idle.listen()
            until(lambda: sum(each["event"] == "line_down" for each in logged) > 8)
        assert "网络" in idle.platform.check().todo
        idle.stop()


@contextmanager
def hasty() -> Iterator[str]:
    """A platform that brings a message before it answers the subscription."""

    def serve(line: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            asked = json.loads(line.recv())
            line.send(
                wire.callback(hasty_settings("ws://x"), NOW, account="t1", text="早", message_id="m1").body.decode()
            )
            line.send(json.dumps({"headers": asked["headers"], "errcode": 0}))
            line.recv()

    with serve_websocket(serve, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join(PATIENCE)


def hasty_settings(url: str) -> WecomBotStream:
    values = {"name": "bot", "platform": "wecom", "kind": "bot_stream", "bot_id": "b", "secret": "s", "url": url}
    return WecomBotStream.model_validate(values)


def test_what_comes_before_the_subscription_is_answered_is_heard(idle: Line) -> None:
    with hasty() as url:
        idle.platform = wecom_bot_stream.build(hasty_settings(url), idle.clock)
        idle.listen()
        assert idle.next().text == "早"
        idle.stop()


def test_the_waits_grow_to_thirty_seconds_and_differ() -> None:
    for failures, longest in ((1, 1), (2, 2), (3, 4), (6, 30), (60, 30)):
        waits = {wecom_bot_line._wait(failures) for _ in range(50)}
        assert longest / 2 <= min(waits) <= max(waits) <= longest
        assert len(waits) > 10


def test_the_doctor_does_not_throw_out_the_service_that_is_running(line: Line) -> None:
    elsewhere = wecom_bot_stream.build(line.platform._settings, line.clock)
    assert elsewhere.check().well
    assert line.says("帮助").text == "帮助"
    assert line.platform.check().well
    with pytest.raises(TryLater, match="服务"):
        elsewhere.send(WANG, Outgoing(text="请交表"))
