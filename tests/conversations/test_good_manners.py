"""Every handler minds its manners, whatever it is told: nothing fails, nothing is longer than a screen.

On one platform and one database: a handler knows neither, and its own conversations are played on all of them.
"""

from __future__ import annotations

import pytest

from bot.domain.people import Post
from bot.domain.routines import read_routines
from bot.registry import Handler, load
from bot.render import TEMPLATES
from tests.kit.stage import Stage

HANDLERS = load(read_routines(TEMPLATES / "routines")).handlers
SCREEN = 600
"""Characters of one answer that a phone shows without much scrolling."""

SORRY = "这条我没处理好"


def answered(said: list[str]) -> str:
    """What came back, which is something and no apology."""
    text = "\n".join(said)
    assert SORRY not in text
    assert len(text) <= SCREEN, text
    return text


@pytest.mark.on("dingtalk robot/sqlite")
@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: f"{handler.name}-{handler.words[0]}")
def test_a_handler_takes_anything(school: Stage, handler: Handler) -> None:
    word = handler.words[0]
    for who in ("陈宇", "李敏"):  # the administrator, a leader on duty
        for words in (word, f"{word} {'很长' * 999}", f"{word} 999999", f"{word} <b>**@所有人**"):
            assert answered(school.says(who, words))
        answered(school.says(who, "", 1))
        answered(school.says(who, "帮助"))
        answered(school.says(who, "。"))
        assert answered(school.says(who, "取消")) == "bot: 好，先放下。已经登记的不受影响。"


@pytest.mark.on("wecom app", "dingtalk robot/sqlite")
def test_what_needs_a_post_says_whose_it_is(school: Stage) -> None:
    for handler in HANDLERS:
        if handler.posts and Post.CANTEEN not in handler.posts:
            assert "来做" in answered(school.says("何秀英", handler.words[0]))
