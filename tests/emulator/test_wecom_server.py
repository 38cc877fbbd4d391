"""WeCom's stand-in, called by wechatpy's own client and by hand: tokens, limits, and what members see."""

from __future__ import annotations

import base64
import hashlib
import io

import pytest
import requests
from wechatpy.exceptions import WeChatClientException
from wechatpy.work import WeChatClient

from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.records import WECOM
from bot.emulator.world import World
from tests.emulator.emulated import Callers, HandClock, Say, from_bot, jpeg

TEXT = {"msgtype": "text", "text": {"content": "今天值班"}}


@pytest.fixture
def client(server: EmulatorServer, call: Callers) -> WeChatClient:
    """wechatpy's client; it asks for tokens at a fixed address, so it is given one."""
    client = WeChatClient(demo.CORP_ID, demo.WECOM_SECRET, access_token=call.wecom_token(), auto_retry=False)
    client.API_BASE_URL = f"{server.url}/cgi-bin/"
    yield client
    client._http.close()


def refusal(client: WeChatClient, *arguments: object) -> int:
    with pytest.raises(WeChatClientException) as caught:
        client.message.send_text(*arguments)
    return int(caught.value.errcode)


def test_wechatpy_sends_text_image_and_file(client: WeChatClient, world: World) -> None:
    client.message.send_text(demo.AGENT_ID, "WangXiaoYan", "改好了回「整改 3」")
    picture = client.media.upload("image", ("a.jpg", io.BytesIO(jpeg()), "image/jpeg"))["media_id"]
    client.message.send_image(demo.AGENT_ID, "wangxiaoyan", picture)
    sheet = client.media.upload("file", ("9月汇总.xlsx", io.BytesIO(b"PK\x03\x04 rows"), "application/zip"))
    client.message.send_file(demo.AGENT_ID, "wangxiaoyan", sheet["media_id"])
    text, image, file = from_bot(world)
    assert {message.chat for message in (text, image, file)} == {"wecom-wang"}
    assert (text.text, text.buttons) == ("改好了回「整改 3」", [("整改 3", "整改 3")])
    stored = world.file(image.images[0])
    assert stored is not None and stored.content == jpeg()
    assert file.title == "9月汇总.xlsx"


def test_a_text_is_cut_at_2048_bytes_between_characters(client: WeChatClient, world: World) -> None:
    client.message.send_text(demo.AGENT_ID, "limin", "汉" * 700)
    (message,) = from_bot(world)
    assert message.text == "汉" * 682
    assert "2048" in message.note


def test_unknown_members_come_back_in_lower_case(client: WeChatClient, world: World) -> None:
    answer = client.message.send_text(demo.AGENT_ID, "LiMin|Nobody", "早")
    assert answer["invaliduser"] == "nobody"
    assert [message.chat for message in from_bot(world)] == ["wecom-li"]
    assert refusal(client, demo.AGENT_ID, "nobody", "早") == 81013
    assert refusal(client, 1, "limin", "早") == 40056


def test_the_same_request_again_is_swallowed_for_its_interval(call: Callers, world: World, clock: HandClock) -> None:
    again = {**TEXT, "enable_duplicate_check": 1, "duplicate_check_interval": 600}
    first, second = call.wecom_send(**again), call.wecom_send(**again)
    assert first["msgid"] == second["msgid"]
    assert len(from_bot(world)) == 1
    clock.pass_by(seconds=601)
    call.wecom_send(**again)
    call.wecom_send(**TEXT)
    call.wecom_send(**TEXT)
    assert len(from_bot(world)) == 4


def test_the_31st_message_to_a_member_in_a_minute_is_dropped_without_a_word(
    call: Callers, world: World, clock: HandClock
) -> None:
    token = call.wecom_token()
    answers = [call.wecom_send(token, **TEXT)["errcode"] for _ in range(31)]
    assert answers == [0] * 31
    assert [message.state for message in from_bot(world)] == ["sent"] * 30 + ["refused"]
    assert call.wecom_send(token, touser="limin", **TEXT)["errcode"] == 0
    clock.pass_by(minutes=2)  # the school's clock was turned: no flood
    call.wecom_send(token, **TEXT)
    assert [message.state for message in from_bot(world)][-2:] == ["sent", "sent"]


