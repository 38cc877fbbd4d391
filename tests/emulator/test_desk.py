"""The desk's API over real HTTP: what the page asks, and the stream of what happens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.emulator import wecom_cards
from bot.emulator.app import EmulatorServer
from bot.emulator.events import Events
from bot.emulator.records import DINGTALK, WECOM
from bot.emulator.world import World
from tests.emulator.emulated import MONDAY, FakeBot, HandClock, Say, jpeg


def events(http: requests.Session, url: str, last: str = "") -> Iterator[dict[str, Any]]:
    """{"id", "event", "data"} of each event; the first one that comes is {} for the greeting."""
    headers = {"Last-Event-ID": last} if last else {}
    with http.get(f"{url}/api/events", stream=True, headers=headers, timeout=10) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        event: dict[str, Any] = {}
        for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith(":"):
                yield {}
            elif line:
                name, _, value = line.partition(": ")
                event[name] = json.loads(value) if name == "data" else value
            elif event:
                yield event
                event = {}


def settled(world: World) -> None:
    deadline = time.monotonic() + 10
    while any(message.state == "waiting" for message in world.messages()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_state_of_the_school(server: EmulatorServer, http: requests.Session, bot: FakeBot, says: Say) -> None:
    bot.agenda = [(MONDAY + timedelta(minutes=30), "周一任务提醒")]
    says("王小燕", "值班")
    state = http.get(f"{server.url}/api/state", timeout=10).json()
    assert state["now"] == "2026-11-23T07:00:00+08:00"
    assert state["next"] == {"at": "2026-11-23T07:30:00+08:00", "what": "周一任务提醒"}
    assert state["bot"] == {"up": True, "url": "http://127.0.0.1:9"}
    assert len(state["people"]) == 13
    chats = {chat["id"]: chat for chat in state["chats"]}
    assert (chats["dingtalk-wang"]["last_seq"], chats["wecom-wang"]["last_seq"]) == (1, 0)
    assert chats["wecom-group-staff"]["hears"] is False and chats["wecom-group-staff"]["note"]
    assert {fault["on"] for fault in state["faults"]} == {False}
    assert state["todos"]["wang"] == []
    assert state["last_seq"] == 1


def test_saying_something_with_pictures_and_a_quote(
    server: EmulatorServer, http: requests.Session, world: World, bot: FakeBot
) -> None:
    quoted = world.bot_says(world.direct("wang", DINGTALK), text="改好了回「整改 3」，没有照片回「没有照片」")
    form = {"as": "wang", "text": "整改 3", "quote": quoted.id}
    files = [("image", ("a.jpg", jpeg(), "image/jpeg")), ("image", ("b.jpg", jpeg("red"), "image/jpeg"))]
    url = f"{server.url}/api/chats/dingtalk-wang/messages"
    said = http.post(url, data=form, files=files, headers={"Origin": server.url}, timeout=10).json()
    assert (said["from"], said["state"], said["quote"]["id"]) == ("wang", "waiting", quoted.id)
    settled(world)
    picture = http.get(server.url + said["images"][1]["url"], timeout=10)
    assert (picture.headers["Content-Type"], picture.content) == ("image/jpeg", jpeg("red"))
    first, second = http.get(f"{server.url}/api/messages?after=0&chat=dingtalk-wang", timeout=10).json()["messages"]
    assert [button["says"] for button in first["buttons"]] == ["整改 3", "没有照片"]
    assert second["state"] == "sent"
    (exchange,) = http.get(f"{server.url}/api/messages/{said['id']}/wire", timeout=10).json()["exchanges"]
    assert (exchange["direction"], exchange["status"]) == ("to_bot", 200)
    assert json.loads(exchange["plain"])["msgtype"] == "richText"
    assert len(bot.heard) == 1


def test_a_button_says_its_words(server: EmulatorServer, http: requests.Session, world: World, bot: FakeBot) -> None:
    offered = world.bot_says(world.direct("wang", DINGTALK), text="一切正常，回「正常」就行")
    body = {"as": "wang", "message": offered.id, "says": "正常"}
    assert http.post(f"{server.url}/api/chats/dingtalk-wang/click", json=body, timeout=10).json()["text"] == "正常"
    settled(world)
    assert json.loads(bot.heard[0].body)["text"]["content"] == "正常"


def test_a_form_is_shown_and_sent_off(
    server: EmulatorServer, http: requests.Session, world: World, bot: FakeBot
) -> None:
    card = {
        "card_type": "vote_interaction", "main_title": {"title": "做完了吗"}, "task_id": "t-1",
        "checkbox": {"question_key": "q", "mode": 1, "option_list": [{"id": n, "text": f"第 {n} 项"} for n in "12"]},
        "submit_button": {"text": "做完了", "key": "完成 {q}"},
    }  # fmt: skip
    world.bot_says(world.direct("wang", WECOM), **wecom_cards.shown(card))
    (shown,) = http.get(f"{server.url}/api/messages", timeout=10).json()["messages"]
    assert shown["form"]["submit"] == "做完了"
    body = {"as": "wang", "message": shown["id"], "chosen": {"q": ["2", "1"]}}
    said = http.post(f"{server.url}/api/chats/wecom-wang/submit", json=body, timeout=10).json()
    assert said["text"] == "第 1 项、第 2 项"
    settled(world)
    assert len(bot.heard) == 1
    for wrong in (
        body | {"chosen": {"q": []}},
        body | {"chosen": "q"},
        body | {"as": "zhang"},
        body | {"message": said["id"]},
    ):
        answer = http.post(f"{server.url}/api/chats/wecom-wang/submit", json=wrong, timeout=10)
        assert 400 <= answer.status_code < 500
        assert answer.json()["error"].endswith("。")


def test_a_file_of_the_bot_is_handed_over_under_its_name(
    server: EmulatorServer, http: requests.Session, world: World
) -> None:
    file = world.keep_file("9月汇总.html", "text/html", b"<script>")
    message = world.bot_says(world.direct("wang", DINGTALK), file=file, title="9月汇总.html")
    shown = http.get(f"{server.url}/api/messages", timeout=10).json()["messages"][0]
    assert shown["file"] == {"name": "9月汇总.html", "url": f"/files/{message.file}"}
    answer = http.get(server.url + shown["file"]["url"], timeout=10)
    assert answer.headers["Content-Type"] == "application/octet-stream"  # never run as a page
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_events_come_as_they_happen_and_the_missed_ones_after_a_break(
    server: EmulatorServer, http: requests.Session, world: World
) -> None:
    stream = events(http, server.url)
    assert next(stream) == {}
    world.bot_says(world.direct("wang", DINGTALK), text="早")
    first = next(stream)
    assert (first["event"], first["data"]["text"]) == ("message", "早")
    stream.close()
    world.faults.switch("slow", True)
    world.add_stranger("周静", "美术教师")
    again = events(http, server.url, last=first["id"])
    assert next(again) == {}
    assert [next(again)["event"] for _ in range(2)] == ["fault", "chats"]
    again.close()


def test_the_clock_the_transcript_a_stranger_and_beginning_anew(
    server: EmulatorServer, http: requests.Session, world: World, clock: HandClock, bot: FakeBot, says: Say
) -> None:
    bot.agenda = [(MONDAY + timedelta(minutes=30), "周一任务提醒")]
    turned = http.post(f"{server.url}/api/clock", json={"to": "next"}, timeout=10).json()
    assert turned["now"] == turned["happened"][0]["at"] == "2026-11-23T07:30:00+08:00"
    stranger = http.post(f"{server.url}/api/people", json={"name": "周静", "post": "美术教师"}, timeout=10).json()
    assert stranger["known"] is False
    says("周静", "我是周静")
    text = http.post(f"{server.url}/api/transcript", json={"since": 0}, timeout=10).text
    assert text == "# dingtalk\n[2026-11-23 07:30]\n周静: 我是周静\n"
    assert http.post(f"{server.url}/api/reset", json={}, timeout=10).ok
    assert http.get(f"{server.url}/api/messages", timeout=10).json() == {"messages": []}
    assert http.get(f"{server.url}/api/state", timeout=10).json()["people"][-1]["name"] == "周静"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/clock", {"to": 5}),
        ("/api/clock", ["next"]),
        ("/api/faults/busy", {"on": "yes"}),
        ("/api/faults/other", {"on": True}),
        ("/api/people", {"name": " ", "post": ""}),
        ("/api/transcript", {}),
        ("/api/chats/nowhere/messages", {}),
        ("/api/chats/dingtalk-wang/click", {"as": "wang", "message": "m9", "says": "好"}),
        ("/api/nothing", {}),
    ],
)
def test_what_cannot_be_is_a_friendly_line_with_4xx(
    server: EmulatorServer, http: requests.Session, path: str, body: object
) -> None:
    answer = http.post(server.url + path, json=body, timeout=10)
    assert 400 <= answer.status_code < 500
    if path != "/api/nothing":
        assert answer.json()["error"].endswith("。")


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example:80"}]
)
def test_no_other_page_may_use_the_desk(
    server: EmulatorServer, http: requests.Session, world: World, headers: dict[str, str]
) -> None:
    assert http.post(f"{server.url}/api/faults/busy", json={"on": True}, headers=headers, timeout=10).status_code == 403
    assert not any(fault.on for fault in world.faults.all())
    if "Host" in headers:
        assert http.get(f"{server.url}/api/messages", headers=headers, timeout=10).status_code == 403


def test_the_page_and_its_policy(server: EmulatorServer, http: requests.Session) -> None:
    page = http.get(server.url, timeout=10)
    assert "校铃" in page.text
    assert page.headers["Content-Security-Policy"] == "default-src 'self'; img-src 'self' blob: data:"
    script = http.get(f"{server.url}/static/js/app.js", timeout=10)
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert http.get(f"{server.url}/static/..%2fworld.py", timeout=10).status_code == 404


def test_a_server_stops_at_once_though_pages_are_open(world: World, http: requests.Session) -> None:
    for _ in range(20):
        started = time.monotonic()
        with EmulatorServer(world) as server:
            stream = events(http, server.url)
            next(stream)
        assert time.monotonic() - started < 2
        world.events = Events()  # the server ended the world's


def test_old_messages_are_forgotten_at_the_next_start_with_their_pictures(
    tmp_path: Path, clock: HandClock, bot: FakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, clock, "http://127.0.0.1:9", bot.post)
    chart = world.keep_file("图.png", "image/png", b"chart")
    said = world.say("wang", "dingtalk-wang", "隐患 漏水", [("a.jpg", jpeg())])
    clock.pass_by(minutes=1)
    world.say("wang", "dingtalk-wang", "这个", quote=said.id)
    world.bot_says(world.direct("wang", DINGTALK), images=[chart])
    uploaded = world.keep_file("b.png", "image/png", b"not sent yet")
    world.close()
    monkeypatch.setattr("bot.emulator.world.MESSAGES", 2)
    again = World(tmp_path, clock, "http://127.0.0.1:9", bot.post)
    assert [(message.seq, message.text, message.quote) for message in again.messages()] == [
        (2, "这个", ""),
        (3, "", ""),
    ]
    assert again.file(said.images[0]) is None
    assert again.file(chart) is not None and again.file(uploaded) is not None
    assert again.say("wang", "dingtalk-wang", "值班").seq == 4
    again.close()


def test_a_demonstration_carries_on_after_a_restart(tmp_path: Path, clock: HandClock, bot: FakeBot) -> None:
    world = World(tmp_path, clock, "http://127.0.0.1:9", bot.post)
    stranger = world.add_stranger("周静", "美术教师")
    said = world.say(stranger.id, f"dingtalk-{stranger.id}", "我是周静", [("a.jpg", jpeg())])
    under_way = world.begin("wang", "dingtalk-wang", "值班")
    session = world.open_session(world.direct("wang", DINGTALK)).split("=")[1]
    world.close()
    again = World(tmp_path, clock, "http://127.0.0.1:9", bot.post)
    first, second = again.messages()
    assert (first, again.exchanges(first.id)[0].status) == (said, 200)
    stored = again.file(first.images[0])
    assert stored is not None and stored.content == jpeg()
    assert (second.id, second.state) == (under_way.id, "refused")
    assert again.session_chat(session) == again.direct("wang", DINGTALK)
    assert again.begin("wang", "dingtalk-wang", "值班").seq == 3
    again.close()
