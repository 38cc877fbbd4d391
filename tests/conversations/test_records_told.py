"""打卡、收集表、汇报: what people wrote or did in the platform's own tools counts here."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot.clock import SCHOOL_TZ
from bot.context import Run
from bot.domain.absences import Leave
from bot.emulator import wecom_office
from bot.facts import Ask, FormAnswer, Punch, WorkReport
from schedules import collects_forms, reads_reports
from tests.kit.stage import Stage

pytestmark = pytest.mark.needs("facts")

ATTENDANCE = """
title: 早上打卡
about: 每个上学日 07:50：看谁还没打卡
asks: attendance
when: school_days 07:50
window: 2h
late_by: 1h
post: [moral_office, academic_office, facilities, safety_officer]
owner: office
"""
FORM = """
title: 教研小结
about: 每个上学日 08:00：教研组长写几句
asks: lines
form: FORM-7
when: school_days 08:00
window: 4h
late_by: 1h
post: [subject_leader, facilities]
owner: academic_office
hint: 收集表里填也行。
"""


def routine(school: Stage, home: Path, name: str, text: str) -> None:
    """The school writes one more file of templates/routines."""
    (home / "routines" / f"{name}.yaml").write_text(text, "utf-8")
    school.restart()
    rings = (name, "opens_rounds", "nudges_the_missing", "closes_rounds")
    school.app.scheduler.schedules = [
        each for each in school.app.registry.schedules if each.name in rings or each.name == f"opens_rounds/{name}"
    ]


def at(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=SCHOOL_TZ)


@pytest.mark.routines()
def test_who_has_not_clocked_in_is_listed_for_the_owner_alone(school: Stage, tmp_path: Path) -> None:
    school.world.ding_office.withheld.add("/attendance")  # the app may not read it; WeCom's may not either
    routine(school, tmp_path, "attendance", ATTENDANCE)

    def away(session: Session) -> None:
        person = school.person(session, "周强")
        day = date(2026, 11, 23)
        session.add(Leave(school_id=person.school_id, person=person, first=day, last=day, said_at=at(7, 0)))

    school.app.writer.do(away)
    assert school.at("2026-11-23 07:50") == [], "nobody is asked in the chat"
    punches = (
        Punch(school.account("孙丽"), "on", at(7, 31), at(7, 40)),
        Punch(school.account("刘洋"), "on", at(7, 48), at(7, 40), "迟到 8 分钟"),
        Punch(school.account("赵海峰"), "on", None, at(7, 40), "未打卡"),
    )
    assert school.tells(Ask.PUNCHES, *punches, about="2026-11-23") == [
        "bot → 吴静: 早上打卡（11月23日（周一））",
        "    还没打卡 1 人：赵海峰。",
        "    - 刘洋：迟到 8 分钟",
    ]
    assert school.at("2026-11-23 12:00") == [], "it is over with the list"


@pytest.mark.on("wecom app", "dingtalk robot/sqlite")
@pytest.mark.routines()
def test_what_was_punched_on_the_platform_is_asked_when_the_routine_rings(school: Stage, tmp_path: Path) -> None:
    """One came on time, one late, one not at all; one clocked out alone; who is away is not missed."""
    routine(school, tmp_path, "attendance", ATTENDANCE)
    punched(school, "孙丽", at(7, 31))
    punched(school, "刘洋", at(7, 44), late=True)
    school.plays("""
        周强: 请假 今天 看病
        bot: 好，11月23日（周一）请假，这几天不问您。提前回来回「销假」。
        bot → 吴静: 周强请假：11月23日（周一），看病。
    """)
    assert school.at("2026-11-23 07:50") == [
        "bot → 吴静: 早上打卡（11月23日（周一））",
        "    还没打卡 1 人：赵海峰。",
        f"    - 刘洋：{'时间异常' if school.platform == 'wecom' else '迟到'}",
    ]
    assert school.at("2026-11-23 12:00") == []


def punched(school: Stage, who: str, when: datetime, *, late: bool = False) -> None:
    if school.platform == "wecom":
        wrong = "时间异常" if late else ""
        wecom_office.punch(school.world, school.id_of(who), "上班打卡", when, at(7, 40), wrong)
    else:
        school.world.ding_office.punch(who, at(7, 40), when, result="Late" if late else "Normal")


@pytest.mark.on("dingtalk robot/sqlite")
@pytest.mark.routines("evening_duty_report", "reads_reports")
def test_a_duty_that_was_written_in_dingtalks_own_log_is_reported_here(school: Stage) -> None:
    """The same on WeCom stands in test_wecom_office.py."""
    school.at("2026-11-23 20:30")
    assert school.happens(lambda: school.world.ding_office.write_report("李敏", "值班日志", 放学="东门有序")) == []
    assert school.at("2026-11-23 21:31")[-1] == "bot → 张建国: 11月23日（周一）值班情况：李敏已报。"


@pytest.mark.routines()
def test_where_the_platform_does_not_tell_the_owner_is_told_so(school: Stage, tmp_path: Path) -> None:
    school.world.ding_office.withheld.add("/attendance")  # the app may not read it; WeCom's may not either
    routine(school, tmp_path, "attendance", ATTENDANCE)
    assert school.at("2026-11-23 12:00") == ["bot → 吴静: 早上打卡：没有从平台取到打卡记录，请在打卡应用里看。"]


@pytest.mark.routines()
def test_an_answer_in_the_form_counts_as_one_in_the_chat(school: Stage, tmp_path: Path) -> None:
    routine(school, tmp_path, "notes", FORM)
    asked = school.at("2026-11-23 08:00")
    assert [line for line in asked if line.startswith("bot")] == ["bot → 郑凯: 教研小结", "bot → 赵海峰: 教研小结"]
    with school.store() as store:
        questions = collects_forms.collect(Run(at(11, 2), at(11, 2), store)).questions
        assert [(question.what, question.about) for question in questions] == [(Ask.FORM, "FORM-7")]
    school.clock.turn_to(at(9, 0))
    answer = FormAnswer("FORM-7", "a1", school.account("郑凯"), "郑凯", at(8, 40), {"本周": "磨课两节", "问题": ""})
    outside = FormAnswer("FORM-7", "a2", "", "过路人", at(8, 41), {"本周": "看看"})
    corrected = FormAnswer("FORM-7", "a1", school.account("郑凯"), "郑凯", at(8, 50), {"本周": "磨课三节"})
    for facts in ((answer, outside), (answer,), (corrected,)):
        assert school.tells(Ask.FORM, *facts, about="FORM-7") == []
    assert school.at("2026-11-23 12:00") == [
        "bot → 赵海峰: 赵海峰，教研小结还没收到您的，12:00收口。一两句话就行。",
        "bot → 孙丽: 教研小结（11月23日（周一）08:00）",
        "    回了 1 人，没回 1 人：赵海峰。",
        "    - 郑凯：本周：磨课三节",
    ]


@pytest.mark.routines("evening_duty_report")
def test_a_report_in_the_platforms_own_tool_is_the_evenings_duty_report(school: Stage) -> None:
    school.at("2026-11-23 18:00")
    with school.store() as store:
        evening = at(21, 0)
        assert [each.what for each in reads_reports.look(Run(evening, evening, store)).questions] == [Ask.WORK_REPORTS]
    report = WorkReport("r1", school.account("李敏"), "日报", at(17, 50), {"放学": "东门有序", "其他": "无"})
    others = WorkReport("r2", school.account("王小燕"), "日报", at(17, 55), {"今天": "批作业"})
    for _ in range(2):
        assert school.tells(Ask.WORK_REPORTS, report, others, about="2026-11-23") == []
    with school.store() as store:
        filed = store.reports.of(store.people.named("李敏")[0], date(2026, 11, 23))
        assert filed is not None and filed.filed_at is not None
        assert [entry.text for entry in filed.entries] == ["放学：东门有序；其他：无"]
        assert store.reports.of(store.people.named("王小燕")[0], date(2026, 11, 23)) is None
        assert reads_reports.look(Run(at(21, 0), at(21, 0), store)).questions == ()
    late = school.at("2026-11-23 21:31")
    assert not any(line.startswith("bot → 李敏") for line in late)
