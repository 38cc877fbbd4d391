"""The command line; `xiaoling --help` lists its commands."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import channels as channels_room
from bot import doctor as doctor_room
from bot import export as export_room
from bot import groups as groups_room
from bot import log
from bot import quota as quota_room
from bot.app import App, build, the_clock
from bot.connect import Wanted, chosen_kind, given_settings
from bot.connect_run import run as run_connect
from bot.contents import A_WEEK, contents, timetable
from bot.demonstration import BOT_PORT, DESK_PORT, Demonstration
from bot.doctor.patient import lay
from bot.documents.roster import template
from bot.domain.calendar import DayKind
from bot.domain.people import Account
from bot.domain.routines import read_routines
from bot.domain.school import DayRow, TermRow
from bot.errors import ConfigError, GiveUp
from bot.language.examples import read_examples, score
from bot.pipeline import Receipt
from bot.registry import load
from bot.render import TEMPLATES
from bot.roster import WorkbookRefused, load_workbook
from bot.server import serve_until_stopped
from bot.settings import Settings, config_path, home_folder, read
from bot.store import waiting
from bot.store.arrivals import the_school
from bot.store.migrations import migrate
from bot.store.records import Inbox, InboxState
from bot.store.session import insert_once, reading
from bot.store.store import Store

DAY = click.DateTime(["%Y-%m-%d"])


@click.group(help="校铃：学校的提醒助手。没有设置学校时，serve 打开演示学校。")
def cli() -> None:
    """Every command reads XIAOLING_CONFIG (default ./xiaoling.toml) and XIAOLING_HOME (default ./data)."""


@cli.command(help="启动服务；Ctrl-C 停止。没有 xiaoling.toml 时打开演示学校。")
@click.option("--json-log", is_flag=True, help="日志用 JSON，每行一条。")
@click.option("--demo-port", default=BOT_PORT, help="演示学校里校铃用的端口。", show_default=True)
@click.option("--desk-port", default=DESK_PORT, help="演示台用的端口。", show_default=True)
@click.option("--channel", "channels", multiple=True, help='演示学校用哪种连接，例如 "wecom bot_stream"；可以写两次。')
def serve(json_log: bool, demo_port: int, desk_port: int, channels: tuple[str, ...]) -> None:
    """The webhook service, the scheduler and the deliverer in one process."""
    log.configure(plain=not json_log and sys.stdout.isatty())
    settings = _own_settings()
    if settings is not None:
        _serve(settings, "校铃已启动：{url}/health/ready")
        return
    with Demonstration(home_folder(), demo_port, desk_port, channels) as show:
        _serve(show.settings, f"演示学校已打开，请用浏览器访问：{show.address}", show.prepare)


def _own_settings(home: Path | None = None) -> Settings | None:
    """What xiaoling.toml says; None without a file, or while it names no school. Raises ConfigError."""
    if not config_path().exists():
        return None
    settings = read(config_path(), home or home_folder())
    return settings if settings.schools else None


def _serve(settings: Settings, greeting: str, prepare: Callable[[App], None] = lambda app: None) -> None:
    migrate(settings.database_url)
    app = build(settings)
    try:
        prepare(app)
        serve_until_stopped(app, lambda: click.echo(greeting.format(url=settings.public_url)))
    finally:
        app.stop()


@cli.command(help="接上企业微信（wecom）或钉钉（dingtalk）：一项一项问，写进设置，等第一句话。")
@click.argument("platform", type=click.Choice(["wecom", "dingtalk"]))
@click.option("--kind", default="", help="哪种连接，见 xiaoling channels；不写就用不要公网地址的那种。")
@click.option("--school", "code", default="", help="学校代码；只有一所时可以不写。")
@click.option("--name", default="", help="给连接起的名字，小写字母、数字、减号。")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="另外写上的设置，例如 --set tolerance=600。")
@click.option("--no-wait", is_flag=True, help="只写设置，不等第一句话。")
@click.option("--seconds", default=600, show_default=True, help="最多等多少秒。")
def connect(
    platform: str, kind: str, code: str, name: str, pairs: tuple[str, ...], no_wait: bool, seconds: int
) -> None:
    kind = chosen_kind(platform, kind)
    wanted = Wanted(kind, code, name, given_settings(kind, pairs))
    sys.exit(run_connect(wanted, wait=not no_wait, seconds=seconds))


@cli.command(help="检查设置、连接、名单、磁盘和日历，告诉您下一步点哪里。")
def doctor() -> None:
    home = home_folder(make=False)
    settings = _own_settings(home) or Demonstration.settings_of(home)
    findings = []
    for finding in doctor_room.examine(lay(settings, the_clock(settings))):
        findings.append(finding)
        click.echo(doctor_room.written(finding))
    sys.exit(0 if all(finding.well for finding in findings) else 1)


@cli.command("contents", help="校铃会做什么，从程序里读出来。")
def show_contents() -> None:
    click.echo(contents(load(read_routines(TEMPLATES / "routines"))))


@cli.command("timetable", help="接下来七天什么时候响什么。")
def show_timetable() -> None:
    with _app() as app:
        click.echo(timetable(app.scheduler.coming(app.clock.now() + A_WEEK)))


@cli.command(help="本月的调用和消息用了多少，到月底够不够；会超时以 1 结束。")
def quota() -> None:
    """What is counted while the service runs is written down every few seconds."""
    with _app() as app:
        lines = quota_room.examine(app, read_routines(TEMPLATES / "routines"))
    click.echo(quota_room.table(lines))
    sys.exit(1 if any(line.exceeds for line in lines) else 0)


@cli.command(help="每种连接能做什么，从程序里读出来。")
@click.option(
    "--write", "page", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="更新一页文档里的表。"
)
def channels(page: Path | None) -> None:
    if page is None:
        click.echo(channels_room.table())
        return
    page.write_text(channels_room.filled(page.read_text("utf-8")), "utf-8")
    click.echo(f"已写到 {page}")


@cli.command(help="看校铃听懂多少：读一份例句（YAML），打印 JSON。例如：xiaoling understand 例句.yaml")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--parses", is_flag=True, help="把每句听成了什么也打印出来。")
def understand(file: Path, parses: bool) -> None:
    """The schema and the way of counting are in bot/language/examples.py. No setting and no database is needed."""
    try:
        result = score(read_examples(file), parses=parses)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(result, ensure_ascii=False, indent=1))


@cli.command(help="把没处理好的消息再处理一遍；不给编号就是全部。")
@click.argument("numbers", nargs=-1, type=int)
def replay(numbers: tuple[int, ...]) -> None:
    with _app() as app:
        app.deliverer.start()
        again = 0
        for number, school, name in _failed(app, numbers):
            connection = app.connections.get(school, name)
            if connection is None:
                click.echo(f"{number}：设置里没有连接 {name}，跳过")
            elif app.pipeline.replay(connection, number) is Receipt.FAILED:
                again += 1
                click.echo(f"{number}：还是没处理好")
            else:
                click.echo(f"{number}：处理好了")
        app.deliverer.drain()
    sys.exit(1 if again else 0)


@cli.command(help="把没发出去的消息再发一遍；不给编号就是全部，编号在 doctor 里看。")
@click.argument("numbers", nargs=-1, type=int)
def resend(numbers: tuple[int, ...]) -> None:
    with _app() as app:
        count = app.writer.do(partial(waiting.resend, letter_ids=numbers, now=app.clock.now()))
        app.deliverer.drain()
    click.echo(f"再发 {count} 条。结果用 xiaoling doctor 看。" if count else "没有发不出去的消息。")


def _failed(app: App, numbers: tuple[int, ...]) -> list[tuple[int, str, str]]:
    with reading(app.engine) as session:
        codes = {the_school(session, school.code).id: school.code for school in app.settings.schools}
        question = select(Inbox).where(Inbox.state == InboxState.FAILED).order_by(Inbox.id)
        if numbers:
            question = question.where(Inbox.id.in_(numbers))
        return [
            (row.id, codes[row.school_id], row.connection)
            for row in session.scalars(question)
            if row.school_id in codes
        ]


@cli.command("export", help="导出 hazards、tasks、reports、inbox、outbox、unread。")
@click.argument("kind", type=click.Choice(sorted(export_room.KINDS)))
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json")
@click.option("--school", "code", default="", help="学校代码；只有一所时可以不写。")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="写到文件；不写就打印出来。")
def export_records(kind: str, form: str, code: str, output: Path | None) -> None:
    with _app() as app, reading(app.engine) as session:
        records = export_room.rows(session, kind, _school_code(app, code))
    text = export_room.as_json(records) if form == "json" else export_room.as_csv(records)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text, "utf-8", newline="")
        click.echo(f"已写到 {output}，共 {len(records)} 条")


@cli.group(help="名单：template 拿表格样子，load 读进来。")
def roster() -> None: ...


@roster.command("template", help="写出一份空的名单表格。")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def roster_template(path: Path) -> None:
    path.write_bytes(template())
    click.echo(f"已写到 {path}。填好后运行：xiaoling roster load {path}")


@roster.command("load", help="读进一份填好的名单。")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", "code", default="")
def roster_load(path: Path, code: str) -> None:
    with _app() as app:
        try:
            loaded = app.writer.do(partial(load_workbook, _school_code(app, code), path.read_bytes(), app.clock.now()))
        except WorkbookRefused as error:
            raise click.ClickException(error.reason) from error
    click.echo(
        f"新增 {loaded.new} 人，更新 {loaded.changed} 人，任务 {loaded.tasks} 项，值班 {loaded.turns} 次，地点 {loaded.places} 处"
    )
    for problem in loaded.problems:
        click.echo(f"⚠️ {problem}")


@cli.group(help="账号：list 看谁在等确认，confirm 确认。第一位管理员要在这里确认。")
def accounts() -> None: ...


@accounts.command("list")
@click.option("--school", "code", default="")
def accounts_list(code: str) -> None:
    with _app() as app, reading(app.engine) as session:
        waiting = Store(session, the_school(session, _school_code(app, code))).people.claiming()
        for account in waiting:
            claims = account.claims.name if account.claims else ""
            click.echo(f"{account.id}：{claims}（{account.platform} {account.user_id}）")
        if not waiting:
            click.echo("没有等确认的账号。")


@accounts.command("confirm")
@click.argument("number", type=int)
def accounts_confirm(number: int) -> None:
    def confirm(session: Session) -> str:
        account = session.get(Account, number)
        if account is None or account.claims is None:
            raise click.ClickException(f"没有等确认的账号 {number}。运行 xiaoling accounts list 看看。")
        return account.confirm().name

    with _app() as app:
        click.echo(f"已确认{app.writer.do(confirm)}。")


@cli.group(help="群：create 让企业微信自建应用建一个群，通知发在里面。")
def group() -> None: ...


@group.command("create", help="建一个群，例如：xiaoling group create 教职工群 --all；再运行一遍不会建出第二个。")
@click.argument("name")
@click.option("--use", default="", help="这个群做什么用：教职工群、班子群、安全巡查群；群名就是其中一个时可以不写。")
@click.option("--members", default="", help="谁进群，写姓名，用逗号隔开。")
@click.option("--post", "posts", multiple=True, help="哪个岗位的人进群，例如 班主任；可以写几次。")
@click.option("--all", "everybody", is_flag=True, help="名单上的人都进群。")
@click.option("--owner", default="", help="群主的姓名；不写就是管理员。")
@click.option("--connection", default="", help="由哪个连接来建；只有一个能建时可以不写。")
@click.option("--school", "code", default="", help="学校代码；只有一所时可以不写。")
def group_create(
    name: str, use: str, members: str, posts: tuple[str, ...], everybody: bool, owner: str, connection: str, code: str
) -> None:
    names = tuple(each.strip() for each in re.split("[,，、]", members) if each.strip())
    wanted = groups_room.Wanted(name.strip(), use, names, posts, everybody, owner)
    with _app() as app:
        try:
            lines = groups_room.create(app, _school_code(app, code), connection, wanted)
        except (ConfigError, GiveUp) as error:
            raise click.ClickException(str(error)) from error
    for line in lines:
        click.echo(line)


@cli.command(help="登记一个学期，例如：xiaoling term 第一学期 2026-09-01 2027-01-22")
@click.argument("name")
@click.argument("starts", type=DAY)
@click.argument("ends", type=DAY)
@click.option("--school", "code", default="")
def term(name: str, starts: date, ends: date, code: str) -> None:
    first, last = date(starts.year, starts.month, starts.day), date(ends.year, ends.month, ends.day)
    if last < first:
        raise click.ClickException("结束的日子在开始之前，请检查。")

    def write(school: str, session: Session) -> None:
        insert_once(session, TermRow, school_id=the_school(session, school).id, name=name, starts=first, ends=last)

    with _app() as app:
        app.writer.do(partial(write, _school_code(app, code)))
    click.echo(f"{name}：{first} 到 {last}")


@cli.command(help="登记不一样的一天，例如：xiaoling day 2027-02-06 workday --acts-as 5 --note 补周五")
@click.argument("day", type=DAY)
@click.argument("kind", type=click.Choice([kind.value for kind in DayKind]))
@click.option("--acts-as", type=click.IntRange(1, 7), help="按星期几的课表，1 是周一。")
@click.option("--note", default="")
@click.option("--school", "code", default="")
def day(day: date, kind: str, acts_as: int | None, note: str, code: str) -> None:
    chosen = date(day.year, day.month, day.day)

    def write(school: str, session: Session) -> None:
        school_id = the_school(session, school).id
        row = session.scalar(select(DayRow).where(DayRow.school_id == school_id, DayRow.day == chosen))
        row = row or DayRow(school_id=school_id, day=chosen)
        row.kind, row.acts_as, row.note = kind, acts_as - 1 if acts_as else None, note
        session.add(row)

    with _app() as app:
        app.writer.do(partial(write, _school_code(app, code)))
    click.echo(f"{chosen}：{kind}{'，' + note if note else ''}")


@contextmanager
def _app() -> Iterator[App]:
    """The parts of the service without its threads, over the database of the settings, or of the demonstration."""
    settings = _own_settings() or Demonstration.settings_of(home_folder())
    migrate(settings.database_url)
    app = build(settings)
    try:
        yield app
    finally:
        app.stop()


def _school_code(app: App, code: str) -> str:
    codes = [school.code for school in app.settings.schools]
    if code in codes:
        return code
    if not code and len(codes) == 1:
        return codes[0]
    raise click.ClickException(f"请用 --school 写明学校，可选：{'、'.join(codes)}")


def main() -> None:
    """Entry point. What an operator can put right is one line on stderr, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # written to a file, Windows takes its old Chinese encoding, which has no ✅
            stream.reconfigure(errors="replace")
    try:
        cli()
    except ConfigError as error:
        click.echo(f"设置有问题，没有启动：\n{error}", err=True)
        sys.exit(2)
    except SQLAlchemyError as error:
        click.echo(f"数据库打不开：{type(error).__name__}。请检查设置里的 [database] url，或磁盘是否已满。", err=True)
        sys.exit(3)


if __name__ == "__main__":
    main()
