"""The same notice to many people goes out twenty to a call, and each of them keeps a fate of their own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.emulator.records import BOT, Exchange
from bot.messages import ChatKind, ChatRef
from bot.store.arrivals import the_chat, the_school
from bot.store.records import Outbox, OutboxState
from bot.store.session import add_last, reading
from tests.kit.stage import Stage

pytestmark = pytest.mark.on("dingtalk robot", "dingtalk robot/sqlite")

NOTICE = "明天上午八点半体检，请准时到报告厅。"
NOBODY = "u9999"
EVERYBODY = [f"u{1001 + number}" for number in range(13)]


def queue(school: Stage, accounts: Sequence[str], text: str = NOTICE) -> None:
    """One row for each, in this order, as an announcement leaves them."""

    def write(session: Session) -> None:
        the = the_school(session, "demo")
        for account in accounts:
            chat = the_chat(session, the, "ding", ChatRef(ChatKind.DIRECT, account), None)
            said = {"text": text, "markdown": False, "title": text, "once": True}
            now = school.clock.now()
            add_last(
                session, Outbox, school_id=the.id, connection="ding", chat_id=chat.id, said=said, cause="test",
                created_at=now, due_at=now, state=OutboxState.DUE,
            )  # fmt: skip

    school.app.writer.do(write)


def calls(school: Stage) -> list[Exchange]:
    return [exchange for exchange in school.world.exchanges() if exchange.url.endswith("batchSend")]


def heard(school: Stage, text: str = NOTICE) -> list[str]:
    """Who was told, in the order of telling."""
    return [message.chat for message in school.world.messages() if message.sender == BOT and message.text == text]


def states(school: Stage) -> dict[str, list[str]]:
    with reading(school.app.engine) as session:
        rows = session.execute(select(Outbox.state, Outbox.reason).order_by(Outbox.id)).all()
    found: dict[str, list[str]] = {}
    for state, reason in rows:
        found.setdefault(state.value, []).append(reason)
    return found


def test_thirteen_people_are_one_call(school: Stage) -> None:
    queue(school, EVERYBODY)
    school.settle()
    assert len(calls(school)) == 1
    assert len(set(heard(school))) == 13


def test_more_than_twenty_are_two_calls(school: Stage) -> None:
    for number in range(10):
        school.stranger(f"新来的{'甲乙丙丁戊己庚辛壬癸'[number]}")
    queue(school, [person.dingtalk for person in school.world.people()])
    school.settle()
    assert [len(one.messages) for one in calls(school)] == [20, 3]


def test_what_differs_and_what_is_said_twice_to_one_person_keeps_its_order(school: Stage) -> None:
    queue(school, EVERYBODY[:2])
    queue(school, EVERYBODY[2:4], "别的话")
    queue(school, EVERYBODY[:2], "第二句")
    queue(school, EVERYBODY[:2])
    school.settle()
    assert [len(one.messages) for one in calls(school)] == [2, 2, 2, 2]
    first = [message.text for message in school.world.messages() if message.chat == "dingtalk-zhang"]
    assert first[-3:] == [NOTICE, "第二句", NOTICE]


def test_who_does_not_exist_is_a_dead_letter_alone(school: Stage) -> None:
    queue(school, ["u1001", NOBODY, "u1002"])
    school.settle()
    found = states(school)
    assert len(found["dead"]) == 1
    assert "staffId.notExisted" in found["dead"][0]
    assert len(heard(school)) == 2


def test_who_is_held_back_is_told_later_alone(school: Stage) -> None:
    school.world.faults.switch("flow_control", on=True)
    queue(school, ["u1001", "u1002", "u1003"])
    school.settle()
    assert heard(school) == ["dingtalk-li", "dingtalk-zhou"]
    school.clock.turn_to(school.clock.now() + timedelta(minutes=2))
    school.settle()
    assert heard(school) == ["dingtalk-li", "dingtalk-zhou", "dingtalk-zhang"]
    assert "due" not in states(school)


def test_a_busy_platform_costs_nobody_anything(school: Stage) -> None:
    school.world.faults.switch("busy", on=True)
    queue(school, EVERYBODY)
    for seconds in (0, 3, 6, 20):
        school.clock.turn_to(school.clock.now() + timedelta(seconds=seconds))
        school.settle()
    assert len(heard(school)) == len(set(heard(school))) == 13
    assert [one.status for one in calls(school)] == [500, 500, 500, 200]


def test_where_the_whole_call_is_refused_each_is_tried_by_itself(school: Stage) -> None:
    queue(school, EVERYBODY[:3], " ")
    school.settle()
    assert len(calls(school)) == 1 + 3
    assert len(states(school)["dead"]) == 3


def test_after_the_send_before_the_mark_all_are_told_once_more(school: Stage) -> None:
    """The one accepted repeat: a process that dies then leaves nobody untold."""
    queue(school, EVERYBODY[:3])
    (batch,) = school.app.deliverer._claim(4)
    school.app.deliverer._try_many(batch)
    school.settle()
    assert len(heard(school)) == 3, "held by somebody else until the lease is over"
    school.restart()
    school.settle()
    school.clock.turn_to(school.clock.now() + timedelta(minutes=3))
    school.settle()
    assert sorted(heard(school)) == sorted(["dingtalk-zhang", "dingtalk-li", "dingtalk-zhou"] * 2)
    assert states(school).keys() <= {"sent"}


def test_marks_are_made_for_all_or_for_none(school: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(school, EVERYBODY[:3])
    (batch,) = school.app.deliverer._claim(4)

    def breaks(_session: Session) -> None:
        raise OperationalError("made up", {}, Exception("the database is away"))

    tried = school.app.deliverer._try_many(batch)
    monkeypatch.setattr(school.app.deliverer, "_try_many", lambda _: [*tried[:2], ("sent", breaks)])
    with pytest.raises(OperationalError):
        school.app.deliverer._deliver(batch)
    with reading(school.app.engine) as session:
        kept = session.scalars(select(Outbox.state).order_by(Outbox.id.desc()).limit(3)).all()
    assert set(kept) == {OutboxState.SENDING}


def test_a_batch_is_one_call_in_the_rate(school: Stage) -> None:
    """Eighteen calls in a second are the measure; thirteen people of one call are one of them."""
    for number in range(17):
        queue(school, EVERYBODY, f"第 {number} 句")
    school.settle()
    assert len(calls(school)) == 17


def test_two_hands_never_take_the_same_letters(school: Stage) -> None:
    """The service's own threads, at the same time: nobody is told twice, nobody is forgotten."""
    for number in range(6):
        queue(school, EVERYBODY, f"第 {number} 句")
    done = threading.Event()
    school.app.deliverer.start()
    for _ in range(200):
        if sum(len(heard(school, f"第 {number} 句")) for number in range(6)) == 6 * 13:
            done.set()
            break
        done.wait(0.05)
    school.app.deliverer.stop()
    for number in range(6):
        assert len(heard(school, f"第 {number} 句")) == len(set(heard(school, f"第 {number} 句"))) == 13


def test_when_the_month_is_used_up_what_was_not_sent_is_a_dead_letter_that_says_so(school: Stage) -> None:
    school.world.faults.switch("over_quota", on=True)
    queue(school, EVERYBODY[:3])
    school.settle()
    assert [("用完" in reason) for reason in states(school)["dead"]] == [True] * 3
    room = school.room("王小燕")
    assert school.world.say(school.id_of("王小燕"), room.id, "帮助").state == "sent"
    school.world.faults.switch("over_quota", on=False)
    assert "bot: " in "\n".join(school.says("王小燕", "帮助"))
