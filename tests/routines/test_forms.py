"""收集表: where the platform can, a check gets a form of its own; where it cannot, or will not, people are asked in the chat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import App
from bot.clock import SCHOOL_TZ
from bot.emulator.records import Refused
from bot.emulator.wecom_forms import answer_form
from bot.facts import Ask, Fact
from bot.platforms.base import Informant
from bot.store.records import Errand, ErrandState
from bot.store.session import reading
from handlers import form_made
from tests.kit.stage import Stage

CHECK = """
title: 办公区安全自查
about: 每周一 08:00：请三个处室在收集表里自查，等到 11:20；有问题的登记成隐患
asks: checklist
form: make
when: school_days 08:00 mon
window: 200min
late_by: 1h
post: [academic_office, facilities, subject_leader]
owner: safety_officer
items: [灭火器, 插座和电线]
finding: hazard
hint: 每间办公室都看一眼。
"""
NOTES = """
title: 教研小结
about: 每个上学日 08:00：教研组长写几句
asks: lines
form: make
when: school_days 08:00
window: 200min
late_by: 1h
post: subject_leader
owner: academic_office
"""


def routine(school: Stage, home: Path, text: str = CHECK) -> None:
    """The school writes one more file of templates/routines."""
    (home / "routines" / "office_check.yaml").write_text(text, "utf-8")
    school.restart()
    rings = ("opens_rounds/office_check", "collects_forms", "nudges_the_missing", "closes_rounds")
    school.app.scheduler.schedules = [each for each in school.app.registry.schedules if each.name in rings]


def asked(name: str) -> list[str]:
    return [
        f"bot → {name}: 办公区安全自查",
        "    每间办公室都看一眼。",
        "    请在收集表里填：〔链接〕",
        "    不方便填，直接回我也行：都正常回「正常」，有问题写一句哪一项、怎么了；这次没有，回「免」加原因。11:20前都可以。",
    ]


ASKED_IN_THE_CHAT = [
    "bot → 郑凯: 办公区安全自查",
    "    1. 灭火器",
    "    2. 插座和电线",
    "    每间办公室都看一眼。",
    "    都正常回「正常」；有问题回编号加一句话，例如「2 有问题」；这次没有，回「免」加原因。11:20前都可以。",
]


def fills_in(school: Stage, who: str, **said: str) -> list[str]:
    (form,) = school.world.office.forms.values()
    return school.happens(lambda: answer_form(school.world, form.link, school.id_of(who), said))


def errands(school: Stage) -> list[tuple[str, ErrandState]]:
    with reading(school.app.engine) as session:
        return [(row.what.value, row.state) for row in session.scalars(select(Errand).order_by(Errand.id))]


@pytest.mark.on("wecom app", "wecom app/postgresql")
@pytest.mark.routines()
def test_a_monday_check_through_a_form(school: Stage, tmp_path: Path) -> None:
    """Two hand in, one of them with a finding; the third is reminded once, alone, and stands on the list."""
    routine(school, tmp_path)
    assert school.at("2026-11-23 08:00") == [*asked("孙丽"), *asked("赵海峰"), *asked("郑凯")]
    assert len(school.world.office.forms) == 1
    assert fills_in(school, "孙丽", 灭火器="正常", 插座和电线="正常") == []
    assert fills_in(
        school, "赵海峰", 灭火器="正常", 插座和电线="有问题", **{"插座和电线：哪里有问题": "二楼插座松动"}
    ) == [
        "bot → 赵海峰: ⚠️ 请整改隐患 1：插座和电线：二楼插座松动",
        "    赵海峰 11月23日（周一）08:00 报，11月26日（周四）前改好。",
        "    改好后拍张照片，回「整改 1」。",
        "bot → 周强: ⚠️ 新隐患 1：插座和电线：二楼插座松动",
        "    赵海峰 11月23日（周一）08:00 报，由赵海峰整改，11月26日（周四）前。",
    ]
    assert school.at("2026-11-23 11:00") == [
        "bot → 郑凯: 郑凯，办公区安全自查还没收到您的，11:20收口。收集表在这里：〔链接〕"
    ]
    assert school.at("2026-11-23 11:20") == [
        "bot → 周强: 办公区安全自查（11月23日（周一）08:00）",
        "    回了 2 人，没回 1 人：郑凯。",
        "    - 赵海峰：插座和电线，二楼插座松动",
    ]
    with pytest.raises(Refused, match="结束"):
        fills_in(school, "郑凯", 灭火器="正常", 插座和电线="正常")
    assert {state for _, state in errands(school)} == {ErrandState.DONE}


@pytest.mark.on("wecom app", "wecom app/postgresql")
@pytest.mark.routines()
def test_who_hands_in_as_the_form_closes_is_in_time_though_off_the_list(school: Stage, tmp_path: Path) -> None:
    """The event of it got lost; the last look finds it. What was said in the chat before, a form does not overwrite."""
    routine(school, tmp_path)
    school.at("2026-11-23 08:00")
    school.plays("""
        赵海峰: 正常
        bot: ✅ 办公区安全自查记下了，都正常。
    """)
    fills_in(school, "赵海峰", 灭火器="正常", 插座和电线="有问题")
    school.at("2026-11-23 11:19")
    school.world.post, post = (lambda *_: (503, {}, b"")), school.world.post
    fills_in(school, "郑凯", 灭火器="有问题", 插座和电线="正常")
    school.world.post = post
    said = school.at("2026-11-23 11:20")
    assert said[:2] == ["bot → 周强: 办公区安全自查（11月23日（周一）08:00）", "    回了 1 人，没回 2 人：孙丽、郑凯。"]
    assert any("请整改隐患 1：灭火器：有问题" in line for line in said)
    with school.store() as store:
        asked_round = store.rounds.opened("office_check", at(8, 0))
        assert asked_round is not None
        late = next(item for item in asked_round.assignments if item.person.name == "郑凯")
        assert (late.state, late.on_time, late.answer["bad"]) == ("done", True, {"1": "有问题"})


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.on("wecom app")
@pytest.mark.parametrize("what", [Ask.NEW_FORM, Ask.FORM_LINK])
@pytest.mark.routines()
def test_a_crash_after_the_platform_answered_sends_nobody_to_a_second_form(
    school: Stage, tmp_path: Path, what: Ask
) -> None:
    """Between making the form and keeping its id: the first one is nobody's. After that: the first one it stays."""
    routine(school, tmp_path, NOTES)
    dies_when_told(school.app, what)
    with pytest.raises(Killed):
        school.at("2026-11-23 08:00")
    assert len(school.world.office.forms) == 1
    school.restart()
    said = school.at("2026-11-23 08:05")
    assert said == [
        "bot → 郑凯: 教研小结",
        "    请在收集表里填：〔链接〕",
        "    不方便填，直接回我也行；这次没有，回「免」加原因。11:20前都可以。",
    ]
    forms = list(school.world.office.forms.values())
    assert len(forms) == (2 if what is Ask.NEW_FORM else 1)
    assert [form.link for form in forms if any(form.link in line.text for line in school.world.messages())] == [
        forms[-1].link
    ]
    school.happens(lambda: answer_form(school.world, forms[-1].link, "zheng", {"请写在这里": "磨课两节"}))
    assert school.at("2026-11-23 11:20")[-1] == "    - 郑凯：磨课两节"


