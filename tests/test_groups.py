"""`xiaoling group create`: the app makes a group, and what is said to its use arrives there through the app alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot import groups
from bot.__main__ import cli
from bot.clock import school_time
from bot.domain.chats import Group
from bot.emulator import demo
from bot.emulator.records import BOT
from bot.errors import ConfigError, GiveUp
from bot.groups import Wanted
from tests.kit.stage import Stage

STAFF = Wanted("校铃通知", "教职工群", posts=("班主任", "总务主任"), members=("吴静",))


pytestmark = [
    pytest.mark.on("wecom app"),
]


def rooms(school: Stage, after: int) -> list[str]:
    """Where the bot spoke since."""
    lines = [each for each in school.world.messages(after=after) if each.sender == BOT]
    return [school.world.chat(each.chat).title for each in lines]


def test_the_week_is_announced_in_the_group_that_the_app_made(school: Stage, tmp_path: Path) -> None:
    settings = f'{demo.settings_toml(school.world.url, 8000)}\n[database]\nurl = "{school.app.settings.database_url}"\n'
    (tmp_path / "xiaoling.toml").write_text(settings, "utf-8")
    own = {"XIAOLING_HOME": str(tmp_path / "command"), "XIAOLING_CONFIG": str(tmp_path / "xiaoling.toml")}

    def command(*arguments: str) -> list[str]:
        done = CliRunner().invoke(cli, ["group", "create", *arguments], env=own)
        assert done.exit_code == 0, done.output
        return done.output.splitlines()

    asked = ("校铃通知", "--use", "教职工群", "--post", "班主任", "--post", "总务主任", "--members")
    assert command(*asked, "吴静") == [
        "建好了群“校铃通知”，5 人，群主陈宇。",
        "它是教职工群：以后发到教职工群的，都发在这里，由连接 oa 来发。",
        "现在群里还没有消息，大家的手机上看不见它；第一条消息到了才出现。",
        "原来发到教职工群的连接 staff，以后不往它们的群里发了。",
    ]
    assert command(*asked, "李敏，吴静")[0] == "群“校铃通知”已经有了，没有再建。补进：李敏。"
    assert len([chat for chat in school.world.chats() if chat.agent]) == 1
    with school.store() as store:
        bound = {chat.connection: chat.title for chat in store.chats.bound(Group.STAFF)}
    assert bound == {"oa": "校铃通知", "staff": "教职工群"}
    school.app.writer.do(school.without_duty)
    school.task("王小燕", "交备课记录", date(2026, 11, 25))
    school.app.ledger.drain()
    before = counted(school)
    seq = school.world.last_seq
    said = school.at("2026-11-23 07:30")
    assert "bot → 校铃通知: 本周工作提示" in said
    assert rooms(school, seq) == ["王小燕", "校铃通知"]
    school.app.ledger.drain()
    assert counted(school) - before == 2


def counted(school: Stage) -> int:
    """Messages of the app this month, as the ledger has them."""
    today = school_time(school.clock.now()).date()
    with school.store() as store:
        return sum(
            count
            for (connection, unit), count in store.ledger.counted(today.replace(day=1), today).items()
            if (connection, unit) == ("oa", "message")
        )


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted("随便", everybody=True), "请用 --use 写明.*教职工群、班子群、安全巡查群"),
        (Wanted("教职工群"), "请写明谁进群"),
        (Wanted("群" * 51, "教职工群", everybody=True), "群名最多 50 个字"),
        (Wanted("教职工群", members=("没有的人",)), "名单里没有没有的人"),
        (Wanted("教职工群", posts=("船长",)), "没有“船长”这个岗位"),
        (Wanted("教职工群", everybody=True, owner="船长"), "名单里没有船长"),
    ],
)
def test_what_is_asked_for_wrongly_is_said(school: Stage, wanted: Wanted, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        groups.create(school.app, demo.CODE, "", wanted)
    assert [chat for chat in school.world.chats() if chat.agent] == []


def test_without_an_app_or_its_scope_nothing_is_bound(school: Stage) -> None:
    with pytest.raises(ConfigError, match="只有企业微信自建应用能建群"):
        groups.create(school.app, demo.CODE, "staff", STAFF)
    school.world.faults.switch("part_scope", True)
    with pytest.raises(GiveUp, match="看得见全公司"):
        groups.create(school.app, demo.CODE, "", STAFF)
    school.world.faults.switch("part_scope", False)
    school.world.faults.switch("crowded", True)
    with pytest.raises(ConfigError, match="过一会儿再运行一遍"):
        groups.create(school.app, demo.CODE, "", STAFF)
    with school.store() as store:
        assert store.chats.find("oa", "x") is None
