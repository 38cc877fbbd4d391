"""The office at the desk: every act that it offers can be carried out as it stands there, and what cannot be is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from bot.emulator.app import EmulatorServer
from bot.emulator.world import World
from tests.emulator.emulated import FakeBot, HandClock


def offices(http: requests.Session, url: str) -> dict[str, Any]:
    return {one["platform"]: one for one in http.get(f"{url}/api/office", timeout=10).json()["offices"]}


def act(http: requests.Session, url: str, platform: str, name: str, **values: str) -> requests.Response:
    body = {"platform": platform, "act": name, "values": values}
    return http.post(f"{url}/api/office", json=body, timeout=30)


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
def test_every_act_is_carried_out_as_it_stands_there(
    server: EmulatorServer, http: requests.Session, bot: FakeBot, platform: str
) -> None:
    server.world.ding_office.events.subscribed = True
    office = offices(http, server.url)[platform]
    assert office["note"] == ""
    for one in office["acts"]:
        values = {
            field["name"]: "wang" if field["kind"] == "person" else field["value"] or "无" for field in one["fields"]
        }
        answer = act(http, server.url, platform, one["id"], **values)
        assert answer.ok, answer.json()
        assert answer.json()["line"]
    assert bot.heard
    (request,) = offices(http, server.url)[platform]["requests"]
    assert "王小燕" in request["words"]
    for how in ("同意", "撤销"):
        assert act(http, server.url, platform, f"request:{request['id']}", how=how).ok
    assert offices(http, server.url)[platform]["requests"] == []


@pytest.mark.parametrize(
    ("platform", "name", "values", "words"),
    [
        ("fax", "leave", {}, "不用这个平台"),
        ("wecom", "strike", {}, "没有这件事"),
        ("wecom", "punch", {"who": "wang"}, "请填“哪一次”"),
        ("wecom", "punch", {"who": "wang", "kind": "加班"}, "没有这一项"),
        ("wecom", "punch", {"who": "nobody", "kind": "上班打卡"}, "没有这个人"),
        ("wecom", "leave", {"who": "wang", "kind": "事假", "first": "明天", "last": "后天"}, "日期看不懂"),
        ("wecom", "request:1", {"how": "同意"}, "没有这张"),
        ("dingtalk", "request:1", {"how": "盖章"}, "看不懂"),
    ],
)
def test_what_cannot_be_done_is_said(
    server: EmulatorServer, http: requests.Session, platform: str, name: str, values: dict[str, str], words: str
) -> None:
    answer = act(http, server.url, platform, name, **values)
    assert answer.status_code >= 400
    assert words in answer.json()["error"]


def test_a_school_whose_bot_hears_nothing_of_it_is_told(
    tmp_path: Path, http: requests.Session, clock: HandClock
) -> None:
    world = World(tmp_path / "w", clock, "http://127.0.0.1:9", channels=("wecom bot_stream",))
    with EmulatorServer(world) as server:
        office = offices(http, server.url)
        assert list(office) == ["wecom"]
        assert "没有企业微信自建应用" in office["wecom"]["note"]
        refused = act(http, server.url, "wecom", "people", who="wang", how="离开学校")
        assert "没有企业微信自建应用" in refused.json()["error"]
    world.close()
