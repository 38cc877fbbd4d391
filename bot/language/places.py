"""Places in a sentence: the school's own names, and the grammar every school shares.

[building][floor][side][room or class][part of the place][numbered thing], every part optional, in any order people like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.language.amounts import amount
from bot.language.classes import ClassMention
from bot.language.lexicon import Finder, Hit, Lexicon
from bot.language.meaning import Spot
from bot.language.names import ways
from bot.language.normal import normalise
from bot.language.patterns import Pattern
from bot.language.vocabulary import Vocabulary

_N = r"(?:\d{1,2}|十[一二三四五六七八九]?|[一二三四五六七八九])"
_FLOOR = Pattern(
    rf"(?P<under>负|地下|B)?(?<![号#第\d\-厚薄积结])(?<![上了着有蒙盖铺落](?=一层))(?P<first>{_N})(?:[楼层F]?(?P<sep>[、和及与跟]|到|至|-|~)(?P<last>{_N}))?(?:楼(?!梯|道口|道灯)|层(?!油|灰|水(?!房|池|管|箱|龙)|冰|雪|沙(?!坑)|泥|膜|皮|漆|土|厚|薄|霜|绒|布)|F)"
)
_F_FIRST = Pattern(r"(?<![A-Z\d])F(?P<first>\d)(?!\d)")
_SIDE = Pattern(
    r"(?P<side>东北|西北|东南|西南|东|西|南|北|左|右)(?:侧边?|边(?!界)|头|面(?!条|粉|包)|端|角(?!落)|首|手边|手侧|半边|部(?!分)|段|侧面|片)(?:的)?|最(?P<last>东|西|南|北|左|右)(?:边|头|侧|面)?|靠(?P<by>东|西|南|北|左|右)(?:边|侧|头)?"
)
_FRONT = re.compile(r"(?P<side>前|后)(?:面|边|侧|方)")
_ROOM = re.compile(
    r"(?<![\d.\-/#A-Z年扣])(?P<letter>[A-Z])?-?(?P<room>[1-9][0-4]\d)(?![\d.])(?!个|人|元|块|本|张|米|度|分|名|具|支|条|项|瓶|克|毫|升|斤|公|W|V|A|伏|瓦|年|级|号[楼车校]|天|箱|盒|多|%|℃|KG|ML|件|套|平|次|辆|周|份)(?:号)?(?P<kind>教室|室|房间|房|宿舍)?"
)
_EMERGENCY = re.compile(r"(?:打|拨|叫|呼叫|联系|报|拨打|播)(?:了|过)?$")
_NUMBERED = Pattern(
    r"(?P<n>\d{1,2}|[一二三四五六七八九十])号?(?P<what>校车|班车|大巴车?|线校车|号?专线|车(?!棚|位|库|间|道))"
)
_GRADE_PLACE = Pattern(
    r"(?P<grade>[一二三四五六1-6]年级(?:组)?)(?=的?(?:走廊|过道|楼道|厕所|门口|办公室|水房|楼梯|卫生间|楼层|教室|那层|这边|那边|尽头))"
)
_COORDINATED = re.compile(r"^(?:的)?\s*[、,和及与跟/]?\s*$")
_ELSEWHERE = re.compile(
    r"(?:不是|不在|并非|而非|送|送到|送往|送去|送至|抬到|扶到|带到|带去|去了|先放|放到|移到|挪到|转到|搬到|先搬|送进|(?:吃|喝)(?:完|了|过)?)$"
)
_WALL = re.compile("[东西南北](?:围墙|墙)")
_BESIDE = re.compile(r"旁|边|对面|附近|后面|前面|门口|斜对|隔壁")


@dataclass(frozen=True, slots=True)
class Mention:
    """A word of place. kind: area floor side room class spot number thing. value depends on it; texts and tuples only."""

    start: int
    end: int
    kind: str
    value: Any
    text: str = ""


class Places:
    """Reads places with one school's names. Built once; safe to share between threads."""

    def __init__(self, lexicon: Lexicon, vocabulary: Vocabulary) -> None:
        data = lexicon.places
        self._ways = ways(vocabulary, data)
        self._areas = Finder(self._ways)
        self.spots = frozenset(normalise(word) for word in data["spots"])
        self._spots = Finder(self.spots)
        near = "|".join(sorted(map(re.escape, data["near"]), key=len, reverse=True))
        self._near = re.compile(
            rf"(?:的)?(?:{near})(?!锁|门|勤|台|排|了|堆|课|学|周|午|次|雨|雪|水|来|去|班|天|个(?:周|月|星期|礼拜))"
        )
        self._inner = {normalise(word) for word in data["inner"]}
        self._everywhere = {
            self._ways[word]
            for group in data["synonyms"]
            if group["kind"] == "all"
            for word in group["words"]
            if self._ways.get(word)
        }
        self._gates = {normalise(word) for word in data["main_gate"]}
        self._kinds: dict[str, str] = {word: kind for kind, words in data["kinds"].items() for word in words}
        self._kind_words = Finder(self._kinds)
        self._implied = {
            normalise(word): target
            for kind, words in data["implied"].items()
            if (target := self._only(kind, data["synonyms"])) is not None
            for word in words
        }
        self._implied_words = Finder(self._implied)

    def _only(self, kind: str, groups: Iterable[Any]) -> str | None:
        """The one place of a kind that the school has."""
        meant = {
            self._ways[word]
            for group in groups
            if group["kind"] == kind
            for word in map(normalise, group["words"])
            if self._ways.get(word)
        }
        return next(iter(meant)) if len(meant) == 1 else None

    def words(self) -> set[str]:
        """Every way to say one of the school's places."""
        return set(self._ways)

    def kinds(self, text: str) -> set[str]:
        """What kinds of places a text speaks of: kitchen, power, lab …"""
        return {self._kinds[text[start:end]] for start, end in self._kind_words.all(text)}

    def implied(self, text: str) -> str | None:
        """The place that a thing speaks of by itself: a 留样冰箱 stands in the canteen, where there is one."""
        found = self._implied_words.find(text)
        return self._implied[text[slice(*found[0])]] if found else None

    def read(self, text: str, classes: Sequence[ClassMention], taken: Sequence[tuple[int, int]]) -> list[Mention]:
        """Every mention, in order. taken: spans that are dates or names and no place."""
        found: list[Mention] = [Mention(each.start, each.end, "class", each.names) for each in classes]
        busy = [(each.start, each.end) for each in found] + list(taken)
        letters = set(text)

        def free(start: int, end: int) -> bool:
            return not any(start < other_end and other_start < end for other_start, other_end in busy)

        def add(mention: Mention) -> None:
            found.append(mention)
            busy.append((mention.start, mention.end))

        for match in _NUMBERED.finditer(text, letters):
            if free(*match.span()) and f"{match[0]}" not in self._ways:
                number = amount(match["n"])
                if "车" in match["what"] and ("号" in match[0] or "校车" in match["what"]):
                    what = match["what"].removeprefix("号")
                    add(Mention(*match.span(), "number", f"{number}号{what}"))
        for start, end in self._areas.find(text):
            if free(start, end) and not text.startswith(("管理员", "经理", "阿姨", "负责人"), end):
                word = text[start:end]
                target = self._ways[word]
                kind = "spot" if target is None else "area"
                if word.endswith("门") and text.startswith("口", end):
                    end += 1
                add(Mention(start, end, kind, word if target is None else target, word))
        for match in _GRADE_PLACE.finditer(text, letters):
            if free(*match.span()):
                add(Mention(*match.span(), "spot", match["grade"]))
        for pattern in (_FLOOR, _F_FIRST):
            for match in pattern.finditer(text, letters):
                if free(*match.span()):
                    floors = _floors(match)
                    if floors:
                        add(Mention(*match.span(), "floor", floors))
        for match in _ROOM.finditer(text):
            if free(*match.span()) and match["room"][1:] != "00" and not _EMERGENCY.search(text[: match.start()]):
                if match["room"] in ("110", "119", "120", "122") and not match["kind"]:
                    continue
                letter = match["letter"]
                area = self._ways.get(f"{letter}座") if letter else None
                add(Mention(*match.span(), "room", (match["room"], area)))
        for match in _SIDE.finditer(text, letters):
            if free(*match.span()):
                add(Mention(*match.span(), "side", match["side"] or match["last"] or match["by"]))
        for place in [each for each in found if each.kind == "area"]:
            front = _FRONT.match(text, place.end)
            if front and free(*front.span()):
                add(Mention(*front.span(), "side", front["side"]))
        masked = _mask(text, busy)
        for start, end in self._spots.find(masked):
            while more := self._near.match(text, end):
                if not free(*more.span()) or more.end() == end:
                    break
                end = more.end()
            found.append(Mention(start, end, "spot", text[start:end]))
        found.sort(key=lambda each: (each.start, each.end))
        return found

    def after_thing(self, text: str, hit: Hit) -> int:
        """Where a thing and the 后面, 旁边 after it end; the thing's own end when nothing follows."""
        match = self._near.match(text, hit.end)
        return match.end() if match else hit.end

    def slots(self, text: str, mentions: Sequence[Mention], hits: Sequence[Hit]) -> Spot:
        """Put the mentions and the fixed things of one piece into slots. text: the whole message."""
        areas = [each for each in mentions if each.kind == "area" and not _denied(text, each.start)]
        area, leftover = self._choose(text, areas)
        hits = [hit for hit in hits if not any(each.start <= hit.start < each.end for each in areas)]
        floors = [each for each in mentions if each.kind == "floor" and not _denied(text, each.start)]
        rooms = [each for each in mentions if each.kind == "room"]
        side = next((each.value for each in mentions if each.kind == "side" and not _denied(text, each.start)), "")
        classes = tuple(
            dict.fromkeys(
                name
                for each in mentions
                if each.kind == "class" and not _denied(text, each.start)
                for name in each.value
            )
        )
        if not side:  # 北围墙
            walls = (each.value for each in mentions if each.kind == "spot" and not _denied(text, each.start))
            side = next((word[0] for word in walls if _WALL.match(word)), "")
        number = next((each.value for each in mentions if each.kind == "number"), "")
        floor: tuple[int, ...] = tuple(dict.fromkeys(value for each in floors[:1] for value in each.value))
        for one, other in zip(floors, floors[1:], strict=False):
            if _COORDINATED.match(text[one.end : other.start]):
                floor = tuple(dict.fromkeys((*floor, *other.value)))
        room = rooms[0].value[0] if rooms else ""
        if rooms:
            if rooms[0].value[1] and not area:
                area = (rooms[0].value[1],)
            floor = floor or (int(room[0]),)
        return Spot(
            area=area,
            floor=floor,
            side=side,
            room=room,
            classes=classes,
            spot=self._part(text, mentions, hits, leftover),
            number=number,
        )

    def _choose(self, text: str, areas: Sequence[Mention]) -> tuple[tuple[str, ...], list[Mention]]:
        """(the places meant, the place words that are only a part of one)."""
        if len(areas) > 1:
            areas = [each for each in areas if each.value not in self._everywhere] or list(areas)
        if not areas:
            return (), []
        first, meant, leftover = areas[0], [areas[0].value], []
        for one, other in zip(areas, areas[1:], strict=False):
            between = text[one.end : other.start]
            if between and _COORDINATED.match(between):
                meant.append(other.value)
            elif _BESIDE.search(between) and len(between) <= 6 and len(meant) == 1:
                meant = [other.value]
            elif other.value != first.value or other.text in self._inner:
                leftover.append(other)
        if first.text in self._inner:
            leftover.insert(0, first)
        return tuple(dict.fromkeys(meant)), leftover

    def _part(self, text: str, mentions: Sequence[Mention], hits: Sequence[Hit], leftover: Sequence[Mention]) -> str:
        """The words for the part of the place: 看台楼梯口, 钢琴后面, 后厨; with the fixed thing that follows at once."""
        pieces = sorted(
            [(each.start, each.end) for each in mentions if each.kind == "spot"]
            + [(each.start, each.end) for each in leftover]
        )
        fixed = [hit for hit in hits if hit.word.fixed and hit.word.things]
        things = [(hit.start, self.after_thing(text, hit)) for hit in fixed]
        pieces = [(start, end) for start, end in pieces if not _denied(text, start)]
        anchors = {each.end for each in mentions if each.kind in ("area", "floor", "side", "room", "class")}
        anchored = [
            at
            for at, (start, _) in enumerate(pieces)
            if start in anchors or (text[start - 1 : start] == "的" and start - 1 in anchors)
        ]
        if anchored:
            pieces = pieces[anchored[0] :]
        if not pieces:
            behind = next(
                ((start, end) for (start, end), hit in zip(things, fixed, strict=True) if end > hit.end),
                None,
            )
            chosen = behind or (things[0] if things else None)
            if chosen and text[chosen[1] : chosen[1] + 1] == "(":  # 电梯(送餐梯)
                chosen = next((each for each in things if each[0] == chosen[1] + 1), chosen)
            return _trim(text[chosen[0] : chosen[1]]) if chosen else ""
        start, end = pieces[0]
        chain = [text[start:end]]
        large = [span for span, hit in zip(things, fixed, strict=True) if not hit.word.tags & _SMALL]
        for more_start, more_end in sorted(set(pieces[1:] + large)):
            if more_start < end:
                end = max(end, more_end)
                chain = [text[start:end]]
                continue
            gap = text[end:more_start]
            if len(gap) <= 2 and gap.strip("的那个处里上下边内外旁 有") == "":
                chain.append(text[more_start:more_end])
                end = more_end
            elif (more_start, more_end) in large and len(chain) == 1:
                chain.append(text[more_start:more_end])
                break
        return _trim("".join(dict.fromkeys(chain)))


