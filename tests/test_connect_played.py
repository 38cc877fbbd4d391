"""Onboarding as a person lives it: a real process at a real terminal, the emulator as the platform, until the first words are
answered. What is typed is what people type: with blanks, in full-width letters, with the label before it, wrong at first.
"""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.clock import RealClock
from bot.emulator import demo
from bot.emulator.app import EmulatorServer
from bot.emulator.records import SENT
from bot.emulator.world import World
from tests.kit.stage import HandClock

pytest.importorskip("pty", reason="no pseudo-terminals on this system")

from tests.kit.terminal import Terminal  # after the look whether there are any

FILE = """# 学校的设置，老王写的
[server]
port = {port}   # 8000 被打印机占了

[[school]]
name = "某某小学"
code = "demo"   # 拼音

# 最后一行是备注
"""


@dataclass
class Desk:
    """The person's folder, and the platforms. url: where the emulator is."""

    folder: Path
    world: World
    url: str

    @property
    def file(self) -> Path:
        return self.folder / "xiaoling.toml"

    def command(self, *arguments: str) -> Terminal:
        own = {"XIAOLING_HOME": str(self.folder / "data"), "XIAOLING_CONFIG": str(self.file)}
        return Terminal(self.folder, ["connect", *arguments], own)

    def says(self, name: str, words: str, platform: str) -> None:
        person = self.world.person_named(name)
        line = self.world.say(person.id, self.world.direct(person.id, platform).id, words)
        assert line.state == SENT, line.note

    def connection(self, name: str) -> dict[str, object]:
        (school,) = tomllib.loads(self.file.read_text("utf-8"))["school"]
        (found,) = [entry for entry in school["connection"] if entry["name"] == name]
        return dict(found)


@pytest.fixture
def channels(request: pytest.FixtureRequest) -> Sequence[str]:
    return getattr(request, "param", demo.CHANNELS)


@pytest.fixture
def desk(tmp_path: Path, channels: Sequence[str]) -> Iterator[Desk]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "school"
    folder.mkdir()
    (folder / "xiaoling.toml").write_text(FILE.format(port=port), "utf-8")
    clock = HandClock(RealClock().now())
    world = World(tmp_path / "emulator", clock, f"http://127.0.0.1:{port}", channels=channels)
    world.post = world.patient_post  # a busy machine is not what is tried here
    with EmulatorServer(world) as server:
        yield Desk(folder, world, server.url)
    world.close()


def test_a_self_built_app_from_the_first_question_to_the_first_answer(desk: Desk) -> None:
    arguments = ["wecom", "--kind", "app", "--name", "oa", "--set", f"api_base={desk.url}"]
    with desk.command(*arguments) as user:
        user.sees("1. 用管理员账号打开 https://work.weixin.qq.com")
        user.sees("校铃的公网地址")
        user.types(" “https：//bot.example.edu.cn” ")
        user.sees("[1/5] 我的企业 → 企业信息")
        user.types(f"企业 ID：{demo.CORP_ID}")
        user.sees("[2/5] 应用管理")
        user.types("校铃")
        user.sees("这个不对，请再来一次。例子：1000002")
        user.types("１０００００２ ")
        user.sees("[3/5] 同一页 Secret")
        user.sees("看不见")
        user.types("not-the-secret")
        user.sees("⚠️ 凭证没有通过")
        user.sees("secret 不对")
        user.types("")
        user.sees("按回车还用 ww0demo0school01")
        user.types("")
        user.sees("按回车还用 1000002")
        user.types("")
        user.sees("直接按回车就不改")
        user.types(f"  {demo.WECOM_SECRET}　")
        user.sees("✅ 凭证可用")
        user.sees("[4/5] 同一页 → 接收消息")
        user.sees("看不见")
        user.types(demo.WECOM_TOKEN)
        user.sees("[5/5] 同一页 EncodingAESKey")
        user.sees("看不见")
        user.types(demo.WECOM_AES_KEY[1:])
        user.sees("要 43 个字母和数字，这是 42 个字")
        user.sees("看不见")
        user.types(demo.WECOM_AES_KEY)
        user.sees("已写进")
        user.sees("URL 填 https://bot.example.edu.cn/callback/demo/oa")
        user.sees("校铃已启动。")
        assert desk.world.check_address() == ""
        user.sees("✅ 平台来核对过回调地址，通过了")
        desk.world.faults.switch("untrusted_ip", on=True)
        desk.says("王小燕", "帮助", "wecom")
        user.sees("⚠️ 回答没发出去：可信 IP 没有配置")
        user.sees("60020，203.0.113.7")
        desk.world.faults.switch("untrusted_ip", on=False)
        desk.says("王小燕", "帮助", "wecom")
        user.sees("✅ 听到了第一句话")
        user.sees("✅ 回答发出去了")
        assert user.ends() == 0
    assert not any(word in user.seen for word in (demo.WECOM_SECRET, demo.WECOM_TOKEN, demo.WECOM_AES_KEY, "not-the"))
    text = desk.file.read_text("utf-8")
    for remark in ("# 学校的设置，老王写的", "# 8000 被打印机占了", "# 拼音", "# 最后一行是备注"):
        assert remark in text
    assert tomllib.loads(text)["server"]["public_url"] == "https://bot.example.edu.cn"
    assert desk.connection("oa")["secret"] == demo.WECOM_SECRET


