"""Onboarding: asked in the platform's order, written without harm to what is there, no secret shown, the first words reported."""

from __future__ import annotations

import os
import socket
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import cli
from bot.channels import kinds
from bot.clock import RealClock
from bot.connect_file import read_text, with_changed, with_connection, with_server, write_text
from bot.connect_typed import meant
from bot.connect_wait import Wait, first_words, nothing_heard
from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.world import World
from bot.errors import ConfigError, GiveUp
from bot.messages import ChatRef, Outgoing
from bot.platforms.base import Health, Reach, Sent
from bot.settings import read
from tests.kit.stage import HandClock, Stage

pytestmark = pytest.mark.on("wecom app", "dingtalk robot")

TWO = """# ours
[[school]]
name = "甲校"   # the first
code = "jia"

[[school.connection]]
name = "oa"
platform = "wecom"
kind = "webhook"
key = "k"
group = "班子群"

# the second school
# and more about it
[[school]]
name = "乙校"
code = "yi"

[database]
url = "sqlite:///x.db"
"""

NEW: dict[str, str | int | bool] = {
    "name": "new",
    "platform": "dingtalk",
    "kind": "stream",
    "app_key": "k",
    "app_secret": '引"号',
}


@pytest.mark.parametrize(("school", "follows"), [(0, ["# the second school", "# and more about it"]), (1, [])])
def test_a_connection_goes_to_its_school_and_nothing_else_changes(school: int, follows: list[str]) -> None:
    changed = with_connection(TWO, school, NEW)
    data = tomllib.loads(changed)
    assert data["school"][school]["connection"][-1] == NEW
    assert "".join(changed.split('[[school.connection]]\nname = "new"')[0]).rstrip() in TWO
    data["school"][school]["connection"].pop()
    if not data["school"][school]["connection"]:
        del data["school"][school]["connection"]
    assert data == tomllib.loads(TWO)
    remarks = [line for line in changed[changed.index('name = "new"') :].splitlines() if line.startswith("#")]
    assert remarks == follows, "remarks stay with the school that they stand above"


def test_a_file_that_cannot_be_added_to_is_left_alone() -> None:
    inline = 'school = [{ name = "甲校", code = "jia" }]\n'
    with pytest.raises(ConfigError, match="自己加上"):
        with_connection(inline, 0, NEW)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_mark_and_mode_stay(tmp_path: Path, ends: str, mark: str) -> None:
    path = tmp_path / "xiaoling.toml"
    path.write_bytes(f"{mark}{TWO}".replace("\n", ends).encode())
    path.chmod(0o640)
    write_text(path, with_connection(read_text(path), 0, NEW))
    content = path.read_bytes().decode()
    assert content.startswith(f"{mark}# ours{ends}")
    assert content.count("\r\n") == (content.count("\n") if ends == "\r\n" else 0)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["xiaoling.toml"]


@pytest.mark.parametrize(
    ("setting", "typed", "value"),
    [
        ("app_key", " ｄｉｎｇａｂｃ　", "dingabc"),
        ("app_key", "Client ID: dingabc", "dingabc"),
        ("app_secret", "Client Secret（原 AppSecret）：a-b_c", "a-b_c"),
        ("secret", "“ab\u200bcd”\ufeff", "abcd"),
        ("secret", "abcd\r\n efgh", "abcdefgh"),
        ("secret", '{"bot_id": "aib", "Secret": "abcd"}', "abcd"),
        ("secret", "{not json", "{notjson"),
        ("key", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=11-22", "11-22"),
        ("access_token", "Webhook：https://oapi.dingtalk.com/robot/send?access_token=aa&x=1", "aa"),
        ("public_url", "https://bot.example.edu.cn", "https://bot.example.edu.cn"),
        ("secret", "env:WECOM_SECRET", "env:WECOM_SECRET"),
        ("name", " 某某（实验）小学　", "某某（实验）小学"),
        ("code", "ｍｍｘｘ", "mmxx"),
        ("key", "", ""),
    ],
)
def test_what_is_pasted_is_taken_for_what_was_meant(setting: str, typed: str, value: str) -> None:
    assert meant(setting, typed) == value


def test_a_connection_is_changed_in_its_place(tmp_path: Path) -> None:
    text = TWO.replace('key = "k"', "key = 'k'   # changed in May")
    changed = with_changed(text, 0, "oa", {"key": "新", "group": "教职工群", "markdown_v2": True})
    assert changed == text.replace("'k'   # changed", '"新"   # changed').replace(
        'group = "班子群"\n', 'group = "教职工群"\nmarkdown_v2 = true\n'
    )


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("", '[server]\npublic_url = "https://a.cn"\n'),
        ("# us\n[server] # here\nport = 1\n\n# ours\n[x]\n", None),
        ('[server]\npublic_url = "http://b"  # old\n', '[server]\npublic_url = "https://a.cn"  # old\n'),
        ("[server]", '[server]\npublic_url = "https://a.cn"\n'),
    ],
)
def test_the_address_is_written_where_it_belongs(text: str, becomes: str | None) -> None:
    changed = with_server(text, {"public_url": "https://a.cn"})
    becomes = becomes or text.replace("port = 1\n", 'port = 1\npublic_url = "https://a.cn"\n')
    assert changed == becomes


