"""Incidents: somebody is hurt, missing, threatened, or a pupil's data is out. They go to named people, never into a group.

Recall comes first: what is doubtful is an incident. Only what did not happen is let go: 差点, 没砸到人, 怕, 容易, 会, a drill.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.language.experience import Opinion
from bot.language.lexicon import Lexicon
from bot.language.patterns import Pattern, Patterns, branches

_CLAUSE_END = ",。;!?\n "
_UNDONE = re.compile(
    r"还没|没等|没有?(?:咬|蜇|蛰|撞|砸|伤|碰|扎|烫|抓)|差点|险些|(?<=[倒到着伤])过(?![来去])|过(?:[一两三几\d]|好几)+(?:个|次|回)"
)
"""Said inside of the words themselves: 马蜂还没蜇到人, 绊倒过两个人 tells of what once was."""

_HYPOTHESIS_REACH = 9
"""Characters before the word within which 怕, 容易, 万一 take it back."""


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    category: str
    level: str
    drill: bool
    unless: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Incident:
    """kind: a name of incidents.yaml. start, end: the words that said so."""

    kind: str
    category: str
    level: str
    start: int
    end: int


_FIRST = [
    "sexual",
    "self_harm",
    "animal",
    "shock",
    "drown",
    "abuse",
    "food_poisoning",
    "bullying",
    "knife",
    "fight",
    "fire",
    "gas",
    "trapped",
    "missing",
    "leak",
    "crush",
    "traffic",
    "intruder",
    "quarrel",
    "illness",
    "injury",
    "alarm",
    "other",
]
"""Where two are said, the graver or the more telling one first."""


def _rank(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


class Incidents:
    def __init__(self, lexicon: Lexicon) -> None:
        data = lexicon.incidents
        self._masked = Pattern(data["masked"])
        self._people = re.compile(data["people"])
        self._negated = re.compile(f"(?:{data['negated']})$")
        self._supposed = re.compile(data["supposed"])
        self._not_after = re.compile(data["not_after"])
        self._drill = re.compile(data["drill_words"])
        self._really = re.compile(data["really_words"])
        kinds = data["kinds"]
        self._patterns = Patterns(
            row for name in sorted(kinds, key=_rank) for row in _rows(_kind(name, kinds[name]), kinds[name])
        )

    def find(self, text: str) -> tuple[Incident | None, bool]:
        """(the gravest incident a normalised text speaks of, whether one is only feared, denied or played).

        What only sounds like a body (桌子腿, 灯头) is left out.
        """
        letters = set(text)
        text = self._masked.sub(lambda match: "□" * len(match[0]), text, letters)
        drill = self._drill.search(text) is not None and self._really.search(text) is None
        found: Incident | None = None
        denied = False
        for pattern, (kind, people) in self._patterns.possible(letters):
            if found and found.kind != kind.name:
                break
            if kind.drill and drill:
                denied = denied or pattern.search(text) is not None
                continue
            for match in pattern.finditer(text):
                if found and found.start <= match.start():
                    break
                if people and not self._somebody(text, match):
                    continue
                if self._happened(text, match, kind):
                    found = Incident(kind.name, kind.category, kind.level, *match.span())
                else:
                    denied = True
        return found, denied and found is None

    def _happened(self, text: str, match: re.Match[str], kind: _Kind) -> bool:
        start, end = match.span()
        left = max(text.rfind(mark, 0, start) for mark in _CLAUSE_END) + 1
        right = min((at for mark in _CLAUSE_END if (at := text.find(mark, end)) >= 0), default=len(text))
        if _UNDONE.search(match[0]):
            return False
        before = text[max(left, start - 14) : start]
        if self._negated.search(before) or self._supposed.search(before[-_HYPOTHESIS_REACH:]):
            return False
        if self._not_after.match(text[end : end + 10]):
            return False
        return kind.unless is None or kind.unless.search(text[left:right]) is None

    def _somebody(self, text: str, match: re.Match[str]) -> bool:
        start = match.start()
        return self._people.search(text[max(0, start - 16) : match.end() + 8]) is not None


def suspected(text: str, category: Opinion | None) -> Incident:
    """The incident of a message that no pattern knows but that sounds like one."""
    return Incident("other", category.best if category else "behavior", "", 0, len(text))


def _kind(name: str, row: dict[str, Any]) -> _Kind:
    return _Kind(
        name=name,
        category=str(row["category"]),
        level=str(row.get("level", "")),
        drill=bool(row.get("drill", False)),
        unless=re.compile(str(row["unless"])) if row.get("unless") else None,
    )


def _rows(kind: _Kind, row: dict[str, Any]) -> Iterator[tuple[str, tuple[_Kind, bool]]]:
    """The kind's alternatives, each with whether somebody has to be named beside it."""
    for people in (False, True):
        for pattern in branches(str(row.get("people" if people else "always") or "(?!)")):
            yield pattern, (kind, people)
