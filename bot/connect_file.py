"""Adds a connection to xiaoling.toml and leaves everything else in it as it stands: comments, order, line ends."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.errors import ConfigError

_SCHOOL = re.compile(r"^[ \t]*\[\[[ \t]*school[ \t]*\]\]", re.MULTILINE)
_HEAD = re.compile(r"^[ \t]*\[", re.MULTILINE)
_ABOVE = re.compile(r"(?:^[ \t]*(?:#[^\n]*)?\n)+\Z", re.MULTILINE)
"""Blank lines and remarks that stand above a table belong to it."""

_CONNECTION = re.compile(r"^[ \t]*\[\[[ \t]*school[ \t]*\.[ \t]*connection[ \t]*\]\]", re.MULTILINE)
_SERVER = re.compile(r"^[ \t]*\[[ \t]*server[ \t]*\]", re.MULTILINE)
_VALUE = r"""("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^#\n"']*?)([ \t]*(?:#[^\n]*)?)$"""
"""What stands behind the equals sign on one line, and the remark after it."""

BY_HAND = "xiaoling.toml 的写法比较特别，不敢自动改，没有动它。请按 docs/xiaoling.example.toml 自己加上这一段。"

Values = Mapping[str, str | int | bool]


def with_school(text: str, values: Values) -> str:
    """The file's text with another school at its end."""
    return _joined(text, _table("[[school]]", values), "")


def with_connection(text: str, school: int, values: Values) -> str:
    """The file's text with another connection at the end of a school. school: which one, counted from 0.

    Raises ConfigError where the file is written so that this cannot be done without touching the rest of it.
    """
    heads = [match.start() for match in _SCHOOL.finditer(text)]
    end = heads[school + 1] if school + 1 < len(heads) else len(text)
    if end < len(text) and (above := _ABOVE.search(text[:end])):
        end = above.start()
    changed = _joined(text[:end], _table("[[school.connection]]", values), text[end:])
    wanted = tomllib.loads(text)
    try:
        wanted["school"][school].setdefault("connection", []).append(dict(values))
    except (LookupError, AttributeError) as error:
        raise ConfigError(BY_HAND) from error
    if not _reads_as(changed, wanted):
        raise ConfigError(BY_HAND)
    return changed


def with_changed(text: str, school: int, name: str, values: Values) -> str:
    """The file's text with other values in a connection that is there already; a remark behind a value stays.

    Raises ConfigError as with_connection does.
    """
    wanted = tomllib.loads(text)
    entries = wanted["school"][school].get("connection", [])
    place = next(number for number, entry in enumerate(entries) if entry.get("name") == name)
    entries[place].update(values)
    heads = [match.start() for match in _SCHOOL.finditer(text)]
    start = heads[school] if school < len(heads) else len(text)
    within = [match.start() for match in _CONNECTION.finditer(text, start)]
    if place < len(within):
        changed = _filled(text, within[place], values)
        if _reads_as(changed, wanted):
            return changed
    raise ConfigError(BY_HAND)


def with_server(text: str, values: Values) -> str:
    """The file's text with these settings in [server]. Raises ConfigError as with_connection does."""
    wanted = tomllib.loads(text)
    wanted.setdefault("server", {}).update(values)
    head = _SERVER.search(text)
    changed = _filled(text, head.start(), values) if head else _joined(text, _table("[server]", values), "")
    if not _reads_as(changed, wanted):
        raise ConfigError(BY_HAND)
    return changed


def read_text(path: Path) -> str:
    """The file's text with "\\n" alone; "" where there is none. Raises ConfigError when it is no text."""
    try:
        return path.read_text("utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: 读不了，请检查它是不是 UTF-8 的文本。") from error


def write_text(path: Path, text: str) -> None:
    """Written beside and moved over, with the line ends, mark and mode that it had; a new one is its owner's alone."""
    old = path.read_bytes() if path.exists() else b""
    draft = path.with_name(f"{path.name}.draft")
    ends = "\r\n" if b"\r\n" in old else "\n"
    try:
        draft.touch(mode=0o600)
        draft.write_text(text, "utf-8-sig" if old.startswith(b"\xef\xbb\xbf") else "utf-8", newline=ends)
        if old:
            draft.chmod(path.stat().st_mode)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigError(f"{path}: 写不进去（{error.strerror}），没有改动。") from error


def school_codes(text: str) -> list[Any]:
    """The codes of the file's schools, in its order. Raises ConfigError when it is no TOML."""
    try:
        return [school.get("code") for school in tomllib.loads(text).get("school", [])]
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"xiaoling.toml 的格式不对：{error}。请先改好它。") from error


def _table(head: str, values: Values) -> str:
    return "\n".join([head, *(_line(name, value) for name, value in values.items())]) + "\n"


def _line(name: str, value: str | int | bool) -> str:
    """A JSON string is a TOML string too, as long as it stands on one line."""
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"


def _filled(text: str, head: int, values: Values) -> str:
    """The table that begins at `head` with these values: in their place where they stand on one line, else at its end."""
    below = text.index("\n", head) + 1 if "\n" in text[head:] else len(text)
    after = _HEAD.search(text, below)
    end = after.start() if after else len(text)
    block = text[head:end]
    for name, value in values.items():
        written = json.dumps(value, ensure_ascii=False)
        old = re.compile(rf"^([ \t]*{re.escape(name)}[ \t]*=[ \t]*){_VALUE}", re.MULTILINE)
        block, found = old.subn(lambda match, new=written: f"{match[1]}{new}{match[3]}", block, count=1)  # type: ignore[misc]
        if not found:
            last = _ABOVE.search(block)
            kept = last.start() if last else len(block)
            body = block[:kept] if block[:kept].endswith("\n") else f"{block[:kept]}\n"
            block = f"{body}{_line(name, value)}\n{block[kept:]}"
    return f"{text[:head]}{block}{text[end:]}"


def _reads_as(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _joined(before: str, new: str, after: str) -> str:
    gap = "" if not before.strip() else ("\n" if before.endswith("\n") else "\n\n")
    return f"{before}{gap}{new}{after}"
