"""The short phrase for a card: what the reporter said of a thing, without place, date and filler."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.language.lexicon import Hit, Lexicon

LONGEST = 36
"""Characters of `what`."""

_EDGES = " ,。;:、!?~.-·()\"'的了也又都还就是有在那这个把被呢啊吧呀哦哈得地,"
_TAIL = re.compile(r"(?:(?<![不没光完])了|[呢啊吧呀哦哈啦嘛]+|老师|谢谢|麻烦了|辛苦了)+$")
_LEAD = re.compile(
    r"^(?:那边|这边|边上|附近|之间|[那这](?:个|棵|块|条|根|里|种|处)?(?=[\u4e00-\u9fff])|[的也又都还就是在,、:。 ]+|\d+[.、):])+"
)
_BLANK = re.compile(r"\s+")


class Phrases:
    def __init__(self, lexicon: Lexicon) -> None:
        fillers = sorted(map(str, lexicon.small["fillers"]), key=len, reverse=True)
        self._fillers = re.compile("^(?:" + "|".join(map(re.escape, fillers)) + r"|@\S{1,8}\s?|[ ,。:、!])+")

    def short(
        self, text: str, spans: Sequence[tuple[int, int]], hits: Sequence[Hit], drop: Sequence[tuple[int, int]]
    ) -> str:
        """At most 36 characters. spans: the clauses of the piece. drop: places, dates, people before the thing."""
        telling = [
            span
            for span in spans
            if any(span[0] <= hit.start < span[1] and (hit.word.things or hit.word.fault) for hit in hits)
        ]
        parts = []
        for start, end in (telling or list(spans))[:3]:
            words = self._clean(_without(text, start, end, drop))
            if words and words not in parts:
                parts.append(words)
        phrase = ",".join(parts)
        if len(phrase) > LONGEST:
            phrase = parts[0] if parts and len(parts[0]) <= LONGEST else phrase[: LONGEST - 1] + "…"
        return phrase.replace(",", "，")

    def _clean(self, words: str) -> str:
        words = _BLANK.sub(" ", words.replace("\x00", "")).strip(" ,。;:、!?~")
        for _ in range(2):
            words = self._fillers.sub("", words)
            words = _LEAD.sub("", words)
        return _TAIL.sub("", words).strip(" ,。;:、!?~")


def _without(text: str, start: int, end: int, drop: Sequence[tuple[int, int]]) -> str:
    """The text between two places, without the spans to drop."""
    kept, at = [], start
    for first, last in sorted(drop):
        if last > at and first < end:
            kept.append(text[at : max(at, first)])
            at = min(last, end)
    return "".join([*kept, text[at:end]])
