"""Cards at the emulated WeCom, driven by wechatpy's own client: what is taken, pressed, changed and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from wechatpy.exceptions import WeChatClientException
from wechatpy.work import WeChatClient
from wechatpy.work.crypto import WeChatCrypto

from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.records import Refused
from bot.emulator.world import World
from tests.emulator.emulated import Callers, FakeBot, HandClock, from_bot

BUTTONS = [{"text": "通过", "key": "复查 1 通过"}, {"text": "退回", "key": "复查 1 退回"}]
CARD: dict[str, Any] = {
    "card_type": "button_interaction", "main_title": {"title": "请复查隐患 1"}, "task_id": "t-1", "button_list": BUTTONS,
}  # fmt: skip
OPTIONS = [{"id": f"整改 {number}", "text": f"第 {number} 件"} for number in range(1, 9)]
VOTE: dict[str, Any] = {
    "card_type": "vote_interaction", "main_title": {"title": "哪一件？"}, "task_id": "t-2",
    "checkbox": {"question_key": "q", "option_list": OPTIONS}, "submit_button": {"text": "选好了", "key": "submit"},
}  # fmt: skip


LISTS: dict[str, Any] = {
    "card_type": "multiple_interaction", "main_title": {"title": "核定"}, "task_id": "t-4",
    "select_list": [
        {"question_key": "grade", "title": "定级", "option_list": [{"id": each, "text": each} for each in ("重大", "一般")]},
        {"question_key": "day", "title": "期限", "selected_id": "周五前",
         "option_list": [{"id": each, "text": each} for each in ("明天前", "周五前")]},
    ],
    "submit_button": {"text": "核定", "key": "ok"},
}  # fmt: skip


@pytest.fixture
def client(server: EmulatorServer, call: Callers) -> Iterator[WeChatClient]:
    client = WeChatClient(demo.CORP_ID, demo.WECOM_SECRET, access_token=call.wecom_token(), auto_retry=False)
    client.API_BASE_URL = f"{server.url}/cgi-bin/"
    yield client
    client._http.close()


def send(client: WeChatClient, card: dict[str, Any], to: str = "ZhouQiang") -> dict[str, Any]:
    message = {"msgtype": "template_card", "template_card": card}
    answer: dict[str, Any] = client.message.send(demo.AGENT_ID, to, msg=message)
    return answer


def refusal(client: WeChatClient, path: str, **body: Any) -> int:
    with pytest.raises(WeChatClientException) as caught:
        client.post(path, data=body)
    return int(caught.value.errcode)


def opened(bot: FakeBot) -> str:
    """The last callback, opened by wechatpy."""
    heard = bot.heard[-1]
    query = dict(part.split("=", 1) for part in heard.url.partition("?")[2].split("&"))
    crypto = WeChatCrypto(demo.WECOM_TOKEN, demo.WECOM_AES_KEY, demo.CORP_ID)
    xml = crypto.decrypt_message(heard.body.decode(), query["msg_signature"], query["timestamp"], query["nonce"])
    return xml.decode() if isinstance(xml, bytes) else str(xml)


def closing(code: str) -> dict[str, Any]:
    return {
        "userids": ["zhouqiang"], "agentid": demo.AGENT_ID, "response_code": code, "button": {"replace_name": "已通过"},
    }  # fmt: skip


def test_a_press_is_an_event_with_a_code_that_changes_the_card_once(
    client: WeChatClient, world: World, bot: FakeBot, clock: HandClock
) -> None:
    sent = send(client, CARD)
    (card,) = from_bot(world)
    world.press("zhou", card.id, "复查 1 通过")
    xml = opened(bot)
    assert "<MsgId>" not in xml
    for part in ("template_card_event", "复查 1 通过", "t-1", "button_interaction", "zhouqiang"):
        assert f"<![CDATA[{part}]]>" in xml
    code = xml.partition("<ResponseCode><![CDATA[")[2].partition("]]>")[0]
    assert code != sent["response_code"]
    client.post("message/update_template_card", data=closing(code))
    assert (card.buttons, "已通过" in card.note) == ([], True)
    assert refusal(client, "message/update_template_card", **closing(code)) == 40058
    with pytest.raises(Refused):
        world.press("zhou", card.id, "复查 1 通过")
    clock.pass_by(hours=72)
    client.session.set(client.access_token_key, world.tokens["wecom"].issue("app")[0])
    assert refusal(client, "message/update_template_card", **closing(sent["response_code"])) == 40058


def test_what_is_chosen_from_a_list_is_sent_with_its_question(client: WeChatClient, world: World, bot: FakeBot) -> None:
    send(client, VOTE)
    (card,) = from_bot(world)
    for wrong in ({}, {"q": ["整改 9"]}, {"q": ["整改 1", "整改 2"]}):
        with pytest.raises(Refused, match="先选好"):
            world.submit("zhou", card.id, wrong)
    world.submit("zhou", card.id, {"q": ["整改 7"]})
    xml = opened(bot)
    assert "<QuestionKey><![CDATA[q]]></QuestionKey>" in xml
    assert "<OpitonIds><OpitonId><![CDATA[整改 7]]></OpitonId></OpitonIds>" in xml
    assert "<EventKey><![CDATA[submit]]></EventKey>" in xml


def test_several_are_ticked_where_the_vote_allows_it(client: WeChatClient, world: World, bot: FakeBot) -> None:
    send(client, VOTE | {"checkbox": VOTE["checkbox"] | {"mode": 1}})
    (card,) = from_bot(world)
    said = world.submit("zhou", card.id, {"q": ["整改 3", "整改 1"]})
    assert said.text == "第 1 件、第 3 件"
    assert "<OpitonId><![CDATA[整改 3]]></OpitonId><OpitonId><![CDATA[整改 1]]></OpitonId>" in opened(bot)


def test_each_list_of_a_form_has_one_chosen_and_the_form_ends_once(
    client: WeChatClient, world: World, bot: FakeBot
) -> None:
    send(client, LISTS)
    (card,) = from_bot(world)
    assert [question["selected"] for question in card.form["questions"]] == ["重大", "周五前"]
    world.submit("zhou", card.id, {"grade": ["一般"]})
    xml = opened(bot)
    assert "<CardType><![CDATA[multiple_interaction]]></CardType>" in xml
    for key, chosen in (("grade", "一般"), ("day", "周五前")):
        assert (
            f"<QuestionKey><![CDATA[{key}]]></QuestionKey><OpitonIds><OpitonId><![CDATA[{chosen}]]></OpitonId></OpitonIds>"
            in xml
        )
    code = xml.partition("<ResponseCode><![CDATA[")[2].partition("]]>")[0]
    client.post("message/update_template_card", data=closing(code))
    with pytest.raises(Refused):
        world.submit("zhou", card.id, {"grade": ["一般"]})


def test_a_notice_shows_its_figures_and_its_links_and_the_webhook_takes_no_other_kind(
    client: WeChatClient, world: World, server: EmulatorServer
) -> None:
    notice = {
        "card_type": "text_notice", "main_title": {"title": "11月工作汇总"}, "card_action": {"type": 1, "url": "https://x.cn/m"},
        "horizontal_content_list": [{"keyname": "隐患", "value": "上报 2"}],
        "jump_list": [{"type": 1, "title": "逐条看", "url": "https://x.cn/m"}],
    }  # fmt: skip
    send(client, notice)
    hook = f"{server.url}/cgi-bin/webhook/send?key={world.group('班子群', 'wecom').address}"
    codes = [
        requests.post(hook, json={"msgtype": "template_card", "template_card": card}, timeout=5).json()["errcode"]
        for card in (notice, CARD, notice | {"card_action": {}})
    ]
    assert codes == [0, 40058, 42045]
    assert [(one.text, one.card) for one in from_bot(world)] == [
        ("11月工作汇总\n隐患：上报 2\n逐条看：https://x.cn/m", {})
    ] * 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"task_id": ""}, 40058),
        ({"task_id": "有汉字"}, 40058),
        ({"task_id": "a" * 129}, 40058),
        ({"button_list": []}, 40058),
        ({"button_list": BUTTONS * 4}, 40058),
        ({"button_list": [BUTTONS[0], BUTTONS[0]]}, 40058),
        ({"button_list": [{"text": "好", "key": "a" * 1025}]}, 40058),
        ({"main_title": {}}, 40058),
        ({"horizontal_content_list": [{"type": 1, "keyname": "照片"}]}, 40058),
        ({"card_type": "text_notice"}, 42045),
        ({"card_type": "poem"}, 40058),
        (LISTS | {"select_list": LISTS["select_list"] * 2}, 40058),
        (LISTS | {"select_list": [LISTS["select_list"][0]] * 2}, 40058),
        (LISTS | {"select_list": [LISTS["select_list"][0] | {"option_list": OPTIONS + OPTIONS}]}, 40058),
        (LISTS | {"submit_button": {"text": "核定"}}, 40058),
        (VOTE | {"submit_button": {"key": "ok"}}, 40058),
        (VOTE | {"checkbox": VOTE["checkbox"] | {"mode": 2}}, 40058),
    ],
)
def test_a_wrong_card_is_refused(client: WeChatClient, world: World, change: dict[str, Any], code: int) -> None:
    with pytest.raises(WeChatClientException) as caught:
        send(client, CARD | change)
    assert int(caught.value.errcode) == code
    assert from_bot(world) == []


def test_a_task_id_is_taken_once(client: WeChatClient) -> None:
    send(client, CARD)
    with pytest.raises(WeChatClientException):
        send(client, CARD)
    send(client, CARD | {"task_id": "t-3"})


def test_a_message_is_taken_back_within_a_day(client: WeChatClient, world: World, clock: HandClock) -> None:
    first, second = (client.message.send_text(demo.AGENT_ID, "limin|zhouqiang", "写错了")["msgid"] for _ in range(2))
    client.post("message/recall", data={"msgid": first})
    assert [("撤回" in message.text) for message in from_bot(world)] == [True, True, False, False]
    assert refusal(client, "message/recall", msgid="made-up") == 40058
    clock.pass_by(hours=24)
    client.session.set(client.access_token_key, world.tokens["wecom"].issue("app")[0])
    assert refusal(client, "message/recall", msgid=second) == 40058