@pytest.mark.parametrize("text", ["server = { port = 1 }\n", "server.port = 1\n"])
def test_settings_written_another_way_are_left_alone(text: str) -> None:
    with pytest.raises(ConfigError, match="没有动它"):
        with_server(text, {"public_url": "https://a.cn"})


class Desk:
    """A folder of one's own, and the platforms to connect with."""

    def __init__(self, folder: Path, url: str, world: World) -> None:
        self.folder, self.url, self.world = folder, url, world
        self.file = folder / "xiaoling.toml"

    def connect(self, *arguments: str, said: str) -> Result:
        own = {"XIAOLING_HOME": str(self.folder / "data"), "XIAOLING_CONFIG": str(self.file)}
        return CliRunner().invoke(cli, ["connect", *arguments], input=said, env=own)

    def connections(self, school: int = 0) -> list[dict[str, object]]:
        found: list[dict[str, object]] = tomllib.loads(self.file.read_text("utf-8"))["school"][school]["connection"]
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    world = World(tmp_path / "emulator", HandClock(RealClock().now()), "http://127.0.0.1:1")
    with EmulatorServer(world) as server:
        yield Desk(tmp_path, server.url, world)
    world.close()


def at(url: str, kind: str = "dingtalk stream") -> list[str]:
    """Where the platform is: what a private deployment would write."""
    given = [f"{name}={url}" for name in ("api_base", "oapi_base") if name in kinds()[kind].model_fields]
    return [part for pair in given for part in ("--set", pair)]


def test_a_new_school_is_asked_for_all_of_it_in_order_and_changed_later(desk: Desk) -> None:
    keys = f"{demo.DING_KEY}\n{demo.DING_SECRET}\n"
    done = desk.connect("dingtalk", "--no-wait", *at(desk.url), said=f"某某小学\n代码\nmmxx\n{keys}")
    assert done.exit_code == 0, done.output
    words = ("小写字母", "这个不对", "open-dev.dingtalk.com", "[1/2] 凭证", "Client ID", "Client Secret", "✅ 凭证可用")
    places = [done.output.index(each) for each in words]
    assert places == sorted(places)
    settings = read(desk.file, desk.folder / "data")
    assert (settings.schools[0].name, settings.schools[0].code) == ("某某小学", "mmxx")
    assert desk.file.stat().st_mode & 0o077 == 0, "it holds keys"
    again = desk.connect("dingtalk", "--no-wait", *at(desk.url), said=f"second\n{keys}")
    assert again.exit_code == 0, again.output
    third = desk.connect("dingtalk", "--no-wait", "--set", "api_quota=9000", *at(desk.url), said="\n\n\n")
    assert third.exit_code == 0, third.output
    assert [(each["name"], each.get("api_quota")) for each in desk.connections()] == [
        ("dingtalk-stream", 9000),
        ("second", None),
    ]


def test_no_network_is_told_and_can_wait(desk: Desk) -> None:
    desk.file.write_text(TWO.replace("sqlite:///x.db", ""), "utf-8")
    nowhere = "http://127.0.0.1:9"
    said = "key1\nsecret1\n再试\n跳过\n"
    done = desk.connect("dingtalk", "--school", "yi", "--no-wait", *at(nowhere), said=said)
    assert done.exit_code == 0, done.output
    assert done.output.count("没有问到平台") == 2
    assert "请检查这台电脑的网络" in done.output
    assert desk.connections(1)[0]["app_secret"] == "secret1"


@pytest.mark.parametrize("answer", ["", "不"])
def test_a_group_s_robot_takes_the_whole_address_and_says_a_sentence(desk: Desk, answer: str) -> None:
    (group, *_) = demo.GROUPS
    url = f"{desk.url}/cgi-bin/webhook/send?key={group.key}"
    port = 18000 + os.getpid() % 2000
    desk.file.write_text(f'[server]\nport = {port}\n[[school]]\nname = "甲校"\ncode = "jia"\n', "utf-8")
    arguments = ["wecom", "--kind", "webhook", "--set", f"api_base={desk.url}"]
    done = desk.connect(*arguments, said=f"wrong\n\n{url}\n工会群\n{group.title}\n{answer}\n")
    assert done.exit_code == 0, done.output
    assert "群机器人的 key 不对" in done.output
    assert "例子：教职工群" in done.output
    said = [message.text for message in desk.world.messages()]
    assert said == ([] if answer else ["校铃接上了，以后的通知发到这里。"])
    assert ("发到教职工群了" in done.output) is (answer == "")


