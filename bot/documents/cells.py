"""What people mean by what they type into a cell: names, phone numbers, days. Pure; None or "" is "cannot tell"."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from math import isfinite

from bot.language.width import narrow

"""Full-width digits and letters; Chinese punctuation stays as it is."""

_UNSEEN = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x200E, 0x200F, 0x202A, 0x202C))

_WEEKDAY = re.compile(r"\(?(?:周|星期|礼拜)[一二三四五六日天]\)?$")
_CLOCK = re.compile(r"[ T]?\d{1,2}:\d{2}(:\d{2})?$")
_FULL = re.compile(r"(\d{4}|\d{2})[年./-](\d{1,2})[月./-](\d{1,2})[日号]?", re.ASCII)
_SHORT = re.compile(r"(\d{1,2})[月./-](\d{1,2})[日号]?", re.ASCII)
_PACKED = re.compile(r"(20\d\d)(\d\d)(\d\d)", re.ASCII)
_SERIAL = range(36526, 73051)
"""Excel's numbers for 2000 to 2099."""


def tidy(text: str) -> str:
    """One line, half-width digits and letters, no unseen characters, single spaces."""
    return " ".join(narrow(text.translate(_UNSEEN)).split())


def name(text: str) -> str:
    """A person's name; 王　伟, spaced to line up with three-letter names, is 王伟."""
    text = tidy(text)
    return text.replace(" ", "") if re.search(r"[\u3400-\u9fff\U00020000-\U000323af]", text) else text


def several(text: str) -> tuple[str, ...]:
    """Names or posts in one cell, however they are set apart. A space sets apart only what is longer than a letter."""
    parts: list[str] = []
    for part in re.split(r"[、，,;；/|\n\r]+", text):
        words = tidy(part).split(" ")
        parts += words if all(len(word) > 1 for word in words) and not part.isascii() else ["".join(words)]
    return tuple(part for part in parts if part)


def phone(text: str) -> str:
    """A mobile number's 11 digits, "" for anything else."""
    digits = re.sub(r"[\s()+.-]", "", unicodedata.normalize("NFKC", text))
    match = re.fullmatch(r"(?:00)?(?:86)?(1[3-9]\d{9})", digits, re.ASCII)
    return match[1] if match else ""


def day(value: object, today: date) -> date | None:
    """A day from a date, one of Excel's numbers, or text; without a year it is the one nearest to `today`."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not isfinite(value):
            return None
        if int(value) in _SERIAL:
            from openpyxl.utils.datetime import from_excel  # a third of a second of every start, for a file a month

            moment = from_excel(int(value))
            return moment.date() if isinstance(moment, datetime) else None
        value = str(int(value)) if value == int(value) else ""  # 9.3 may be 3 or 30 September
    if not isinstance(value, str):
        return None
    return _day_in(unicodedata.normalize("NFKC", tidy(value)), today)


def _day_in(text: str, today: date) -> date | None:
    text = _CLOCK.sub("", _WEEKDAY.sub("", text).strip()).strip()
    text = _WEEKDAY.sub("", text).replace(" ", "")
    if match := _PACKED.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _FULL.fullmatch(text):
        year = int(match[1])
        return _date(year if year > 99 else 2000 + year, int(match[2]), int(match[3]))
    if match := _SHORT.fullmatch(text):
        years = (today.year - 1, today.year, today.year + 1)
        found = [each for year in years if (each := _date(year, int(match[1]), int(match[2])))]
        return min(found, key=lambda each: abs(each - today), default=None)
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
