"""Patterns that are not tried where they cannot match: most sentences lack a character that one needs.

Well over a thousand alternatives might be searched in every message. Each of them is known by the two rarest characters
(or sets of them) that it needs; one look at a message's characters leaves a few dozen to try.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from importlib import import_module
from typing import Any, Generic, TypeVar

_PARSER: Any = import_module("re._parser")
"""Python's own reader of patterns. It is not part of its promises: where it is not as expected, nothing is spared."""

COMMON = frozenset("了的一是在有不没着个上下来到好人去出大小中就都也还要把被给和")
"""Characters that half of all sentences hold: a poor gate."""

WIDEST = 600
"""More characters than this let everything through."""

Needs = list[frozenset[str]]
"""Sets of characters, the rarest first: every match holds one character of each."""

Value = TypeVar("Value")


class Patterns(Generic[Value]):
    """Many patterns, each with what it stands for."""

    def __init__(self, rows: Iterable[tuple[str, Value]]) -> None:
        self._rows: list[tuple[re.Pattern[str], Value]] = []
        self._open = [0, 0]
        self._letters: dict[str, tuple[int, int]] = {}
        for number, (pattern, value) in enumerate(rows):
            self._rows.append((re.compile(pattern), value))
            needs = needed(pattern)
            for which in (0, 1):
                if which >= len(needs):
                    self._open[which] |= 1 << number
                    continue
                for letter in needs[which]:
                    bits = list(self._letters.get(letter, (0, 0)))
                    bits[which] |= 1 << number
                    self._letters[letter] = bits[0], bits[1]

    def possible(self, letters: Iterable[str]) -> Iterator[tuple[re.Pattern[str], Value]]:
        """Those that might match a text with these characters, in the order in which they were given."""
        first, second = self._open
        known = self._letters
        for letter in letters:
            if letter in known:
                one, other = known[letter]
                first |= one
                second |= other
        left = first & second
        while left:
            lowest = left & -left
            yield self._rows[lowest.bit_length() - 1]
            left ^= lowest


class Pattern:
    """A single one."""

    __slots__ = ("_compiled", "_needs")

    def __init__(self, pattern: str) -> None:
        self._compiled = re.compile(pattern)
        self._needs = needed(pattern)[:2]

    def search(self, text: str, letters: Collection[str]) -> re.Match[str] | None:
        """The first match. letters: the set of the text's characters."""
        return self._compiled.search(text) if self.might(letters) else None

    def finditer(self, text: str, letters: Collection[str]) -> Iterator[re.Match[str]]:
        """Every match. letters: the set of the text's characters."""
        return self._compiled.finditer(text) if self.might(letters) else iter(())

    def sub(self, change: Any, text: str, letters: Collection[str]) -> str:
        """The text with every match changed."""
        return self._compiled.sub(change, text) if self.might(letters) else text

    def might(self, letters: Collection[str]) -> bool:
        """Whether it can match a text with these characters."""
        return not any(each.isdisjoint(letters) for each in self._needs)


def branches(pattern: str) -> list[str]:
    """The alternatives of a pattern: 漏水|冒(?:烟|火) as 漏水 and 冒(?:烟|火)."""
    found, depth, start, in_set, skip = [], 0, 0, False, False
    for at, sign in enumerate(pattern):
        if skip:
            skip = False
        elif sign == "\\":
            skip = True
        elif in_set:
            in_set = sign != "]"
        elif sign == "[":
            in_set = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "|" and not depth:
            found.append(pattern[start:at])
            start = at + 1
    return [*found, pattern[start:]]


def needed(pattern: str) -> Needs:
    """What every match of the pattern holds; nothing where that is unknown."""
    try:
        return _of_sequence(_PARSER.parse(pattern))
    except (AttributeError, TypeError, ValueError, IndexError):
        return []


def _of_sequence(parts: Any) -> Needs:
    found = [needs for operation, value in parts for needs in _of_part(str(operation), value)]
    return sorted(found, key=lambda needs: len(needs) + 20 * len(needs & COMMON))


def _of_part(operation: str, value: Any) -> Needs:
    match operation:
        case "LITERAL":
            return [frozenset(chr(value))]
        case "IN":
            signs = [chr(each) for kind, each in value if str(kind) == "LITERAL"]
            return [frozenset(signs)] if len(signs) == len(value) else []
        case "BRANCH":
            each = [_of_sequence(branch) for branch in value[1]]
            whole = frozenset[str]().union(*(needs[0] for needs in each if needs))
            return [] if [] in each or len(whole) > WIDEST else [whole]
        case "SUBPATTERN":
            return _of_sequence(value[-1])
        case "MAX_REPEAT" | "MIN_REPEAT" if value[0] >= 1:
            return _of_sequence(value[2])
    return []
