"""xiaoling.toml: a wrong or missing value stops the start with its name, what is wrong and an example."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ConfigError
from bot.settings import DingtalkRobot, Settings, WecomApp, config_path, from_data, home_folder, read

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "docs" / "xiaoling.example.toml"

CONNECTIONS: dict[str, dict[str, Any]] = {
    "wecom app": {
        "name": "oa",
        "platform": "wecom",
        "kind": "app",
        "corp_id": "ww1234567890abcdef",
        "agent_id": 1000002,
        "secret": "a-secret",
        "token": "a-token",
        "encoding_aes_key": "a" * 43,
    },
    "wecom webhook": {"name": "staff", "platform": "wecom", "kind": "webhook", "key": "a-key", "group": "教职工群"},
    "wecom school": {
        "name": "parents",
        "platform": "wecom",
        "kind": "school",
        "corp_id": "ww1234567890abcdef",
        "agent_id": 1000005,
        "secret": "a-secret",
    },
    "wecom customers": {
        "name": "classgroups",
        "platform": "wecom",
        "kind": "customers",
        "corp_id": "ww1234567890abcdef",
        "secret": "a-secret",
    },
    "wecom bot_stream": {
        "name": "bot",
        "platform": "wecom",
        "kind": "bot_stream",
        "bot_id": "aibabc",
        "secret": "a-secret",
    },
    "wecom bot": {
        "name": "aibot",
        "platform": "wecom",
        "kind": "bot",
        "token": "a-token",
        "encoding_aes_key": "a" * 43,
    },
    "dingtalk robot": {
        "name": "ding",
        "platform": "dingtalk",
        "kind": "robot",
        "app_key": "dingabc",
        "app_secret": "a-secret",
        "robot_code": "dingabc",
    },
    "dingtalk events": {
        "name": "dingevents",
        "platform": "dingtalk",
        "kind": "events",
        "app_key": "dingabc",
        "app_secret": "a-secret",
        "token": "a-token",
        "aes_key": "a" * 43,
    },
    "dingtalk stream": {
        "name": "stream",
        "platform": "dingtalk",
        "kind": "stream",
        "app_key": "dingabc",
        "app_secret": "a-secret",
    },
    "dingtalk notice": {
        "name": "work",
        "platform": "dingtalk",
        "kind": "notice",
        "app_key": "dingabc",
        "app_secret": "a-secret",
        "agent_id": 3000000001,
    },
    "dingtalk webhook": {
        "name": "notice",
        "platform": "dingtalk",
        "kind": "webhook",
        "access_token": "a-token",
        "group": "班子群",
    },
}
NEEDED = [(kind, key) for kind, entry in CONNECTIONS.items() for key in entry if key not in ("platform", "kind")]


def settings(*connections: dict[str, Any], **parts: Any) -> Settings:
    school = {"name": "某某小学", "code": "mmxx", "connection": list(connections)}
    return from_data({"school": [school]} | parts, Path("/data"), Path("/etc/xiaoling.toml"))


def complaint(*connections: dict[str, Any], **parts: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        settings(*connections, **parts)
    return str(caught.value)


def test_every_kind_of_connection_is_read() -> None:
    read_ = settings(*CONNECTIONS.values())
    assert [f"{each.platform} {each.kind}" for each in read_.schools[0].connection] == list(CONNECTIONS)


def test_what_is_not_written_has_its_default() -> None:
    found = settings(CONNECTIONS["wecom app"], CONNECTIONS["dingtalk robot"])
    app, robot = found.schools[0].connection
    assert isinstance(app, WecomApp)
    assert isinstance(robot, DingtalkRobot)
    assert (app.api_base, app.tolerance) == ("https://qyapi.weixin.qq.com", 300)
    assert (robot.api_base, robot.oapi_base) == ("https://api.dingtalk.com", "https://oapi.dingtalk.com")
    assert (found.server.host, found.server.port, found.public_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert found.database_url == "sqlite:////data/xiaoling.db"


@pytest.mark.parametrize(("kind", "key"), NEEDED)
def test_each_missing_value_is_named_with_an_example(kind: str, key: str) -> None:
    entry = {name: value for name, value in CONNECTIONS[kind].items() if name != key}
    where = f"connection[{entry['name']}]" if "name" in entry else "connection[1]"
    said = complaint(entry)
    assert said.startswith(f"xiaoling.toml: school[mmxx].{where}.{key}: ")
    assert re.search(rf"Example: {key} = \S", said)
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("agent_id", "x", "integer"),
        ("agent_id", 0, "greater than 0"),
        ("encoding_aes_key", "short", "43"),
        ("api_base", "qyapi.weixin.qq.com", "URL"),
        ("tolerance", -1, "greater than or equal to 0"),
        ("name", "中文", "pattern"),
        ("corp_id", "", "at least 1"),
        ("secret", 5, "string"),
    ],
)
def test_each_wrong_value_is_named_with_an_example(key: str, value: object, words: str) -> None:
    said = complaint(CONNECTIONS["wecom app"] | {key: value})
    assert f".{key}: " in said
    assert words in said
    assert f"Example: {key} = " in said


@pytest.mark.parametrize(
    ("part", "values", "words"),
    [
        ("server", {"port": 0}, "server.port: .*greater than or equal to 1.* Example: port = 8000"),
        ("server", {"public_url": "bot"}, "server.public_url: .*URL.* Example: public_url = "),
        ("server", {"trusted_proxies": 9}, "server.trusted_proxies: .* Example: trusted_proxies = 1"),
        ("server", {"clock": "sundial"}, "server.clock: .*real.*turned"),
        (
            "database",
            {"url": "mysql://here"},
            r"database.url: must start with .*postgresql\+psycopg:.* Example: url = ",
        ),
        ("school", [{"name": "某某小学", "code": "ABC"}], r"school\[ABC\].code: .* Example: code = "),
        ("school", [{"code": "mmxx"}], r"school\[mmxx\].name: .* Example: name = "),
        ("school", {"name": "某某小学"}, r"school: .* Example: school = \[\[school\]\]"),
    ],
)
def test_the_other_parts_complain_alike(part: str, values: object, words: str) -> None:
    assert re.search(words, complaint(**{part: values}))


def test_the_connection_is_named_among_several() -> None:
    second = CONNECTIONS["wecom app"] | {"name": "second", "agent_id": "x"}
    assert "connection[second].agent_id: " in complaint(CONNECTIONS["wecom app"], second)


def test_every_wrong_value_is_told_at_once() -> None:
    said = complaint(CONNECTIONS["wecom app"] | {"agent_id": "x", "corp_id": ""}, server={"port": "x"})
    assert len(said.splitlines()) == 3


def test_what_is_not_a_setting_is_no_secret_typing_error() -> None:
    said = complaint(CONNECTIONS["wecom app"] | {"agentid": 1})
    assert "connection[oa].agentid: there is no such setting" in said
    assert "docs/xiaoling.example.toml" in said


def test_an_unknown_kind_says_which_are_known() -> None:
    said = complaint(CONNECTIONS["wecom app"] | {"kind": "aibot"})
    assert "wecom with app, webhook, school, customers, bot" in said
    assert "dingtalk with robot, stream, events, notice or webhook" in said


def test_cards_of_a_robot_over_http_need_their_way_back() -> None:
    robot = CONNECTIONS["dingtalk robot"] | {"card_template": "1a2b.schema"}
    assert "card_secret" in complaint(robot)
    assert "card_url" in complaint(robot | {"card_secret": "a-secret"})
    settings(robot | {"card_secret": "a-secret", "card_url": "https://bot.example.edu.cn/callback/mmxx/ding"})
    settings(CONNECTIONS["dingtalk stream"] | {"card_template": "1a2b.schema"})


def test_two_connections_of_one_name_and_two_schools_of_one_code_are_refused() -> None:
    twice = CONNECTIONS["wecom app"], CONNECTIONS["dingtalk robot"] | {"name": "oa"}
    assert 'two connections are called "oa"' in complaint(*twice)
    school = {"name": "某某小学", "code": "mmxx"}
    assert 'two schools have the code "mmxx"' in complaint(school=[school, school])


def test_a_secret_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = CONNECTIONS["wecom app"] | {"secret": "env:XIAOLING_TEST_SECRET"}
    assert "the environment variable XIAOLING_TEST_SECRET is not set" in complaint(entry)
    monkeypatch.setenv("XIAOLING_TEST_SECRET", "")
    assert "XIAOLING_TEST_SECRET is not set" in complaint(entry)
    monkeypatch.setenv("XIAOLING_TEST_SECRET", "from outside")
    app = settings(entry).schools[0].connection[0]
    assert isinstance(app, WecomApp)
    assert app.secret.get_secret_value() == "from outside"


def test_no_secret_is_shown() -> None:
    shown = repr(settings(*CONNECTIONS.values()))
    assert "a-secret" not in shown
    assert "a-token" not in shown
    said = complaint(CONNECTIONS["wecom app"] | {"encoding_aes_key": "half-a-secret", "secret": ["a-secret"]})
    assert "a-secret" not in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"port = = 1", "not valid TOML"),
        ("[server]\nhost = '本机'".encode("gbk"), "not valid TOML"),
    ],
)
def test_a_file_that_is_no_toml_says_so(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "xiaoling.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        read(path, tmp_path)


def test_a_missing_file_says_what_to_copy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"docs/xiaoling\.example\.toml"):
        read(tmp_path / "xiaoling.toml", tmp_path)


def test_notepads_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "xiaoling.toml"
    path.write_text("[server]\nport = 8001\n", "utf-8-sig")
    assert read(path, tmp_path).server.port == 8001


def test_where_the_file_and_the_data_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XIAOLING_CONFIG", raising=False)
    monkeypatch.delenv("XIAOLING_HOME", raising=False)
    assert config_path() == tmp_path / "xiaoling.toml"
    assert home_folder() == tmp_path / "data"
    monkeypatch.setenv("XIAOLING_CONFIG", "other.toml")
    monkeypatch.setenv("XIAOLING_HOME", "a/b")
    assert config_path() == tmp_path / "other.toml"
    assert home_folder() == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()


def uncommented() -> str:
    """The example with every setting switched on that stands in it as a comment."""
    return re.sub(r"(?m)^# (?=\[|[a-z0-9_]+ = )", "", EXAMPLE.read_text("utf-8"))


@pytest.mark.parametrize("whole", [False, True])
def test_the_example_is_right(whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    text = uncommented() if whole else EXAMPLE.read_text("utf-8")
    for name in re.findall(r"env:([A-Z_]+)", text):
        monkeypatch.setenv(name, "a" * 43)
    found = from_data(tomllib.loads(text), Path("/data"))
    assert found.schools[0].connection


def test_the_example_names_every_setting() -> None:
    data = tomllib.loads(uncommented())
    school = data["school"][0]
    seen = {kind: set[str]() for kind in CONNECTIONS}
    for entry in school["connection"]:
        seen[f"{entry['platform']} {entry['kind']}"] |= set(entry)
    classes = {
        f"{kind.platform} {kind.kind}": type(kind) for kind in settings(*CONNECTIONS.values()).schools[0].connection
    }
    assert {kind: set(model.model_fields) for kind, model in classes.items()} == seen
    assert set(data["server"]) == set(type(settings().server).model_fields) - {"clock"}  # the emulator's alone
    assert set(data["database"]) == {"url"}
