"""WeCom's door: trusted addresses, secrets and what each opens, too many calls at once; seen by the bot's own platforms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from bot.connections import build_platform
from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.world import World
from bot.errors import GiveUp, TryLater
from bot.facts import Ask, Member
from bot.messages import ChatKind, ChatRef, Outgoing
from bot.platforms.base import Platform
from bot.settings import from_data
from tests.emulator.emulated import Callers, HandClock, from_bot

MESSAGE = {"touser": "limin", "msgtype": "text", "agentid": demo.AGENT_ID, "text": {"content": "早"}}
PATHS = {
    "app": ("POST", "/cgi-bin/message/send", MESSAGE),
    "ids": ("POST", "/cgi-bin/user/list_id", {"limit": 3}),
    "members": ("GET", "/cgi-bin/user/get?userid=limin", None),
    "school": ("GET", "/cgi-bin/school/department/list", None),
}
LIMIN = ChatRef(ChatKind.DIRECT, "limin")


@pytest.fixture
def platforms(server: EmulatorServer, clock: HandClock, tmp_path: Any) -> dict[str, Any]:
    """The demonstration's WeCom connections by name."""
    (school,) = from_data(demo.settings_data(server.url, 8000), tmp_path).schools
    return {each.name: build_platform(each, clock) for each in school.connection if each.platform == "wecom"}


@pytest.mark.parametrize(
    ("secret", "opens"),
    [
        (demo.WECOM_SECRET, {"app", "members", "school"}),
        (demo.CONTACTS_SECRET, {"ids", "members"}),
        (demo.SCHOOL_SECRET, {"school"}),
        (demo.CUSTOMERS_SECRET, set()),
    ],
)
def test_a_secret_opens_only_what_it_is_for(
    server: EmulatorServer, http: requests.Session, secret: str, opens: set[str]
) -> None:
    query = {"corpid": demo.CORP_ID, "corpsecret": secret}
    token = http.get(f"{server.url}/cgi-bin/gettoken", params=query).json()["access_token"]
    codes = {
        name: http.request(method, f"{server.url}{path}", params={"access_token": token}, json=body).json()["errcode"]
        for name, (method, path, body) in PATHS.items()
    }
    assert codes == {name: 0 if name in opens else 48002 for name in PATHS}


def test_an_unknown_secret_gets_no_token(server: EmulatorServer, http: requests.Session) -> None:
    query = {"corpid": demo.CORP_ID, "corpsecret": "x"}
    assert http.get(f"{server.url}/cgi-bin/gettoken", params=query).json()["errcode"] == 40001


def test_an_address_that_is_not_trusted_is_given_up_with_the_address_to_enter(
    platforms: dict[str, Any], world: World
) -> None:
    app: Platform = platforms["oa"]
    app.send(LIMIN, Outgoing(text="早"))
    world.faults.switch("untrusted_ip", True)
    with pytest.raises(GiveUp, match=r"企业可信 IP.*60020，203\.0\.113\.7"):
        app.send(LIMIN, Outgoing(text="晚"))
    with pytest.raises(GiveUp, match="60020"):
        platforms["parents"].ask(Ask.GUARDIANS, "")
    world.faults.switch("untrusted_ip", False)
    app.send(LIMIN, Outgoing(text="晚"))
    assert [message.text for message in from_bot(world)] == ["早", "晚"]


def test_too_many_calls_at_once_are_tried_later(platforms: dict[str, Any], world: World) -> None:
    world.faults.switch("crowded", True)
    for _ in range(2):
        with pytest.raises(TryLater, match="45033") as caught:
            platforms["oa"].send(LIMIN, Outgoing(text="早"))
        assert (caught.value.after, caught.value.unknown) == (timedelta(seconds=5), False)
    platforms["oa"].send(LIMIN, Outgoing(text="早"))
    assert len(from_bot(world)) == 1


def test_a_secret_that_was_made_anew_is_given_up_with_where_to_look(platforms: dict[str, Any], world: World) -> None:
    app: Platform = platforms["oa"]
    app.send(LIMIN, Outgoing(text="早"))
    world.faults.switch("new_secret", True)
    with pytest.raises(GiveUp, match="Secret.*40001"):
        app.send(LIMIN, Outgoing(text="晚"))
    assert not app.check().well
    world.faults.switch("new_secret", False)
    app.send(LIMIN, Outgoing(text="晚"))


def test_an_app_that_is_not_listed_is_told_where_to_list_it(platforms: dict[str, Any], world: World) -> None:
    world.faults.switch("not_listed", True)
    with pytest.raises(GiveUp, match="家校沟通→API→可调用接口的应用.*48002"):
        platforms["parents"].ask(Ask.GUARDIANS, "")
    with pytest.raises(GiveUp, match="家长可使用的应用.*48002"):
        platforms["parents"].send(ChatRef(ChatKind.GROUP, "class:232"), Outgoing(text="通知"))
    platforms["oa"].send(LIMIN, Outgoing(text="早"))


def test_a_small_scope_hides_the_rest_of_the_school(platforms: dict[str, Any], world: World, call: Callers) -> None:
    world.faults.switch("part_scope", True)
    with pytest.raises(GiveUp, match="可见范围.*81013"):
        platforms["oa"].send(LIMIN, Outgoing(text="早"))
    with pytest.raises(GiveUp, match="可见范围.*60011"):
        platforms["oa"].ask(Ask.MEMBER, "limin")
    seen = {each.name for each in platforms["oa"].ask(Ask.MEMBERS, "") if isinstance(each, Member)}
    assert seen == {"王小燕", "陈晓"}
    assert call.wecom_send(touser="limin|chenxiao", msgtype="text", text={"content": "早"})["invaliduser"] == "limin"
