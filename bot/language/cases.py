"""The hazards, the orders or the incident that a message tells of: what, where, which category, by when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.language.amounts import counts
from bot.language.classes import classes as find_classes
from bot.language.dates import Said
from bot.language.hazards import GENERAL
from bot.language.heads import standing
from bot.language.incidents import Incident
from bot.language.lexicon import Hit
from bot.language.meaning import Item, Spot
from bot.language.owners import owner_of
from bot.language.pieces import Piece
from bot.language.places import Mention, inherit
from bot.language.reading import QUOTED_CASE, Reading, words_of_hazards

_OUTDOOR = {"sports": "sports", "traffic": "gate", "bus": "bus"}
"""Categories whose things stand at a kind of place of their own."""


def cases(reading: Reading) -> list[Item]:
    """The hazards, orders, or the incident of a message."""
    pieces = [piece for piece in reading.pieces if piece.things or piece.faults]
    earlier = _earlier(reading)
    if reading.intent == "incident":
        pieces = _of_incident(reading)
    elif not pieces:
        pieces = [
            Piece(
                [span for piece in reading.pieces for span in piece.spans],
                list(reading.hits),
                list(reading.mentions),
            )
        ]
    elif len(reading.pieces) > len(pieces):
        pieces = _with_stray_places(reading.pieces, pieces)
    items: list[Item] = []
    last = Spot()
    for before, piece in zip([None, *pieces], pieces, strict=False):
        if before is not None and not piece.things and piece.of is None:
            piece.hits = [*before.things, *piece.hits]  # 正门监控坏了俩,后门坏了一个
        item = one_case(reading, piece)
        place = item.place
        if items and not place.area and not place.classes and (place or last):
            if item.category == items[-1].category or not _elsewhere(reading, item.category, last):
                place = inherit(place, last)
        elif not items and earlier is not None:
            place = inherit(place, earlier.place, with_part=True)
            item = replace(
                item,
                category=earlier.category or item.category,
                what=earlier.what or item.what,
                level=earlier.level or item.level,
            )
        if (
            not place.area
            and not place.classes
            and not place.inherited
            and (implied := reading.places.implied(piece.text(reading.text)))
        ):
            place = replace(place, area=(implied,))
        if place.inherited and place != item.place and (items or earlier is None):
            category, others, level = _judged(reading, piece, place)
            item = replace(item, category=category, other_categories=others, level=level)
        items.append(item if place is item.place else replace(item, place=place))
        last = place if place.area or place.classes or place.number or place.floor or place.room else last
    return dated(reading, pieces, items)


_SEARCHED = re.compile(r"找(?:遍|了|过|个遍)|没(?:看|瞧)?见|没(?:在|有人)|说没|问(?:了|过|遍)|看(?:了|过)没")
"""厕所操场都找遍了: where somebody is not."""


def _elsewhere(reading: Reading, category: str, last: Spot) -> bool:
    """Whether things of a category are not to be looked for at the place told of last: a hoop in the canteen."""
    return category in _OUTDOOR and _OUTDOOR[category] not in reading.places.kinds(" ".join(last.area))


def _of_incident(reading: Reading) -> list[Piece]:
    """The incident is one piece; a hazard told apart from it by a mark stays another."""
    assert reading.incident is not None
    at = reading.incident.start
    own = next((piece for piece in reading.pieces if any(start <= at < end for start, end in piece.spans)), None)
    rest = [
        piece
        for piece in reading.pieces
        if piece is not own and piece.hard and piece.things and piece.whole and piece is not reading.pieces[0]
    ]
    whole = Piece([], [], [])
    for piece in reading.pieces:
        if piece not in rest:
            whole.spans += piece.spans
            whole.hits += piece.hits
            searched = [span for span in piece.spans if _SEARCHED.search(reading.text[slice(*span)])]
            whole.mentions += [
                each for each in piece.mentions if not any(start <= each.start < end for start, end in searched)
            ]
    return [whole, *rest]


def one_case(reading: Reading, piece: Piece) -> Item:
    """What one piece tells of."""
    mentions = [each for each in piece.mentions if not (each.kind == "class" and set(each.value) <= reading.theirs)]
    stated = piece.stated(reading.text)
    told = [each for each in mentions if any(start <= each.start < end for start, end in stated)]
    if any(each.kind in ("area", "class", "room") for each in told):
        mentions = told  # 底下一2的孩子在跳绳: who is near, not where it is
    place = reading.places.slots(reading.text, mentions, piece.hits)
    category, others, level = _judged(reading, piece, place)
    thing = min((hit for hit in piece.hits if hit.word.things), key=lambda hit: hit.start, default=None)
    drop = [
        (each.start, each.end)
        for each in mentions
        if each.kind in ("area", "floor", "side", "room", "number")
        or (each.kind in ("class", "spot") and _before(each, thing))
    ]
    drop += [(each.start, each.end) for each in reading.told] + [
        (each.start, each.end) for each in reading.people if each.kind == "pupil"
    ]
    return Item(
        category=category,
        other_categories=others,
        place=place,
        what=reading.rules.phrases.short(reading.text, piece.spans, piece.hits, drop),
        level=level,
        count=piece.count if piece.count is not None else count_in(reading.text, piece, reading.told),
        owner=owner_of(reading),
    )


def _before(mention: Mention, thing: Hit | None) -> bool:
    """Whether a place stands before the thing, or is how its name begins (走廊 in 走廊灯), and is not all of it."""
    return thing is None or mention.end <= thing.start or mention.start <= thing.start < mention.end < thing.end


def _judged(reading: Reading, piece: Piece, place: Spot) -> tuple[str, tuple[str, ...], str]:
    """(category, others it may be, level) of a piece that is at a place."""
    words = piece.text(reading.text)
    stated = piece.stated(reading.text)
    kinds = reading.places.kinds(
        " ".join([*place.area, place.spot, place.number, *(reading.text[start:end] for start, end in stated)])
    )
    opinion = reading.category_of(piece)
    hits = _without_consequences(stated, piece)
    weights = standing(reading.text, hits, reading.places.spots)
    verdict = reading.rules.hazards.judge(words, hits, kinds, opinion, weights)
    incident = reading.incident if reading.intent == "incident" else None
    if incident is None or not any(start <= incident.start < end for start, end in piece.spans):
        return verdict.category, verdict.others, verdict.level or GENERAL
    category, others, level = _of_kind(incident, verdict.category, verdict.score, piece)
    return category, others, level or GENERAL


def _of_kind(incident: Incident, seen: str, score: float, piece: Piece) -> tuple[str, tuple[str, ...], str]:
    """The kind of incident names the category; a thing that caused an injury or a fire does where it is plain."""
    cause = seen if seen and score >= 5 and piece.whole else ""
    if incident.kind in ("injury", "fire", "alarm") and cause in (
        "electric",
        "sports",
        "lab",
        "chem",
        "special",
        "bus",
        "traffic",
        "food",
        "utility",
    ):
        return cause, (incident.category,), incident.level or GENERAL
    if (seen == "bus" or any("bus" in hit.word.things for hit in piece.hits)) and incident.kind in (
        "injury",
        "trapped",
        "traffic",
        "fire",
        "missing",
    ):
        return "bus", (incident.category,), incident.level or GENERAL
    if incident.kind == "trapped" and not any("special" in hit.word.things for hit in piece.hits):
        return "behavior", ("building",), incident.level or GENERAL
    others = (seen,) if seen and seen != incident.category else ()
    return incident.category, others, incident.level or GENERAL


def dated(reading: Reading, pieces: Sequence[Piece], items: list[Item]) -> list[Item]:
    for each in reading.told:
        if not each.role or each.value is None:
            continue
        owners = [at for at, piece in enumerate(pieces) if any(start <= each.start < end for start, end in piece.spans)]
        targets = list(range(len(items)))
        if owners and len(items) > 1:
            at = owners[-1]
            span = next((start, end) for start, end in pieces[at].spans if start <= each.start < end)
            alone = not any(span[0] <= hit.start < span[1] and hit.word.things for hit in pieces[at].hits)
            shared = len(owners) > 1 or (
                alone and at == len(items) - 1 and span == pieces[at].spans[-1] and len(pieces[at].spans) > 1
            )
            targets = targets if shared else owners
        for at in targets:
            if getattr(items[at], each.role) is None:
                change: dict[str, Any] = {each.role: each.value}
                items[at] = replace(items[at], **change)
    return items


def _earlier(reading: Reading) -> Item | None:
    """The case on the card that a short 「还有四楼也是」 continues."""
    if (
        not reading.before
        or any(piece.whole and piece.things for piece in reading.pieces)
        or reading.intent != "hazard"
    ):
        return None
    if not re.search("也|还有|同样|一样", reading.text):
        return None
    return quoted_card(reading)


def quoted_card(reading: Reading) -> Item:
    """The case that the quoted card tells of."""
    text = re.sub(
        r"^.*?\d{6,8}-?\d{1,4}|已登记|待整改|待复查|已整改|整改中|退回整改|待受理|待派|已销号", " ", reading.before
    )
    text = QUOTED_CASE.sub(" ", text)
    found = find_classes(text, reading.now.year)
    mentions = reading.places.read(text, found, [])
    hits = words_of_hazards(reading.rules.lexicon, text, mentions, [])
    piece = Piece([(0, len(text))], hits, mentions)
    place = reading.places.slots(text, mentions, hits)
    verdict = reading.rules.hazards.judge(text, hits, reading.places.kinds(text))
    drop = [(each.start, each.end) for each in mentions]
    return Item(
        category=verdict.category,
        place=place,
        what=reading.rules.phrases.short(text, piece.spans, hits, drop),
        level=verdict.level,
    )


def _without_consequences(stated: Sequence[tuple[int, int]], piece: Piece) -> list[Hit]:
    """The words of the clauses that state something; all, if none is left that tells of a thing and a fault."""
    hits = [hit for hit in piece.hits if any(start <= hit.start < end for start, end in stated)]
    return hits if any(hit.word.things for hit in hits) and any(hit.word.fault for hit in hits) else list(piece.hits)


def _with_stray_places(every: Sequence[Piece], chosen: Sequence[Piece]) -> list[Piece]:
    """A lead such as 「食堂检查发现:」 gives its place to the first piece that has none."""
    result = list(chosen)
    for piece in every:
        if piece in result or not piece.mentions:
            continue
        following = next((each for each in result if each.spans[0][0] > piece.spans[0][0]), result[0])
        if not following.has("area", "class", "room", "number"):
            following.mentions = [*piece.mentions, *following.mentions]
    return result


def count_in(text: str, piece: Piece, told: Sequence[Said]) -> int | None:
    """How many, where it was said; a mere 一个 counts only where something is short of one."""
    for start, end in piece.spans:
        for at, _, value, _ in counts(text[start:end]):
            if any(each.start <= start + at < each.end for each in told):
                continue
            if value >= 2 or re.search(r"少了?$|缺了?$|也有$", text[start : start + at]):
                return value
    return None
