"""Amounts as people say them: 12, 十二, 一百二十, 俩, 十来个. Wider than numbers.value, which reads what names a record."""

from __future__ import annotations

import re

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "仨": 3, "半": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}

AMOUNT = r"(?:\d{1,5}|[一二两三四五六七八九十百千零]{1,7}|俩|仨)"
"""A pattern for one amount, without a group of its own."""

_MEASURE = "个把根块条具只台盏张扇处道盒瓶桶箱袋名位人辆节段片颗层支件套份例对副面组棵间米"
_COUNT = re.compile(rf"({AMOUNT})(?:多|来|几)?(?:个多)?([{_MEASURE}])(?!月|班|年|小时|楼)")


def amount(text: str) -> int | None:
    """一百二十 as 120, 俩 as 2; None when it is none."""
    if text.isdigit():
        return int(text)
    total = number = 0
    for char in text:
        if char in _DIGITS:
            number = _DIGITS[char]
        elif char in _UNITS:
            total += (number or 1) * _UNITS[char]
            number = 0
        else:
            return None
    return total + number if text else None


def counts(text: str) -> list[tuple[int, int, int, str]]:
    """Every amount with a measure word: (start, end, how many, the measure word)."""
    found = []
    for match in _COUNT.finditer(text):
        value = amount(match[1])
        if value is not None:
            found.append((match.start(), match.end(), value, match[2]))
    return found
