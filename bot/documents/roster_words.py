"""The words of the roster's workbook, from templates/roster/workbook.yaml: titles, notes, examples, complaints."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import ConfigError

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"


class Column(BaseModel):
    """One column. also: other headings that are understood. text, date: how Excel should treat what is typed there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    also: tuple[str, ...] = ()
    needed: bool = False
    text: bool = False
    date: bool = False
    choices: bool = False
    width: int
    note: str
    example: str

    @property
    def headings(self) -> frozenset[str]:
        return frozenset(bare(title) for title in (self.title, *self.also))


class Sheet(BaseModel):
    """One sheet; its columns by their name in the program."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    also: tuple[str, ...]
    columns: dict[str, Column]

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(key for key, column in self.columns.items() if column.needed)


class About(BaseModel):
    """The sheet that explains the others. "{posts}" in a line becomes the posts' names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    lines: tuple[str, ...]


class Words(BaseModel):
    """The whole file. example: what the cells of a row begin with that is only there to show how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    example: str
    about: About
    sheets: dict[str, Sheet]
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class RosterWords:
    """posts: the first name of each post, in the order of templates/posts.yaml."""

    words: Words
    posts: tuple[str, ...]


@cache
def roster_words(folder: Path = TEMPLATES) -> RosterWords:
    """Read roster/workbook.yaml and posts.yaml of a templates folder. Raises ConfigError naming file and key."""
    path = folder / "roster" / "workbook.yaml"
    try:
        words = Words.model_validate(yaml.safe_load(path.read_text("utf-8")))
        posts: Mapping[str, list[str]] = yaml.safe_load((folder / "posts.yaml").read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except ValidationError as error:
        what = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise ConfigError(f"{path}: {what}. Example: title: 姓名") from error
    return RosterWords(words, tuple(names[0] for names in posts.values()))


def bare(title: str) -> str:
    """A heading as it is compared: without spaces, stars, colons and what stands in brackets."""
    text = unicodedata.normalize("NFKC", title).lower()
    return re.sub(r"\(.*?\)|[\s*:]", "", text)
