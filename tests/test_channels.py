"""The table of channels is what the files do, and every kind of connection has its words."""

from __future__ import annotations

import pytest

from bot.channels import filled, kinds, needed, needs_address, specimen, table
from bot.connect import chosen_kind
from bot.kinds import kind_words
from bot.render import TEMPLATES

PAGE = TEMPLATES.parent / "docs" / "channels.md"


def test_the_page_matches_the_code() -> None:
    text = PAGE.read_text("utf-8")
    assert text == filled(text), "run: python -m bot channels --write docs/channels.md"


def test_a_page_that_says_something_else_is_noticed() -> None:
    text = PAGE.read_text("utf-8")
    assert filled(text.replace("`wecom app`", "`wecom elsewhere`")) == text
    with pytest.raises(LookupError, match="channels"):
        filled(text.replace("<!-- channels -->", ""))


def test_every_kind_has_its_row() -> None:
    assert {f"{path.stem}" for path in (TEMPLATES.parent / "bot" / "platforms").glob("*_*.py")} >= {
        kind.replace(" ", "_") for kind in kinds()
    }
    for kind in kinds():
        assert f"| `{kind}` | {kind_words(kind).title} |" in table()


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_is_asked_for_what_it_needs(kind: str) -> None:
    """In words of its own, and nothing that it does not know."""
    words = kind_words(kind)
    assert words.title != kind
    assert words.suits
    assert set(needed(kinds()[kind])) <= set(words.asks) <= set(kinds()[kind].model_fields)


def test_who_needs_a_public_address() -> None:
    assert needs_address(specimen("wecom app"))
    assert not needs_address(specimen("wecom webhook")), "it only speaks"
    assert not needs_address(specimen("dingtalk stream")), "it opens the connection itself"


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_stands_on_its_platform_s_page(kind: str) -> None:
    """With the command that sets it up; the first choice needs no --kind."""
    platform, word = kind.split()
    page = (PAGE.parent / f"{platform}.md").read_text("utf-8")
    first = chosen_kind(platform, "") == kind
    assert f"`xiaoling connect {platform}{'' if first else f' --kind {word}'}`" in page
