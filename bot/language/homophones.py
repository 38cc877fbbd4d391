"""Words that were typed or dictated by their sound: 灭火气, 楼体口, 应急登 → 灭火器, 楼梯口, 应急灯.

Three characters and more are compared by sound with the words we know (the school's places too), and only where at least
half of the characters are right already: shorter ones sound alike too often (教师, 教室), they stand in words.yaml one by one.
pypinyin supplies the sounds: a table of our own would be 20,000 characters long. It is asked for single characters only,
since it misreads surnames and many-voiced characters in context.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache

from bot.language.lexicon import Finder

_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm")
_LONGEST = 7


@cache
def _readings() -> Mapping[int, str]:
    """Every character's readings by its code. Loaded at the first free text: a start does not wait for it."""
    for setting in (
        "PYPINYIN_NO_PHRASES",
        "PYPINYIN_NO_DICT_COPY",
    ):  # its 47,000 phrases are 45 MB that nobody asks for
        os.environ.setdefault(setting, "true")
    from pypinyin.constants import PINYIN_DICT

    readings: Mapping[int, str] = PINYIN_DICT
    return readings


def _sound(char: str) -> str:
    """The first reading without tone, and without the differences that dictation and accents lose: zh z, ang an."""
    readings = _readings().get(ord(char))
    if not readings:
        return char
    plain = readings.split(",")[0].translate(_TONES)
    for wide, narrow in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if plain.startswith(wide):
            plain = narrow + plain[2:]
    return plain[:-1] if plain.endswith("ng") else plain


class Homophones:
    """Repairs a text. words: what may be meant; typos: short mistakes, written out."""

    def __init__(self, words: Iterable[str], typos: Mapping[str, str]) -> None:
        words = list(words)
        self._sounds: dict[str, str] = {}
        self._words = {word for word in words if 3 <= len(word) <= _LONGEST}
        self._by_sound: dict[tuple[str, ...], str] = {}
        for word in sorted(self._words):
            self._by_sound.setdefault(tuple(map(self._sound, word)), word)
        self._starts = {key[0] for key in self._by_sound}
        self._lengths: dict[tuple[str, str], tuple[int, ...]] = {}
        lengths: dict[tuple[str, str], set[int]] = {}
        for key in self._by_sound:
            lengths.setdefault((key[0], key[1]), set()).add(len(key))
        self._lengths = {pair: tuple(sorted(each, reverse=True)) for pair, each in lengths.items()}
        self._typos = dict(typos)
        self._finder = Finder(self._typos)
        self._known = Finder(word for word in words if len(word) >= 2)

    def _sound(self, char: str) -> str:
        if char not in self._sounds:
            self._sounds[char] = _sound(char)
        return self._sounds[char]

    def repair(self, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        """(the text with the words meant, what was changed into what). Lengths stay for words repaired by sound."""
        changes: list[tuple[str, str]] = []
        for start, end in reversed(self._finder.find(text)):
            wrong = text[start:end]
            right = self._typos[wrong]
            if wrong != right and text[start : start + len(right)] != right:
                text = text[:start] + right + text[end:]
                changes.append((wrong, right))
        known = self._sounds
        sounds = [known[char] if char in known else self._sound(char) for char in text]
        position = 0
        while position < len(text) - 2:
            for length in self._lengths.get((sounds[position], sounds[position + 1]), ()):
                said = text[position : position + length]
                if len(said) < length:
                    continue
                meant = self._by_sound.get(tuple(sounds[position : position + length]))
                if meant is None:
                    continue
                if said == meant or said in self._words:
                    position += length - 1
                    break
                alike = sum(one == other for one, other in zip(said, meant, strict=True))
                if alike * 2 >= length and alike >= length - 2 and not self._known.all(said):
                    text = text[:position] + meant + text[position + length :]
                    changes.append((said, meant))
                    position += length - 1
                    break
            position += 1
        return text, tuple(changes)
