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
from bot.facts import Ask, FormAnswer
from bot.platforms import wecom_forms
from bot.platforms.tally import Tally
from bot.platforms.wecom_calls import Call, WecomCalls
from bot.platforms.wecom_facts import WecomFacts
from bot.platforms.wecom_forms import Question
from tests.emulator.emulated import MONDAY, HandClock

WAYS = Question("怎么来的", ("步行", "家长送"))


@pytest.fixture
def api(server: EmulatorServer, clock: HandClock) -> Call:
    return WecomCalls(demo.CORP_ID, demo.WECOM_SECRET, server.url, clock, Tally()).call


@pytest.fixture
def form(api: Call) -> str:
    return wecom_forms.create(api, "返校情况", "周一早上填", (Question("路上平安吗"), WAYS))


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
        (form, {"没有这一题": "x"}),
        (form, {"怎么来的": "飞"}),
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
