"""The month's quota: counted by school day on both databases, foretold, told of once, and what can wait folds."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot import quota
from bot.clock import SCHOOL_TZ
from bot.domain.limits import Limit, Standing
from bot.domain.routines import read_routines
from bot.domain.school import School
from bot.emulator import demo
from bot.ledger import Ledger
from bot.render import TEMPLATES
from bot.store.arrivals import the_school
from bot.store.ledger import Ledger as Counts
from bot.store.ledger import add_counts
from bot.store.records import CallCount
from bot.store.session import Writer, open_engine, reading
from tests.kit.stage import Stage

ON_DINGTALK = pytest.mark.on("dingtalk robot")


def used(school: Stage, unit: str, count: int, day: date = date(2026, 11, 20)) -> None:
    """So many more on a day of this month, as if they had been made then."""

    def write(session: Session) -> None:
        add_counts(session, the_school(session, demo.CODE).id, demo.DING_CONNECTION, day, {unit: count})

    school.app.writer.do(write)


def counts(school: Stage) -> dict[tuple[date, str], int]:
    with reading(school.app.engine) as session:
        rows = session.scalars(select(CallCount).where(CallCount.connection == demo.DING_CONNECTION))
        return {(row.day, row.unit): row.count for row in rows}


@ON_DINGTALK
def test_what_is_called_and_heard_adds_up_by_school_day(school: Stage) -> None:
    school.app.ledger.drain()
    before = counts(school).get((date(2026, 11, 23), "message"), 0)
    school.says("王小燕", "帮助")
    school.app.ledger.drain()
    # heard, and answered over the session's address: both are messages
    assert counts(school)[date(2026, 11, 23), "message"] == before + 2
    assert school.app.ledger.drain() == 0, "nothing is counted twice"
    school.clock.turn_to(datetime(2026, 11, 24, 0, 30, tzinfo=SCHOOL_TZ))
    school.says("王小燕", "帮助")
    school.app.ledger.stop()
    assert counts(school)[date(2026, 11, 23), "message"] == before + 2
    assert counts(school)[date(2026, 11, 24), "message"] == 2, "half past midnight is the new day at school, not in UTC"


@ON_DINGTALK
def test_what_cannot_be_written_down_is_kept(school: Stage) -> None:
    """The database is away for a while: the counts wait in the tally."""

    class Away(Writer):
        def do(self, work: object) -> object:  # type: ignore[override]
            raise OperationalError("BEGIN", {}, Exception("away"))

    school.app.ledger.drain()
    tally = next(iter(school.app.connections)).platform.tally
    tally.count("api", 3)
    away = Ledger(Away(school.app.engine), school.app.connections, school.clock)
    with pytest.raises(OperationalError):
        away.drain()
    away.stop()
    assert school.app.ledger.drain() == 3


@ON_DINGTALK
@pytest.mark.routines("guard_patrol", "warns_of_quota")
def test_a_school_near_its_quota_is_asked_once_a_day_and_the_administrator_told_once(school: Stage) -> None:
    """The noon patrol rings, the evening one stands in 我的任务 and would be reminded of; incidents go out as ever."""
    school.at("2026-11-23 07:01")
    next(iter(school.app.connections)).platform.tally.count("message", 2406)
    school.app.ledger.drain()
    school.plays("""
        [2026-11-23 12:00]
        bot → 陈宇: ⚠️ 钉钉 11月的消息已用 80%（2406/3000）。
            从现在到月底，同一个人一天只单独问一次，其余放进「我的任务」；事故和急事照发。
            想知道够不够用，运行 xiaoling quota。
        [2026-11-23 13:00]
        bot → 马德胜: 门卫巡逻
            1. 校门和防撞柱
            2. 围墙一圈
            3. 监控和一键报警
            4. 器械和登记本
            5. 配电室和水泵房
            都正常回「正常」；有问题回编号加一句话，例如「3 一路画面黑屏」；这次没有，回「免」加原因。14:10前都可以。
        马德胜: 正常
        bot: ✅ 门卫巡逻记下了，都正常。
        [2026-11-23 18:20]
        马德胜: 我的任务
        bot: 等您回的
            - 门卫巡逻（19:40前）
        马德胜: 正常
        bot: ✅ 门卫巡逻记下了，都正常。
        [2026-11-24 07:21]
        bot → 马德胜: 门卫巡逻
            1. 校门和防撞柱
            2. 围墙一圈
            3. 监控和一键报警
            4. 器械和登记本
            5. 配电室和水泵房
            都正常回「正常」；有问题回编号加一句话，例如「3 一路画面黑屏」；这次没有，回「免」加原因。08:20前都可以。
        马德胜: 正常
        bot: ✅ 门卫巡逻记下了，都正常。
        [2026-11-24 12:50]
        马德胜: 不好了，有个学生从楼梯上摔下来，头破了在流血
        bot: 先做这件事：先别挪动伤者，请校医过去，严重就打 120。
            已私下告诉李敏、刘洋、周强、张建国。
            在哪里？谁在现场陪着？直接回我，都记在事件 1 里。
        bot → 李敏: ⚠️ 有人受伤（事件 1）
            不好了，有个学生从楼梯上摔下来，头破了在流血
            马德胜 11月24日（周二）12:50 报。
            先别挪动伤者，请校医过去，严重就打 120。
            有进展回「事件 1」加一句话，处理完回「事件 1 结束」。只有您几位能看到。
        bot → 刘洋: ⚠️ 有人受伤（事件 1）
            不好了，有个学生从楼梯上摔下来，头破了在流血
            马德胜 11月24日（周二）12:50 报。
            先别挪动伤者，请校医过去，严重就打 120。
            有进展回「事件 1」加一句话，处理完回「事件 1 结束」。只有您几位能看到。
        bot → 周强: ⚠️ 有人受伤（事件 1）
            不好了，有个学生从楼梯上摔下来，头破了在流血
            马德胜 11月24日（周二）12:50 报。
            先别挪动伤者，请校医过去，严重就打 120。
            有进展回「事件 1」加一句话，处理完回「事件 1 结束」。只有您几位能看到。
        bot → 张建国: ⚠️ 有人受伤（事件 1）
            不好了，有个学生从楼梯上摔下来，头破了在流血
            马德胜 11月24日（周二）12:50 报。
            先别挪动伤者，请校医过去，严重就打 120。
            有进展回「事件 1」加一句话，处理完回「事件 1 结束」。只有您几位能看到。
        [2026-11-25 07:21]
        bot → 马德胜: 马德胜，门卫巡逻还没收到您的，14:10收口。都正常回「正常」就行。
        bot → 周强: 门卫巡逻（11月24日（周二）12:40）
            回了 0 人，没回 1 人：马德胜。
        bot → 马德胜: 马德胜，门卫巡逻还没收到您的，19:40收口。都正常回「正常」就行。
        bot → 周强: 门卫巡逻（11月24日（周二）18:10）
            回了 0 人，没回 1 人：马德胜。
        bot → 马德胜: 门卫巡逻
            1. 校门和防撞柱
            2. 围墙一圈
            3. 监控和一键报警
            4. 器械和登记本
            5. 配电室和水泵房
            都正常回「正常」；有问题回编号加一句话，例如「3 一路画面黑屏」；这次没有，回「免」加原因。08:20前都可以。
    """)


@ON_DINGTALK
def test_the_month_is_foretold_from_the_timetable(school: Stage) -> None:
    used(school, "message", 1500)
    used(school, "api", 160)
    lines = {line.unit: line for line in quota.examine(school.app, read_routines(TEMPLATES / "routines"))}
    assert (lines["message"].a_month, lines["api"].a_month) == (3000, 5000)
    assert not lines["message"].exceeds
    used(school, "message", 1400)
    lines = {line.unit: line for line in quota.examine(school.app, read_routines(TEMPLATES / "routines"))}
    assert lines["message"].exceeds, "2,900 in sixteen school days, and six to come"
    assert not lines["api"].exceeds
    assert "（会超）" in quota.table(list(lines.values()))


@ON_DINGTALK
@pytest.mark.routines("warns_of_quota")
def test_what_the_platform_refuses_is_told_at_once_and_once(school: Stage) -> None:
    """Other apps of the organisation use the same quota: ours is far from over."""
    school.world.faults.switch("over_quota", on=True)
    school.says("王小燕", "帮助")
    school.world.faults.switch("over_quota", on=False)
    school.app.ledger.drain()
    school.plays("""
        [2026-11-23 07:01]
        bot → 陈宇: ⚠️ 钉钉说 11月的消息用完了（校铃记了 1/3000，别的应用也算在里面）。
            从现在到月底，同一个人一天只单独问一次，其余放进「我的任务」；事故和急事照发。
            平台可能不再送消息，请到平台的管理后台看额度，或等下个月。
    """)
    with school.store() as store:
        standings = store.ledger.standings(school.app.connections.limits(demo.CODE), date(2026, 11, 23))
    assert {standing.limit.unit: standing.folds for standing in standings} == {"message": True, "api": False}
    school.world.faults.switch("over_quota", on=True)
    school.says("陈晓", "帮助")
    school.world.faults.switch("over_quota", on=False)
    school.app.ledger.drain()
    school.plays("[2026-11-23 07:10]")
    school.clock.turn_to(datetime(2026, 12, 1, 9, 0, tzinfo=SCHOOL_TZ))
    with school.store() as store:
        standings = store.ledger.standings(school.app.connections.limits(demo.CODE), date(2026, 12, 1))
    assert not any(standing.folds for standing in standings), "a new month begins"


def test_a_threshold_is_reached_once_and_anew_with_a_larger_quota(database_url: str) -> None:
    engine = open_engine(database_url)
    day, at = date(2026, 11, 23), datetime(2026, 11, 23, 9, 0, tzinfo=SCHOOL_TZ)
    with Session(engine) as session:
        session.add(School(id=1, code="s", name="校", opened_at=at))
        session.flush()
        counts_of = Counts(session, 1)

        def reached(used: int, a_month: int = 3000, month: int = 11, *, refused: bool = False) -> list[int]:
            standing = Standing(Limit("dingtalk", "message", a_month, ("ding",)), used, refused)
            return [mark.mark for mark in counts_of.mark([standing], day.replace(month=month), at)]

        assert reached(2399) == []
        assert reached(2400) == [80]
        assert reached(2999) == []
        assert reached(3100) == [100]
        assert reached(3200, refused=True) == [], "that it is over was told"
        assert reached(4500, 50_000) == []
        assert reached(41_000, 50_000) == [80]
        assert reached(10, month=12, refused=True) == [80, 100]
    engine.dispose()
