"""Which of the things a clause names is the one that is amiss: 饮水机旁边的插座 is a socket, 消火栓箱玻璃 a hydrant's glass.

A thing with a word of place after it is where another thing is. Of two that stand together the second belongs to the first
(a part has its whole's category), unless the first is a place or the second carries current: 空调插头 is about electricity.
What comes after 被, 让, 叫 did it and is not what is amiss.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.language.lexicon import Hit

BACKGROUND = 0.2
"""The weight of a thing that only says where, whose or by whom."""

_NEAR = re.compile(
    r"(?:的)?(?:旁边|边上|跟前|附近|对面|隔壁|后面|前面|后头|前头|后边|前边|底下|下面|上面|上头|里面|里头|顶上|门口|背后|旁|边)(?:的|那|有|靠)?"
)
_JOINED = re.compile(r"^(?:(?:上|里|内|下|顶上|外)?的?(?:那|这)?(?:一)?(?:个|根|块|条|扇|盏|只|台|把|片|截)?|后面的?)$")
_AGENT = re.compile(r"(?:被|让|叫|由|给)(?:人|[\u4e00-\u9fff]{0,3})?$")
_CURRENT = {"socket", "wire", "panel", "electric_parts", "lamp", "electric_signs"}
_PLACED = {"blocked", "piled", "locked", "clutter"}
"""Faults for which the thing before a word of place is what suffers: 消火栓前面堆着纸箱."""


def standing(text: str, hits: Sequence[Hit], places: frozenset[str]) -> list[float]:
    """How much each hit counts, 1 for what is amiss. text: the whole message. places: words that name places too."""
    weights = [1.0] * len(hits)
    for at, hit in enumerate(hits):
        if not hit.word.things:
            continue
        if _AGENT.search(text[max(0, hit.start - 2) : hit.start]) and at:
            weights[at] = BACKGROUND
            continue
        following = next((other for other in range(at + 1, len(hits)) if hits[other].word.things), None)
        if following is None:
            continue
        other = hits[following]
        between = text[hit.end : other.start]
        fault = next((each for each in hits[at:] if each.word.fault and not each.word.things), None)
        suffers = fault is not None and bool(fault.word.tags & _PLACED)
        near = _NEAR.match(between)
        if near and len(between) <= near.end() + 4 and not suffers and not _mark(between):
            weights[at] = BACKGROUND
        elif _JOINED.match(between) and not suffers:
            if hit.text in places or other.word.tags & _CURRENT:
                weights[at] = BACKGROUND
            elif "sign" not in other.word.things.values():
                weights[following] = min(weights[following], BACKGROUND)
    return weights


def _mark(text: str) -> bool:
    return any(sign in text for sign in ",。;!? \n")
