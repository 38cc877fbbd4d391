"""Answers to a checklist as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.ticks import Ticks, is_all_well, read_ticks

ITEMS = ("楼道", "操场器材", "卫生间")
ALL = frozenset({1, 2, 3})


@pytest.mark.parametrize(
    "text", ["正常", "1", "无异常", "一切正常", "都好", "全对", "没发现问题", "检查正常。", "OK", "都挺好的"]
)
def test_one_word_says_that_all_is_well(text: str) -> None:
    assert is_all_well(text)
    assert read_ticks(text, ITEMS) == Ticks(ALL)


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("1对 2对 3门锁坏", {1, 2}, {3: "门锁坏"}),
        ("3门锁坏", {1, 2}, {3: "门锁坏"}),
        ("1、2对，3 水龙头漏水", {1, 2}, {3: "水龙头漏水"}),
        ("２、３有问题", {1}, {2: "有问题", 3: "有问题"}),
        ("都好，就是3号马桶堵了", {1, 2}, {3: "马桶堵了"}),
        ("③灯不亮，其他都正常", {1, 2}, {3: "灯不亮"}),
        ("✓×✓", {1, 3}, {2: "有问题"}),
        ("操场器材松了", {1, 3}, {2: "操场器材松了"}),
        ("1对 2对", {1, 2}, {}),
        ("3 有问题 水龙头漏水", {1, 2}, {3: "水龙头漏水"}),
        ("3已修好", {3}, {}),
    ],
)
def test_what_is_wrong_is_named_by_number_or_by_word(text: str, good: set[int], bad: dict[int, str]) -> None:
    assert read_ticks(text, ITEMS) == Ticks(frozenset(good), bad)


@pytest.mark.parametrize("text", ["教学楼二楼漏水", "9对", "三年级在上体育课", "请问几点开会", ""])
def test_other_words_are_no_ticks(text: str) -> None:
    assert read_ticks(text, ITEMS) is None


@given(st.text(max_size=200))
def test_no_text_raises_and_no_item_is_both_right_and_wrong(text: str) -> None:
    ticks = read_ticks(text, ITEMS)
    assert ticks is None or (not ticks.good & set(ticks.bad) and ticks.good | set(ticks.bad) <= ALL)
