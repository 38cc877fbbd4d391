"""Nobody is disturbed at night with what can wait, and nobody is asked for everything on one day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.clock import SCHOOL_TZ
from bot.domain.manners import Manners
from bot.manners import MANNERS
from schedules import opens_rounds
from tests.kit.stage import Stage


@pytest.mark.starts("2026-11-23 22:00")
def test_what_is_not_urgent_waits_for_the_morning(school: Stage) -> None:
    school.plays("""
        [2026-11-23 22:40]
        马德胜: 东门路灯不亮
        bot: ✅ 已登记隐患 1：东门路灯不亮
            整改：赵海峰，11月26日（周四）前
            夜里不打扰，07:00 告诉整改的人。急的话请打电话。
            有照片就接着发给我，没有也行。
        [2026-11-24 06:59]
        [2026-11-24 07:00]
        bot → 赵海峰: ⚠️ 请整改隐患 1：东门路灯不亮
            马德胜 11月23日（周一）22:40 报，11月26日（周四）前改好。
            改好后拍张照片，回「整改 1」。
        bot → 周强: ⚠️ 新隐患 1：东门路灯不亮
            马德胜 11月23日（周一）22:40 报，由赵海峰整改，11月26日（周四）前。
    """)


@pytest.mark.starts("2026-11-23 22:00")
def test_what_is_urgent_does_not_wait(school: Stage) -> None:
    school.plays("""
        [2026-11-23 22:40]
        马德胜: 有个学生在宿舍楼梯上摔了，头破了在流血
        bot: 先做这件事：先别挪动伤者，请校医过去，严重就打 120。
            已私下告诉李敏、周强、张建国。
            在哪里？谁在现场陪着？直接回我，都记在事件 1 里。
        bot → 李敏: ⚠️ 有人受伤（事件 1）
            有个学生在宿舍楼梯上摔了，头破了在流血
            马德胜 11月23日（周一）22:40 报。
            先别挪动伤者，请校医过去，严重就打 120。
            有进展回「事件 1」加一句话，处理完回「事件 1 结束」。只有您几位能看到。
        bot → 周强: ⚠️ 有人受伤（事件 1）
            有个学生在宿舍楼梯上摔了，头破了在流血
            马德胜 11月23日（周一）22:40 报。
            先别挪动伤者，请校医过去，严重就打 120。
            有进展回「事件 1」加一句话，处理完回「事件 1 结束」。只有您几位能看到。
        bot → 张建国: ⚠️ 有人受伤（事件 1）
            有个学生在宿舍楼梯上摔了，头破了在流血
            马德胜 11月23日（周一）22:40 报。
            先别挪动伤者，请校医过去，严重就打 120。
            有进展回「事件 1」加一句话，处理完回「事件 1 结束」。只有您几位能看到。
        马德胜: 隐患 食堂闻着有股煤气味，赶紧来人看看
        bot: 先做这件事：关总阀，开窗，人撤出来，不要开关电器，到外面打 119。
            已私下告诉李敏、周强、赵海峰、张建国。
            在哪里？谁在现场陪着？直接回我，都记在事件 2 里。
        bot → 李敏: ⚠️ 燃气异常（事件 2）
            食堂闻着有股煤气味，赶紧来人看看
            马德胜 11月23日（周一）22:40 报。
            关总阀，开窗，人撤出来，不要开关电器，到外面打 119。
            有进展回「事件 2」加一句话，处理完回「事件 2 结束」。只有您几位能看到。
        bot → 周强: ⚠️ 燃气异常（事件 2）
            食堂闻着有股煤气味，赶紧来人看看
            马德胜 11月23日（周一）22:40 报。
            关总阀，开窗，人撤出来，不要开关电器，到外面打 119。
            有进展回「事件 2」加一句话，处理完回「事件 2 结束」。只有您几位能看到。
        bot → 赵海峰: ⚠️ 燃气异常（事件 2）
            食堂闻着有股煤气味，赶紧来人看看
            马德胜 11月23日（周一）22:40 报。
            关总阀，开窗，人撤出来，不要开关电器，到外面打 119。
            有进展回「事件 2」加一句话，处理完回「事件 2 结束」。只有您几位能看到。
        bot → 张建国: ⚠️ 燃气异常（事件 2）
            食堂闻着有股煤气味，赶紧来人看看
            马德胜 11月23日（周一）22:40 报。
            关总阀，开窗，人撤出来，不要开关电器，到外面打 119。
            有进展回「事件 2」加一句话，处理完回「事件 2 结束」。只有您几位能看到。
    """)


@pytest.mark.starts("2026-11-23 22:00")
def test_an_answer_never_waits_behind_what_is_held(school: Stage) -> None:
    school.plays("""
        [2026-11-23 22:40]
        马德胜: 东门路灯不亮
        bot: ✅ 已登记隐患 1：东门路灯不亮
            整改：赵海峰，11月26日（周四）前
            夜里不打扰，07:00 告诉整改的人。急的话请打电话。
            有照片就接着发给我，没有也行。
        赵海峰: 我名下
        bot: 要整改的隐患
            - 隐患 1：东门路灯不亮（11月26日（周四）前）
        [2026-11-24 07:01]
        bot → 赵海峰: ⚠️ 请整改隐患 1：东门路灯不亮
            马德胜 11月23日（周一）22:40 报，11月26日（周四）前改好。
            改好后拍张照片，回「整改 1」。
        bot → 周强: ⚠️ 新隐患 1：东门路灯不亮
            马德胜 11月23日（周一）22:40 报，由赵海峰整改，11月26日（周四）前。
    """)


@pytest.mark.routines("guard_patrol")
def test_beyond_the_day_s_measure_nothing_rings_but_the_reminder_asks(
    school: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opens_rounds, "MANNERS", MANNERS.model_copy(update={"prompts_a_day": 1}))
    school.plays("""
        [2026-11-23 13:00]
        bot → 马德胜: 门卫巡逻
            1. 校门和防撞柱
            2. 围墙一圈
            3. 监控和一键报警
            4. 器械和登记本
            5. 配电室和水泵房
            都正常回「正常」；有问题回编号加一句话，例如「3 一路画面黑屏」；这次没有，回「免」加原因。14:10前都可以。
        [2026-11-23 18:20]
        bot → 马德胜: 马德胜，门卫巡逻还没收到您的，14:10收口。都正常回「正常」就行。
        bot → 周强: 门卫巡逻（11月23日（周一）12:40）
            回了 0 人，没回 1 人：马德胜。
        马德胜: 我的任务
        bot: 等您回的
            - 门卫巡逻（19:40前）
        [2026-11-23 19:30]
        bot → 马德胜: 马德胜，门卫巡逻还没收到您的，19:40收口。都正常回「正常」就行。
        马德胜: 正常
        bot: ✅ 门卫巡逻记下了，都正常。
    """)


@pytest.mark.parametrize(
    ("moment", "waking"),
    [
        ("2026-11-23 20:59", "2026-11-23 20:59"),
        ("2026-11-23 21:00", "2026-11-24 07:00"),
        ("2026-11-24 00:10", "2026-11-24 07:00"),
        ("2026-11-24 06:59", "2026-11-24 07:00"),
        ("2026-11-24 07:00", "2026-11-24 07:00"),
    ],
)
def test_when_people_are_awake(moment: str, waking: str) -> None:
    manners = Manners.model_validate({"quiet_from": "21:00", "quiet_until": "07:00", "prompts_a_day": 4})
    assert manners.waking(_at(moment)) == _at(waking)


def test_a_nap_at_noon_and_no_quiet_at_all() -> None:
    nap = Manners.model_validate({"quiet_from": "12:30", "quiet_until": "13:50", "prompts_a_day": 4})
    assert nap.waking(_at("2026-11-23 13:00")) == _at("2026-11-23 13:50")
    never = Manners.model_validate({"quiet_from": "00:00", "quiet_until": "00:00", "prompts_a_day": 4})
    assert never.waking(_at("2026-11-23 00:00")) == _at("2026-11-23 00:00")


def _at(words: str) -> datetime:
    return datetime.strptime(words, "%Y-%m-%d %H:%M").replace(tzinfo=SCHOOL_TZ).astimezone(UTC)
