"""Which category a hazard is of, and whether it may be a major one: tags of words, weighed by the rules of rules.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.language.experience import Opinion
from bot.language.lexicon import Hit, Lexicon

MAJOR = "suspected_major"
GENERAL = "general"


EXPERIENCE = 9.0
"""Points of what experience is certain of; a thing named counts three, with its rule five to nine."""

NOTEWORTHY = 0.05


@dataclass(frozen=True, slots=True)
class _Rule:
    when: tuple[frozenset[str], ...]
    unless: frozenset[str]
    place: str
    category: str
    also: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """category: the likeliest, "" when nothing speaks for any. others: those close behind. level: general or suspected_major."""

    category: str
    others: tuple[str, ...]
    level: str
    score: float


class Hazards:
    """Weighs the words of one piece."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._weights: dict[str, float] = {key: float(value) for key, value in lexicon.rules["weights"].items()}
        self._leanings: dict[str, dict[str, float]] = lexicon.rules["leanings"]
        self._places: dict[str, dict[str, float]] = lexicon.places["leaning"]
        self._rules = tuple(map(_rule, lexicon.rules["rules"]))
        self._begun_by: dict[str, list[int]] = {}
        for number, rule in enumerate(self._rules):
            for tag in rule.when[0]:
                self._begun_by.setdefault(tag, []).append(number)

    def judge(
        self,
        text: str,
        hits: Sequence[Hit],
        kinds: Iterable[str],
        opinion: Opinion | None = None,
        standing: Sequence[float] = (),
    ) -> Verdict:
        """text: the words of the piece, places included. hits: its words. kinds: what kinds of places it speaks of.

        opinion: what experience says of it. standing: how much each hit counts, 1 where it is not given.
        """
        kinds = set(kinds)
        tags = self._lexicon.tags_in(text)
        if "bus" in kinds:
            tags.add("bus")
        scores: dict[str, float] = {}
        first = True
        for hit, share in zip(hits, standing or [1.0] * len(hits), strict=True):
            if share < 1 and hit.word.things:
                for category, kind in hit.word.things.items():
                    scores[category] = scores.get(category, 0.0) + self._weights[kind] * share
                continue
            tags |= hit.word.tags
            for category, kind in hit.word.things.items():
                weight = self._weights[kind]
                if first and kind == "thing":
                    weight += self._weights["first"]
                scores[category] = scores.get(category, 0.0) + weight
            if hit.word.things:
                first = False
        for tag in tags & self._leanings.keys():
            for category, extra in self._leanings[tag].items():
                scores[category] = scores.get(category, 0.0) + extra
        for kind in kinds & self._places.keys():
            for category, extra in self._places[kind].items():
                scores[category] = scores.get(category, 0.0) + extra
        level, also = GENERAL, []
        for number in sorted({number for tag in tags for number in self._begun_by.get(tag, ())}):
            rule = self._rules[number]
            if (rule.place and rule.place not in kinds) or not rule.unless.isdisjoint(tags):
                continue
            if all(not needed.isdisjoint(tags) for needed in rule.when):
                scores[rule.category] = scores.get(rule.category, 0.0) + rule.weight
                if rule.also:
                    also.append(rule.also)
                if rule.level:
                    level = rule.level
        sure = max(scores.values(), default=0.0)
        if opinion:
            for category, share in opinion.shares.items():
                if share >= NOTEWORTHY:
                    scores[category] = scores.get(category, 0.0) + EXPERIENCE * share
        if not scores:
            return Verdict("", (), level, 0.0)
        ranked = sorted(scores, key=lambda category: -scores[category])
        best = ranked[0]
        others = [category for category in (*also, *ranked[1:]) if category != best]
        close = [category for category in others if category in also or scores.get(category, 0) >= 0.5 * scores[best]]
        return Verdict(best, tuple(dict.fromkeys(close))[:2], level, sure)


def _rule(row: dict[str, Any]) -> _Rule:
    return _Rule(
        when=tuple(frozenset(str(each).split("|")) for each in row["when"]),
        unless=frozenset(map(str, row.get("unless", ()))),
        place=str(row.get("place", "")),
        category=str(row["category"]),
        also=str(row.get("also", "")),
        level=str(row.get("level", "")),
        weight=float(row.get("weight", 1)),
    )
