"""A text with buttons becomes a card where all of it is seen, and is changed once when it was pressed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import GiveUp, Malformed
from bot.messages import Button, CardRef, ChatKind, ChatRef, Form, Gap, Message, Outgoing, Picture
from tests.kit import wire
from tests.kit.other_side import OtherSide, other_side
from tests.platforms.cases import NOW, WECOM_APP, WECOM_WEBHOOK, HandClock

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


GRADE = Form(
    "核定",
    "核定 1 {定级} {期限}",
    (
        Gap("定级", (Button("重大", "重大"), Button("一般", "一般"))),
        Gap("期限", (Button("11月24日（周二）", "11月24日前"), Button("11月27日（周五）", "11月27日前"))),
    ),
)
DONE = Form("做完了", "完成 {做完的}", (Gap("做完的", (Button("1 检查", "1"), Button("2 登记", "2")), several=True),))


def test_lists_to_choose_from_and_one_button(server: OtherSide) -> None:
    card = sent(server, Outgoing(text="请核定\n回「核定 1 重大」", buttons=BUTTONS, form=GRADE))["template_card"]
    assert card["card_type"] == "multiple_interaction"
    assert [(one["question_key"], one["title"]) for one in card["select_list"]] == [("定级", "定级"), ("期限", "期限")]
    assert card["select_list"][1]["option_list"][0] == {"id": "11月24日前", "text": "11月24日（周二）"}
    assert card["submit_button"] == {"text": "核定", "key": "核定 1 {定级} {期限}"}
    assert re.fullmatch(r"[0-9A-Za-z_\-@]{1,128}", card["task_id"])


def test_one_list_of_which_several_may_be_chosen_is_a_vote(server: OtherSide) -> None:
    card = sent(server, Outgoing(text="做完了吗？", form=DONE))["template_card"]
    assert (card["card_type"], card["checkbox"]["mode"]) == ("vote_interaction", 1)
    assert [one["id"] for one in card["checkbox"]["option_list"]] == ["1", "2"]


@pytest.mark.parametrize(
    "form",
    [
        replace(GRADE, gaps=GRADE.gaps * 2),
        replace(GRADE, gaps=(GRADE.gaps[0], replace(GRADE.gaps[1], several=True))),
        replace(GRADE, gaps=(GRADE.gaps[0], Gap("期限", tuple(Button(str(day), str(day)) for day in range(11))))),
        replace(GRADE, gaps=(GRADE.gaps[0], Gap("期限", (Button("2026年11月27日前", "a"),)))),
        replace(DONE, gaps=(Gap("做完的", tuple(Button(str(place), str(place)) for place in range(21))),)),
        replace(DONE, label="这些我都已经做完了没有了"),
    ],
)
def test_a_form_that_a_card_has_no_room_for_leaves_the_buttons(server: OtherSide, form: Form) -> None:
    card = sent(server, Outgoing(text="好吗", buttons=BUTTONS, form=form))["template_card"]
    assert card["card_type"] == "button_interaction"


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"定级": ["一般"], "期限": ["11月27日前"]}, "核定 1 一般 11月27日前"),
        ({"定级": ["一般"]}, "核定 1 一般"),
        ({"别的": ["一般"]}, ""),
        ({}, ""),
    ],
)
def test_what_was_chosen_arrives_as_words_that_could_have_been_typed(chosen: dict[str, list[str]], words: str) -> None:
    settings = WECOM_APP.settings()
    items = "".join(
        f"<SelectedItem><QuestionKey>{key}</QuestionKey><OptionIds><OptionId>{ids[0]}</OptionId></OptionIds></SelectedItem>"
        for key, ids in chosen.items()
    )
    xml = (
        f"<xml><FromUserName>T.Li</FromUserName><CreateTime>{int(NOW.timestamp())}</CreateTime><MsgType>event</MsgType>"
        f"<Event>template_card_event</Event><EventKey>{GRADE.says}</EventKey><TaskId>t1</TaskId>"
        f"<CardType>multiple_interaction</CardType><ResponseCode>RC</ResponseCode>"
        f"<SelectedItems>{items}</SelectedItems></xml>"
    )
    platform = WECOM_APP.build(settings, HandClock())
    callback = wire.wecom_callback(settings, NOW, xml)
    if not words:
        with pytest.raises(Malformed):
            platform.parse(callback)
        return
    message = platform.parse(callback)
    assert isinstance(message, Message)
    assert (message.text, message.click) == (words, words)


SUMMARY = "**11月工作汇总**\n11月1日—11月30日\n- 任务：布置 5，完成 1\n- 隐患：上报 2\n逐条看：https://bot.example/m/1"
NOTICE = {
    "card_type": "text_notice",
    "main_title": {"title": "11月工作汇总"},
    "sub_title_text": "11月1日—11月30日",
    "horizontal_content_list": [
        {"type": 0, "keyname": "任务", "value": "布置 5，完成 1"},
        {"type": 0, "keyname": "隐患", "value": "上报 2"},
    ],
    "jump_list": [{"type": 1, "title": "逐条看", "url": "https://bot.example/m/1"}],
    "card_action": {"type": 1, "url": "https://bot.example/m/1"},
}


def test_a_text_that_ends_with_a_link_is_a_card_that_opens_it(server: OtherSide) -> None:
    assert sent(server, Outgoing(text=SUMMARY.replace("**", "")))["template_card"] == NOTICE
    assert sent(server, Outgoing(text=SUMMARY.replace("**", "")), cards=False)["msgtype"] == "text"


@pytest.mark.parametrize(
    "text",
    ["没有链接", "看 https://bot.example/1\n照片：https://bot.example/2", "长" * 37 + "\n照片：https://bot.example/2"],
)
def test_a_notice_that_would_hide_something_stays_a_text(server: OtherSide, text: str) -> None:
    assert sent(server, Outgoing(text=text))["text"] == {"content": text}


def test_the_webhook_shows_notices_where_the_school_wants_them(server: OtherSide) -> None:
    platform = WECOM_WEBHOOK.connect(server, cards=True)
    server.says(WECOM_WEBHOOK.send_path, WECOM_WEBHOOK.ok, WECOM_WEBHOOK.ok, {"errcode": 40058}, WECOM_WEBHOOK.ok)
    platform.send(WECOM_WEBHOOK.chat, Outgoing(text=SUMMARY, markdown=True))
    platform.send(WECOM_WEBHOOK.chat, Outgoing(text=SUMMARY, markdown=True, mentions=("t001",)))
    platform.send(WECOM_WEBHOOK.chat, Outgoing(text=SUMMARY, markdown=True))
    asked = [asked.json for asked in server.requests(WECOM_WEBHOOK.send_path)]
    assert [body["msgtype"] for body in asked] == ["template_card", "markdown", "template_card", "markdown"]
    assert asked[0]["template_card"] == NOTICE
    assert platform.capabilities.group_notices
    assert not WECOM_WEBHOOK.connect(server).capabilities.group_notices


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
