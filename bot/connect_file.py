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
_ABOVE = re.compile(r"(?:^[ \t]*(?:#[^\n]*)?\n)+\Z", re.MULTILINE)
"""Blank lines and remarks that stand above a table belong to it."""

Values = Mapping[str, str | int | bool]


def table(head: str, values: Values) -> str:
    """A TOML table. A JSON string is a TOML string too, as long as it stands on one line."""
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    return "\n".join([f"[[{head}]]", *lines]) + "\n"


def with_school(text: str, values: Values) -> str:
    """The file's text with another school at its end."""
    return _joined(text, table("school", values), "")


def with_connection(text: str, school: int, values: Values) -> str:
    """The file's text with another connection at the end of a school. school: which one, counted from 0.

    Raises ConfigError where the file is written so that this cannot be done without touching the rest of it.
    """
    heads = [match.start() for match in _SCHOOL.finditer(text)]
    end = heads[school + 1] if school + 1 < len(heads) else len(text)
    if end < len(text) and (above := _ABOVE.search(text[:end])):
        end = above.start()
    changed = _joined(text[:end], table("school.connection", values), text[end:])
    wanted = tomllib.loads(text)
    try:
        wanted["school"][school].setdefault("connection", []).append(dict(values))
        right = tomllib.loads(changed) == wanted
    except (LookupError, AttributeError, tomllib.TOMLDecodeError):
        right = False
    if not right:
        raise ConfigError("xiaoling.toml 的写法比较特别，不敢自动改。请按 docs/xiaoling.example.toml 自己加上这一段。")
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


def _joined(before: str, new: str, after: str) -> str:
    gap = "" if not before.strip() else ("\n" if before.endswith("\n") else "\n\n")
    return f"{before}{gap}{new}{after}"
