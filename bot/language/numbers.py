"""Numbers as people type them: 12, １２, #12, 12号, 十二."""

from __future__ import annotations

import re

from bot.language.width import narrow

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NO_NUMBER = r"(?!一[般起样直些定边共切旦会律致])"
"""Words that begin like a number: 「核定 1 一般」 names one hazard."""

_NUMBER = _NO_NUMBER + r"(\d{1,6}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_LEADING = re.compile(rf"\s*[#＃第]?\s*{_NUMBER}\s*(?:号|项|条)?(?![月日天.周\d])[\s,，、。:：.]*")


def value(text: str) -> int:
    """12 and 十二 as 12; up to 99 in Chinese numerals. Raises ValueError."""
    text = narrow(text)
    if text.isdigit():
        return int(text)
    tens, ten, units = text.partition("十")
    if not ten:
        if len(text) == 1 and text in _DIGITS:
            return _DIGITS[text]
        raise ValueError(text)
    if any(len(part) > 1 or (part and part not in _DIGITS) for part in (tens, units)):
        raise ValueError(text)
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[units] if units else 0)


def leading(text: str) -> tuple[list[int], str]:
    """The numbers a text begins with, and the rest: "2 3 都好了" → ([2, 3], "都好了"). A date is no number."""
    numbers: list[int] = []
    rest = narrow(text)
    while match := _LEADING.match(rest):
        numbers.append(value(match[1]))
        rest = rest[match.end() :]
    return numbers, rest.strip()
