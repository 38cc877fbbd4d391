"""What many example messages taught, as a table of weights: the second opinion where the rules do not know a word.

The table is templates/language/experience.json, made by `python -m tests.language.learn` from the example messages and
the word lists: a logistic regression over the characters of a message, alone, in twos and in threes, once for its intent
and once for the category of a hazard. Names of the school's places and people, dates and numbers are replaced by one sign
each, so that what was learnt at one school holds at another.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.language.lexicon import FOLDER

SIGNS = {
    "area": "α",
    "floor": "φ",
    "class": "κ",
    "room": "ρ",
    "number": "ν",
    "staff": "π",
    "pupil": "υ",
    "date": "δ",
    "case": "γ",
}
"""The sign that stands for a name. A side (东头) and a part (楼梯口) are words of every school and stay."""

_BREAKS = re.compile("[,。;:!?、 \\n\\x00]+")
_DIGITS = frozenset("0123456789")
SCALE = 20
"""The weights in the file are whole numbers, this many times as large."""

LONGEST = 300
"""Characters that are looked at."""

LANE = 32
_ZERO = 1 << 11
"""A lane holds the sum of many thousand weights, each raised by _ZERO so that it is never negative; and it can be read as
an unsigned number of four bytes."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """label → probability."""

    shares: Mapping[str, float]

    @property
    def best(self) -> str:
        return max(self.shares, key=self.shares.__getitem__)

    def of(self, label: str) -> float:
        return self.shares.get(label, 0.0)


def signs(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """The text with a sign in the place of each span (start, end, a key of SIGNS), numbers as 0."""
    parts: list[str] = []
    at = 0
    for start, end, kind in sorted(spans):
        if start >= at:
            parts += [text[at:start], SIGNS[kind]]
            at = end
    parts.append(text[at:])
    return "".join("0" if char in _DIGITS else char for char in "".join(parts))


def grams(text: str) -> set[str]:
    """Every run of one, two or three characters that crosses no mark."""
    found: set[str] = set()
    for run in _BREAKS.split(text[:LONGEST]):
        found.update(run)
        found.update([run[at : at + 2] for at in range(len(run) - 1)])
        found.update([run[at : at + 3] for at in range(len(run) - 2)])
    return found


@dataclass(frozen=True, slots=True)
class Weighed:
    """The weights of some evidence, added up. total: packed, see Experience. rows: how many of `size` were known."""

    total: int
    rows: int
    size: int

    def __add__(self, other: Weighed) -> Weighed:
        return Weighed(self.total + other.total, self.rows + other.rows, self.size + other.size)


class Experience:
    """Both tables, read from {intents: {labels, bias, weights}, categories: …}, weights: gram → label's number, weight, …

    The weights of a gram stand in one whole number, a lane of LANE bits for each label of either table, so that adding up
    a message is one addition a gram: 0.03 ms where a loop over labels takes 0.3. Raises ConfigError.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        try:
            tables = [content["intents"], content["categories"]]
            self._labels = [tuple(table["labels"]) for table in tables]
            self._bias = [[each / SCALE for each in table["bias"]] for table in tables]
            first = len(self._labels[0])
            level = sum(_ZERO << (LANE * number) for number in range(first + len(self._labels[1])))
            self._lanes = struct.Struct(f"<{first + len(self._labels[1])}I")
            self._rows: dict[str, int] = {}
            for table, lane in zip(tables, (0, first), strict=True):
                for gram, row in table["weights"].items():
                    packed = sum(
                        weight << (LANE * (lane + number)) for number, weight in zip(row[::2], row[1::2], strict=True)
                    )
                    self._rows[gram] = self._rows.get(gram, level) + packed
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigError(f"templates/language/experience.json 的格式不对：{error!r}") from error

    def weigh(self, found: Collection[str]) -> Weighed:
        """found: grams of a text, and whatever else the tables know by name (「@kitchen」)."""
        get = self._rows.get
        rows = [row for gram in found if (row := get(gram)) is not None]
        return Weighed(sum(rows), len(rows), len(found))

    def intent(self, evidence: Weighed) -> Opinion:
        return self._opinion(evidence, 0)

    def category(self, evidence: Weighed) -> Opinion:
        return self._opinion(evidence, 1)

    def _opinion(self, evidence: Weighed, table: int) -> Opinion:
        sums = self._lanes.unpack(evidence.total.to_bytes(self._lanes.size, "little"))
        first = len(self._labels[0])
        level = _ZERO * evidence.rows
        norm = 1 / (SCALE * math.sqrt(evidence.size or 1))
        lanes = sums[first:] if table else sums[:first]
        scores = [bias + (lane - level) * norm for bias, lane in zip(self._bias[table], lanes, strict=True)]
        top = max(scores)
        shares = [math.exp(score - top) for score in scores]
        whole = sum(shares)
        return Opinion({label: share / whole for label, share in zip(self._labels[table], shares, strict=True)})


@cache
def standard(folder: Path = FOLDER) -> Experience:
    """The tables of this installation, read once."""
    path = folder / "experience.json"
    try:
        return Experience(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} 读不了：{error}") from error