_SMALL = {"lamp", "emergency_light", "socket", "fan", "screen"}
"""Fixed things that are no place themselves when another word of place was said."""


def _trim(text: str) -> str:
    return text.strip(" 的,、")[:16]


def _denied(text: str, start: int) -> bool:
    """不是A座是B座: the first is not meant."""
    return _ELSEWHERE.search(text[max(0, start - 4) : start]) is not None


def _mask(text: str, busy: Iterable[tuple[int, int]]) -> str:
    chars = list(text)
    for start, end in busy:
        chars[start:end] = "\x00" * (end - start)
    return "".join(chars)


def _floors(match: re.Match[str]) -> tuple[int, ...]:
    groups = match.groupdict()
    first, last = amount(groups["first"]), amount(groups.get("last") or "")
    if first is None or not 1 <= first <= 30:
        return ()
    if groups.get("under"):
        return (-first,)
    if last is None or not 1 <= last <= 30:
        return (first,)
    if groups["sep"] in ("到", "至", "-", "~"):
        return tuple(range(first, last + 1)) if first < last <= first + 8 else (first,)
    return (first, last)


def inherit(place: Spot, earlier: Spot, *, with_part: bool = False) -> Spot:
    """Fill what is empty from an earlier place: the area, and inside of it the floor. with_part: side and part too."""
    if place.area or (place.classes and not with_part):
        return place
    filled = replace(
        place,
        area=earlier.area,
        floor=place.floor or earlier.floor,
        number=place.number or earlier.number,
        classes=place.classes or (earlier.classes if not place.floor and not place.room else ()),
        room=place.room or (earlier.room if not place.floor else ""),
    )
    if with_part:
        filled = replace(filled, side=place.side or earlier.side, spot=place.spot or earlier.spot)
    return replace(filled, inherited=True) if filled != place else place


def mask(text: str, busy: Iterable[tuple[int, int]]) -> str:
    """The text with the spans blotted out by NUL characters, so that positions stay."""
    return _mask(text, busy)
