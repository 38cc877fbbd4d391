"""Places as a colleague would say them."""

from __future__ import annotations

import pytest

from bot.language.meaning import Spot
from bot.language.spoken import spoken


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Spot(area=("教学楼A座",), floor=(3,), side="东", spot="楼梯口"), "教学楼A座三楼东侧楼梯口"),
        (Spot(classes=("3-2",), spot="后门"), "三2班后门"),
        (Spot(area=("车库",), floor=(-1,)), "车库地下"),
        (Spot(number="2号校车"), "2号校车"),
        (Spot(floor=(12,)), "12楼"),
        (Spot(), ""),
    ],
)
def test_the_slots_in_the_order_of_speech(place: Spot, words: str) -> None:
    assert spoken(place) == words