@pytest.mark.parametrize(
    ("kind", "answers", "can"),
    [
        ("dingtalk notice", [demo.DING_KEY, demo.DING_SECRET, str(demo.DING_AGENT)], "能主动找每一位老师"),
        ("wecom school", [demo.CORP_ID, str(demo.AGENT_ID), demo.WECOM_SECRET], "能给班级、学生家里"),
        ("wecom customers", [demo.CORP_ID, "wrong", "", "", demo.CUSTOMERS_SECRET], "✅ 凭证可用"),
        ("dingtalk webhook", ["", demo.GROUPS[1].token, demo.GROUPS[1].title, ""], "发到班子群了"),
    ],
)
def test_what_only_speaks_is_tried_at_once(desk: Desk, kind: str, answers: list[str], can: str) -> None:
    port = 20000 + os.getpid() % 2000
    desk.file.write_text(f'[server]\nport = {port}\n[[school]]\nname = "甲校"\ncode = "jia"\n', "utf-8")
    platform, word = kind.split()
    arguments = [platform, "--kind", word, *at(desk.url, kind)]
    done = desk.connect(*arguments, said="\n".join(answers) + "\n")
    assert done.exit_code == 0, done.output
    assert can in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dingtalk", "--kind", "fax"], "dingtalk 没有“fax”这种连接"),
        (["wecom", "--kind", "app"], "请用 --school 写明学校，可选：jia、yi"),
        (["wecom", "--kind", "app", "--school", "jia", "--name", "oa"], "oa 已经是企业微信群机器人了"),
        (["wecom", "--kind", "app", "--school", "jia", "--name", "应用"], "“应用”不能当名字"),
        (["wecom", "--kind", "app", "--set", "secret=abc"], "secret 是密钥，不要写在命令行里"),
        (["wecom", "--kind", "app", "--set", "colour=red"], "没有 colour 这一项"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_nothing_is_written(desk: Desk, arguments: list[str], words: str) -> None:
    desk.file.write_text(TWO, "utf-8")
    done = desk.connect(*arguments, "--no-wait", said="")
    assert isinstance(done.exception, ConfigError)
    assert words in str(done.exception)
    assert desk.file.read_text("utf-8") == TWO


def test_a_service_that_runs_already_is_told_before_the_first_question(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        desk.file.write_text(f"[server]\nport = {port}\n", "utf-8")
        done = desk.connect("dingtalk", said="")
    assert isinstance(done.exception, ConfigError)
    assert "先在那个窗口按 Ctrl-C 停下" in str(done.exception)
    assert done.output == ""


def test_the_first_words_are_reported_when_they_are_answered(school: Stage) -> None:
    connection = next(iter(school.app.connections))
    since = school.clock.now().replace(microsecond=1)
    assert first_words(school.app, connection, since) == ()
    school.says("王小燕", "帮助")
    lines = [finding.line for finding in first_words(school.app, connection, since)]
    assert lines[:2] == ["听到了第一句话", "回答发出去了"]
    assert "能主动找每一位老师" in lines


def test_a_refused_answer_is_reported_with_its_reason(school: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = next(iter(school.app.connections))
    since = school.clock.now().replace(microsecond=1)

    def refuse(chat: ChatRef, outgoing: Outgoing) -> Sent:
        raise GiveUp("应用没有发消息的权限")

    monkeypatch.setattr(connection.platform, "send", refuse)
    school.says("王小燕", "帮助")
    findings = first_words(school.app, connection, since)
    assert [finding.well for finding in findings[:2]] == [True, False]
    assert findings[1].line == "回答没发出去：应用没有发消息的权限"


def test_the_wait_ends_with_what_was_heard(school: Stage) -> None:
    connection = next(iter(school.app.connections))
    connection.platform.capabilities = replace(connection.platform.capabilities, reach=Reach.SPOKEN)
    told: list[Health] = []
    wait = Wait(school.app, connection, school.clock.now().replace(microsecond=1), threading.Event(), told.append)
    wait.start(60)
    school.says("王小燕", "帮助")
    assert wait.done.wait(60)
    assert any("只能主动找跟它说过话的人" in finding.line for finding in wait.findings)


def test_a_wait_in_vain_says_where_to_look(school: Stage) -> None:
    connection = next(iter(school.app.connections))
    told: list[Health] = []
    wait = Wait(school.app, connection, school.clock.now().replace(microsecond=1), threading.Event(), told.append)
    wait.start(0)
    assert wait.done.wait(60)
    assert wait.findings == ()
    first, *through, check = nothing_heard(connection, school.app.settings.public_url)
    assert through, "no platform came yet"
    assert f"docs/{school.platform}.md" in first.todo
    assert check.well, "the keys are right: it is the address or the phone"
