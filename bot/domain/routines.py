"""A routine (常规工作) as its file in templates/routines says it: who is asked what, when, for how long."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bot.domain.chats import Group
from bot.domain.moments import AnyOf, Moment
from bot.domain.moments import read as read_moment
from bot.domain.people import Post
from bot.errors import ConfigError

_DURATION = re.compile(r"(\d+)\s*(min|h|d)")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def _duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(str(value))
    if match is None:
        raise ValueError('write a number and min, h or d, as in "10h"')
    return int(match[1]) * _UNITS[match[2]]


def _moments(value: object) -> Moment:
    return AnyOf(tuple(read_moment(str(each)) for each in _listed(value)))


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


class Asks(StrEnum):
    """task: everyone with open tasks, for each of them. report: whoever is on duty that day, for a duty report.

    checklist: who holds the post, whether each item is right. lines: who holds the post, for a few lines of text.
    attendance: nobody in the chat; the platform tells who holds the post and has not clocked in (打卡) by then.
    """

    TASK = "task"
    REPORT = "report"
    CHECKLIST = "checklist"
    LINES = "lines"
    ATTENDANCE = "attendance"


class Finding(StrEnum):
    """What becomes of an item that is not right. note: it stands in the answer. hazard: it is registered as one, too."""

    NOTE = "note"
    HAZARD = "hazard"


MAKE = "make"
"""form: make has the platform make a form for each round, where it can."""


class Routine(BaseModel):
    """One file. about: its line in the table of contents. window: how long answers are waited for.

    late_by: later than that after its time it is not asked at all.

    group: where it is announced. post: who is asked (by the duty table, where it names somebody), one or several.
    owner: who gets the list of what is missing. items: what a checklist asks about. finding: what becomes of an item that
    is not right. closed: items whose findings go to these posts only, never to the owner or into a group (red lines).
    when: one moment or several. hint: a line under the question. example: an answer that tells what is wrong.
    form: the id of the platform's own form (收集表, 智能填表) in which people may answer just as well, or "make", to have one
    made for each round where the platform can; collect in the code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: str
    title: str
    about: str
    asks: Asks
    when: Annotated[Moment, BeforeValidator(_moments)]
    window: Annotated[timedelta, BeforeValidator(_duration)]
    late_by: Annotated[timedelta, BeforeValidator(_duration)]
    owner: Post
    post: Annotated[tuple[Post, ...], BeforeValidator(_listed)] = ()
    group: Group | None = None
    items: tuple[str, ...] = ()
    finding: Finding = Finding.NOTE
    closed: dict[str, tuple[Post, ...]] = {}
    hint: str = ""
    example: str = ""
    collect: Annotated[str, Field(alias="form")] = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.asks in (Asks.CHECKLIST, Asks.LINES, Asks.ATTENDANCE) and not self.post:
            raise ValueError("post: who is asked? For example: post: duty_leader")
        if (self.asks is Asks.CHECKLIST) != bool(self.items):
            raise ValueError("items: a checklist needs them, nothing else has them")
        if self.collect and self.asks is not Asks.LINES and not (self.makes and self.asks is Asks.CHECKLIST):
            raise ValueError("form: only lines can be answered in a form, and a checklist where it is form: make")
        if self.makes and self.closed:
            raise ValueError("closed: what only few may read does not go into a form")
        if not set(self.closed) <= set(self.items):
            raise ValueError("closed: each must be one of the items, word for word")
        return self

    @property
    def makes(self) -> bool:
        """Whether each of its rounds gets a form of its own."""
        return self.collect == MAKE

    @property
    def form(self) -> dict[str, Any]:
        """What a round of it remembers of the question, as JSON: items, closed, finding, hint, example; the form's id; whose
        attendance."""
        form: dict[str, Any] = {"items": list(self.items), "closed": self.closed, "finding": self.finding}
        form |= {"hint": self.hint, "example": self.example}
        if self.collect and not self.makes:
            form["collect"] = self.collect
        if self.asks is Asks.ATTENDANCE:
            form["posts"] = list(self.post)
        return form


def read_routines(folder: Path) -> tuple[Routine, ...]:
    """Every routine of a folder, by file name. Raises ConfigError naming the file and the line's key."""
    return tuple(_read(path) for path in sorted(folder.glob("*.yaml")))


def _read(path: Path) -> Routine:
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
        return Routine.model_validate({"name": path.stem, **data})
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    except ValidationError as error:
        what = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise ConfigError(f"{path}: {what}. Example: when: first_school_day_of_week 07:30") from error
