"""`xiaoling connect wecom|dingtalk`: asks for what a connection needs, in the order of the platform's own pages.

What is asked follows from the settings class; the words from templates/kinds.yaml. Nothing is written before the last answer,
so that whoever stops in between has changed nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from bot.channels import kinds, needs_address, specimen
from bot.connect_ask import ask, ask_all, is_secret, read_line
from bot.connect_file import (
    read_text,
    school_codes,
    with_changed,
    with_connection,
    with_school,
    with_server,
    write_text,
)
from bot.connect_typed import meant
from bot.errors import ConfigError
from bot.kinds import kind_words
from bot.reachable import on_the_internet
from bot.settings import Code, SchoolSettings, ServerSettings, Settings, from_data

FIRST_CHOICE = {"wecom": ("bot_stream", "app"), "dingtalk": ("stream", "robot")}
"""Without --kind: what needs no public address, where there is such a kind."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line said. kind: "wecom app". school, name: "" asks or finds one. given: settings not asked for."""

    kind: str
    school: str = ""
    name: str = ""
    given: Mapping[str, Any] | None = None


def chosen_kind(platform: str, kind: str) -> str:
    """ "wecom app". Raises ConfigError for a kind that does not exist."""
    known = [each.split()[1] for each in kinds() if each.split()[0] == platform]
    if not kind:
        kind = next(each for each in (*FIRST_CHOICE[platform], *known) if each in known)
    if kind not in known:
        raise ConfigError(f"{platform} 没有“{kind}”这种连接，可选：{'、'.join(known)}")
    return f"{platform} {kind}"


def given_settings(kind: str, pairs: Sequence[str]) -> dict[str, Any]:
    """ "api_base=https://…" → what stands in the file. Raises ConfigError; also for a secret, which a shell would remember."""
    fields = kinds()[kind].model_fields
    given: dict[str, Any] = {}
    for pair in pairs:
        setting, _, value = pair.partition("=")
        if setting not in fields or setting in ("name", "platform", "kind"):
            raise ConfigError(f"{kind} 没有 {setting} 这一项，可选：{'、'.join(fields)}")
        if is_secret(fields[setting]) and not value.startswith("env:"):
            raise ConfigError(f"{setting} 是密钥，不要写在命令行里：不写 --set，运行以后再粘贴。")
        given[setting] = value == "true" if value in ("true", "false") else int(value) if value.isdecimal() else value
    return given


def connect(path: Path, home: Path, wanted: Wanted) -> tuple[Settings, str, str]:
    """Ask, and write it down. Returns the settings as they are now, the school's code and the connection's name.

    Raises ConfigError, click.Abort where the person stops; then nothing was written.
    """
    text = read_text(path)
    click.echo(f"设置写在 {path}{'' if path.exists() else '（还没有这个文件，问完就建）'}。")
    if not school_codes(text):
        text = with_school(text, _ask_for_school())
    else:
        from_data(tomllib.loads(text), home, path)  # what is wrong already is told before the first question
    codes = school_codes(text)
    school = wanted.school or (codes[0] if len(codes) == 1 else "")
    if school not in codes:
        raise ConfigError(f"请用 --school 写明学校，可选：{'、'.join(map(str, codes))}")
    place, kind = codes.index(school), wanted.kind
    entries = tomllib.loads(text)["school"][place].get("connection", [])
    words = kind_words(kind)
    click.echo(f"\n{words.title}。{words.suits}")
    known = _which(entries, kind, wanted.name)
    _steps(words.before)
    platform, word = kind.split()
    address = needs_address(specimen(kind))
    if address:
        text = _with_public_address(text, home, path)
    names = {"name": known["name"], "platform": platform, "kind": word}
    answers = ask_all(kind, known, wanted.given or {})
    if len(known) > 1:
        changed = with_changed(text, place, known["name"], answers)
    else:
        changed = with_connection(text, place, names | answers)
    settings = from_data(tomllib.loads(changed), home, path)
    write_text(path, changed)
    click.echo(f"\n已写进 {path}，连接的名字是 {names['name']}。密钥在这个文件里，请不要发给别人。")
    url = f"{settings.public_url}/callback/{school}/{names['name']}"
    _steps([step.replace("{address}", url) for step in words.after])
    if address and not on_the_internet(settings.public_url):
        click.echo("⚠️ 这个地址只有这台电脑打得开，平台找不到校铃。有了公网地址再运行一次这个命令。")
    return settings, school, names["name"]


def _ask_for_school() -> dict[str, str]:
    click.echo("先给学校起个名字。")
    return {
        "name": ask("学校的全名", SchoolSettings, "name"),
        "code": ask("代码，小写字母和数字，例如 mmxx", SchoolSettings, "code"),
    }


def _which(entries: Sequence[Mapping[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """The connection to change, or one that has only a new name so far. Raises ConfigError."""
    taken = {str(entry.get("name")): dict(entry) for entry in entries}
    like = [each for each, entry in taken.items() if f"{entry.get('platform')} {entry.get('kind')}" == kind]
    free = _free(kind.replace(" ", "-").replace("_", "-"), set(taken))
    # a robot of one group is no reason to change another group's
    if not name and like and "webhook" not in kind:
        click.echo(f"\n已经接了：{'、'.join(like)}。要改它，按回车；要另接一个，输入新名字，例如 {free}")
        name = meant("code", read_line("名字")) or like[0]
    name = name or free
    if name in taken and name not in like:
        what = kind_words(f"{taken[name].get('platform')} {taken[name].get('kind')}").title
        raise ConfigError(f"{name} 已经是{what}了。请换个名字，例如：--name {free}")
    try:
        TypeAdapter(Code).validate_python(name)
    except ValidationError as error:
        raise ConfigError(f"“{name}”不能当名字：要小写字母、数字和减号，例如 --name {free}") from error
    if name in taken:
        click.echo(f"下面改 {name}。")
    return taken.get(name, {"name": name})


def _with_public_address(text: str, home: Path, path: Path) -> str:
    """[server] public_url, asked for where the platform could not find this machine by what it is."""
    now = from_data(tomllib.loads(text), home, path).public_url
    if on_the_internet(now):
        return text
    click.echo("\n校铃的公网地址：https 开头，例如 https://bot.example.edu.cn。还没有就按回车。")
    url = ask("到了学校的反向代理或内网穿透那里看", ServerSettings, "public_url")
    if url and not on_the_internet(url):
        click.echo("⚠️ 平台只认公网上的 https 地址，这个先记下。")
    return with_server(text, {"public_url": url}) if url else text


def _steps(lines: Sequence[str]) -> None:
    for number, line in enumerate(lines, 1):
        click.echo(f"{number}. {line}")


def _free(wanted: str, taken: set[str]) -> str:
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name
