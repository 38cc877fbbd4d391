"""Short things that people say, one a line in sayings.txt: what they are for, and of which category. None is in the examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.language.examples import read_examples
from bot.language.understanding import Understander

HERE = Path(__file__).parent
SCHOOL = read_examples(HERE / "school_truth.yaml")
UNDERSTANDER = Understander(SCHOOL.vocabulary)
SAYINGS = [line.split("|") for line in (HERE / "sayings.txt").read_text("utf-8").splitlines() if line[:1] != "#"]


@pytest.mark.parametrize(("words", "intents", "categories"), SAYINGS, ids=[each[0] for each in SAYINGS])
def test_a_saying(words: str, intents: str, categories: str) -> None:
    read = UNDERSTANDER.understand(words, now=SCHOOL.now, days=SCHOOL.days, role="教师")
    assert read.intent in intents.split(","), read.guesses
    if categories and read.items:
        assert {item.category for item in read.items} & set(categories.split(","))
