"""What follows when it breaks: one story for each row of the table in the design, faults entering at the edges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from bot.app import build
from bot.deliverer import outgoing
from bot.doctor import examine
from bot.domain.hazards import Hazard
from bot.pipeline import Receipt
from bot.scheduler import Scheduler
from bot.settings import WecomApp
from bot.store.records import Inbox, InboxState, Outbox, OutboxState, ScheduleRun, Unread
from bot.store.session import reading
from bot.store.waiting import resend
from tests.kit import wire
from tests.kit.stage import Stage

pytestmark = [pytest.mark.on("wecom app", "dingtalk robot"), pytest.mark.crossed]

WORDS = "隐患 三楼漏水"


def hazards(school: Stage) -> int:
    with reading(school.app.engine) as session:
        return session.scalar(select(func.count()).select_from(Hazard)) or 0


def rows(school: Stage, state: OutboxState) -> list[Outbox]:
    with reading(school.app.engine) as session:
        return list(session.scalars(select(Outbox).where(Outbox.state == state).order_by(Outbox.id)))


def heard(school: Stage, who: str) -> list[str]:
    """What the bot said to somebody."""
    room = school.room(who).id
    return [line.text for line in school.world.messages() if line.chat == room and line.sender == "bot"]


@contextmanager
def failing(school: Stage, moment: str, times: int) -> Iterator[list[int]]:
    """The database breaks at a moment of a connection's life ("begin", "commit"), so many times."""
    left = [times]

    def fail(*_: Any) -> None:
        if left[0] > 0:
            left[0] -= 1
            raise OperationalError("made up", {}, Exception("the database is away"))

    event.listen(school.app.engine, moment, fail, insert=True)
    try:
        yield left
    finally:
        event.remove(school.app.engine, moment, fail)


def test_before_the_commit_nothing_happened_and_the_platform_sends_again(school: Stage) -> None:
    with failing(school, "commit", 1) as left:
        room = school.room("王小燕")
        line = school.world.say(school.id_of("王小燕"), room.id, WORDS)
        assert left == [0]
    school.settle()
    assert line.state == "sent"
    assert hazards(school) == 1
    statuses = [exchange.status for exchange in school.world.exchanges(line.id) if exchange.direction == "to_bot"]
    assert statuses == [503, 200]


def test_after_the_commit_before_the_200_it_is_sent_again_and_found_in_the_inbox(school: Stage) -> None:
    school.world.faults.switch("lost_ack", on=True)
    school.says("王小燕", WORDS)
    assert hazards(school) == 1
    assert len([text for text in heard(school, "王小燕") if "已登记" in text]) == 1


def test_every_callback_twice_has_one_effect(school: Stage) -> None:
    school.world.faults.switch("duplicate_callback", on=True)
    school.says("王小燕", WORDS)
    school.says("赵海峰", "整改 1", 1)
    assert hazards(school) == 1
    assert len([text for text in heard(school, "周强") if "请复查" in text]) <= 1


def test_after_the_commit_before_the_send_the_row_is_still_due(school: Stage, tmp_path: Path) -> None:
    school.world.say(school.id_of("王小燕"), school.room("王小燕").id, WORDS)
    assert len(rows(school, OutboxState.DUE)) == 3
    assert heard(school, "赵海峰") == []
    later = build(school.app.settings, school.clock)  # the process was killed; another one starts
    try:
        while later.deliverer.drain():
            pass
    finally:
        later.stop()
    assert len([text for text in heard(school, "赵海峰") if "请整改隐患 1" in text]) == 1


def test_after_the_send_before_the_mark_is_the_one_accepted_repeat(school: Stage) -> None:
    school.world.say(school.id_of("王小燕"), school.room("王小燕").id, WORDS)
    for (letter,) in school.app.deliverer._claim(4):
        connection = school.app.connections.get(letter.school, letter.connection)
        assert connection is not None
        connection.platform.send(letter.chat, outgoing(letter))
    school.settle()
    assert len(heard(school, "王小燕")) == 1, "held by somebody else until the lease is over"
    school.clock.turn_to(school.clock.now() + timedelta(minutes=3))
    school.settle()
    assert [len(heard(school, "王小燕")), len(rows(school, OutboxState.DUE))] == [2, 0]
    # a notice asks the platform's own duplicate check; DingTalk's card has an id of its own, and stands once too
    assert len(heard(school, "赵海峰")) == 1


def test_a_bug_keeps_the_message_apologises_and_can_be_replayed(school: Stage) -> None:
    def bug(_mapper: Any, _connection: Any, _target: Hazard) -> None:
        raise RuntimeError("made up")

    event.listen(Hazard, "before_insert", bug)
    try:
        said = school.says("王小燕", WORDS)
    finally:
        event.remove(Hazard, "before_insert", bug)
    assert said == ["bot: 这条我没处理好，已经记下来了，修好后会补上。急事请直接打电话。"]
    with reading(school.app.engine) as session:
        failed = session.scalars(select(Inbox).where(Inbox.state == InboxState.FAILED)).one()
    assert failed.error.startswith("RuntimeError at")
    assert "漏水" not in failed.error
    connection = school.app.connections.get("demo", failed.connection)
    assert connection is not None
    assert school.app.pipeline.replay(connection, failed.id) is Receipt.HANDLED
    school.settle()
    assert hazards(school) == 1
    assert heard(school, "王小燕")[-1].startswith("✅ 已登记隐患 1")