def test_tokens(call: Callers, world: World, clock: HandClock) -> None:
    token = call.wecom_token()
    assert call.wecom_token() == token
    assert call.wecom_send("made-up", **TEXT)["errcode"] == 40014
    clock.pass_by(seconds=7200)
    assert call.wecom_send(token, **TEXT)["errcode"] == 42001
    fresh = call.wecom_token()
    assert fresh != token
    assert call.wecom_send(fresh, **TEXT)["errcode"] == 0
    url = f"{call.url}/cgi-bin/message/send"
    assert call.http.post(url, json=TEXT, timeout=10).json()["errcode"] == 41001


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"corpid": demo.CORP_ID}, 41004),
        ({"corpid": "wwother", "corpsecret": demo.WECOM_SECRET}, 40013),
        ({"corpid": demo.CORP_ID, "corpsecret": "wrong"}, 40001),
    ],
)
def test_a_wrong_secret_gets_no_token(call: Callers, query: dict[str, str], code: int) -> None:
    answer = call.http.get(f"{call.url}/cgi-bin/gettoken", params=query, timeout=10)
    assert (answer.status_code, answer.json()["errcode"]) == (200, code)


def test_a_picture_sent_to_the_app_can_be_fetched_for_three_days(
    call: Callers, world: World, clock: HandClock, says: Say
) -> None:
    said = says("王小燕", "", WECOM, images=1)
    query = {"access_token": call.wecom_token(), "media_id": said.images[0]}
    answer = call.http.get(f"{call.url}/cgi-bin/media/get", params=query, timeout=10)
    assert (answer.headers["Content-Type"], answer.content) == ("image/jpeg", jpeg())
    assert "取素材" in world.exchanges(said.id)[-1].title
    clock.pass_by(days=3, seconds=1)
    query["access_token"] = call.wecom_token()
    answer = call.http.get(f"{call.url}/cgi-bin/media/get", params=query, timeout=10)
    assert answer.json()["errcode"] == 40007


def test_a_webhook_posts_text_markdown_and_pictures_with_names_for_mentions(call: Callers, world: World) -> None:
    text = {"msgtype": "text", "text": {"content": "交材料", "mentioned_list": ["wangxiaoyan", "@all"]}}
    assert call.wecom_post(text)["errcode"] == 0
    call.wecom_post({"msgtype": "markdown", "markdown": {"content": "**本周**<@limin>请看"}})
    digest = hashlib.md5(jpeg(), usedforsecurity=False).hexdigest()
    image = {"base64": base64.b64encode(jpeg()).decode(), "md5": digest}
    call.wecom_post({"msgtype": "image", "image": image})
    first, second, third = from_bot(world)
    assert {message.chat for message in (first, second, third)} == {"wecom-group-staff"}
    assert (first.text, first.mentions[0], len(first.mentions)) == ("交材料 @王小燕 @所有人", "wang", 13)
    assert (second.text, second.mentions, second.markdown) == ("**本周**@李敏 请看", ["li"], True)
    assert len(third.images) == 1
    assert first.buttons == []  # nobody can type there


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text", "text": {"content": "汉" * 683}}, 45002),
        ({"msgtype": "markdown", "markdown": {"content": "汉" * 1366}}, 45002),
        ({"msgtype": "markdown", "markdown": {"content": "汉" * 1365}}, 0),
        ({"msgtype": "image", "image": {"base64": base64.b64encode(jpeg()).decode(), "md5": "0" * 32}}, 40058),
        ({"msgtype": "image", "image": {"base64": "no base64", "md5": "0" * 32}}, 40058),
        ({"msgtype": "poem"}, 40008),
        (["no object"], 47001),
    ],
)
def test_a_webhook_names_what_is_wrong(call: Callers, body: object, code: int) -> None:
    assert call.wecom_post(body)["errcode"] == code


def test_the_21st_post_of_a_minute_is_refused_and_a_wrong_key_always(call: Callers) -> None:
    assert call.wecom_post(TEXT, key="made-up")["errcode"] == 93000
    assert [call.wecom_post(TEXT)["errcode"] for _ in range(21)] == [0] * 20 + [45009]
    assert call.wecom_post(TEXT, key=demo.GROUPS[1].key)["errcode"] == 0


def test_a_file_uploaded_for_one_webhook_serves_no_other(call: Callers, world: World) -> None:
    def upload(query: dict[str, str]) -> requests.Response:
        files = {"media": ("值班表.xlsx", b"PK\x03\x04 rows", "application/zip")}
        return call.http.post(f"{call.url}/cgi-bin/webhook/upload_media", params=query, files=files, timeout=10)

    media = upload({"key": demo.GROUPS[0].key, "type": "file"}).json()["media_id"]
    body = {"msgtype": "file", "file": {"media_id": media}}
    assert call.wecom_post(body, key=demo.GROUPS[1].key)["errcode"] == 40007
    assert call.wecom_post(body)["errcode"] == 0
    assert upload({"key": demo.GROUPS[0].key, "type": "image"}).json()["errcode"] == 40004
    assert from_bot(world)[0].title == "值班表.xlsx"
