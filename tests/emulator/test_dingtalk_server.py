"""DingTalk's stand-in called by hand: both error shapes, sessions, webhooks, files and limits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from bot.emulator import demo
from bot.emulator.records import DINGTALK
from bot.emulator.world import World
from tests.emulator.emulated import Callers, FakeBot, HandClock, Say, from_bot, jpeg


def param(**fields: str) -> str:
    return json.dumps(fields, ensure_ascii=False)


TEXT = {"msgKey": "sampleText", "msgParam": param(content="早上好")}
OLD_TEXT = {"msgtype": "text", "text": {"content": "早上好"}}


def test_a_batch_reaches_whom_it_can_and_names_the_others(call: Callers, world: World) -> None:
    answer = call.dingtalk("oToMessages/batchSend", userIds=["u1008", "u9999", "u1002"], **TEXT).json()
    assert answer["invalidStaffIdList"] == ["u9999"]
    assert answer["processQueryKey"]
    assert [message.chat for message in from_bot(world)] == ["dingtalk-wang", "dingtalk-li"]


def test_a_group_is_reached_by_its_conversation(call: Callers, world: World) -> None:
    markdown = {"msgKey": "sampleMarkdown", "msgParam": param(title="本周任务", text="**三件**")}
    group = demo.GROUPS[0].conversation
    assert call.dingtalk("groupMessages/send", openConversationId=group, **markdown).status_code == 200
    (message,) = from_bot(world)
    assert (message.chat, message.text, message.title) == ("dingtalk-group-staff", "**三件**", "本周任务")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("oToMessages/batchSend", {"userIds": ["u1008"] * 21, **TEXT}, "invalidParameter.userIds.overMax"),
        ("oToMessages/batchSend", {"userIds": [], **TEXT}, "invalidParameter.userIds.empty"),
        ("oToMessages/batchSend", {"userIds": ["u1008"], "msgKey": "sampleText", "msgParam": {"content": "早"}},
         "invalidParameter.msgParam.invalid"),
        ("oToMessages/batchSend", {"userIds": ["u1008"], "msgKey": "sampleText", "msgParam": param(content="汉" * 5000)},
         "invalidParameter.msgParam.tooLong"),
        ("oToMessages/batchSend", {"userIds": ["u1008"], "msgKey": "sampleMarkdown", "msgParam": param(text="早")},
         "invalidParameter.msgParam.invalid"),
        ("oToMessages/batchSend", {"userIds": ["u1008"], "msgKey": "samplePoem", "msgParam": "{}"},
         "invalidParameter.msgKey.invalid"),
        ("groupMessages/send", {"openConversationId": "cidother", **TEXT}, "invalid.openConversationId"),
        ("groupMessages/send", {"openConversationId": "x", "robotCode": "other", **TEXT},
         "invalidParameter.robotCode.auth"),
        ("messageFiles/download", {"downloadCode": "made-up"}, "invalidParameter.robotCode.downloadCode"),
    ],
)  # fmt: skip
def test_the_new_server_answers_400_with_a_code(call: Callers, path: str, body: dict[str, object], code: str) -> None:
    answer = call.dingtalk(path, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert {"message", "requestid"} <= answer.json().keys()


def test_one_token_serves_both_servers_and_asking_prolongs_it(call: Callers, clock: HandClock) -> None:
    query = {"appkey": demo.DING_KEY, "appsecret": demo.DING_SECRET}
    token = call.dingtalk_token()
    assert call.http.get(f"{call.url}/gettoken", params=query, timeout=10).json()["access_token"] == token
    clock.pass_by(hours=1.5)
    assert call.dingtalk_token() == token
    clock.pass_by(hours=1.5)
    assert call.dingtalk("oToMessages/batchSend", token, userIds=["u1008"], **TEXT).status_code == 200
    clock.pass_by(hours=1)
    answer = call.dingtalk("oToMessages/batchSend", token, userIds=["u1008"], **TEXT)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidAuthentication")
    upload = call.http.post(f"{call.url}/media/upload?access_token={token}&type=image", timeout=10)
    assert (upload.status_code, upload.json()["errcode"]) == (200, 40014)


def test_wrong_credentials(call: Callers) -> None:
    url = f"{call.url}/v1.0/oauth2/accessToken"
    wrong = call.http.post(url, json={"appKey": demo.DING_KEY, "appSecret": "x"}, timeout=10)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalidClientIdOrSecret")
    form = call.http.post(url, data={"appKey": demo.DING_KEY, "appSecret": demo.DING_SECRET}, timeout=10)
    assert form.status_code == 400


def test_a_session_answers_for_ninety_minutes(
    call: Callers, world: World, clock: HandClock, bot: FakeBot, says: Say
) -> None:
    says("王小燕", "值班", group="教职工群")
    callback = json.loads(bot.heard[0].body)
    url = callback["sessionWebhook"]
    assert callback["sessionWebhookExpiredTime"] - callback["createAt"] == 90 * 60 * 1000
    at = {"at": {"atUserIds": ["u1008"]}}
    markdown = {"msgtype": "markdown", "markdown": {"title": "值班", "text": "@u1008 今天李敏"}}
    assert call.dingtalk_old(url, markdown | at)["errcode"] == 0
    assert call.dingtalk_old(url, {"msgtype": "markdown", "markdown": {"text": "没有题目"}})["errcode"] == 400402
    assert call.dingtalk_old(url, {"msgtype": "image"})["errcode"] == 400105
    (message,) = from_bot(world)
    assert (message.chat, message.text, message.mentions) == ("dingtalk-group-staff", "@王小燕 今天李敏", ["wang"])
    clock.pass_by(minutes=90)
    assert call.dingtalk_old(url, OLD_TEXT)["errcode"] == 300001


def test_a_signed_webhook(call: Callers, world: World, clock: HandClock) -> None:
    url, group = f"{call.url}/robot/send", demo.GROUPS[0]
    secret = demo.WEBHOOK_SECRETS[group.token]

    def signed(stamp: int) -> dict[str, str]:
        digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        return {"access_token": group.token, "timestamp": str(stamp), "sign": base64.b64encode(digest).decode()}

    now = int(clock.now().timestamp() * 1000)
    assert call.dingtalk_old(url, OLD_TEXT, **signed(now))["errcode"] == 0
    assert call.dingtalk_old(url, OLD_TEXT, **signed(now - 3_600_001))["errcode"] == 310000
    assert call.dingtalk_old(url, OLD_TEXT, **signed(now) | {"sign": "AAAA"})["errcode"] == 310000
    assert call.dingtalk_old(url, OLD_TEXT, access_token=group.token)["errcode"] == 310000
    assert call.dingtalk_old(url, OLD_TEXT, access_token="made-up")["errcode"] == 300005
    assert [message.chat for message in from_bot(world)] == ["dingtalk-group-staff"]


def test_the_21st_post_of_a_minute_shuts_a_webhook_for_ten_minutes(call: Callers, clock: HandClock) -> None:
    url, token = f"{call.url}/robot/send", demo.GROUPS[1].token
    codes = [call.dingtalk_old(url, OLD_TEXT, access_token=token)["errcode"] for _ in range(21)]
    assert codes == [0] * 20 + [130101]
    clock.pass_by(minutes=9)
    assert call.dingtalk_old(url, OLD_TEXT, access_token=token)["errcode"] == 130101
    clock.pass_by(minutes=2)
    assert call.dingtalk_old(url, OLD_TEXT, access_token=token)["errcode"] == 0


def test_a_picture_is_fetched_by_its_code_from_an_address_that_ends(
    call: Callers, world: World, clock: HandClock, bot: FakeBot, says: Say
) -> None:
    said = says("王小燕", "", images=1)
    code = json.loads(bot.heard[0].body)["content"]["downloadCode"]
    address = call.dingtalk("messageFiles/download", downloadCode=code).json()["downloadUrl"]
    assert call.http.get(address, timeout=10).content == jpeg()
    assert call.http.get(address.replace("Signature=", "Signature=0"), timeout=10).status_code == 403
    assert "取文件地址" in world.exchanges(said.id)[-1].title
    clock.pass_by(minutes=11)
    assert call.http.get(address, timeout=10).status_code == 403


def test_an_uploaded_picture_is_shown_by_itself_and_within_markdown(call: Callers, world: World) -> None:
    query = {"access_token": call.dingtalk_token(), "type": "image"}
    files = {"media": ("图.jpg", jpeg(), "image/jpeg")}
    media = call.http.post(f"{call.url}/media/upload", params=query, files=files, timeout=10).json()["media_id"]
    image = {"msgKey": "sampleImageMsg", "msgParam": param(photoURL=media)}
    text = {"msgKey": "sampleMarkdown", "msgParam": param(title="图", text=f"看图\n\n![图]({media})")}
    for what in (image, text):
        call.dingtalk("oToMessages/batchSend", userIds=["u1008"], **what)
    first, second = from_bot(world)
    assert first.images == second.images == [media.removeprefix("@")]
    assert (first.text, second.text) == ("", "看图")
    wrong = {"media": ("图.jpg", b"no picture", "image/jpeg")}
    assert call.http.post(f"{call.url}/media/upload", params=query, files=wrong, timeout=10).json()["errcode"] == 40004


def test_a_card_that_says_something_has_buttons(call: Callers, world: World) -> None:
    says = "dtmd://dingtalkclient/sendMessage?content=%E9%80%9A%E8%BF%87"
    fields = {"title": "复查", "text": "改好了吗", "actionTitle1": "通过", "actionURL1": says}
    fields |= {"actionTitle2": "看照片", "actionURL2": "http://127.0.0.1:8000/p"}
    card = {"msgKey": "sampleActionCard2", "msgParam": param(**fields)}
    assert call.dingtalk("oToMessages/batchSend", userIds=["u1003"], **card).status_code == 200
    (message,) = from_bot(world)
    assert message.buttons == [("通过", "通过")]
    assert message.text == "改好了吗\n\n[看照片](http://127.0.0.1:8000/p)"


def test_what_is_said_on_dingtalk_goes_to_its_own_chats(world: World) -> None:
    assert {chat.platform for chat in world.chats()} == {"wecom", DINGTALK}
    assert len({chat.id for chat in world.chats()}) == len(world.chats())
    assert sum(chat.platform == DINGTALK and chat.purpose != "parents" for chat in world.chats()) == 3 + 13
