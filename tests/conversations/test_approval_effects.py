"""审批 that the school's settings give a meaning: 整改延期, 换班, 任务; what cannot be done is told, what is revoked undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from bot.domain.people import Post
from bot.emulator import demo, wecom_office
from bot.facts import Ask, Decision
from tests.conversations.test_approval_decided import approval, means
from tests.kit.stage import Stage, stage

pytestmark = pytest.mark.on("wecom app", "dingtalk robot/sqlite")

EXTENSION, SWAP = "PROC-MORE-TIME", "PROC-SWAP"
SETTINGS = [
    {"template": EXTENSION, "means": "hazard_extension", "until": "延至"},
    {"template": SWAP, "means": "duty_swap"},
]
THURSDAY = date(2026, 11, 26)


@pytest.fixture
def school(platform: str, database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """With DingTalk's events beside the robot, and two forms in the settings."""
    with stage(platform, database_url, tmp_path, routines=()) as play:
        changed: dict[str, object] = {"approval": SETTINGS}
        if platform == "dingtalk":
            url = play.world.url
            known = demo.settings_data(url, 8000)["school"][0]["connection"]
            changed["connection"] = [each for each in known if each["platform"] == "dingtalk"]
            changed["connection"] += [demo.dingtalk_events_data(url)]  # type: ignore[operator]
        play.restart(**changed)
        assert platform == "wecom" or play.world.ding_office.events.subscribe()
        yield play


def agreed(
    school: Stage, who: str, template: str, title: str, **said: str
) -> tuple[list[str], Callable[[], list[str]]]:
    """A form is handed in and agreed to. What the bot then says, and how the form is revoked."""
    world, numbers = school.world, list[str]()
    if school.platform == "wecom":
        person = school.id_of(who)
        apply = lambda: numbers.append(wecom_office.apply_form(world, person, template, title, said))  # noqa: E731
        assert school.happens(apply) == []
        heard = school.happens(lambda: wecom_office.decide(world, numbers[0], agreed=True))
        return heard, lambda: school.happens(lambda: wecom_office.withdraw(world, numbers[0]))
    office = world.ding_office
    assert school.happens(lambda: numbers.append(office.apply_form(who, template, title, **said))) == []
    heard = school.happens(lambda: office.decide(numbers[0], agreed=True))
    return heard, lambda: school.happens(lambda: office.revoke(numbers[0]))


def test_an_agreed_extension_moves_the_hazards_deadline_and_a_revoked_one_moves_it_back(school: Stage) -> None:
    """Owner, inspector and writer hear of it; nobody is reminded of the old day, and again of the new one."""
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    heard, revoke = agreed(school, "赵海峰", EXTENSION, "整改延期", 隐患编号="隐患 1", 延至="2026-12-03", 原因="等配件")
    assert heard == [
        "bot → 赵海峰: ✅ 审批通过，隐患 1（三楼东侧消防栓漏水）延到12月3日（周四）。",
        "bot → 周强: ✅ 审批通过，隐患 1（三楼东侧消防栓漏水）延到12月3日（周四）。赵海峰申请的。",
    ]
    assert school.at("2026-11-27 18:00") == []
    assert revoke() == [
        "bot → 赵海峰: 隐患 1（三楼东侧消防栓漏水）的延期在审批里撤了，期限还是11月26日（周四）。",
        "bot → 周强: 隐患 1（三楼东侧消防栓漏水）的延期在审批里撤了，期限还是11月26日（周四）。",
    ]
    assert any(line.startswith("bot → 赵海峰: ⚠️ 到期还没改好") for line in school.at("2026-11-30 17:01"))
    again, _ = agreed(school, "赵海峰", EXTENSION, "整改延期", 隐患编号="1", 延至="2026-12-01")
    assert len(again) == 2
    assert school.at("2026-11-30 23:00") == []
    assert any(line.startswith("bot → 赵海峰: ⚠️ 到期还没改好") for line in school.at("2026-12-01 17:01")), (
        "the ladder starts anew with the new day"
    )


