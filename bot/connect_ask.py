"""One question after the other, each answer looked at before the next: its form at once, the keys as soon as the platform can be
asked about them. Secrets are never shown, neither while they are typed nor afterwards.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any, get_args

import click
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from bot.channels import kinds, needed, specimen
from bot.connect_typed import begins_an_object, meant
from bot.errors import ConfigError
from bot.kinds import kind_words
from bot.platforms.base import Health, Prover
from bot.render import LABELS
from bot.settings import EXAMPLES

OBJECT_LINES = 60
"""Lines of a pasted JSON object that are read at most."""

AGAIN, SKIP = "再试", "跳过"


def ask_all(kind: str, known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for each setting that has words, then for whatever else the class needs.

    known: what the connection has now; an empty answer keeps it. given: what need not be asked.
    """
    words = kind_words(kind)
    asks = [*words.asks, *(each for each in needed(kinds()[kind]) if each not in words.asks)]
    asks = [each for each in asks if each not in given]
    answers = dict(given)
    number = 0
    while number < len(asks):
        setting = asks[number]
        place = f"[{number + 1}/{len(asks)}] {words.asks.get(setting, setting)}"
        answer = ask(place, kinds()[kind], setting, now=answers.get(setting, known.get(setting, "")))
        if answer == "":
            answers.pop(setting, None)
        else:
            answers[setting] = answer
        number += 1
        if setting == words.proved_by and not _proved(kind, {**known, **answers}):
            number = 0
    return answers


def ask(place: str, settings: type[BaseModel], setting: str, *, now: Any = "") -> Any:
    """One answer that the setting will take; asked again until it is. now: what an empty answer keeps. "" for none."""
    field = settings.model_fields[setting]
    # the name stands there because an annotation needs at least one
    check: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, *field.metadata, setting])  # type: ignore[arg-type]
    secret = is_secret(field)
    click.echo(f"\n{place}")
    while True:
        typed = meant(setting, _typed(setting, secret=secret, now=now))
        if not typed and (now != "" or not field.is_required()):
            return now
        try:
            value = check.validate_python(typed)
            _check_words(setting, value)
        except (ValidationError, ValueError):
            click.echo(_complaint(setting, typed))
        else:
            if secret and sys.stdin.isatty():
                click.echo(f"收到 {len(typed)} 个字。")
            return int(typed) if field.annotation is int else typed


def is_secret(field: FieldInfo) -> bool:
    """Whether what stands there is never shown."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def read_line(words: str, *, hidden: bool = False) -> str:
    """What somebody typed, as it is. Raises click.Abort for Ctrl-C and at the end of the input."""
    # where nobody sits at a keyboard nothing is shown either, and getpass would look for one
    line: str = click.prompt(words, default="", hide_input=hidden and sys.stdin.isatty(), show_default=False)
    return line


def _typed(setting: str, *, secret: bool, now: Any) -> str:
    hidden = secret and sys.stdin.isatty()
    hint = "看不见，粘贴后按回车" if hidden else ""
    if now != "":
        hint = f"{hint}；直接按回车就不改" if secret else f"按回车还用 {now}"
    text = read_line(f"{setting}（{hint}）" if hint else setting, hidden=hidden)
    for _ in range(OBJECT_LINES):
        if not begins_an_object(text):
            break
        more = read_line("", hidden=hidden)
        if not more.strip():
            break
        text += more
    return text


def _check_words(setting: str, value: Any) -> None:
    if setting == "group" and value not in LABELS.group_named:
        raise ValueError(setting)
    if setting.endswith("aes_key"):
        key = value.get_secret_value()
        if not key.isascii() or not key.isalnum():
            raise ValueError(setting)


def _complaint(setting: str, typed: str) -> str:
    if not typed:
        return "还没有填，请粘贴后按回车。"
    example = "、".join(LABELS.groups.values()) if setting == "group" else EXAMPLES.get(setting, "")
    length = f"要 43 个字母和数字，这是 {len(typed)} 个字。" if setting.endswith("aes_key") else ""
    return f"这个不对，请再来一次。{length}" + (f"例子：{example}" if example and not length else "")


def _proved(kind: str, answers: Mapping[str, Any]) -> bool:
    """Ask the platform. False: the keys are to be typed again."""
    while True:
        click.echo("正在问平台……")
        health = prove(kind, answers)
        if health.well:
            click.echo(f"✅ {health.line}")
            return True
        click.echo(f"⚠️ {health.line}\n   → {health.todo}")
        answer = meant("name", read_line(f"按回车重填；输入「{AGAIN}」再问一次，「{SKIP}」先不管它"))
        if SKIP in answer:
            return True
        if AGAIN not in answer:
            return False


def prove(kind: str, answers: Mapping[str, Any]) -> Health:
    """Whether the platform knows these keys. What is not known yet is made up: it is not asked about."""
    fields = kinds()[kind].model_fields
    try:
        platform = specimen(kind, {name: value for name, value in answers.items() if name in fields})
    except (ValidationError, ConfigError) as error:
        return Health(False, "填的值不对", str(error).splitlines()[0])
    return platform.prove() if isinstance(platform, Prover) else platform.check()
