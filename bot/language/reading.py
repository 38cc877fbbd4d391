"""What was read of one message before it is known what its items are; the rest of the folder passes it around."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.language.classes import ClassMention
from bot.language.dates import Said
from bot.language.experience import Opinion, Weighed, grams, signs
from bot.language.incidents import Incident
from bot.language.intents import Verdict
from bot.language.lexicon import Hit, Lexicon
from bot.language.named import PersonMention
from bot.language.pieces import Piece
from bot.language.places import Mention, Places, mask
from bot.language.rules import Rules

QUOTED_CASE = re.compile(r"[A-Z]{2,4}-?\d{6,8}-?\d{1,4}|(?:隐患|工单)\s*#?\s*\d{1,6}|#\s*\d{1,6}")
"""The number on a quoted card."""


@dataclass(frozen=True, slots=True)
class Reading:
    """text: normalised, mentions of accounts blotted out. before: the card it answers, normalised.

    theirs: the classes that only say whose child or parent somebody is. named: every span of a name, a date or a number,
    with its sign's name. words: the evidence of the whole. beside: what the rules add to
    it. weighed: what experience makes of the words.
    """

    text: str
    before: str
    role: str
    photos: int
    intent: str
    now: datetime
    mentions: Sequence[Mention]
    hits: Sequence[Hit]
    pieces: Sequence[Piece]
    told: Sequence[Said]
    people: Sequence[PersonMention]
    classes: Sequence[ClassMention]
    incident: Incident | None
    theirs: frozenset[str]
    rules: Rules
    places: Places
    named: Sequence[tuple[int, int, str]]
    words: set[str]
    beside: set[str]
    weighed: Weighed | None
    verdict: Verdict
    case: str
    repaired: tuple[tuple[str, str], ...]

    def evidence(self, spans: Sequence[tuple[int, int]]) -> set[str]:
        """What experience goes by for the category of some clauses."""
        return evidence(self.text, spans, self.named, self.places, self.hits)

    def category_of(self, piece: Piece) -> Opinion | None:
        """What experience says of a piece."""
        experience = self.rules.experience
        if experience is None or self.weighed is None:
            return None
        alone = len(self.pieces) == 1
        return experience.category(self.weighed if alone else experience.weigh(self.evidence(piece.spans)))

    @property
    def staff(self) -> list[PersonMention]:
        return [each for each in self.people if each.kind == "staff"]

    @property
    def pupils(self) -> list[PersonMention]:
        return [each for each in self.people if each.kind == "pupil"]


def evidence(
    text: str,
    spans: Sequence[tuple[int, int]] | None,
    named: Sequence[tuple[int, int, str]],
    places: Places,
    hits: Sequence[Hit],
) -> set[str]:
    """The grams of some clauses of a text, or of all of it, with the kinds of places and of words in them."""
    parts = [
        signs(text[start:end], [(a - start, b - start, kind) for a, b, kind in named if start <= a and b <= end])
        for start, end in (spans if spans is not None else [(0, len(text))])
    ]
    whole = text if spans is None else " ".join(text[start:end] for start, end in spans)
    found = grams(" ".join(parts)) | {f"@{kind}" for kind in places.kinds(whole)}
    for hit in hits:
        if spans is None or any(start <= hit.start < end for start, end in spans):
            found |= hit.word.signs
    return found


def words_of_hazards(
    lexicon: Lexicon, text: str, mentions: Sequence[Mention], taken: Sequence[tuple[int, int]]
) -> list[Hit]:
    """The words of hazards outside of names, dates and numbers. A place that is a thing itself (围墙) stays one."""
    busy = list(taken)
    for each in mentions:
        if each.kind in ("class", "room", "floor", "number") or (
            each.kind == "area" and each.text not in lexicon.words
        ):
            busy.append((each.start, each.end))
    return lexicon.find(mask(text, busy))


def tells(piece: Piece) -> bool:
    """A fault that says what is wrong without a thing: 漏水, 有异味, 掉下来一块."""
    return any(len(hit.text) >= 2 for hit in piece.faults)
