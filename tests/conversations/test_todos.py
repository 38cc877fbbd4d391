"""What people have to do also stands in their 待办 at DingTalk and follows the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.clock import from_ms, school_time
from bot.domain.todos import Todo
from bot.emulator import demo
from bot.emulator.dingtalk_todos import TodoLists
from bot.links import Purpose
from bot.store.records import Outbox, OutboxState
from bot.store.session import reading
from bot.store.waiting import LEASE
from tests.kit.stage import Stage, stage

ROBOT = "dingtalk://dingtalkclient/action/jumprobot?dingtalkid=x"


@pytest.fixture
def school(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """The demonstration school, whose DingTalk robot may write into people's lists."""
    with stage("dingtalk", database_url, tmp_path) as play:
        (robot,) = (
            one
            for one in demo.settings_data(play.world.url, 8000)["school"][0]["connection"]
            if one["platform"] == "dingtalk"
        )
        play.restart(connection=[robot | {"todos": True, "todo_link": ROBOT}])
        yield play


def theirs(school: Stage, name: str) -> list[str]:
    """Somebody's list as they see it: ticked or not, the day, the words before the bracket."""
    cards = TodoLists(school.world).of(name)
    days = [f"{school_time(from_ms(card.due)):%m-%d}" if card.due else "" for card in cards]
    return [
        f"{'☑' if card.done else '☐'} {day} {card.subject.partition('（')[0]}"
        for card, day in zip(cards, days, strict=True)
    ]


def rows(school: Stage) -> list[Todo]:
    with reading(school.app.engine) as session:
        return list(session.scalars(select(Todo).order_by(Todo.id)))


def calls(school: Stage) -> int:
    return school.world.quotas.used("api")


def test_a_hazard_stands_in_the_list_of_whoever_has_to_put_it_right(school: Stage) -> None:
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    assert theirs(school, "赵海峰") == ["☐ 11-26 整改隐患 1：三楼东侧消防栓漏水"]
    (card,) = TodoLists(school.world).of("赵海峰")
    assert (card.url, card.creator, card.noticed) == (ROBOT, "union-u1004", False)
    school.says("赵海峰", "延期 隐患 1 到下周一 等配件")
    assert theirs(school, "赵海峰") == ["☐ 11-26 整改隐患 1：三楼东侧消防栓漏水"], "asked for is not given"
    school.says("李敏", "同意 1")
    assert theirs(school, "赵海峰") == ["☐ 11-30 整改隐患 1：三楼东侧消防栓漏水"]
    school.says("赵海峰", "转派 1 郑凯")
    assert theirs(school, "赵海峰") == []
    assert theirs(school, "郑凯") == ["☐ 11-30 整改隐患 1：三楼东侧消防栓漏水"]
    school.says("郑凯", "整改 1 换了垫圈", pictures=1)
    assert theirs(school, "郑凯") == ["☑ 11-30 整改隐患 1：三楼东侧消防栓漏水"], "theirs is done: another looks now"
    school.says("周强", "复查 1 退回 还在漏")
    assert theirs(school, "郑凯") == ["☐ 11-24 整改隐患 1：三楼东侧消防栓漏水"]
    school.says("郑凯", "整改 1 换了阀门", pictures=1)
    before = calls(school)
    school.says("周强", "复查 1 通过")
    assert theirs(school, "郑凯") == ["☑ 11-24 整改隐患 1：三楼东侧消防栓漏水"]
    with reading(school.app.engine) as session:
        assert session.scalars(select(Outbox.reason).where(Outbox.state == OutboxState.DEAD)).all() == []
    # one message to each of the three who are told, and a card's end where one was pressed: no call for what is known
    assert calls(school) - before <= 3


def test_taken_back_handed_on_and_deleted_by_hand(school: Stage) -> None:
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    school.says("赵海峰", "转派 1 郑凯")
    school.says("赵海峰", "撤销")
    assert (theirs(school, "赵海峰"), theirs(school, "郑凯")) == (["☐ 11-26 整改隐患 1：三楼东侧消防栓漏水"], [])
    assert [row.state.value for row in rows(school)] == ["gone", "gone", "open"], "the same is never put in twice"
    TodoLists(school.world).removes("赵海峰", "整改隐患 1")
    school.says("赵海峰", "整改 1 换了垫圈", pictures=1)
    assert theirs(school, "赵海峰") == [], "who deletes it has seen it"
    school.says("王小燕", "隐患 二楼水龙头漏水")
    school.says("王小燕", "撤销")
    assert theirs(school, "赵海峰") == [], "nobody has to do what was reported by mistake"


