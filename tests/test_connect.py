"""Onboarding: asked in the platform's order, written without harm to what is there, no secret shown, the first words reported."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from bot.connect_file import read_text, with_connection, write_text
from bot.connect_wait import Wait, first_words, nothing_heard
from bot.errors import ConfigError, GiveUp
from bot.messages import ChatRef, Outgoing
from bot.platforms.base import Reach, Sent
from bot.settings import read
from tests.kit.stage import Stage

pytestmark = pytest.mark.on("wecom app", "dingtalk robot")

ROOT = Path(__file__).resolve().parent.parent

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


def connect(folder: Path, *arguments: str, said: str) -> subprocess.CompletedProcess[str]:
    own = {"XIAOLING_HOME": str(folder / "data"), "XIAOLING_CONFIG": str(folder / "xiaoling.toml")}
    return subprocess.run(
        [sys.executable, "-m", "bot", "connect", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | own,
        input=said,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        start_new_session=True,
    )


def test_a_new_school_is_asked_for_all_of_it_in_order(tmp_path: Path) -> None:
    done = connect(tmp_path, "dingtalk", "--no-wait", said="某某小学\n代码\nmmxx\ndingkey1\nverysecretword\n")
    assert (done.returncode, done.stderr) == (0, "")
    places = [
        done.stdout.index(words)
        for words in ("小写字母", "这个不对", "open-dev.dingtalk.com", "Client ID", "Client Secret")
    ]
    assert places == sorted(places)
    assert "verysecretword" not in done.stdout + done.stderr
    settings = read(tmp_path / "xiaoling.toml", tmp_path / "data")
    (school,) = settings.schools
    (connection,) = school.connection
    assert (school.name, school.code, connection.kind, connection.name) == (
        "某某小学",
        "mmxx",
        "stream",
        "dingtalk-stream",
    )
    assert (tmp_path / "xiaoling.toml").stat().st_mode & 0o077 == 0, "it holds keys"
    again = connect(tmp_path, "dingtalk", "--no-wait", said="dingkey2\nother\n")
    assert again.returncode == 0
    settings = read(tmp_path / "xiaoling.toml", tmp_path / "data")
    assert [each.name for each in settings.schools[0].connection] == ["dingtalk-stream", "dingtalk-stream-2"]


def test_a_wrong_answer_is_asked_again_and_the_callback_s_address_is_told(tmp_path: Path) -> None:
    (tmp_path / "xiaoling.toml").write_text(TWO.replace("sqlite:///x.db", ""), "utf-8")
    key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    said = f"wwcorp\nnumber\n1000002\nsecretone\ntokenone\n{key[1:]}\n{key}\n"
    done = connect(tmp_path, "wecom", "--kind", "app", "--school", "yi", "--name", "app", "--no-wait", said=said)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("这个不对") == 2
    assert "/callback/yi/app" in done.stdout
    assert not any(word in done.stdout for word in ("secretone", "tokenone", key[1:]))
    connection = read(tmp_path / "xiaoling.toml", tmp_path / "data").schools[1].connection[0]
    assert (connection.kind, connection.name) == ("app", "app")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dingtalk", "--kind", "fax"], "dingtalk 没有“fax”这种连接"),
        (["wecom", "--kind", "app"], "请用 --school 写明学校，可选：jia、yi"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "xiaoling.toml").write_text(TWO, "utf-8")
    done = connect(tmp_path, *arguments, said="")
    assert done.returncode == 2
    assert words in done.stderr
    assert (tmp_path / "xiaoling.toml").read_text("utf-8") == TWO


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
    wait = Wait(school.app, connection, school.clock.now().replace(microsecond=1), threading.Event())
    wait.start(60)
    school.says("王小燕", "帮助")
    assert wait.done.wait(60)
    assert any("只能主动找跟它说过话的人" in finding.line for finding in wait.findings)


def test_a_wait_in_vain_says_where_to_look(school: Stage) -> None:
    connection = next(iter(school.app.connections))
    wait = Wait(school.app, connection, school.clock.now().replace(microsecond=1), threading.Event())
    wait.start(0)
    assert wait.done.wait(60)
    assert wait.findings == ()
    first, check = nothing_heard(connection, connection.platform.check)
    assert f"docs/{school.platform}.md" in first.todo
    assert check.well, "the keys are right: it is the address or the phone"