IN_VAIN = (
    # the hazard's number, the day, what is wrong
    ("7", "2026-12-03", "没有隐患 7"),
    ("", "2026-12-03", "没写清是几号隐患"),
    ("1", "2026-12-03", "隐患 1 已经不在整改了，期限没有动"),
    ("2", "等配件到了", "没写清隐患 2 延到哪天，或比现在的期限还早"),
    ("2", "2026-11-24", "没写清隐患 2 延到哪天，或比现在的期限还早"),
)


@pytest.mark.on("dingtalk robot", "dingtalk robot/sqlite")
def test_what_cannot_be_extended_is_told_to_who_wrote_it_and_to_the_office(school: Stage) -> None:
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    school.says("王小燕", "隐患 操场东门锁坏了")
    school.says("赵海峰", "整改 1", pictures=1)
    for number, until, why in IN_VAIN:
        heard, revoke = agreed(school, "赵海峰", EXTENSION, "整改延期", 隐患编号=number, 延至=until)
        assert heard[0] == f"bot → 赵海峰: 「赵海峰提交的整改延期」批下来了，可{why}。"
        assert heard[-2:] == [
            f"bot → 吴静: 赵海峰的「赵海峰提交的整改延期」批下来了，可{why}。",
            "    请和本人核对一下。",
        ]
        assert revoke() == [], "nothing was done, nothing is undone"


def on_duty(school: Stage) -> list[str]:
    with school.store() as store:
        return [person.name for person in store.people.on_duty(Post.DUTY_LEADER, THURSDAY)]


def test_an_agreed_swap_changes_the_duty_table_and_a_revoked_one_changes_it_back(school: Stage) -> None:
    school.turn("李敏", THURSDAY)
    chosen = {"wecom": "LiuYang", "dingtalk": '["刘洋"]'}[school.platform]
    heard, revoke = agreed(school, "李敏", SWAP, "换班", 值班日期="2026-11-26", 替班人=chosen)
    said = "✅ 换班批下来了：11月26日（周四）的值班领导，李敏换成刘洋。"
    assert heard == [f"bot → 李敏: {said}", f"bot → 刘洋: {said}", f"bot → 吴静: {said}"]
    assert on_duty(school) == ["刘洋"]
    twice, _ = agreed(school, "李敏", SWAP, "换班", 值班日期="2026-11-26", 替班人="刘洋")
    assert "11月26日（周四）的值班表对不上，没有改" in twice[0]
    nobody, _ = agreed(school, "刘洋", SWAP, "换班", 值班日期="2026-11-26", 替班人="无名氏")
    assert "没写清哪天、换给谁，或那天已经过了" in nobody[0]
    assert revoke()[0].endswith("换班在审批里撤了：11月26日（周四）的值班领导还是李敏。")
    assert on_duty(school) == ["李敏"]


def test_a_task_that_a_revoked_form_had_ended_is_asked_again(database_url: str, tmp_path: Path) -> None:
    """Unless something else was said of it since."""
    with stage("wecom", database_url, tmp_path, routines=("monday_tasks",)) as school:
        school.task("赵海峰", "报下周维修用料清单", THURSDAY)
        means(school, "task_done")
        school.at("2026-11-23 07:30")

        def told(number: str, decision: Decision) -> list[str]:
            fields = {"任务": "1"}
            form = approval(
                school, "赵海峰", number=number, decision=decision, title="用料审批", kind="", span=None, fields=fields
            )
            return school.tells(Ask.APPROVAL, form)

        assert told("1", Decision.AGREED) == ["bot → 赵海峰: ✅ 审批通过，记下了：报下周维修用料清单。"]
        assert told("1", Decision.WITHDRAWN) == [
            "bot → 赵海峰: 「用料审批」在审批里撤了，报下周维修用料清单照原来的再问。"
        ]
        assert told("1", Decision.WITHDRAWN) == told("1", Decision.AGREED) == []
        school.at("2026-11-23 09:00")
        assert len(told("2", Decision.AGREED)) == 1
        school.says("赵海峰", "撤销")
        assert school.says("赵海峰", "完成 1") == ["bot: ✅ 记下了：报下周维修用料清单。"]
        assert told("2", Decision.WITHDRAWN) == []
