"""A place as a colleague would say it: 教学楼A座三楼东侧楼梯口."""

from __future__ import annotations

from bot.language.meaning import Spot

_FLOORS = "零一二三四五六七八九十"


def spoken(place: Spot) -> str:
    """The slots in the order in which they are said; "" for a place without any."""
    side = f"{place.side}侧" if place.side and place.side in "东西南北" else place.side
    grade_classes = "、".join(_class(name) for name in place.classes)
    return "".join(
        ("、".join(place.area), "、".join(_floor(number) for number in place.floor), side, grade_classes, place.number)
        + (place.room, place.spot)
    )


def _floor(number: int) -> str:
    if number < 0:
        return "地下" if number == -1 else f"地下{-number}层"
    return f"{_FLOORS[number]}楼" if number <= 10 else f"{number}楼"


def _class(name: str) -> str:
    grade, _, number = name.partition("-")
    return f"{_FLOORS[int(grade)]}{number}班" if grade.isdigit() and int(grade) <= 10 else name
