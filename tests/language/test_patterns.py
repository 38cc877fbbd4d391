"""A pattern that looks at a text's characters first finds what it would find without looking."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.lexicon import Lexicon
from bot.language.patterns import Pattern

LEXICON = Lexicon()
PATTERNS = [pattern for rows in LEXICON.intents.values() for table in rows.values() for pattern in table or ()]
PATTERNS += [row[key] for row in LEXICON.incidents["kinds"].values() for key in ("always", "people") if row.get(key)]
PAIRS = [(Pattern(pattern), re.compile(pattern)) for pattern in PATTERNS]


@given(st.data())
def test_nothing_is_missed(data: st.DataObject) -> None:
    ours, plain = data.draw(st.sampled_from(PAIRS))
    text = data.draw(st.from_regex(plain) | st.text())
    assert [match.span() for match in ours.finditer(text, set(text))] == [m.span() for m in plain.finditer(text)]
    found, expected = ours.search(text, set(text)), plain.search(text)
    assert (found and found.span()) == (expected and expected.span())


@pytest.mark.parametrize(
    ("pattern", "text", "tried"),
    [
        ("漏水|冒烟", "三楼灯坏了", False),
        ("漏水|冒烟", "厕所漏了", True),
        ("(?:漏|冒)?水", "三楼灯坏了", False),
        ("漏?|水", "三楼灯坏了", True),
        ("(?<!没)漏(?:水|了)", "漏", True),
        (r"\d+个", "三楼", False),
        (r"\d*", "三楼", True),
        ("[^漏]", "三楼", True),
    ],
)
def test_it_is_tried_where_it_might_match(pattern: str, text: str, tried: bool) -> None:
    needs = Pattern(pattern)._needs
    assert (needs is None or not needs.isdisjoint(text)) is tried
