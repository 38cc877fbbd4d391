"""The whole of `xiaoling connect`: nothing in the way, the questions, then the service until the first words, and what works."""

from __future__ import annotations

import logging
import sys
import threading

import click

from bot import log
from bot.app import App, build
from bot.channels import specimen
from bot.connect import Wanted, connect
from bot.connect_ask import read_line
from bot.connect_typed import meant
from bot.connect_wait import Wait, able, nothing_heard
from bot.connections import Connection
from bot.doctor import written
from bot.errors import ConfigError, DeliveryError
from bot.kinds import kind_words
from bot.messages import ChatKind, ChatRef, Outgoing
from bot.platforms.base import Health, Listener
from bot.server import occupied, serve_until_stopped
from bot.settings import ServerSettings, config_path, home_folder, read
from bot.store.migrations import migrate

STOPPED = 130
"""How a shell reports Ctrl-C."""


def run(wanted: Wanted, *, wait: bool, seconds: float) -> int:
    """Returns what the process ends with. Raises ConfigError."""
    if wait:
        _must_be_free()
    try:
        settings, school, name = connect(config_path(), home_folder(), wanted)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\n停下了，xiaoling.toml 没有改动。再运行一次，从头问起。")
        return STOPPED
    try:
        if wait and isinstance(specimen(wanted.kind), Listener):
            # a line that is refused because nothing is published yet is tried again only minutes later
            read_line("\n上面几步做好了，按回车启动")
    except (click.Abort, KeyboardInterrupt):
        click.echo("\n设置写好了。那几步做完以后运行：xiaoling serve")
        return STOPPED
    # the log would stand between what the person is told
    log.configure(plain=sys.stdout.isatty(), level=logging.ERROR)
    migrate(settings.database_url)
    app = build(settings)
    try:
        connection = app.connections.get(school, name)
        assert connection is not None
        if not wait:
            click.echo("\n接下来：xiaoling serve 启动，xiaoling doctor 检查。")
            return 0
        findings = _finished(app, connection, seconds)
    finally:
        app.stop()
    for finding in findings:
        click.echo(written(finding))
    click.echo("\n平时这样启动：xiaoling serve")
    return 0 if all(finding.well for finding in findings) else 1


def _must_be_free() -> None:
    """A service that runs already holds the port, and would hold the line. Raises ConfigError before anything is asked."""
    path = config_path()
    server = read(path, home_folder()).server if path.exists() else ServerSettings()
    if why := occupied(server.host, server.port):
        raise ConfigError(
            f"{server.host}:{server.port} 被占用了（{why}）。多半是校铃已经开着：先在那个窗口按 Ctrl-C 停下，再运行一次；"
            "或者只写设置、不等第一句话：加上 --no-wait，写完重新启动校铃。"
        )


def _finished(app: App, connection: Connection, seconds: float) -> tuple[Health, ...]:
    """Serve until something was heard, and say what works."""
    if not connection.platform.capabilities.hears:
        return (*_tried_out(connection), *able(connection))
    first = kind_words(f"{connection.platform_name} {connection.settings.kind}").first
    by_line = isinstance(connection.platform, Listener)

    def tell(health: Health) -> None:
        click.echo(written(health))
        if by_line and not health.well:
            click.echo("   → 改好以后不必等它再试：按 Ctrl-C，再运行一次")

    wait = Wait(app, connection, app.clock.now(), threading.Event(), tell)

    def ready() -> None:
        click.echo(f"\n校铃已启动。{first}等着……（Ctrl-C 不等了）")
        wait.start(seconds)

    serve_until_stopped(app, ready, wait.done)
    return wait.findings or nothing_heard(connection, app.settings.public_url)


def _tried_out(connection: Connection) -> tuple[Health, ...]:
    """A group's robot says one sentence, if the person likes: nothing else shows that it arrives."""
    group = next(iter(connection.groups.values()), "")
    if connection.settings.kind != "webhook":
        return (connection.platform.check(),)
    try:
        if meant("name", read_line(f"\n往{group}里发一句试试？按回车发，输入「不」就不发")):
            return (connection.platform.check(),)
    except (click.Abort, KeyboardInterrupt):
        return (connection.platform.check(),)
    try:
        words = Outgoing(text="校铃接上了，以后的通知发到这里。")
        connection.platform.send(ChatRef(ChatKind.GROUP, connection.name, group), words)
    except DeliveryError as error:
        return (Health(False, f"没有发到{group}", error.reason),)
    return (Health(True, f"发到{group}了，请到群里看一眼"),)