def test_the_weeks_tasks_stand_there_until_they_are_answered(school: Stage) -> None:
    school.app.writer.do(school.without_duty)
    school.task("王小燕", "交备课记录", date(2026, 11, 25))
    school.task("王小燕", "开家长会", date(2026, 11, 26))
    school.task("赵海峰", "检查消防栓", date(2026, 11, 26))
    assert theirs(school, "王小燕") == [], "nobody was asked yet"
    school.at("2026-11-23 07:30")
    assert theirs(school, "王小燕") == ["☐ 11-25 交备课记录", "☐ 11-26 开家长会"]
    school.says("王小燕", "完成 1")
    assert theirs(school, "王小燕") == ["☑ 11-25 交备课记录", "☐ 11-26 开家长会"]
    school.says("赵海峰", "延期 到周五 等配件")
    assert theirs(school, "赵海峰") == ["☐ 11-27 检查消防栓"]
    school.says("赵海峰", "撤销")
    assert theirs(school, "赵海峰") == ["☐ 11-26 检查消防栓"]
    school.at("2026-11-30 07:31")
    school.says("王小燕", "完成 全部")
    assert theirs(school, "王小燕") == ["☑ 11-25 交备课记录", "☑ 11-26 开家长会"], "late, and asked a second time"


def test_it_is_put_in_once_though_the_process_died_before_it_knew(school: Stage) -> None:
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")

    def as_it_was_when_it_died(session: Session) -> None:
        (todo,) = session.scalars(select(Todo))
        todo.reference, todo.told = "", {}
        held = {"state": OutboxState.SENDING, "held_by": "dead", "held_until": school.clock.now() + LEASE}
        session.execute(update(Outbox).where(Outbox.cause == f"todo:{todo.id}").values(**held))

    school.app.writer.do(as_it_was_when_it_died)
    school.says("赵海峰", "转派 1 郑凯")
    school.clock.turn_to(school.clock.now() + 2 * LEASE)
    school.settle()
    assert (theirs(school, "赵海峰"), theirs(school, "郑凯")) == ([], ["☐ 11-26 整改隐患 1：三楼东侧消防栓漏水"])


def test_a_busy_platform_keeps_no_words_waiting_and_gets_it_later(school: Stage) -> None:
    school.world.ding_office.withheld.add("/v1.0/todo")
    said = school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    assert any(line.startswith("bot → 赵海峰") for line in said)
    with reading(school.app.engine) as session:
        (reason,) = session.scalars(select(Outbox.reason).where(Outbox.state == OutboxState.DEAD))
    assert "Todo.Todo.Write" in reason, "the operator reads which permission is missing"


def test_near_the_end_of_the_quota_nothing_new_is_put_in_and_what_is_there_is_ticked(school: Stage) -> None:
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    (connection,) = school.app.connections
    connection.platform.tally.count("api", 4200)
    school.app.ledger.drain()
    school.says("王小燕", "隐患 二楼水龙头漏水")
    school.says("赵海峰", "整改 1 换了垫圈", pictures=1)
    assert theirs(school, "赵海峰") == ["☑ 11-26 整改隐患 1：三楼东侧消防栓漏水"]


def test_its_page_says_what_to_do_and_closes_with_it(school: Stage) -> None:
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    (row,) = rows(school)
    path = school.app.links.make(Purpose.TODO, str(row.id), timedelta(days=1)).partition("8000")[2]
    browser = school.app.web.test_client()
    page = browser.get(path)
    assert page.status_code == 200
    assert "三楼东侧消防栓漏水" in page.text
    assert "整改 1" in page.text
    assert "/a/" in page.text, "the photos are one step away"
    school.says("赵海峰", "转派 1 郑凯")
    assert browser.get(path).status_code == 404, "it is not theirs any more"
    assert browser.get(f"{path}x").status_code == 404
