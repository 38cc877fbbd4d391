"""WeCom's collection forms: made and read by the bot's own calls, answered at the emulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.records import Refused
from bot.emulator.wecom_forms import answer_form
from bot.emulator.world import World
from bot.errors import GiveUp
from bot.facts import Ask, FormAnswer, FormQuestion, NewForm
from bot.platforms import wecom_forms
from bot.platforms.tally import Tally
from bot.platforms.wecom_calls import Call, WecomCalls
from bot.platforms.wecom_facts import WecomFacts
from tests.emulator.emulated import MONDAY, HandClock

WAYS = FormQuestion("怎么来的", ("步行", "家长送"), needed=False)


@pytest.fixture
def api(server: EmulatorServer, clock: HandClock) -> Call:
    return WecomCalls(demo.CORP_ID, demo.WECOM_SECRET, server.url, clock, Tally()).call


@pytest.fixture
def form(api: Call) -> str:
    return wecom_forms.create(api, NewForm("返校情况", "周一早上填", (FormQuestion("路上平安吗"), WAYS)))


def read(api: Call, form: str, clock: HandClock) -> list[FormAnswer]:
    return [one for one in WecomFacts(api, clock).ask(Ask.FORM, form) if isinstance(one, FormAnswer)]


def test_a_form_is_made_answered_and_read(api: Call, form: str, world: World, clock: HandClock) -> None:
    assert read(api, form, clock) == []
    answer_form(world, form, "wang", {"路上平安吗": "平安", "怎么来的": "步行"})
    answer_form(world, form, "", {"路上平安吗": "平安"}, outside="小禾妈妈")
    own, outside = read(api, form, clock)
    assert (own.form, own.account, own.name, own.at) == (form, "wangxiaoyan", "王小燕", MONDAY)
    assert own.fields == {"路上平安吗": "平安", "怎么来的": "步行"}
    assert (outside.account, outside.name, outside.fields) == ("", "小禾妈妈", {"路上平安吗": "平安"})
    assert own.id != outside.id


def test_a_new_period_is_read_with_the_old_one_while_it_is_late(
    api: Call, form: str, world: World, clock: HandClock
) -> None:
    answer_form(world, form, "wang", {"路上平安吗": "平安"})
    world.office.forms[form].begin()
    clock.pass_by(days=7)
    answer_form(world, form, "chen", {"路上平安吗": "堵车"})
    assert [one.account for one in read(api, form, clock)] == ["wangxiaoyan", "chenxiao"]
    clock.pass_by(days=9)
    assert [one.account for one in read(api, form, clock)] == ["chenxiao"]


def test_more_than_a_hundred_answers_are_read_in_pieces(api: Call, form: str, world: World, clock: HandClock) -> None:
    for number in range(101):
        answer_form(world, form, "", {"路上平安吗": str(number)}, outside=f"家长{number}")
    assert [one.fields["路上平安吗"] for one in read(api, form, clock)] == [str(number) for number in range(101)]


def test_a_form_of_somebody_elses_is_refused(api: Call, clock: HandClock) -> None:
    with pytest.raises(GiveUp):
        read(api, "FORM-of-nobody", clock)


def test_what_people_cannot_answer(form: str, world: World) -> None:
    wrong: tuple[tuple[str, dict[str, str]], ...] = (
        ("FORM-of-nobody", {}),
        (form, {"路上平安吗": "平安", "没有这一题": "x"}),
        (form, {"路上平安吗": "平安", "怎么来的": "飞"}),
        (form, {"怎么来的": "步行"}),
    )
    for name, said in wrong:
        with pytest.raises(Refused):
            answer_form(world, name, "wang", said)


ITEM = {"question_id": 1, "title": "几点到", "pos": 1, "status": 1, "reply_type": 1}


@pytest.mark.parametrize(
    "items",
    [
        [], [ITEM] * 201, [ITEM, ITEM], [ITEM | {"pos": 2}], [ITEM | {"title": ""}], [ITEM | {"reply_type": 99}],
        [ITEM | {"reply_type": 2}], [ITEM | {"status": 2}],
    ],
)  # fmt: skip
def test_a_form_that_is_wrong_is_not_made(api: Call, world: World, items: list[dict[str, Any]]) -> None:
    info = {"form_title": "返校情况", "form_question": {"items": items}}
    with pytest.raises(GiveUp):
        api("POST", "/cgi-bin/wedoc/create_form", {"form_info": info})
    assert world.office.forms == {}


def test_a_statistic_counts_and_goes_page_by_page(api: Call, form: str, world: World, clock: HandClock) -> None:
    several = {"form_setting": {"allow_multi_fill": True}}
    api("POST", "/cgi-bin/wedoc/modify_form", {"oper": 2, "formid": form, "form_info": several})
    for person in ("wang", "chen", "wang"):
        answer_form(world, form, person, {"路上平安吗": "平安"})
    (part,) = world.office.forms[form].parts
    counted = api("POST", "/cgi-bin/wedoc/get_form_statistic", {"repeated_id": part, "req_type": 1})
    assert (counted["fill_cnt"], counted["fill_user_cnt"]) == (3, 2)
    now = clock.now()
    span = {"start_time": int((now - timedelta(days=1)).timestamp()), "end_time": int(now.timestamp())}
    asked = {"repeated_id": part, "req_type": 2, "limit": 2, **span}
    first = api("POST", "/cgi-bin/wedoc/get_form_statistic", asked | {"cursor": 0})
    last = api("POST", "/cgi-bin/wedoc/get_form_statistic", asked | {"cursor": first["cursor"]})
    assert [len(each["submit_users"]) for each in (first, last)] == [2, 1]
    assert (first["has_more"], last["has_more"]) == (True, False)
    missing = api("POST", "/cgi-bin/wedoc/get_form_statistic", {"repeated_id": part, "req_type": 3, "limit": 100})
    assert len(missing["unfill_users"]) == missing["unfill_user_cnt"] == len(world.people()) - 2


def test_a_form_for_some_closes_by_itself_and_takes_one_answer_each(api: Call, world: World, clock: HandClock) -> None:
    until = clock.now() + timedelta(hours=2)
    new = NewForm("消防检查", "", (FormQuestion("灭火器", ("正常", "有问题")),), ("wangxiaoyan",), until)
    form = wecom_forms.create(api, NewForm.read(new.text()))
    link = wecom_forms.link(api, form)
    answer_form(world, link, "wang", {"灭火器": "正常"})
    for person, why in (("wang", "填过了"), ("chen", "不是给您填的")):
        with pytest.raises(Refused, match=why):
            answer_form(world, link, person, {"灭火器": "正常"})
    clock.pass_by(hours=2)
    with pytest.raises(Refused, match="结束"):
        answer_form(world, form, "wang", {"灭火器": "正常"})
    assert [one.fields for one in read(api, form, clock)] == [{"灭火器": "正常"}]


@pytest.mark.parametrize(
    "setting",
    [{"fill_out_auth": 1}, {"fill_out_auth": 7}, {"timed_finish": "soon"}, {"fill_in_range": {"userids": ["nobody"]}}],
    ids=str,
)
def test_settings_that_are_wrong_are_refused(api: Call, form: str, setting: dict[str, Any]) -> None:
    with pytest.raises(GiveUp):
        api("POST", "/cgi-bin/wedoc/modify_form", {"oper": 2, "formid": form, "form_info": {"form_setting": setting}})
    with pytest.raises(GiveUp):
        api("POST", "/cgi-bin/wedoc/modify_form", {"oper": 3, "formid": form, "form_info": {}})
    with pytest.raises(GiveUp):
        wecom_forms.link(api, "FORM-of-nobody")


def test_new_questions_replace_the_old_ones(api: Call, form: str, world: World) -> None:
    info = {"form_title": "返校情况（改）", "form_question": {"items": [ITEM]}}
    api("POST", "/cgi-bin/wedoc/modify_form", {"oper": 1, "formid": form, "form_info": info})
    answer_form(world, form, "wang", {"几点到": "七点半"})
    shown = api("POST", "/cgi-bin/wedoc/get_form_info", {"formid": form})["form_info"]
    assert (shown["form_title"], len(shown["form_question"]["items"])) == ("返校情况（改）", 1)
