"""Answers to a checklist as people type them: 正常, 1对 2对 3门锁坏, 2、3有问题, 都好，就是 3 号灯不亮, ✓✓×."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.language.width import narrow

_ALL_WELL = re.compile(
    r"^(?:1|ok|好|行|(?:一切|全部|都|全|均|各项|今天|检查|巡查|情况|课堂)*(?:很|挺|都)?"
    r"(?:正常|好|对|没问题|没有问题|没发现问题|无异常|没异常|良好|合格|完成|到位|没事|齐全|没情况|未见异常|未发现异常|无问题|完好))"
    r"(?:了|的|哈|呢|啊|✓|✔|✅|👌|。|!|,)*$",
    re.IGNORECASE,
)
_WELL_BEGINS = re.compile(
    r"^(?:其他|其余|别的|剩下的?)?(?:一切|全部|都|全)?(?:正常|好|对|没问题|无异常)(?:的|了)?[,。;、\s]*"
    r"(?:就是|只有|除了|但是?|不过|只是)"
)
_REST_WELL = re.compile(
    r"[,。;、\s]*(?:其他|其余|别的|剩下|另外)的?(?:都|全|一切|均)?(?:正常|好|对|没问题|无异常|完好)(?:的|了)?[。!]*$"
)
_NUMBER = r"(?:\d{1,2}|[①②③④⑤⑥⑦⑧⑨⑩]|[一二三四五六七八九十](?=[号项对好是、:.]))"
_NUMBERED = re.compile(
    rf"(?<![\d年级月楼层])(?P<numbers>第?{_NUMBER}(?:\s*[、,和与及/]\s*第?{_NUMBER})*)\s*(?:号|项|条)?[.、:)\s]*"
)
_EACH = re.compile(_NUMBER)
_GOOD = re.compile(
    r"^(?:都|全|均|也|很|已)*(?:对|好|正常|没问题|无异常|完成|合格|到位|齐|可以|行|ok|是|做了|有序|(?:已经?)?(?:修|弄|处理|整改|换)好|恢复|[✓✔√✅])(?:了|的|啊|哈)*$",
    re.IGNORECASE,
)
_WRONG = re.compile(r"^(?:有|是)?(?:点|些)?(?:问题|不对|不好|异常)[,:。\s]*")
"""「3 有问题 水龙头漏水」 is 水龙头漏水."""

_MARKS = re.compile(r"^[✓✔√✅×✗✘xX❌\s]+$")
_CROSS = "×✗✘xX❌"
_EDGES = " ,，.。;；、:：!\n"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_DIGITS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Ticks:
    """good: numbers of items that are right, counted from 1. bad: number → what is wrong, in the person's words."""

    good: frozenset[int] = frozenset()
    bad: dict[int, str] = field(default_factory=dict)


def is_all_well(text: str) -> bool:
    """Whether it says that everything is as it should be."""
    return bool(_ALL_WELL.match(_plain(text)))


def read_ticks(text: str, items: Sequence[str]) -> Ticks | None:
    """What an answer says of the items; None where it says nothing of them. Never raises.

    Where only what is wrong is named, the rest is right. Where only what is right is named, the rest is not answered.
    """
    plain = _plain(text)
    everything = frozenset(range(1, len(items) + 1))
    if is_all_well(plain):
        return Ticks(everything)
    if _MARKS.match(plain):
        return _from_marks(plain, items)
    rest_is_well = bool(_WELL_BEGINS.match(plain) or _REST_WELL.search(plain))
    good, bad = _numbered(_REST_WELL.sub("", _WELL_BEGINS.sub("", plain)), len(items))
    if not good and not bad:
        bad = _named(plain, items)
    if not good and not bad:
        return None
    if rest_is_well or not good:
        good = set(everything - set(bad))
    return Ticks(frozenset(good - set(bad)), bad)


def _numbered(text: str, count: int) -> tuple[set[int], dict[int, str]]:
    good: set[int] = set()
    bad: dict[int, str] = {}
    found = [
        match
        for match in _NUMBERED.finditer(text)
        if all(1 <= number <= count for number in _numbers(match["numbers"]))
    ]
    for place, match in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(text)
        words = text[match.end() : end].strip(_EDGES)
        for number in _numbers(match["numbers"]):
            if _GOOD.match(words):
                good.add(number)
            else:
                bad[number] = _WRONG.sub("", words.strip(_CROSS + _EDGES)).strip(_EDGES) or "有问题"
    return good, bad


def _named(text: str, items: Sequence[str]) -> dict[int, str]:
    """Items named by their words instead of their numbers."""
    return {
        number: text for number, item in enumerate(items, 1) if item in text and not _GOOD.match(text.replace(item, ""))
    }


def _from_marks(text: str, items: Sequence[str]) -> Ticks | None:
    marks = [mark for mark in text if not mark.isspace()]
    if len(marks) == 1 and len(items) > 1 and marks[0] not in _CROSS:
        return Ticks(frozenset(range(1, len(items) + 1)))
    if len(marks) != len(items):
        return None
    bad = {number: "有问题" for number, mark in enumerate(marks, 1) if mark in _CROSS}
    return Ticks(frozenset(range(1, len(items) + 1)) - frozenset(bad), bad)


def _numbers(text: str) -> list[int]:
    return [_number(each) for each in _EACH.findall(text)]


def _number(text: str) -> int:
    if text in _CIRCLED:
        return _CIRCLED.index(text) + 1
    if text in _DIGITS:
        return _DIGITS.index(text) + 1
    return int(text)


def _plain(text: str) -> str:
    return narrow(text).replace("，", ",").replace("！", "!").replace("；", ";").replace("：", ":").strip()
