"""审批: what the platform's own approvals change here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import pytest

from bot.clock import SCHOOL_TZ
from bot.domain.people import Account
from bot.facts import Approval, Ask, Decision
from tests.kit.stage import Stage

pytestmark = pytest.mark.needs("facts")


def approval(
    school: Stage,
    who: str,
    *,
    number: str = "202611230001",
    decision: Decision = Decision.AGREED,
    span: tuple[str, str] | None = ("2026-11-25 13:00", "2026-11-25 18:00"),
    template: str = "form-1",
    title: str = "王小燕提交的请假",
    kind: str = "病假",
    fields: Mapping[str, str] | None = None,
) -> Approval:
    first, last = (datetime.fromisoformat(each).replace(tzinfo=SCHOOL_TZ) for each in span) if span else (None, None)
    return Approval(number, template, title, school.account(who), decision, kind, first, last, fields or {})


def means(school: Stage, means: str, template: str = "form-1") -> None:
    """What the school's settings say of a form, as the next start writes it down."""
    school.restart(approval=[{"template": template, "means": means}])


@pytest.mark.routines("shared_meal")
def test_an_agreed_leave_takes_the_person_out_of_prompts(school: Stage) -> None:
    """A half day is a whole one; the office hears of it as of 请假, and the turn on duty is pointed out."""
    leave = approval(school, "李敏", span=("2026-11-23 13:00", "2026-11-23 18:00"), kind="事假")
    assert school.tells(Ask.APPROVAL, leave, about=leave.number) == [
        "bot → 李敏: 您的请假批下来了：11月23日（周一），这几天不问您。提前回来回「销假」。",
        "    ⚠️ 其中11月23日（周一）您值班，请找人替：回「替班」加姓名。",
        "bot → 吴静: 李敏请假：11月23日（周一），事假。",
    ]
    school.plays("""
        [2026-11-23 12:30]
        李敏: 销假
        bot: 欢迎回来，从现在起照常提醒。
    """)


def test_the_same_approval_twice_does_nothing_twice(school: Stage) -> None:
    leave = approval(school, "王小燕")
    assert len(school.tells(Ask.APPROVAL, leave)) == 2
    assert school.tells(Ask.APPROVAL, leave) == []
    school.plays("""
        王小燕: 销假
        bot: 欢迎回来，从现在起照常提醒。
    """)
    assert school.tells(Ask.APPROVAL, leave) == [], "caught up later, it does not send her away again"
    school.plays("""
        王小燕: 销假
        bot: 没有登记请假。
    """)


def test_a_leave_that_was_taken_back_ends(school: Stage) -> None:
    span = ("2026-11-25 08:00", "2026-11-27 18:00")
    school.tells(Ask.APPROVAL, approval(school, "王小燕", span=span))
    taken_back = approval(school, "王小燕", span=span, decision=Decision.WITHDRAWN)
    assert school.tells(Ask.APPROVAL, taken_back) == [
        "bot → 王小燕: 11月25日（周三）到11月27日（周五）的请假在审批里撤了，照常提醒。",
        "bot → 吴静: 王小燕的请假撤了：11月25日（周三）到11月27日（周五）。",
    ]
    assert school.tells(Ask.APPROVAL, taken_back) == []
    with school.store() as store:
        assert store.people.away(date(2026, 11, 26)) == frozenset()


def test_what_was_said_by_hand_and_is_approved_too_is_one_leave(school: Stage) -> None:
    school.plays("""
        王小燕: 请假 周三 看病
        bot: 好，11月25日（周三）请假，这几天不问您。提前回来回「销假」。
        bot → 吴静: 王小燕请假：11月25日（周三），看病。
    """)
    assert school.tells(Ask.APPROVAL, approval(school, "王小燕")) == []
    school.tells(Ask.APPROVAL, approval(school, "王小燕", decision=Decision.WITHDRAWN))
    with school.store() as store:
        assert store.people.away(date(2026, 11, 25)) == frozenset()