def test_what_was_signed_but_cannot_be_read_is_kept_for_whoever_mends_it(school: Stage) -> None:
    name = {"wecom": "oa", "dingtalk": "ding"}[school.platform]
    connection = school.app.connections.get("demo", name)
    assert connection is not None
    now = school.clock.now()
    received = (
        wire.wecom_callback(connection.settings, now, "<xml><MsgType>text</MsgType></xml>")
        if isinstance(connection.settings, WecomApp)
        else wire.dingtalk_callback(connection.settings, now, ["something new\0"])
    )
    answer = school.app.web.test_client().post(
        f"/callback/demo/{name}", headers=dict(received.headers), query_string=received.query, data=received.body
    )
    assert answer.status_code == 400
    with reading(school.app.engine) as session:
        unread = session.scalars(select(Unread)).one()
    assert (unread.connection, unread.received_at) == (name, now)
    assert unread.body.startswith(received.body.decode()[:10])
    findings = {finding.line: finding.todo for finding in examine(school.app)}
    assert "xiaoling export unread" in findings["看不懂的平台消息 1 条"]


def test_a_dead_letter_is_sent_again_on_the_operators_word(school: Stage) -> None:
    kept = dict(school.app.connections._all)
    school.world.say(school.id_of("王小燕"), school.room("王小燕").id, WORDS)
    school.app.connections._all.clear()  # somebody took the connection out of the settings
    school.settle()
    dead = rows(school, OutboxState.DEAD)
    assert all(row.reason.startswith("设置里已经没有连接") for row in dead)
    assert heard(school, "王小燕") == []
    school.app.connections._all.update(kept)
    assert school.app.writer.do(partial(resend, letter_ids=(), now=school.clock.now())) == len(dead) == 3
    school.settle()
    assert heard(school, "王小燕")[0].startswith("✅ 已登记隐患 1")
    assert rows(school, OutboxState.DEAD) == []


def test_while_the_database_is_away_the_platform_is_told_to_try_again(school: Stage) -> None:
    with failing(school, "begin", 100):
        line = school.world.say(school.id_of("王小燕"), school.room("王小燕").id, WORDS)
        assert line.state == "refused"
        assert school.app.web.test_client().get("/health/ready").status_code == 503
        assert school.app.web.test_client().get("/health/live").status_code == 200
    assert hazards(school) == 0
    school.says("王小燕", WORDS)
    assert hazards(school) == 1


def test_a_busy_platform_is_tried_again_in_order(school: Stage) -> None:
    school.world.faults.switch("busy", on=True)
    assert school.says("王小燕", WORDS) == []
    assert school.says("王小燕", "帮助") == []
    for seconds in (3, 6, 20, 70):
        school.clock.turn_to(school.clock.now() + timedelta(seconds=seconds))
        school.settle()
    told = heard(school, "王小燕")
    assert ["已登记" in told[0], "可以这样说" in told[1], len(told)] == [True, True, 2]
    assert rows(school, OutboxState.DUE) == []


def test_a_token_that_dies_early_is_fetched_once_and_nobody_notices(school: Stage) -> None:
    school.says("王小燕", "帮助")
    school.world.faults.switch("expired_token", on=True)
    school.clock.turn_to(school.clock.now() + timedelta(hours=2))  # beyond any session address
    said = school.at(school.clock.now() + timedelta(minutes=1))
    assert said == []
    assert school.says("王小燕", WORDS)[0].startswith("bot: ✅")
    assert rows(school, OutboxState.DUE) == []


def test_two_schedulers_do_no_harm(school: Stage) -> None:
    schedules, app = school.app.scheduler.schedules, school.app
    other = Scheduler(app.engine, app.pipeline, schedules, ["demo"], school.clock)
    school.clock.turn_to(school.clock.now() + timedelta(hours=11))
    first, second = app.scheduler.tick(), other.tick()
    assert first
    assert second == []
    with reading(app.engine) as session:
        runs = [(run.schedule, run.due_at) for run in session.scalars(select(ScheduleRun))]
    assert len(runs) == len(set(runs))


def test_a_week_away_catches_up_with_what_is_still_useful(school: Stage) -> None:
    school.says("王小燕", WORDS)
    school.clock.turn_to(school.clock.now() + timedelta(days=7, hours=1))
    school.app.scheduler.tick()
    school.settle()
    with reading(school.app.engine) as session:
        states = [
            (run.schedule, run.state.value) for run in session.scalars(select(ScheduleRun).order_by(ScheduleRun.due_at))
        ]
    assert ("opens_rounds/evening_duty_report", "skipped") in states
    assert ("opens_rounds/evening_duty_report", "done") not in states
    assert heard(school, "李敏") == [], "nobody is asked on Monday for last week's evenings"


def test_a_clock_set_back_rings_nothing_twice(school: Stage) -> None:
    school.at("2026-11-23 18:00")
    before = len(school.world.messages())
    school.clock.turn_to(school.clock.now() - timedelta(hours=2))
    assert school.app.scheduler.tick() == []
    school.at("2026-11-23 18:00")
    assert len(school.world.messages()) == before
