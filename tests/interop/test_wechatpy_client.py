"""The emulated WeCom as wechatpy's own client sees it, which somebody else wrote from the same pages: token, messages, media,
members, departments."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from wechatpy.exceptions import WeChatClientException
from wechatpy.work import WeChatClient

from bot.clock import TurnedClock
from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.world import World
from tests.emulator.emulated import from_bot, jpeg
from tests.interop.wechatpy_client import led_to


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "emulator", TurnedClock(tmp_path / "clock.json"), "http://127.0.0.1:9")
    with EmulatorServer(world):
        yield world
    world.close()


@pytest.fixture
def client(world: World) -> Iterator[WeChatClient]:
    with led_to(world.url) as client:
        yield client


def test_token_messages_and_media(client: WeChatClient, world: World) -> None:
    told = client.message.send_text(demo.AGENT_ID, ["WangXiaoYan", "Nobody"], "今天值班")
    assert (told["errcode"], told["invaliduser"]) == (0, "nobody")
    assert client.message.send_markdown(demo.AGENT_ID, "limin", "**今天**值班")["msgid"]
    world.faults.switch("expired_token", on=True)
    client.message.send_text(demo.AGENT_ID, "limin", "令牌过期也发得出去")
    picture = client.media.upload("image", ("a.jpg", io.BytesIO(jpeg()), "image/jpeg"))
    client.message.send_image(demo.AGENT_ID, "limin", picture["media_id"])
    assert [(one.chat, one.text, one.markdown) for one in from_bot(world)][:3] == [
        ("wecom-wang", "今天值班", False),
        ("wecom-li", "**今天**值班", True),
        ("wecom-li", "令牌过期也发得出去", False),
    ]
    # its download() opens a session of its own, which nobody can lead anywhere
    assert client._http.get(client.media.get_url(picture["media_id"])).content == jpeg()
    with pytest.raises(WeChatClientException) as caught:
        client.message.send_text(demo.AGENT_ID, "nobody", "没有人")
    assert int(caught.value.errcode) == 81013


def test_departments_and_their_members(client: WeChatClient, world: World) -> None:
    departments = client.department.list()
    assert departments[0] == {"id": 1, "name": departments[0]["name"], "parentid": 0, "order": 1}
    members = [member for part in departments for member in client.user.list(part["id"])]
    assert {member["userid"] for member in members} == {person.wecom for person in world.people()}
    one = client.user.get("WangXiaoYan")
    assert (one["userid"], one["name"], one["department"]) == ("wangxiaoyan", "王小燕", one["department"])
    with pytest.raises(WeChatClientException) as caught:
        client.user.get("nobody")
    assert int(caught.value.errcode) == 60111


def test_a_wrong_secret_gets_no_token(world: World) -> None:
    with led_to(world.url, "wrong") as client, pytest.raises(WeChatClientException) as caught:
        client.user.get("wangxiaoyan")
    assert int(caught.value.errcode) == 40001
