"""The command line as an IT teacher meets it: real processes, a folder of their own, answers in Chinese."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from bot.clock import RealClock, school_time
from bot.emulator.demo import roster_workbook
from bot.store.arrivals import the_school
from bot.store.ledger import add_counts
from tests.kit.stage import MONDAY, Stage

pytestmark = pytest.mark.on("wecom app", "dingtalk robot")

ROOT = Path(__file__).resolve().parent.parent

SCHOOL = """
[[school]]
name = "某某小学"
code = "mmxx"
"""

Done = subprocess.CompletedProcess[str]
Xiaoling = Callable[..., Done]


@pytest.fixture
def xiaoling(tmp_path: Path) -> Xiaoling:
    """Run the command in an empty folder, with the settings given, or with those of the last call."""

    def run(*arguments: str, settings: str | None = None, **environment: str) -> Done:
        if settings is not None:
            (tmp_path / "xiaoling.toml").write_text(settings, "utf-8")
        own = {"XIAOLING_HOME": str(tmp_path / "data"), "XIAOLING_CONFIG": str(tmp_path / "xiaoling.toml")}
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | own | environment,
            capture_output=True,
            text=True,
            encoding="gbk" if "gbk" in environment.get("PYTHONIOENCODING", "") else "utf-8",
            timeout=120,
            check=False,
        )

    return run


def test_the_contents_need_no_settings(xiaoling: Xiaoling) -> None:
    done = xiaoling("contents")
    assert done.returncode == 0
    assert "| 报隐患、隐患 | 所有人 |" in done.stdout
    assert "`templates/routines/monday_tasks.yaml`" in done.stdout


@pytest.mark.parametrize("settings", [None, "[server]\nport = 8000\n"], ids=["no-file", "a-file-that-names-no-school"])
def test_without_a_school_the_other_commands_say_what_to_do(xiaoling: Xiaoling, settings: str | None) -> None:
    done = xiaoling("timetable", settings=settings)
    assert done.returncode == 2
    assert "设置有问题，没有启动：" in done.stderr
    assert "docs/xiaoling.example.toml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('[server]\nport = "x"\n', "xiaoling.toml: server.port: "),
        ("[server\n", "not valid TOML"),
        (SCHOOL + '[[school.connection]]\nname = "oa"\n', "school[mmxx].connection[oa]: platform with kind"),
        (
            SCHOOL
            + '[[school.connection]]\nname = "g"\nplatform = "wecom"\nkind = "webhook"\nkey = "k"\ngroup = "家长群"\n',
            "家长群",
        ),
    ],
)
def test_wrong_settings_end_with_2_and_one_chinese_line(xiaoling: Xiaoling, settings: str, words: str) -> None:
    for command in (["serve"], ["doctor"]):
        done = xiaoling(*command, settings=settings)
        assert done.returncode == 2
        assert done.stderr.startswith("设置有问题，没有启动：\n")
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


def test_a_database_that_is_away_ends_with_3(xiaoling: Xiaoling) -> None:
    url = "postgresql+psycopg://nobody:a-password@127.0.0.1:1/nothing"
    done = xiaoling("timetable", settings=SCHOOL + f'[database]\nurl = "{url}"\n')
    assert done.returncode == 3
    assert done.stderr.startswith("数据库打不开")
    doctor = xiaoling("doctor")
    assert doctor.returncode == 1
    assert "⚠️ 数据库打不开：OperationalError\n   → 检查设置里的 [database] url" in doctor.stdout
    assert "中文字体" in doctor.stdout, "the rest is looked at all the same"
    assert not any("a-password" in said for said in (done.stderr, doctor.stdout, doctor.stderr))


def test_the_timetable_follows_terms_and_days(xiaoling: Xiaoling) -> None:
    """Where the term is long over nothing rings; a day that the school declares rings again."""
    assert xiaoling("term", "第一学期", "2001-09-01", "2001-09-02", settings=SCHOOL).returncode == 0
    done = xiaoling("timetable")
    assert done.returncode == 0
    assert "  17:30  值班情况" in done.stdout, "a term of long ago keeps nobody silent"
    today = xiaoling("day", "2026-12-05", "workday", "--acts-as", "5", "--note", "补周五")
    assert today.stdout == "2026-12-05：workday，补周五\n"
    again = xiaoling("day", "2026-12-05", "off")
    assert again.stdout == "2026-12-05：off\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["term", "第一学期", "2026-09-01", "2026-08-01"], "结束的日子在开始之前"),
        (["term", "第一学期", "九月一日", "2026-08-01"], "九月一日"),
        (["day", "2026-12-05", "holiday"], "pupils_off"),
        (["day", "2026-12-05", "workday", "--acts-as", "8"], "8"),
        (["accounts", "confirm", "7"], "没有等确认的账号 7"),
        (["export", "hazards", "--school", "elsewhere"], "可选：mmxx"),
        (["export", "chases"], "hazards"),
        (["roster", "load", "nothing.xlsx"], "nothing.xlsx"),
    ],
)
def test_a_wrong_argument_is_one_line(xiaoling: Xiaoling, arguments: list[str], words: str) -> None:
    done = xiaoling(*arguments, settings=SCHOOL)
    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_roster_there_and_back(xiaoling: Xiaoling, tmp_path: Path) -> None:
    written = xiaoling("roster", "template", "名单.xlsx")
    assert written.returncode == 0
    assert "xiaoling roster load" in written.stdout
    assert load_workbook(tmp_path / "名单.xlsx").sheetnames[1:] == ["人员", "任务", "值班", "地点"]
    empty = xiaoling("roster", "load", "名单.xlsx", settings=SCHOOL)
    assert empty.returncode == 1
    assert "还没有内容" in empty.stderr
    (tmp_path / "名单.xlsx").write_bytes(roster_workbook(MONDAY.date()))
    assert "新增 13 人" in xiaoling("roster", "load", "名单.xlsx").stdout
    assert "新增 0 人" in xiaoling("roster", "load", "名单.xlsx").stdout
    assert xiaoling("accounts", "list").stdout == "没有等确认的账号。\n"


def test_the_doctor_says_what_to_do_next(xiaoling: Xiaoling, tmp_path: Path) -> None:
    early = xiaoling("doctor", settings=SCHOOL, PYTHONUTF8="0", PYTHONIOENCODING="gbk:strict")
    assert "还没有数据库\n" in early.stdout, "and old Chinese Windows, which has no ✅, does not stop it"
    assert not (tmp_path / "data").exists()
    xiaoling("accounts", "list")
    done = xiaoling("doctor")
    assert done.returncode == 1
    assert "⚠️ 某某小学还没有名单\n   → 运行：xiaoling roster template" in done.stdout
    assert "绑定 教职工群" in done.stdout


def test_nothing_to_export_is_an_empty_list(xiaoling: Xiaoling) -> None:
    assert json.loads(xiaoling("export", "hazards", settings=SCHOOL).stdout) == []


def test_replay_of_nothing_is_quiet(xiaoling: Xiaoling) -> None:
    done = xiaoling("replay", settings=SCHOOL)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_was_said_can_be_taken_out(school: Stage, database_url: str, xiaoling: Xiaoling, tmp_path: Path) -> None:
    """From both databases: a hazard as JSON, and as the CSV that Excel reads."""
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    settings = f'[[school]]\nname = "演示"\ncode = "demo"\n[database]\nurl = "{database_url}"\n'
    (hazard,) = json.loads(xiaoling("export", "hazards", settings=settings).stdout)
    assert (hazard["number"], hazard["text"], hazard["reporter"]) == (1, "三楼东侧消防栓漏水", "王小燕")
    done = xiaoling("export", "hazards", "--format", "csv", "--output", "隐患.csv")
    assert done.stdout == "已写到 隐患.csv，共 1 条\n"
    content = (tmp_path / "隐患.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert row["text"] == "三楼东侧消防栓漏水"
    assert len(json.loads(xiaoling("export", "inbox").stdout)) >= 1


@pytest.mark.on("dingtalk robot")
@pytest.mark.parametrize(("a_month", "ends_with"), [(3000, 0), (5, 1)])
def test_a_month_that_will_be_too_long_ends_with_1(
    school: Stage, database_url: str, xiaoling: Xiaoling, a_month: int, ends_with: int
) -> None:
    """Counted by the machine's clock, which the command goes by; the stage has one of its own."""

    def write(session: Session) -> None:
        today = school_time(RealClock().now()).date()
        add_counts(session, the_school(session, "demo").id, "ding", today, {"message": 6})

    school.app.writer.do(write)
    robot = '[[school.connection]]\nname = "ding"\nplatform = "dingtalk"\nkind = "robot"\n'
    robot += 'app_key = "k"\napp_secret = "s"\nrobot_code = "k"\n'
    settings = f'[database]\nurl = "{database_url}"\n[[school]]\nname = "演示"\ncode = "demo"\n{robot}'
    done = xiaoling("quota", settings=settings + f"message_quota = {a_month}\n")
    assert (done.returncode, done.stderr) == (ends_with, "")
    assert f"| 演示 | 钉钉 | 消息 | 6 | {a_month} | " in done.stdout
    assert ("（会超）" in done.stdout) == bool(ends_with)
