"""`xiaoling connect wecom|dingtalk`: asks for what a connection needs, in the order of the platform's own pages.

What is asked follows from the settings class; the words from templates/kinds.yaml. Secrets are never shown, neither while
they are typed nor afterwards.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import click
from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from bot.channels import kinds, needed
from bot.connect_file import read_text, school_codes, with_connection, with_school, write_text
from bot.errors import ConfigError
from bot.kinds import kind_words
from bot.render import LABELS
from bot.settings import EXAMPLES, Code, Settings, from_data

FIRST_CHOICE = {"wecom": ("bot_stream", "app"), "dingtalk": ("stream", "robot")}
"""Without --kind: what needs no public address, where there is such a kind."""


def chosen_kind(platform: str, kind: str) -> str:
    """ "wecom app". Raises ConfigError for a kind that does not exist."""
    known = [each.split()[1] for each in kinds() if each.split()[0] == platform]
    if not kind:
        kind = next(each for each in (*FIRST_CHOICE[platform], *known) if each in known)
    if kind not in known:
        raise ConfigError(f"{platform} 没有“{kind}”这种连接，可选：{'、'.join(known)}")
    return f"{platform} {kind}"


def connect(path: Path, home: Path, kind: str, school: str, name: str) -> tuple[Settings, str, str]:
    """Ask, and write it down. Returns the settings as they are now, the school's code and the connection's name.

    Raises ConfigError; then nothing was written.
    """
    text = read_text(path)
    codes = school_codes(text)
    if not codes:
        text = with_school(text, _ask_for_school())
        codes = school_codes(text)
    school = school or (codes[0] if len(codes) == 1 else "")
    if school not in codes:
        raise ConfigError(f"请用 --school 写明学校，可选：{'、'.join(map(str, codes))}")
    place = codes.index(school)
    words = kind_words(kind)
    click.echo(f"\n{words.title}。{words.suits}")
    _steps(words.before)
    platform, word = kind.split()
    taken = {entry.get("name") for entry in tomllib.loads(text)["school"][place].get("connection", [])}
    values = {
        "name": name or _free(kind.replace(" ", "-").replace("_", "-"), taken),
        "platform": platform,
        "kind": word,
    }
    values |= _answers(kind)
    changed = with_connection(text, place, values)
    settings = from_data(tomllib.loads(changed), home, path)
    write_text(path, changed)
    click.echo(f"\n已写进 {path}，连接的名字是 {values['name']}。密钥在这个文件里，请不要发给别人。")
    _steps(words.after)
    return settings, school, values["name"]


def _ask_for_school() -> dict[str, str]:
    click.echo("先给学校起个名字。")
    name = _asked("学校的全名", FieldInfo(annotation=str), "name", secret=False, optional=False)
    code = _asked(
        "代码，小写字母和数字，例如 mmxx", FieldInfo.from_annotation(Code), "code", secret=False, optional=False
    )
    return {"name": name, "code": code}


def _answers(kind: str) -> dict[str, Any]:
    """Ask for each setting that has words, then for whatever else the class needs."""
    fields = kinds()[kind].model_fields
    asks = kind_words(kind).asks
    answers: dict[str, Any] = {}
    for setting in (*asks, *(each for each in needed(kinds()[kind]) if each not in asks)):
        field = fields[setting]
        where = asks.get(setting, "")
        answer = _asked(where, field, setting, secret=_is_secret(field), optional=not field.is_required())
        if answer:
            answers[setting] = int(answer) if field.annotation is int else answer
    return answers


def _asked(where: str, field: FieldInfo, setting: str, *, secret: bool, optional: bool) -> str:
    """One answer that the settings will take; asked again until it is."""
    check: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, *field.metadata, setting])  # type: ignore[arg-type]
    click.echo(f"\n{where}")
    while True:
        # where nobody sits at a keyboard nothing is shown either, and getpass would look for one
        hidden = secret and sys.stdin.isatty()
        answer: str = click.prompt(
            f"{setting}{'（看不见，粘贴后按回车）' if hidden else ''}",
            default="",
            hide_input=hidden,
            show_default=False,
        ).strip()
        if not answer and optional:
            return ""
        try:
            check.validate_python(answer)
            if setting == "group" and answer not in LABELS.group_named:
                raise ValueError("group")
        except (ValidationError, ValueError):
            example = "、".join(LABELS.groups.values()) if setting == "group" else EXAMPLES.get(setting, "")
            click.echo("这个不对，请再来一次。" + (f"例子：{example}" if example else ""))
        else:
            return answer


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _steps(lines: Sequence[str]) -> None:
    for number, line in enumerate(lines, 1):
        click.echo(f"{number}. {line}")


def _free(wanted: str, taken: set[Any]) -> str:
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name
