"""A text with buttons becomes a card where all of it is seen, and is changed once when it was pressed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import GiveUp
from bot.messages import Button, CardRef, ChatKind, ChatRef, Outgoing, Picture
from tests.kit.other_side import OtherSide, other_side
from tests.platforms.cases import NOW, WECOM_APP, WECOM_WEBHOOK

SEND, UPDATE = "/cgi-bin/message/send", "/cgi-bin/message/update_template_card"
WORDS = "请复查隐患 1：漏水\n赵海峰说改好了。\n看过后回「复查 1 通过」。\n照片：https://bot.example/s/1"
BUTTONS = (Button("通过", "复查 1 通过"), Button("退回", "复查 1 退回"))
GROUP = ChatRef(ChatKind.GROUP, "xiaoling1", "教职工群")


@pytest.fixture
def server() -> Iterator[OtherSide]:
    with other_side() as server:
        yield server


def sent(server: OtherSide, outgoing: Outgoing, **settings: Any) -> dict[str, Any]:
    WECOM_APP.connect(server, **settings).send(WECOM_APP.chat, outgoing)
    body: dict[str, Any] = server.requests(SEND)[-1].json
    return body


def test_words_links_and_buttons_each_have_their_place(server: OtherSide) -> None:
    card = sent(server, Outgoing(text=WORDS, buttons=BUTTONS, key="demo-7"))["template_card"]
    assert card["card_type"] == "button_interaction"
    assert card["main_title"] == {"title": "请复查隐患 1：漏水"}
    assert card["sub_title_text"] == "赵海峰说改好了。\n看过后回「复查 1 通过」。"
    (link,) = card["horizontal_content_list"]
    assert (link["type"], link["keyname"], link["url"]) == (1, "照片", "https://bot.example/s/1")
    assert [(one["text"], one["key"]) for one in card["button_list"]] == [
        ("通过", "复查 1 通过"),
        ("退回", "复查 1 退回"),
    ]
    assert re.fullmatch(r"[0-9A-Za-z_\-@]{1,128}", card["task_id"])


def test_the_same_letter_is_the_same_card_and_another_is_another(server: OtherSide) -> None:
    first, again, other, free, free_again = (
        sent(server, Outgoing(text=WORDS, buttons=BUTTONS, key=key)) for key in ("demo-7", "demo-7", "demo-8", "", "")
    )
    assert first == again
    assert first["enable_duplicate_check"] == 1
    assert len({body["template_card"]["task_id"] for body in (first, other, free, free_again)}) == 4


@pytest.mark.parametrize(
    ("text", "buttons"),
    [
        ("长" * 37, BUTTONS),
        ("标题\n" + "长" * 161, BUTTONS),
        ("看 https://bot.example/s/1 再回", BUTTONS),
        ("照片在中间\n照片：https://bot.example/s/1\n看过后回", BUTTONS),
        ("选项的字太长", (Button("长" * 18, "一"),)),
        ("说的话太长", (Button("一", "长" * 342),)),
        ("两个一样", (Button("好", "好"), Button("行", "好"))),
    ],
)
def test_what_a_card_would_cut_off_stays_a_text(server: OtherSide, text: str, buttons: tuple[Button, ...]) -> None:
    assert sent(server, Outgoing(text=text, buttons=buttons)) | {"text": {"content": text}, "msgtype": "text"} == sent(
        server, Outgoing(text=text)
    )


def test_more_than_six_are_a_list_of_choices(server: OtherSide) -> None:
    many = tuple(Button(f"第 {number} 件", f"整改 {number}") for number in range(1, 21))
    card = sent(server, Outgoing(text="哪一件？", buttons=many))["template_card"]
    assert card["card_type"] == "vote_interaction"
    assert [option["id"] for option in card["checkbox"]["option_list"]] == [button.says for button in many]


def test_a_school_that_wants_no_cards_gets_none(server: OtherSide) -> None:
    assert sent(server, Outgoing(text="好吗", buttons=BUTTONS), cards=False)["msgtype"] == "text"
    can = WECOM_APP.connect(server, cards=False).capabilities
    assert (can.buttons, can.closes) == (0, False)
    can = WECOM_APP.connect(server).capabilities
    assert (can.buttons, can.closes) == (20, True)


def test_a_card_that_the_platform_does_not_take_is_said_as_a_text(server: OtherSide) -> None:
    platform = WECOM_APP.connect(server)
    server.says(SEND, {"errcode": 40058, "errmsg": "invalid"}, WECOM_APP.ok)
    assert platform.send(WECOM_APP.chat, Outgoing(text="好吗", buttons=BUTTONS)).reference == "m1"
    assert [asked.json["msgtype"] for asked in server.requests(SEND)] == ["template_card", "text"]


def test_a_pressed_card_shows_what_was_pressed(server: OtherSide) -> None:
    server.says(UPDATE, {"errcode": 0, "errmsg": "ok"})
    closing = Outgoing(text="复查 1 通过", closes=CardRef("t1", "RC-1", NOW + timedelta(hours=1)))
    assert WECOM_APP.connect(server).send(WECOM_APP.chat, closing).note == ""
    (asked,) = server.requests(UPDATE)
    assert asked.json == {
        "userids": ["t.li"], "agentid": 1000002, "response_code": "RC-1", "button": {"replace_name": "复查 1 通过"},
    }  # fmt: skip
    assert server.requests(SEND) == []


def test_a_code_that_is_used_or_over_is_a_note_and_no_dead_letter(server: OtherSide) -> None:
    platform = WECOM_APP.connect(server)
    server.says(UPDATE, {"errcode": 40058, "errmsg": "invalid response_code"})
    used = platform.send(WECOM_APP.chat, Outgoing(text="好", closes=CardRef("t1", "RC-1", NOW + timedelta(hours=1))))
    over = platform.send(WECOM_APP.chat, Outgoing(text="好", closes=CardRef("t1", "RC-1", NOW)))
    assert "40058" in used.note
    assert "72 小时" in over.note
    assert len(server.requests(UPDATE)) == 1


def test_a_message_is_taken_back_by_its_id(server: OtherSide) -> None:
    server.says("/cgi-bin/message/recall", {"errcode": 0}, {"errcode": 40058, "errmsg": "too late"})
    platform: Any = WECOM_APP.connect(server)
    platform.recall(WECOM_APP.chat, "m1")
    assert server.requests("/cgi-bin/message/recall")[0].json == {"msgid": "m1"}
    for reference in ("m1", ""):
        with pytest.raises(GiveUp):
            platform.recall(WECOM_APP.chat, reference)


def test_a_group_that_the_app_made_is_written_to(server: OtherSide) -> None:
    server.says("/cgi-bin/appchat/get", {"errcode": 86003, "errmsg": "no such chat"})
    server.says("/cgi-bin/appchat/create", {"errcode": 0, "chatid": "xiaoling1"})
    server.says("/cgi-bin/appchat/send", {"errcode": 0})
    platform: Any = WECOM_APP.connect(server)
    made_group = platform.create_group("教职工群", "T.Li", ["t.wang", "t.li"])
    assert (made_group.id, made_group.new) == ("xiaoling1", True)
    made = server.requests("/cgi-bin/appchat/create")[0].json
    assert made["userlist"] == ["t.li", "t.wang"]
    assert re.fullmatch(r"[0-9A-Za-z]{1,32}", made["chatid"])
    platform.send(GROUP, Outgoing(text="请看", mentions=("t.li",), buttons=BUTTONS))
    body = server.requests("/cgi-bin/appchat/send")[0].json
    assert body == {"chatid": "xiaoling1", "msgtype": "text", "text": {"content": "请看", "mentioned_list": ["t.li"]}}


def test_a_call_with_a_stale_token_is_made_once_more(server: OtherSide) -> None:
    platform: Any = WECOM_APP.connect(server)
    members = {"errcode": 0, "chat_info": {"userlist": ["T.Li", "t.wang"]}}
    server.says("/cgi-bin/appchat/get", {"errcode": 42001, "errmsg": "expired"}, members)
    assert platform.create_group("教职工群", "t.li", ["T.Wang"]).joined == ()
    assert [asked.query["access_token"] for asked in server.requests("/cgi-bin/appchat/get")] == ["tok-1", "tok-2"]


def test_what_the_app_calls_is_counted(server: OtherSide) -> None:
    platform = WECOM_APP.connect(server)
    server.says("/cgi-bin/media/upload", {"errcode": 0, "media_id": "m-1"})
    platform.send(WECOM_APP.chat, Outgoing(text="好"))
    platform.send(WECOM_APP.chat, Outgoing(image=Picture(b"\x89PNG-----", "一.png", "image/png")))
    assert platform.tally.take() == {"free": 1, "message": 2, "api": 1}


def test_the_webhooks_newer_markdown_is_a_setting_and_mentions_nobody(server: OtherSide) -> None:
    platform = WECOM_WEBHOOK.connect(server, markdown_v2=True)
    platform.send(WECOM_WEBHOOK.chat, Outgoing(text="**表**", markdown=True))
    platform.send(WECOM_WEBHOOK.chat, Outgoing(text="**表**", markdown=True, mentions=("t001",)))
    assert [asked.json["msgtype"] for asked in server.requests(WECOM_WEBHOOK.send_path)] == ["markdown_v2", "markdown"]
