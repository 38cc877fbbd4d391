"""Answers to a checklist as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.all_well import is_all_well
from bot.language.ticks import Ticks, read_ticks

ITEMS = ("楼道", "操场器材", "卫生间")
ALL = frozenset({1, 2, 3})


@pytest.mark.parametrize(
    "text", ["正常", "1", "无异常", "一切正常", "都好", "全对", "没发现问题", "检查正常。", "都挺好的"]
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
        ("操场器材松了", {1, 3}, {2: "松了"}),
        ("1对 2对", {1, 2}, {}),
        ("3 有问题 水龙头漏水", {1, 2}, {3: "水龙头漏水"}),
        ("3已修好", {3}, {}),
        ("3 楼道很干净，卫生间正常", {3}, {}),
        ("1-2对，3没看", {1, 2}, {3: "没看"}),
        ("1到3都正常", {1, 2, 3}, {}),
        ("除了3都正常", {1, 2}, {3: "有问题"}),
        ("除了3号门锁坏都正常", {1, 2}, {3: "门锁坏"}),
        ("3 门锁坏，已报修，其他正常", {1, 2}, {3: "门锁坏，已报修"}),
        ("第三项不行", {1, 2}, {3: "不行"}),
        ("1没有追逐打闹 2好 3 没关水龙头", {1, 2}, {3: "没关水龙头"}),
        ("楼道好，卫生间好", {1, 3}, {}),
        ("卫生间有点脏，其他都好", {1, 2}, {3: "有点脏"}),
        ("一切正常，就是卫生间5号隔间门坏了", {1, 2}, {3: "5号隔间门坏了"}),
        ("护学岗已到岗，3个人，一切正常", {1, 2, 3}, {}),
        ("巡逻一切正常", {1, 2, 3}, {}),
        ("正常，学生很有礼貌", {1, 2, 3}, {}),
    ],
)
def test_what_is_wrong_is_named_by_number_or_by_word(text: str, good: set[int], bad: dict[int, str]) -> None:
    assert read_ticks(text, ITEMS) == Ticks(frozenset(good), bad)


@pytest.mark.parametrize(
    "text",
    [
        "教学楼二楼漏水",
        "9对",
        "三年级在上体育课",
        "请问几点开会",
        "",
        "2楼厕所漏水",
        "3号楼灯坏了",
        "3班窗户坏了",
        "2个灯坏了",
        "门锁坏2处",
        "东门道闸恢复正常了",
        "12月3日检查正常",
        "好的",
        "收到",
        "都不正常",
    ],
    ids=str,
)
def test_other_words_are_no_ticks(text: str) -> None:
    assert read_ticks(text, ITEMS) is None


def test_what_was_not_named_is_told_apart_from_what_was() -> None:
    ticks = read_ticks("3 门锁坏", ITEMS)
    assert ticks is not None
    assert (ticks.good, ticks.named) == ({1, 2}, {3})
    ticks = read_ticks("一切正常，护学岗到了3个人", ITEMS)
    assert ticks is not None
    assert (ticks.good, ticks.remark) == (ALL, "护学岗到了3个人")


PIECES = st.sampled_from(
    ["1", "2", "3", "9", "第三项", "②", "对", "好", "坏", "×", "√", "正常", "没问题", "门锁坏", "就是", "除了", "都", "其他",
     "，", "、", " ", "-", "到", "号", "楼", "个", "楼道", "卫生间", "有点脏", "\n"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=14).map("".join)))
def test_no_text_raises_and_no_item_is_both_right_and_wrong(text: str) -> None:
    ticks = read_ticks(text, ITEMS)
    if ticks is not None:
        assert not ticks.good & set(ticks.bad)
        assert ticks.good | set(ticks.bad) | ticks.named <= ALL
        assert all(ticks.bad.values())