@pytest.mark.parametrize("channels", [("wecom bot_stream", "dingtalk robot")], indirect=True)
def test_a_bot_on_the_long_connection_stopped_begun_again_and_changed(desk: Desk) -> None:
    road = desk.world.roads["wecom"]
    arguments = ["wecom", "--set", f"url={road.url}"]  # type: ignore[attr-defined]
    before = desk.file.read_bytes()
    with desk.command(*arguments) as user:
        user.sees("[1/2] 同一页的 Bot ID")
        user.types(demo.BOT_ID)
        user.sees("[2/2]")
        user.sees("看不见")
        user.presses_ctrl_c()
        user.sees("停下了，xiaoling.toml 没有改动")
        assert user.ends() == 130
    assert desk.file.read_bytes() == before
    with desk.command(*arguments) as user:
        user.sees("bot_id")
        # the page's own JSON, pasted whole
        user.types('{"bot_id": "' + demo.BOT_ID + '",')
        user.types('"secret": "…"}')
        user.sees("看不见")
        user.types(demo.BOT_SECRET)
        user.sees("✅ 凭证可用")
        user.sees("做好了，按回车启动")
        user.types("")
        user.sees("校铃已启动。")
        user.sees("✅ 长连接已连上")
        user.presses_ctrl_c()
        user.sees("还没有听到人说话")
        assert user.ends() == 1
    assert desk.connection("wecom-bot-stream")["bot_id"] == demo.BOT_ID
    with desk.command(*arguments) as user:
        user.sees("已经接了：wecom-bot-stream。要改它，按回车")
        user.types("")
        user.sees("下面改 wecom-bot-stream")
        user.sees(f"按回车还用 {demo.BOT_ID}")
        user.types("")
        user.sees("直接按回车就不改")
        user.types("another-secret")
        user.sees("企业微信没有接受 bot_id 和 secret（40001）")
        user.types("跳过")
        user.sees("做好了，按回车启动")
        user.types("")
        user.sees("校铃已启动。")
        user.sees("企业微信没有接受订阅")
        user.sees("按 Ctrl-C，再运行一次")
        user.presses_ctrl_c()
        assert user.ends() == 1
    assert desk.connection("wecom-bot-stream")["secret"] == "another-secret"
    with desk.command(*arguments, "--name", "wecom-bot-stream") as user:
        user.sees("按回车还用")
        user.types("")
        user.sees("直接按回车就不改")
        user.types(demo.BOT_SECRET)
        user.sees("做好了，按回车启动")
        user.types("")
        user.sees("✅ 长连接已连上")
        desk.says("王小燕", "帮助", "wecom")
        user.sees("✅ 听到了第一句话")
        user.sees("只能主动找跟它说过话的人")
        assert user.ends() == 0
    assert desk.file.read_text("utf-8").count("[[school.connection]]") == 1


def at(desk: Desk) -> list[str]:
    return ["--set", f"api_base={desk.url}", "--set", f"oapi_base={desk.url}"]


@dataclass(frozen=True)
class Play:
    """What else hears: how it is asked for, what is typed at each question, and what then happens on the platform."""

    command: Sequence[str]
    answers: Sequence[tuple[str, str]]
    act: Callable[[Desk, Terminal], None]
    hears: str = "✅ 听到了第一句话"


def asks_for_help(platform: str) -> Callable[[Desk, Terminal], None]:
    return lambda desk, user: desk.says("王小燕", "帮助", platform)


def an_event_comes(desk: Desk, user: Terminal) -> None:
    assert desk.world.ding_office.events.subscribe()
    user.sees("✅ 平台来核对过回调地址，通过了")
    desk.world.ding_office.leaves("郑凯")


DING = (("Client ID", demo.DING_KEY), ("看不见", demo.DING_SECRET))
PLAYS = {
    "stream": Play(("dingtalk",), (*DING, ("✅ 凭证可用", ""), ("按回车启动", "")), asks_for_help("dingtalk")),
    "robot": Play(
        ("dingtalk", "--kind", "robot", "--name", demo.DING_CONNECTION),
        (("公网地址", ""), *DING, ("✅ 凭证可用", ""), ("RobotCode", demo.DING_ROBOT)),
        asks_for_help("dingtalk"),
    ),
    "events": Play(
        ("dingtalk", "--kind", "events", "--name", demo.DING_EVENTS),
        (
            ("公网地址", ""), *DING, ("✅ 凭证可用", ""), ("aes_key（看不见", demo.DING_EVENT_AES_KEY),
            ("token（看不见", demo.DING_EVENT_TOKEN), ("平台找不到校铃", ""),
        ),
        an_event_comes,
        "✅ 收到了第一个通知",
    ),
    "bot": Play(
        ("wecom", "--kind", "bot", "--name", demo.BOT_CONNECTION),
        (("公网地址", ""), ("token（看不见", demo.WECOM_TOKEN), ("aes_key（看不见", demo.WECOM_AES_KEY)),
        asks_for_help("wecom"),
    ),
}  # fmt: skip
CHANNELS = {
    "stream": ("wecom app", "dingtalk stream"),
    "robot": demo.CHANNELS,
    "events": demo.CHANNELS,
    "bot": ("wecom bot", "dingtalk robot"),
}


@pytest.mark.parametrize(("kind", "channels"), list(CHANNELS.items()), indirect=["channels"], ids=CHANNELS)
def test_every_other_way_of_being_heard_to_its_first_words(desk: Desk, kind: str) -> None:
    play = PLAYS[kind]
    with desk.command(*play.command, *(at(desk) if kind != "bot" else ["--set", f"api_base={desk.url}"])) as user:
        for words, answer in play.answers:
            user.sees(words)
            if not words.startswith(("✅", "平台")):
                user.types(answer)
        user.sees("校铃已启动。")
        if kind == "stream":
            user.sees("✅ 长连接已连上")
        play.act(desk, user)
        user.sees(play.hears)
        assert user.ends() == 0
