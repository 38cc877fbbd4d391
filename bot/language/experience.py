"""What many example messages taught, as a table of weights: the second opinion where the rules do not know a word.

The table is templates/language/experience.json, made by `python -m tests.language.learn` from the example messages and
the word lists: a logistic regression over the characters of a message, alone, in twos and in threes, once for its intent
and once for the category of a hazard. Names of the school's places and people, dates and numbers are replaced by one sign
each, so that what was learnt at one school holds at another.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
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

_BREAKS = frozenset(",。;:!?、 \n\x00")
_DIGITS = frozenset("0123456789")
SCALE = 20
"""The weights in the file are whole numbers, this many times as large."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """label → probability, the likeliest first."""

    labels: tuple[tuple[str, float], ...]

    @property
    def best(self) -> str:
        return self.labels[0][0] if self.labels else ""

    def of(self, *labels: str) -> float:
        """The probability that it is one of these."""
        return sum(share for label, share in self.labels if label in labels)


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
    size = len(text)
    for at in range(size):
        if text[at] in _BREAKS:
            continue
        found.add(text[at])
        if at + 1 < size and text[at + 1] not in _BREAKS:
            found.add(text[at : at + 2])
            if at + 2 < size and text[at + 2] not in _BREAKS:
                found.add(text[at : at + 3])
    return found


class Table:
    """Weights of one question: labels, a weight for each without any evidence, and gram → (label's number, weight)…"""

    def __init__(self, labels: Sequence[str], bias: Sequence[float], weights: Mapping[str, Sequence[int]]) -> None:
        self.labels = tuple(labels)
        self._bias = [each / SCALE for each in bias]
        self._weights = {gram: tuple(zip(row[::2], row[1::2], strict=True)) for gram, row in weights.items()}

    def judge(self, found: Iterable[str]) -> Opinion:
        """found: grams of a text, and whatever else the table knows by name (「@kitchen」)."""
        known, count = self._weights, 0
        sums = [0.0] * len(self.labels)
        for gram in found:
            count += 1
            row = known.get(gram)
            if row is not None:
                for number, weight in row:
                    sums[number] += weight
        norm = 1 / (SCALE * math.sqrt(count or 1))
        scores = [bias + total * norm for bias, total in zip(self._bias, sums, strict=True)]
        top = max(scores)
        shares = [math.exp(score - top) for score in scores]
        whole = sum(shares)
        ranked = sorted(zip(self.labels, shares, strict=True), key=lambda pair: -pair[1])
        return Opinion(tuple((label, share / whole) for label, share in ranked))


class Experience:
    """Both tables. Raises ConfigError for a file that is missing or not as expected."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        try:
            self.intents = Table(**content["intents"])
            self.categories = Table(**content["categories"])
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"templates/language/experience.json 的格式不对：{error!r}") from error


@cache
def standard(folder: Path = FOLDER) -> Experience:
    """The tables of this installation, read once."""
    path = folder / "experience.json"
    try:
        return Experience(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} 读不了：{error}") from error
