"""Every way to say one of the school's places: its name, its aliases, and what follows from them.

「教学楼A座」 is also A座 and A楼; 「3号楼」 is 三号楼, 3栋 and 3#楼; 「东大门」 is 东门; the only 食堂 is also 餐厅. A
derived name that would mean two places means none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.language.normal import normalise
from bot.language.vocabulary import Vocabulary

_CHINESE = "零一二三四五六七八九十"
_NUMBERED = re.compile(r"(\d{1,2}|[一二三四五六七八九十])(号|#|栋|幢)(教学|综合|实验|办公|宿舍|学生)?(楼|馆|公寓)?")
_LETTERED = re.compile(r"^(.*?)([A-Z])(座|楼|栋|区|馆|幢)$")
_GATE = re.compile(r"^(.*?)(东北|西北|东南|西南|东|西|南|北|正|前|后|侧)(?:大|校|侧|小|边)?门$")
_SUFFIX = re.compile(r"[(（].*?[)）]")


def ways(vocabulary: Vocabulary, places: Mapping[str, Any]) -> dict[str, str | None]:
    """Word → the place's name; None where the school says that the word means no single place."""
    known: dict[str, str | None] = {}
    for name in vocabulary.places:
        known[normalise(name)] = name
    for alias, meant in vocabulary.aliases.items():
        known[normalise(str(alias))] = meant
    derived: dict[str, set[str]] = {}
    for word, target in list(known.items()):
        if target is not None:
            for other in _variants(word):
                derived.setdefault(other, set()).add(target)
    for other, targets in derived.items():
        if other not in known and len(targets) == 1 and len(other) > 1:
            known[other] = next(iter(targets))
    _add_synonyms(known, vocabulary, places)
    _add_main_gate(known, vocabulary, places)
    return {word: place for word, place in known.items() if word}


def _variants(word: str) -> Iterator[str]:
    """Other ways to say one name; the caller keeps those that mean one place only."""
    bare = _SUFFIX.sub("", word)
    if bare != word:
        yield bare
    if match := _LETTERED.match(word):
        for ending in ("座", "楼", "栋", "区", "幢"):
            yield match[2] + ending
            if match[1]:
                yield match[1] + match[2] + ending
        if match[1]:
            yield match[2] + match[1]
            yield match[1] + match[2]
    if match := _NUMBERED.search(word):
        digits = match[1] if match[1].isdigit() else str(_CHINESE.index(match[1]))
        chinese = _CHINESE[int(digits)] if int(digits) <= 10 else digits
        head, tail = word[: match.start()], word[match.end() :]
        for number in (digits, chinese):
            for mark in ("号", "#", "栋", "号楼", "#楼", f"号{match[3] or ''}楼", f"{match[3] or ''}", "幢"):
                if mark:
                    yield f"{head}{number}{mark}{tail}"
                    yield f"{number}{mark}{tail}"
    if match := _GATE.match(word):
        for middle in ("", "大", "校", "侧", "小"):
            yield f"{match[2]}{middle}门"
        yield f"学校{match[2]}门"
    for ending in ("教学楼", "综合楼", "实验楼", "办公楼", "楼"):
        # 勤学楼 for 勤学教学楼, 1号教学楼 for 1号楼
        if word.endswith(ending) and len(word) > len(ending) + 1:
            head = word.removesuffix(ending)
            yield f"{head}楼"
            yield f"{head}教学楼"
    for ending in ("教室", "室", "房", "间"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            head = word.removesuffix(ending)
            yield from (f"{head}{other}" for other in ("教室", "室", "房", "间"))
    if word.startswith(("学校", "本校", "校内")):
        yield word[2:]


def _add_synonyms(known: dict[str, str | None], vocabulary: Vocabulary, places: Mapping[str, Any]) -> None:
    """The only 食堂 is also meant by 餐厅: a word of a group means the one place whose name ends in a word of it."""
    for group in places["synonyms"]:
        words = [normalise(word) for word in group["words"]]
        for word in words:
            if word in known:
                continue
            own = [name for name in vocabulary.places if normalise(name).endswith(word)]
            if len(own) == 1:
                known[word] = own[0]
        meant = {known[word] for word in words if known.get(word)}
        ended = {name for name in vocabulary.places if normalise(name).endswith(tuple(words))}
        if len(meant | ended) != 1 or any(word in known and known[word] is None for word in words):
            continue
        target = next(iter(meant | ended))
        for word in words:
            known.setdefault(word, target)


def _add_main_gate(known: dict[str, str | None], vocabulary: Vocabulary, places: Mapping[str, Any]) -> None:
    words = [normalise(word) for word in places["main_gate"]]
    named = next((known[word] for word in words if known.get(word)), None)
    if named is None:
        gates = [name for name in vocabulary.places if name.endswith("门")]
        large = [name for name in gates if name.endswith(("大门", "正门", "校门"))]
        named = large[0] if len(large) == 1 else gates[0] if len(gates) == 1 else None
    if named is not None:
        for word in words:
            if known.get(word) is None:
                known[word] = named
