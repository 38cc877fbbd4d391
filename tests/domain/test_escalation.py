"""The ladder is a file that a school edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.escalation import read_ladder
from bot.domain.people import Post
from bot.errors import ConfigError
from bot.render import TEMPLATES


def test_the_one_that_ships_begins_with_the_owner() -> None:
    rungs = read_ladder(TEMPLATES / "escalation.yaml")
    assert [(rung.after, rung.tell) for rung in rungs] == [
        (0, "owner"),
        (1, Post.VICE_PRINCIPAL),
        (3, Post.PRINCIPAL),
    ]
    assert len({rung.name for rung in rungs}) == len(rungs)


@pytest.mark.parametrize(
    "text", ["- {after: -1, tell: owner}", "- {after: 1, tell: nobody}", "- {tell: owner}", "after: 1", "[", ""]
)
def test_a_wrong_one_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "escalation.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"escalation\.yaml"):
        read_ladder(path)
