"""Classes as people say them: 三2班, 三(2), 3-2班, 三年级二班, 2023级2班, 一年级1、2、3班, 一至三年级 → "3-2"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.amounts import amount

_G = "[一二三四五六1-6]"
_N = r"(?:\d{1,2}|十[一二三四五六七八九]?|二十|[一二三四五六七八九])"
_SEP = "[、,和及与跟 ]"

_FORMS = re.compile(
    "|".join(
        (
            r"(?P<year>20\d\d)级\(?(?P<yn>\d{1,2})\)?班",
            rf"(?P<g1>{_G})年级?(?:的)?\(?(?P<n1>{_N})\)?(?P<l1>(?:班?{_SEP}\(?{_N}\)?)+)班",
            rf"(?P<g2>{_G})(?:年级|年)?\(?(?P<n2>{_N})\)?(?:班(?!班通)|中队)",
            rf"(?P<g3>{_G})(?:年级)?\((?P<n3>{_N})\)",
            r"(?P<g4>[1-6])[.\-](?P<n4>\d{1,2})班",
            # 三2 alone: not a number, floor, date or amount
            r"(?<![一二三四五六七八九十\d第月周期楼层.点])(?P<g5>[一二三四五六])(?P<n5>\d{1,2})(?![\d.楼层号月日点个%年人名元度米块时小天分把张条根只台盏]|教(?!室)|\s*(?:个|人|名))",
        )
    )
)
_NEXT = re.compile(rf"{_SEP}\(?({_N})\)?班")
_NEXT_BARE = re.compile(r"(?P<g>[一二三四五六])(?P<n>\d{1,2})(?![\d.楼层号月日点个%年人名])")
_SHORT_NEXT = re.compile(rf"^({_N})班")
_HOLIDAY = re.compile(r"^(?:五一|六一|三八|五四|十一)(?!班|\(|中队)")
_GRADE = re.compile(rf"({_G})年级|({_G})[、,和及与]({_G})年级|({_G})(?:至|到|-|~)({_G})年级")


@dataclass(frozen=True, slots=True)
class ClassMention:
    """Classes said in one breath. names: "3-2", in the order they were said."""

    start: int
    end: int
    names: tuple[str, ...]


def classes(text: str, school_year: int) -> list[ClassMention]:
    """Every class a normalised text names. school_year: the year in which the school year began, for 2023级."""
    found: list[ClassMention] = []
    position = 0
    while match := _FORMS.search(text, position):
        position = match.end()
        if _HOLIDAY.match(match[0]) and not match[0].endswith(("班", "中队", ")")):
            continue
        before = text[max(0, match.start() - 1) : match.start()]
        if before and before in "第月楼":
            continue
        if match["g2"] and match["n2"] and not _plausible(match[0], before):
            continue
        names = _names(match, school_year)
        if not names:
            continue
        end = match.end()
        while more := _NEXT.match(text, end):
            names.append(f"{names[-1].split('-')[0]}-{amount(more[1])}")
            end = more.end()
        while (more := _SHORT_NEXT.match(text[end:])) and text[end - 1] == "班":
            names.append(f"{names[-1].split('-')[0]}-{amount(more[1])}")
            end += more.end()
        found.append(ClassMention(match.start(), end, tuple(dict.fromkeys(names))))
        position = end
    return found or _bare(text)


_BARE = re.compile(r"(?<![\d.\-])([1-6])-(\d{1,2})(?![\d\-%])")
_SCORING = re.compile(r"扣|加分|评分|检查|[+-]0?\.\d|两操|眼操|卫生|路队")


def _bare(text: str) -> list[ClassMention]:
    """1-4 and 5-2 in a list of scores, where nothing else is a class."""
    if _SCORING.search(text) is None:
        return []
    found = [
        ClassMention(*match.span(), (f"{match[1]}-{int(match[2])}",))
        for match in _BARE.finditer(text)
        if 1 <= int(match[2]) <= 20
    ]
    return found if len(found) > 1 or "扣" in text else []


def _plausible(text: str, before: str) -> bool:
    """33班 is the 33rd class of nowhere; 12班 after a digit is no class of grade 1."""
    return not before or not (before.isdigit() or before in "一二三四五六七八九十.-")


def _names(match: re.Match[str], school_year: int) -> list[str]:
    if match["year"]:
        grade = school_year - int(match["year"]) + 1
        return _checked(grade, [match["yn"]])
    if match["g1"]:
        rest = re.findall(_N, match["l1"])
        return _checked(amount(match["g1"]), [match["n1"], *rest])
    for group in "2345":
        if match[f"g{group}"]:
            return _checked(amount(match[f"g{group}"]), [match[f"n{group}"]])
    return []


def _checked(grade: int | None, numbers: list[str]) -> list[str]:
    if grade is None or not 1 <= grade <= 6:
        return []
    values = [amount(number) for number in numbers]
    return [f"{grade}-{value}" for value in values if value is not None and 1 <= value <= 20]
