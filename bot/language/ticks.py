"""Answers to a checklist as people type them: 正常, 1对 2对 3门锁坏, 2、3有问题, 都好，就是 3 号灯不亮, 口味偏咸，其他都好, ✓✓×.

A number is an item's only where a clause begins with it and nothing is counted by it: 3个人, 2楼 and 监控5号 are none.
好的 and 收到 say that somebody heard, not that they looked: they are no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.language.all_well import ALL_BUT, HEARD, REST, amiss, is_all_well, is_well, plain_ticks, says_well

LONGEST = 200
"""Characters kept of what is wrong with one item."""

_WRONG = re.compile(r"^(?:有|是)?(?:点|些)?(?:问题|不对|不好|异常)[,:。\s]*")
"""「3 有问题 水龙头漏水」 is 水龙头漏水."""

MOST = 20
"""Items that a checklist may have."""

_MARKS = re.compile(r"^[✓✔√✅×✗✘xX❌\s]+$")
_CROSS = "×✗✘xX❌"
_EDGES = " ,，.。;；、:：!)\n"
_NUMBER = re.compile(r"第?(?<![\d.])(\d{1,2})(?!\d)\s*(号|项|条)?")
_BEGINS = re.compile(
    r"(?:^|[\s,。;、!:()/]|[对错好坏常题✓✔√✅×✗✘❌]|就是|只有|除了?|但是?|只是|还有|另外|不过|和|跟|与|及|到|至|[-~—])$"
)
_COUNTS = re.compile(
    r"\s*(?:[个名楼班年月点次张元米岁块根盏扇%]|人(?!员)|位(?!置)|层|日(?!光)|天(?!花)|时|分(?!量)|秒|处(?!理)|度|件|只(?!有|是)|把(?!手)"
    r"|台(?!阶)|辆|路(?!灯|面)|[.:]\d)"
)
_NAMES = re.compile(r"(?:教学|办公|实验|综合)?楼|机|探头|摄像|校车|车|电梯|梯|门[口岗卫]?(?!锁|窗|把)|教室|班")
"""What a number with 号 names instead of an item: 3号楼, 2号门."""

_LINK = re.compile(r"^[\s,、和跟与及/]*$")
_TO = re.compile(r"^\s*(?:[-~—]|到|至)\s*$")
_CLAUSES = re.compile(r"[,。;!\n]+")
_CONNECTORS = re.compile(
    r"^(?:就是|只有|但是?|只是|不过|除了?|还有|另外)+|(?:就是|只有|但是?|只是|不过|除了?|还有|另外)+$"
)


@dataclass(frozen=True, slots=True)
class Ticks:
    """good: numbers of items that are right, counted from 1. bad: number → what is wrong, in the person's words.

    named: those that were spoken of one by one; the others in `good` are right because all is, or only what is wrong was
    named. remark: what was said besides.
    """

    good: frozenset[int] = frozenset()
    bad: dict[int, str] = field(default_factory=dict)
    named: frozenset[int] = field(default=frozenset(), compare=False)
    remark: str = field(default="", compare=False)


def read_ticks(text: str, items: Sequence[str]) -> Ticks | None:
    """What an answer says of the items; None where it says nothing of them. Never raises.

    Where only what is wrong is named, the rest is right. Where only what is right is named, the rest is not answered.
    """
    plain = plain_ticks(text)
    everything = frozenset(range(1, len(items) + 1))
    if is_all_well(plain):
        return Ticks(everything)
    if _MARKS.match(plain):
        return _from_marks(plain, everything)
    reading = _Reading()
    heads = _heads(plain, len(items))
    if heads:
        _by_number(plain, heads, reading)
    else:
        _by_name(plain, items, reading)
    named = frozenset(reading.good | set(reading.bad))
    if not named and not reading.rest:
        return None
    good = everything if reading.rest or not reading.good else frozenset(reading.good)
    return Ticks(good - set(reading.bad), reading.bad, named, "，".join(reading.remarks)[:LONGEST])


@dataclass(slots=True)
class _Reading:
    """What was found so far. rest: everything not named is right, in so many words."""

    good: set[int] = field(default_factory=set)
    bad: dict[int, str] = field(default_factory=dict)
    rest: bool = False
    remarks: list[str] = field(default_factory=list)

    def judge(self, numbers: Sequence[int], words: str) -> None:
        if words and is_well(words):
            self.good |= set(numbers) - set(self.bad)
            return
        note = _WRONG.sub("", words.strip(_CROSS + _EDGES)).strip(_EDGES)[:LONGEST] or "有问题"
        for number in numbers:
            self.bad[number] = note
            self.good.discard(number)


@dataclass(frozen=True, slots=True)
class _Head:
    """The number or numbers that a clause begins with. start, end: where they stand. but: 除了 stands before."""

    numbers: tuple[int, ...]
    start: int
    end: int
    but: bool


def _heads(text: str, count: int) -> list[_Head]:
    heads: list[_Head] = []
    for match in _NUMBER.finditer(text):
        number, rest = int(match[1]), text[match.end() :]
        if not 1 <= number <= count or not _BEGINS.search(text[: match.start()]):
            continue
        if _NAMES.match(rest) if match[2] == "号" else (not match[2] and _COUNTS.match(rest)):
            continue
        between = text[heads[-1].end : match.start()] if heads else "?"
        if heads and _TO.match(between) and heads[-1].numbers[-1] < number:
            last = heads.pop()
            spanned = (*last.numbers, *range(last.numbers[-1] + 1, number + 1))
            heads.append(_Head(spanned, last.start, match.end(), last.but))
        elif heads and _LINK.match(between):
            last = heads.pop()
            heads.append(_Head((*last.numbers, number), last.start, match.end(), last.but))
        else:
            heads.append(
                _Head((number,), match.start(), match.end(), bool(re.search(r"除了?$", text[: match.start()])))
            )
    return heads


def _by_number(text: str, heads: Sequence[_Head], reading: _Reading) -> None:
    _besides(text[: heads[0].start], reading)
    for place, head in enumerate(heads):
        end = heads[place + 1].start if place + 1 < len(heads) else len(text)
        first, *more = _clauses(text[head.end : end]) or [""]
        found = (head.but and ALL_BUT.search(first)) or REST.search(first)
        if found:
            first, reading.rest = first[: found.start()], True
        reading.judge(head.numbers, first.strip(_EDGES))
        for clause in more:
            if REST.search(clause) or says_well(clause):
                reading.rest = reading.rest or bool(REST.search(clause) or set(head.numbers) & set(reading.bad))
            elif set(head.numbers) <= set(reading.bad):
                for number in head.numbers:
                    reading.bad[number] = f"{reading.bad[number]}，{clause}"[:LONGEST]
            elif amiss(clause):
                reading.judge(head.numbers, clause)
            else:
                reading.remarks.append(clause)


def _by_name(text: str, items: Sequence[str], reading: _Reading) -> None:
    """Items named by their words instead of their numbers."""
    loose: list[str] = []
    for clause in _clauses(text):
        number = next((number for number, item in enumerate(items, 1) if clause.startswith(item)), None)
        if number is not None:
            if is_well(clause) or amiss(clause[len(items[number - 1]) :]):
                reading.judge((number,), clause[len(items[number - 1]) :] or clause)
            else:
                reading.remarks.append(clause)
        elif says_well(clause):
            reading.rest = True
        else:
            loose.append(clause)
    for clause in loose:
        if not reading.rest or not amiss(clause):
            reading.remarks.append(clause)
            continue
        alike = [number for number, item in enumerate(items, 1) if _share_two(item, clause)]
        if len(alike) == 1:
            reading.judge(alike, clause)
        else:  # something is wrong, nobody can tell with what: not an answer yet
            reading.rest = False
            reading.remarks.append(clause)


def _besides(text: str, reading: _Reading) -> None:
    """What stands before the first number."""
    for clause in _clauses(text):
        if says_well(clause) or is_all_well(clause) or HEARD.match(clause):
            reading.rest = True
        else:
            reading.remarks.append(clause)


def _clauses(text: str) -> list[str]:
    parts = (_CONNECTORS.sub("", part.strip(_EDGES)).strip(_EDGES) for part in _CLAUSES.split(text))
    return [part for part in parts if part]


def _share_two(item: str, clause: str) -> bool:
    return any(item[place : place + 2] in clause for place in range(len(item) - 1))


def _from_marks(text: str, everything: frozenset[int]) -> Ticks | None:
    marks = [mark for mark in text if not mark.isspace()]
    if len(marks) == 1 and len(everything) > 1 and marks[0] not in _CROSS:
        return Ticks(everything)
    if len(marks) != len(everything):
        return None
    bad = {number: "有问题" for number, mark in enumerate(marks, 1) if mark in _CROSS}
    return Ticks(everything - frozenset(bad), bad, everything)


def looks_like_ticks(text: str) -> bool:
    """Whether words can hardly be anything else: all is well, a row of marks, or a number and what is there."""
    plain = plain_ticks(text)
    heads = _heads(plain, MOST)
    return is_all_well(plain) or bool(_MARKS.match(plain)) or bool(heads and heads[0].start == 0)


def only_numbers(text: str) -> bool:
    """Whether somebody named items and did not say what is there: 「3」, 「2、3」. 「1」 is one tap for all is well."""
    return re.fullmatch(r"[\d\s,、和号项条.]+", plain_ticks(text)) is not None and not is_all_well(text)
