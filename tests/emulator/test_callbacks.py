"""What the bot is sent, opened with wechatpy's own crypto and checked against DingTalk's published way of signing."""

from __future__ import annotations

import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from wechatpy.work import parse_message
from wechatpy.work.crypto import WeChatCrypto

from bot.emulator import demo
from bot.emulator.dingtalk_callbacks import sign
from bot.emulator.records import DINGTALK, WECOM, Refused
from bot.emulator.world import World
from tests.emulator.emulated import FakeBot, HandClock, Heard, Say, echoed


def opened(heard: Heard) -> str:
    """The XML within, if signature, key and corp id are right."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(heard.url).query).items()}
    crypto = WeChatCrypto(demo.WECOM_TOKEN, demo.WECOM_AES_KEY, demo.CORP_ID)
    xml: str = crypto.decrypt_message(heard.body, query["msg_signature"], query["timestamp"], query["nonce"])
    return xml


def test_wechatpy_reads_what_wecom_sends(bot: FakeBot, clock: HandClock, says: Say) -> None:
    assert says("王小燕", "隐患 <三楼> & 四楼", WECOM).state == "sent"
    (heard,) = bot.heard
    assert urlsplit(heard.url).path == "/callback/demo/oa"
    message = parse_message(opened(heard))
    assert (message.type, message.content, message.source) == ("text", "隐患 <三楼> & 四楼", "wangxiaoyan")
    assert (message.target, message.agent) == (demo.CORP_ID, demo.AGENT_ID)
    assert int(parse_qs(urlsplit(heard.url).query)["timestamp"][0]) == int(clock.now().timestamp())
    assert message.id > 2**53


def test_the_address_is_checked_as_wechatpy_answers_it(world: World, clock: HandClock) -> None:
    def answering(change: str = "", status: int = 200) -> str:
        def post(method: str, url: str, *_: object) -> tuple[int, dict[str, str], bytes]:
            assert (method, urlsplit(url).path) == ("GET", "/callback/demo/oa")
            assert f"timestamp={int(clock.now().timestamp())}&" in url
            return status, {}, (echoed(url) + change).encode()

        world.post = post
        return world.check_address()

    assert answering() == ""
    assert answering("\n") == "答得不对（HTTP 200）"
    assert answering(status=403) == "答得不对（HTTP 403）"
    assert [exchange.title for exchange in world.exchanges()] == ["验证地址 GET /callback/demo/oa"] * 3


def test_an_address_that_cannot_be_reached_or_takes_too_long(world: World) -> None:
    def nobody(*_: object) -> tuple[int, dict[str, str], bytes]:
        raise ConnectionError

    def slowly(_method: str, url: str, *_: object) -> tuple[int, dict[str, str], bytes]:
        time.sleep(1.05)
        return 200, {}, echoed(url).encode()

    world.post = nobody
    assert world.check_address() == "连不上"
    world.post = slowly
    assert world.check_address() == "超过 1 秒才回答"


@pytest.mark.parametrize("length", range(60, 96))
def test_every_length_is_padded_so_that_wechatpy_opens_it(bot: FakeBot, says: Say, length: int) -> None:
    says("王小燕", "a" * length, WECOM)
    assert parse_message(opened(bot.heard[0])).content == "a" * length


def test_words_that_could_end_a_section_arrive_whole(bot: FakeBot, says: Say) -> None:
    says("王小燕", "完成]]><x>&", WECOM)
    assert parse_message(opened(bot.heard[0])).content == "完成]]><x>&"


def test_words_and_pictures_to_wecom_are_one_message_each_the_words_first(
    bot: FakeBot, world: World, says: Say
) -> None:
    said = says("王小燕", "隐患 漏水", WECOM, images=2)
    messages = [parse_message(opened(heard)) for heard in bot.heard]
    assert [message.type for message in messages] == ["text", "image", "image"]
    assert [message.media_id for message in messages[1:]] == said.images
    assert len({message.id for message in messages}) == 3
    assert len(world.exchanges(said.id)) == 3
    assert "<MsgType><![CDATA[text]]>" in world.exchanges(said.id)[0].plain


def test_dingtalk_signs_as_documented(bot: FakeBot, clock: HandClock, says: Say) -> None:
    assert sign("1700000000000", "SYNTHETIC-app-secret-0001") == "sDScIleFRUVCAMSezJqNbymNgykW+WCUGwQL78pd1lA="
    assert sign("1700000000000", "SECsynthetic0002") == "ahoWdgDepCb+kGv4pWhoQZZCDUwaIa71qSRhyTBCpoc="
    says("王小燕", "值班")
    headers = bot.heard[0].headers
    assert headers["timestamp"] == str(int(clock.now().timestamp() * 1000))
    assert headers["sign"] == sign(headers["timestamp"], demo.DING_SECRET)


def test_dingtalk_in_private_and_in_a_group(bot: FakeBot, says: Say) -> None:
    says("陈宇", "值班")
    says("王小燕", "绑定 教职工群", group="教职工群")
    private, group = (json.loads(heard.body) for heard in bot.heard)
    assert (private["conversationType"], private["text"]) == ("1", {"content": "值班"})
    assert (private["senderStaffId"], private["senderNick"], private["isAdmin"]) == ("u1013", "陈宇", True)
    assert "conversationTitle" not in private
    assert (group["conversationType"], group["text"]["content"]) == ("2", " 绑定 教职工群")
    assert (group["conversationId"], group["conversationTitle"]) == (demo.GROUPS[0].conversation, "教职工群")
    assert group["atUsers"] == [{"dingtalkId": group["chatbotUserId"]}]
    assert private["msgId"] != group["msgId"]


def test_pictures_to_dingtalk(bot: FakeBot, says: Say) -> None:
    says("王小燕", "", images=2)
    says("王小燕", "隐患 漏水", images=2)
    says("王小燕", "", group="安全巡查群", images=2)
    first, second, rich, group = (json.loads(heard.body) for heard in bot.heard)
    assert [first["msgtype"], second["msgtype"]] == ["picture", "picture"]
    assert first["content"]["downloadCode"] != second["content"]["downloadCode"]
    assert first["msgId"] != second["msgId"]
    assert rich["msgtype"] == group["msgtype"] == "richText"
    assert rich["content"]["richText"][0] == {"text": "隐患 漏水"}
    assert [part["type"] for part in rich["content"]["richText"][1:]] == ["picture", "picture"]
    assert len(group["content"]["richText"]) == 2


def test_a_quote_carries_the_quoted_words_or_picture(bot: FakeBot, world: World, says: Say) -> None:
    words = world.bot_says(world.direct("wang", DINGTALK), text="已登记隐患 1")
    picture = says("王小燕", "", images=1)
    says("王小燕", "整改", quote=words.id)
    says("王小燕", "这张", quote=picture.id)
    _, first, second = (json.loads(heard.body) for heard in bot.heard)
    assert first["text"]["isReplyMsg"] is True
    assert first["text"]["repliedMsg"]["content"] == {"text": "已登记隐患 1"}
    assert first["originalMsgId"] == first["text"]["repliedMsg"]["msgId"] == words.wire_id
    quoted = second["text"]["repliedMsg"]
    assert (quoted["msgType"], quoted["senderId"]) == ("picture", second["senderId"])
    assert quoted["content"]["downloadCode"] == json.loads(bot.heard[0].body)["content"]["downloadCode"]


@pytest.mark.parametrize("failure", [503, 302, ConnectionError()])
def test_a_callback_that_fails_is_sent_again_the_same_to_the_byte(
    bot: FakeBot, says: Say, failure: int | OSError
) -> None:
    bot.answers = [failure, failure]
    assert says("王小燕", "值班", WECOM).state == "sent"
    assert len(bot.heard) == 3
    assert bot.heard[0] == bot.heard[1] == bot.heard[2]


def test_after_three_times_it_is_over_and_the_desk_says_why(bot: FakeBot, says: Say) -> None:
    bot.answers = [500, TimeoutError(), 403]
    said = says("王小燕", "值班")
    assert (said.state, said.note) == ("refused", "校铃没有收下（HTTP 403），试了 3 次")
    assert len(bot.heard) == 3


@pytest.mark.parametrize(
    ("person", "chat", "text", "images", "line"),
    [
        ("wang", "wecom-group-staff", "在吗", [], "只能发"),
        ("wang", "dingtalk-group-leaders", "在吗", [], "不在这个会话里"),
        ("wang", "dingtalk-li", "在吗", [], "不在这个会话里"),
        ("wang", "dingtalk-wang", " \x00 ", [], "写点什么"),
        ("wang", "dingtalk-wang", "", [("a.jpg", b"no picture")], "不是图片"),
        ("wang", "dingtalk-wang", "长" * 4001, [], "4000"),
        ("nobody", "dingtalk-wang", "在吗", [], "没有这个人"),
    ],
)
def test_what_cannot_be_said_is_refused_in_a_friendly_line(
    world: World, person: str, chat: str, text: str, images: list[tuple[str, bytes]], line: str
) -> None:
    with pytest.raises(Refused) as caught:
        world.begin(person, chat, text, images)
    assert line in caught.value.line
    assert world.messages() == []


@pytest.mark.parametrize(
    ("beginning", "mime"),
    [
        (b"\xff\xd8\xff\xe1", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
    ],
)
def test_photos_are_kept_as_given_up_to_20_mb(world: World, beginning: bytes, mime: str) -> None:
    largest = beginning.ljust(20 * 1024 * 1024, b"\x00")
    said = world.say("wang", "dingtalk-wang", "", [("a", largest)])
    stored = world.file(said.images[0])
    assert stored is not None and (stored.mime, stored.content == largest) == (mime, True)
    with pytest.raises(Refused) as caught:
        world.begin("wang", "dingtalk-wang", "", [("a", largest + b"\x00")])
    assert (caught.value.status, "20 MB" in caught.value.line) == (413, True)
