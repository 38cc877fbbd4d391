"""The words of hazards: read from templates/language/, found in a text by longest match.

A word may carry several tags (漏水 is a leak and a sign of utility). Tags are what rules.yaml speaks of. A dictionary per
length is asked at every character: 0.05 ms for a message, where one big alternation of 2,500 words takes 2 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ConfigError
from bot.language.patterns import Patterns

FOLDER = Path(__file__).resolve().parent.parent.parent / "templates" / "language"


@dataclass(slots=True)
class Word:
    """A word and everything known of it. things: category → "thing", "part" or "sign". neutral: it keeps patterns away."""

    text: str
    tags: set[str] = field(default_factory=set)
    things: dict[str, str] = field(default_factory=dict)
    fault: bool = False
    fixed: bool = False
    neutral: bool = False

    @property
    def signs(self) -> set[str]:
        """Its tags as experience knows them."""
        return {f"#{tag}" for tag in self.tags}


@dataclass(frozen=True, slots=True)
class Hit:
    """A word at its place in the text."""

    start: int
    end: int
    word: Word

    @property
    def text(self) -> str:
        return self.word.text


class Finder:
    """Longest match of many words; where two overlap, the one that starts first wins."""

    def __init__(self, words: Iterable[str]) -> None:
        self._lengths: dict[str, tuple[int, ...]] = {}
        lengths: dict[str, set[int]] = {}
        self._words = set(words)
        for word in self._words:
            lengths.setdefault(word[0], set()).add(len(word))
        self._lengths = {first: tuple(sorted(each, reverse=True)) for first, each in lengths.items()}

    def find(self, text: str) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        lengths, words, after = self._lengths, self._words, 0
        for position, char in enumerate(text):
            if position >= after and char in lengths:
                for length in lengths[char]:
                    if text[position : position + length] in words:
                        after = position + length
                        found.append((position, after))
                        break
        return found

    def all(self, text: str) -> list[tuple[int, int]]:
        """Every occurrence, overlapping ones too."""
        found = []
        for position, char in enumerate(text):
            if char not in self._lengths:
                continue
            for length in self._lengths[char]:
                if text[position : position + length] in self._words:
                    found.append((position, position + length))
        return found


class Lexicon:
    """Everything in templates/language/. Raises ConfigError for a file that is missing or not as expected."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.words: dict[str, Word] = {}
        things = _read(folder, "things")
        faults = _read(folder, "faults")
        self.rules: Mapping[str, Any] = _read(folder, "rules")
        self.places: Mapping[str, Any] = _read(folder, "places")
        self.incidents: Mapping[str, Any] = _read(folder, "incidents")
        self.intents: Mapping[str, Any] = _read(folder, "intents")
        self.small: Mapping[str, Any] = _read(folder, "words")
        try:
            fixed = set(things.pop("fixed", []))
            self.categories = tuple(things)
            for category, groups in things.items():
                for group, words in groups.items():
                    kind = {"parts": "part", "signs": "sign"}.get(group, "thing")
                    for text in words:
                        word = self._word(text)
                        word.tags.add(f"{category}_{group}" if kind != "thing" else group)
                        word.things.setdefault(category, kind)
                        word.fixed = word.fixed or group in fixed
                        # a sign is a fault by itself
                        word.fault = word.fault or kind == "sign" or group in _FAULTY
            patterns = faults.pop("patterns")
            self._patterns = Patterns((str(pattern), tag) for tag, pattern in patterns.items())
            for group, words in faults.items():
                for text in words:
                    word = self._word(text)
                    word.tags.add(group)
                    word.fault = True
            spots = {str(text).upper() for text in self.places["spots"]}
            for text in (*self.small["neutral"], *spots):
                word = self._word(text)
                word.neutral = not word.things and not word.fault and word.text not in spots
            self._tagged: dict[str, set[str]] = {}
            for tag, words in self.rules["tags"].items():
                for text in words:
                    self._tagged.setdefault(str(text).upper(), set()).add(tag)
        except (AttributeError, TypeError, KeyError) as error:
            raise ConfigError(f"templates/language 里的词表格式不对：{error}") from error
        self._finder = Finder(self.words)
        self._tags = Finder(self._tagged)

    def find(self, text: str) -> list[Hit]:
        """Longest words first come, none overlapping."""
        hits = [Hit(start, end, self.words[text[start:end]]) for start, end in self._finder.find(text)]
        known = [(hit.start, hit.end) for hit in hits if hit.word.fault or hit.word.neutral]
        denied = [(hit.start, hit.end) for hit in hits if hit.word.neutral and hit.text[0] in "没无未不"]
        for pattern, tag in self._patterns.possible(set(text)):
            for match in pattern.finditer(text):
                start, end = match.span()
                if not any(first < end and start < last for first, last in (denied if tag in _DEEDS else known)):
                    hits.append(Hit(start, end, Word(match[0], {tag}, fault=True)))
                    known.append((start, end))
        return sorted(hits, key=lambda hit: hit.start)

    def tags_in(self, text: str) -> set[str]:
        """The tags of rules.yaml whose words the text holds."""
        found: set[str] = set()
        for start, end in self._tags.all(text):
            found |= self._tagged[text[start:end]]
        return found

    def _word(self, text: object) -> Word:
        key = str(text).upper()
        if key not in self.words:
            self.words[key] = Word(key)
        return self.words[key]


_DEEDS = {"chase", "climb", "driver", "pupil_acts"}
"""Tags of patterns that tell what somebody does: a fault's word inside of them (滑 in 从扶手上滑下来) is no fault."""

_FAULTY = {
    "chase",
    "climb",
    "crowd",
    "ground_state",
    "pupil_acts",
    "smoking",
    "animal",
    "vendor",
    "blade",
    "clutter",
    "appliance",
}
"""Groups whose words say what is wrong by themselves."""


def _read(folder: Path, name: str) -> dict[str, Any]:
    path = folder / f"{name}.yaml"
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader, the C one if there is
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} 读不了：{error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} 应该是“名字: 内容”的表。")
    return content


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def standard() -> Lexicon:
    """The lexicon of this installation, read once."""
    return Lexicon()