def dies_when_told(app: App, what: Ask) -> None:
    """As by kill -9, after the platform did its part and before anything was noted down."""
    connection = app.connections.informants("demo", what)[0].platform
    assert isinstance(connection, Informant)
    real: Callable[[Ask, str], tuple[Fact, ...]] = connection.ask

    def ask(asked_what: Ask, about: str) -> tuple[Fact, ...]:
        answered = real(asked_what, about)
        if asked_what is what:
            raise Killed
        return answered

    connection.ask = ask  # type: ignore[method-assign]


@pytest.mark.on("wecom app")
@pytest.mark.routines()
def test_where_no_form_comes_people_are_asked_in_the_chat(school: Stage, tmp_path: Path) -> None:
    """The app may not make forms: the operator reads what to click in `xiaoling doctor`, nobody waits for it."""
    routine(school, tmp_path, CHECK.replace("[academic_office, facilities, subject_leader]", "subject_leader"))
    school.world.office.forms_withheld = True
    assert school.at("2026-11-23 08:00") == ASKED_IN_THE_CHAT
    assert errands(school) == [("new_form", ErrandState.LOST)]
    assert school.world.office.forms == {}
    school.plays("""
        郑凯: 正常
        bot: ✅ 办公区安全自查记下了，都正常。
    """)


@pytest.mark.on("dingtalk robot/sqlite")
@pytest.mark.routines()
def test_a_platform_that_makes_no_forms_is_not_asked_to(school: Stage, tmp_path: Path) -> None:
    routine(school, tmp_path)
    assert school.at("2026-11-23 08:00")[-5:] == ASKED_IN_THE_CHAT
    assert errands(school) == []


def test_what_a_filled_in_form_says_of_a_checklist() -> None:
    """What is wrong without a word is wrong all the same; a note to what is right is a remark; other questions are kept."""
    said = {
        "灭火器": "正常",
        "灭火器：哪里有问题": "有点脏",
        "插座": "有问题",
        "门": "有问题",
        "门：哪里有问题": "锁坏",
        "其他": "没",
    }
    ticks, besides = form_made.ticks(["灭火器", "插座", "门", "窗"], said)
    assert (ticks.good, ticks.bad, ticks.remark) == ({1}, {2: "有问题", 3: "锁坏"}, "灭火器：有点脏")
    assert besides == {"其他": "没"}


def at(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=SCHOOL_TZ)
