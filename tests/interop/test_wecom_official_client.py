"""The emulator's end of WeCom's long connection, as the official client for Node sees it (@wecom/aibot-node-sdk)."""

from __future__ import annotations

import base64
import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator import demo
from bot.emulator.wecom_bot_stream_road import StreamRoad
from bot.emulator.world import World
from tests.kit.lines import wecom_line
from tests.kit.stage import MONDAY, HandClock, picture
from tests.setup import node

FOLDER = Path(__file__).parent
PATIENCE = 15

CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "复查"},
    "button_list": [{"text": "通过", "style": 1, "key": "复查 1 通过"}],
    "task_id": "task-1",
}
CLOSED = {
    "card_type": "text_notice",
    "main_title": {"title": "已通过"},
    "card_action": {"type": 1, "url": "https://work.weixin.qq.com"},
    "task_id": "task-1",
}


class Client:
    """One process of Node with the client in it."""

    def __init__(self, road: StreamRoad, secret: str = demo.BOT_SECRET) -> None:
        command = ["node", "wecom_stream_client.mjs", road.url, demo.BOT_ID, secret]
        self._process = subprocess.Popen(command, cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def hears(self, event: str) -> Any:
        """The frame of the next thing that happens, which must be this."""
        line = self._lines.get(timeout=PATIENCE)
        assert line.get("event") == event, line
        return line["frame"]

    def does(self, name: str, *args: Any) -> Any:
        """What a method of the client gives back. Raises RuntimeError for what it threw."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": name, "with": args}) + "\n")
        self._process.stdin.flush()
        line = self._lines.get(timeout=PATIENCE)
        assert line.get("did") == name, line
        if "error" in line:
            raise RuntimeError(line["error"])
        return line.get("result")

    def close(self) -> None:
        with self._process:
            self._process.kill()
        self._thread.join(PATIENCE)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    if reason := node.missing():
        pytest.skip(reason)
    with wecom_line(tmp_path / "emulator", HandClock(MONDAY)) as (world, _):
        yield world


@pytest.fixture
def road(world: World) -> StreamRoad:
    found = world.roads["wecom"]
    assert isinstance(found, StreamRoad)
    return found


@pytest.fixture
def client(road: StreamRoad) -> Iterator[Client]:
    client = Client(road)
    client.hears("authenticated")
    yield client
    client.close()


def says(world: World, text: str, images: int = 0) -> None:
    assert world.say("wang", "wecom-wang", text, [("照片.jpg", picture())] * images).state == "sent"


def test_it_hears_words_and_its_stream_grows_in_the_chat(world: World, client: Client) -> None:
    says(world, "今天谁值班")
    frame = client.hears("message.text")
    assert frame["body"]["text"] == {"content": "今天谁值班"}
    assert frame["body"]["from"] == {"userid": "wangxiaoyan"}
    assert client.does("replyStream", frame, "st-1", "<think></think>", False)["errcode"] == 0
    assert client.does("replyStream", frame, "st-1", "**王老师** 17:00", True)["errcode"] == 0
    assert [message.text for message in world.messages()] == ["今天谁值班", "**王老师** 17:00"]


def test_it_opens_the_pictures_that_people_send(world: World, client: Client) -> None:
    says(world, "", 1)
    image = client.hears("message.image")["body"]["image"]
    got = client.does("downloadFile", image["url"], image["aeskey"])
    assert (base64.b64decode(got["content"]), got["name"]) == (picture(), "照片.jpg")
    says(world, "漏水", 1)
    items = client.hears("message.mixed")["body"]["mixed"]["msg_item"]
    assert [item["msgtype"] for item in items] == ["text", "image"]
    got = client.does("downloadFile", items[1]["image"]["url"], items[1]["image"]["aeskey"])
    assert base64.b64decode(got["content"]) == picture()


def test_it_hears_groups_by_their_mention(world: World, client: Client) -> None:
    chat = world.group("安全巡查群", "wecom")
    world.say("wang", chat.id, "今天交了吗")
    body = client.hears("message.text")["body"]
    assert (body["chattype"], body["text"]["content"]) == ("group", f"@{demo.BOT_NAME} 今天交了吗")
    pushed = {"msgtype": "markdown", "markdown": {"content": "交了"}}
    assert client.does("sendMessage", body["chatid"], pushed)["errcode"] == 0
    assert (world.messages()[-1].chat, world.messages()[-1].text) == (chat.id, "交了")


def test_it_pushes_only_where_somebody_wrote(world: World, client: Client) -> None:
    pushed = {"msgtype": "markdown", "markdown": {"content": "请交表"}}
    with pytest.raises(RuntimeError):
        client.does("sendMessage", "wangxiaoyan", pushed)
    says(world, "帮助")
    client.hears("message.text")
    client.does("sendMessage", "wangxiaoyan", pushed)
    assert world.messages()[-1].text == "请交表"


def test_it_uploads_in_pieces_and_shows_what_it_uploaded(world: World, client: Client) -> None:
    says(world, "帮助")
    frame = client.hears("message.text")
    content = bytes(range(256)) * 8000
    file = {"type": "file", "filename": "名单.xlsx"}
    uploaded = client.does("uploadMedia", base64.b64encode(content).decode(), file)
    client.does("replyMedia", frame, "file", uploaded["media_id"])
    shown = world.messages()[-1]
    stored = world.file(shown.file)
    assert stored is not None
    assert (shown.title, stored.content) == ("名单.xlsx", content)


def test_it_sends_a_card_hears_the_click_and_changes_the_card(world: World, client: Client) -> None:
    says(world, "帮助")
    client.hears("message.text")
    client.does("sendMessage", "wangxiaoyan", {"msgtype": "template_card", "template_card": CARD})
    world.press("wang", world.messages()[-1].id, "复查 1 通过")
    frame = client.hears("event.template_card_event")
    client.does("updateTemplateCard", frame, CLOSED)
    assert [(each.text, each.buttons) for each in world.messages() if each.card] == [("已通过", [])]


def test_a_notice_that_leads_nowhere_and_a_click_too_old_are_refused(world: World, client: Client) -> None:
    says(world, "帮助")
    client.hears("message.text")
    client.does("sendMessage", "wangxiaoyan", {"msgtype": "template_card", "template_card": CARD})
    world.press("wang", world.messages()[-1].id, "复查 1 通过")
    frame = client.hears("event.template_card_event")
    with pytest.raises(RuntimeError, match="42045"):
        client.does("updateTemplateCard", frame, {key: CLOSED[key] for key in CLOSED if key != "card_action"})
    assert isinstance(world.clock, HandClock)
    world.clock.moment = world.clock.moment.replace(second=6)
    with pytest.raises(RuntimeError, match="846605"):
        client.does("updateTemplateCard", frame, CLOSED)


def test_it_welcomes_whoever_comes_in(world: World, road: StreamRoad, client: Client) -> None:
    road.enter(world.person("wang"), world.direct("wang", "wecom"))
    frame = client.hears("event.enter_chat")
    client.does("replyWelcome", frame, {"msgtype": "text", "text": {"content": "您好"}})
    assert world.messages()[-1].text == "您好"


def test_a_stream_must_end_within_six_minutes(world: World, client: Client) -> None:
    says(world, "帮助")
    frame = client.hears("message.text")
    client.does("replyStream", frame, "st-1", "想一想", False)
    assert isinstance(world.clock, HandClock)
    world.clock.moment = world.clock.moment.replace(minute=7)
    with pytest.raises(RuntimeError, match="846608"):
        client.does("replyStream", frame, "st-1", "想好了", True)


def test_a_second_connection_throws_out_the_first(road: StreamRoad, client: Client) -> None:
    second = Client(road)
    try:
        second.hears("authenticated")
        assert client.hears("event.disconnected_event")["body"]["event"]["eventtype"] == "disconnected_event"
    finally:
        second.close()


def test_a_wrong_secret_is_refused(world: World, road: StreamRoad) -> None:
    stranger = Client(road, "wrong")
    try:
        stranger.hears("error")
        assert not road.connected.is_set()
    finally:
        stranger.close()
