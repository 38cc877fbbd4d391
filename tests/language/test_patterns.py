"""Patterns that look at a text's characters first find what they would find without looking."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.lexicon import Lexicon
from bot.language.patterns import Pattern, Patterns, branches

LEXICON = Lexicon()
PATTERNS = [pattern for rows in LEXICON.intents.values() for table in rows.values() for pattern in table or ()]
PATTERNS += [row[key] for row in LEXICON.incidents["kinds"].values() for key in ("always", "people") if row.get(key)]
TRIED = [
    (re.compile(pattern), Pattern(pattern), Patterns((branch, branch) for branch in branches(pattern)))
    for pattern in PATTERNS
]


@given(st.data())
def test_nothing_is_missed(data: st.DataObject) -> None:
    plain, single, parted = data.draw(st.sampled_from(TRIED))
    text = data.draw(st.from_regex(plain) | st.text())
    assert [match.span() for match in single.finditer(text, set(text))] == [m.span() for m in plain.finditer(text)]
    found, expected = single.search(text, set(text)), plain.search(text)
    assert (found and found.span()) == (expected and expected.span())
    starts = [match.start() for each, _ in parted.possible(set(text)) for match in each.finditer(text)]
    assert min(starts, default=None) == (expected and expected.start())


@pytest.mark.parametrize(
    ("pattern", "text", "tried"),
    [
        ("漏水|冒烟", "三楼灯坏了", False),
        ("漏水|冒烟", "厕所漏了", True),
        ("漏水", "厕所漏了", False),
        ("(?:漏|冒)?水", "三楼灯坏了", False),
        ("漏?|水", "三楼灯坏了", True),
        ("(?<!没)漏(?:水|了)", "漏了", True),
        ("(?<!没)漏(?:水|了)", "漏", False),
        (r"\d+个", "三楼", False),
        (r"\d*", "三楼", True),
        ("[^漏]", "三楼", True),
    ],
)
def test_it_is_tried_where_it_might_match(pattern: str, text: str, tried: bool) -> None:
    assert Pattern(pattern).might(text) is tried
    assert bool(list(Patterns([(pattern, 1)]).possible(text))) is tried


@pytest.mark.parametrize(
    ("pattern", "alternatives"),
    [
        ("漏水|冒(?:烟|火)|[|(]|a\\|b", ["漏水", "冒(?:烟|火)", "[|(]", "a\\|b"]),
        ("(?:漏|冒)水", ["(?:漏|冒)水"]),
        ("", [""]),
    ],
)
def test_alternatives(pattern: str, alternatives: list[str]) -> None:
    assert branches(pattern) == alternatives