@pytest.mark.parametrize(
    "other",
    [
        {"decision": Decision.RUNNING},
        {"decision": Decision.REFUSED},
        {"title": "王小燕提交的用车申请", "kind": ""},
        {"span": None},
    ],
    ids=str,
)
def test_what_is_no_agreed_leave_changes_nothing(school: Stage, other: dict[str, object]) -> None:
    assert school.tells(Ask.APPROVAL, approval(school, "王小燕", **other)) == []  # type: ignore[arg-type]
    with school.store() as store:
        assert store.people.away(date(2026, 11, 25)) == frozenset()


def test_a_stranger_on_leave_is_nobodys_news(school: Stage) -> None:
    school.stranger("新号")
    assert school.tells(Ask.APPROVAL, approval(school, "新号")) == []


def test_the_settings_say_that_a_form_is_leave_whatever_it_is_called(school: Stage) -> None:
    means(school, "leave")
    outing = approval(school, "王小燕", title="外出登记", kind="")
    assert school.tells(Ask.APPROVAL, outing)[0].startswith("bot → 王小燕: 您的请假批下来了")


def test_the_settings_say_that_a_form_has_no_effect(school: Stage) -> None:
    means(school, "nothing")
    assert school.tells(Ask.APPROVAL, approval(school, "王小燕", title="学生请假")) == []


@pytest.mark.routines("monday_tasks")
def test_a_form_says_that_a_task_is_done(school: Stage) -> None:
    school.task("赵海峰", "报下周维修用料清单", date(2026, 11, 26))
    school.task("赵海峰", "检查取暖设备", date(2026, 11, 27))
    means(school, "task_done")
    school.at("2026-11-23 07:30")
    done = approval(school, "赵海峰", title="用料审批", kind="", span=None, fields={"任务": "2"})
    said = ["bot → 赵海峰: ✅ 审批通过，记下了：检查取暖设备。"]
    assert school.tells(Ask.APPROVAL, done) == said
    assert school.tells(Ask.APPROVAL, done) == []
    school.plays("""
        赵海峰: 完成
        bot: ✅ 记下了：报下周维修用料清单。
    """)


@pytest.mark.routines("monday_tasks")
def test_a_form_puts_a_task_off(school: Stage) -> None:
    school.task("赵海峰", "报下周维修用料清单", date(2026, 11, 26))
    means(school, "task_deferred")
    school.at("2026-11-23 07:30")
    fields = {"任务": "1 用料清单", "延期到": "2026-11-30"}
    later = approval(school, "赵海峰", title="延期申请", kind="", span=None, fields=fields)
    said = ["bot → 赵海峰: ✅ 审批通过，报下周维修用料清单延到11月30日（周一）。"]
    assert school.tells(Ask.APPROVAL, later) == said
    lost = approval(school, "赵海峰", number="2", title="延期申请", kind="", span=None, fields={"任务": "7"})
    assert school.tells(Ask.APPROVAL, lost) == [
        "bot → 赵海峰: 「延期申请」批下来了，可对不上是哪一项任务，或没写清延到哪天。",
        "    做完了请回「完成」，要延期请回「延期」加编号和日子。",
        "bot → 吴静: 赵海峰的「延期申请」批下来了，可对不上是哪一项任务，或没写清延到哪天。",
        "    请和本人核对一下。",
    ]


def test_wecoms_account_ids_have_no_case(school: Stage) -> None:
    leave = approval(school, "王小燕")
    shouted = Approval(
        leave.number,
        leave.template,
        leave.title,
        leave.account.upper(),
        leave.decision,
        leave.kind,
        leave.first,
        leave.last,
    )
    known = school.platform == "wecom"
    assert bool(school.tells(Ask.APPROVAL, shouted)) is known
    with school.store() as store:
        account = store.people.account(school.platform, leave.account)
        assert isinstance(account, Account)
