"""What changes in DingTalk reaches the school over its encrypted events, in the real machine: pushed, kept, asked, told."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.emulator import demo
from bot.emulator.dingtalk_office import DingtalkOffice
from bot.emulator.dingtalk_stream_road import StreamRoad
from bot.store.records import Errand, ErrandState, Inbox
from bot.store.session import reading
from tests.kit.stage import Stage, stage

WEDNESDAY = date(2026, 11, 25)


pytestmark = pytest.mark.on("dingtalk robot")


@pytest.fixture
def school(school: Stage) -> Stage:
    """The demonstration school with its DingTalk robot over HTTP, and the events beside it."""
    url = school.world.url
    connections = demo.settings_data(url, 8000)["school"][0]["connection"]
    dingtalk = [one for one in connections if one["platform"] == "dingtalk"]
    school.restart(connection=[*dingtalk, demo.dingtalk_events_data(url)])
    assert school.world.ding_office.events.subscribe(), "check_url is answered with success, sealed"
    return school


@pytest.fixture
def office(school: Stage) -> DingtalkOffice:
    return school.world.ding_office


def said(school: Stage, seq: int) -> list[tuple[str, str]]:
    """Who was told, and the first line, once nothing is left to do."""
    school.settle()
    return [
        (school.world.chat(line.chat).title, line.text.splitlines()[0]) for line in school.world.messages(after=seq)
    ]


def errands(school: Stage) -> list[tuple[str, str, ErrandState]]:
    with reading(school.app.engine) as session:
        rows = session.scalars(select(Errand).order_by(Errand.id))
        return [(row.what.value, row.about.partition("|")[0], row.state) for row in rows]


def test_a_leave_that_dingtalk_agreed_to_takes_the_teacher_out_of_prompts(
    school: Stage, office: DingtalkOffice
) -> None:
    number, seq = office.apply_leave("王小燕", WEDNESDAY, WEDNESDAY), school.world.last_seq
    assert said(school, seq) == [], "what has only begun decides nothing"
    office.decide(number, agreed=True)
    told = said(school, seq)
    assert [who for who, _ in told] == ["王小燕", "吴静"]
    assert "11月25日（周三）" in told[0][1]
    assert "事假" in told[1][1]
    seq = school.world.last_seq
    office.revoke(number)
    assert {who for who, _ in said(school, seq)} == {"王小燕", "吴静"}, "taken back under its own number"
    assert {state for _, _, state in errands(school)} == {ErrandState.DONE}


def test_a_refused_leave_changes_nothing(school: Stage, office: DingtalkOffice) -> None:
    number, seq = office.apply_leave("王小燕", WEDNESDAY, WEDNESDAY), school.world.last_seq
    office.decide(number, agreed=False)
    assert said(school, seq) == []


def gone(school: Stage, name: str) -> bool:
    with school.store() as store:
        account = store.people.account("dingtalk", school.account(name))
        return account is not None and account.gone_at is not None


def test_a_teacher_who_leaves_dingtalk_is_gone_there_and_who_returns_is_back(
    school: Stage, office: DingtalkOffice
) -> None:
    office.leaves("郑凯")
    school.settle()
    assert gone(school, "郑凯")
    assert not gone(school, "王小燕")
    office.returns("郑凯")
    school.settle()
    assert not gone(school, "郑凯")
    assert errands(school) == [("member", school.account("郑凯"), ErrandState.DONE)] * 2


@pytest.mark.parametrize("fault", ["lost_ack", "duplicate_callback"])
def test_an_event_that_comes_twice_is_asked_about_once(school: Stage, office: DingtalkOffice, fault: str) -> None:
    number = office.apply_leave("王小燕", WEDNESDAY, WEDNESDAY)
    school.world.faults.switch(fault, on=True)
    seq = school.world.last_seq
    office.decide(number, agreed=True)
    school.clock.turn_to(school.clock.now() + timedelta(seconds=11))
    office.events.resend()
    assert len(said(school, seq)) == 2, "the teacher and the office, each once"
    # the last task and the whole request are two events about one thing, which is asked once
    assert len(errands(school)) == 1


def test_an_event_that_nobody_asked_for_is_answered_and_leaves_nothing(school: Stage, office: DingtalkOffice) -> None:
    assert office.events.emit("chat_update_title", {"chatId": "c", "title": "新名字"})
    assert office.events.emit("brand_new_event", {"x": 1})
    assert errands(school) == []


def test_over_stream_the_same_event_comes_as_a_frame_and_is_kept(database_url: str, tmp_path: Path) -> None:
    with stage("dingtalk", database_url, tmp_path, channels=("wecom app", "dingtalk stream")) as play:
        road = play.world.roads["dingtalk"]
        assert isinstance(road, StreamRoad)
        assert road.wait(1)
        assert play.world.ding_office.events.emit("user_modify_org", {"timeStamp": 1, "userId": ["u1008"]})
        with reading(play.app.engine) as session:
            assert session.scalar(select(func.count()).where(Inbox.message_id.startswith("event/"))) == 1
