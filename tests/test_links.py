"""Links open one thing, for a while, for one purpose; outsiders learn nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links import LinkRefused, Links, Purpose
from bot.photos import PhotoSize

SECRET = b"0123456789abcdef0123456789abcdef"
SHA = "ab" * 31 + "0f"


class Hand:
    """A clock turned by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 9, 1, 7, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def links(clock: Hand) -> Links:
    return Links(SECRET, clock, "https://bot.example.edu.cn/")


def token_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


@pytest.mark.parametrize("size", PhotoSize)
def test_a_photos_link_is_short_and_opens_that_copy(links, size):
    url = links.photo(SHA, size)
    assert url.startswith("https://bot.example.edu.cn/p/")
    assert len(token_of(url)) < 120
    assert links.open_photo(token_of(url)) == (SHA, size)


def test_a_link_ends_when_its_time_is_over_by_our_clock(links, clock):
    token = token_of(links.photo(SHA, PhotoSize.FULL, timedelta(hours=2)))
    clock.time += timedelta(hours=2) - timedelta(seconds=1)
    assert links.open_photo(token) == (SHA, PhotoSize.FULL)
    clock.time += timedelta(seconds=1)
    with pytest.raises(LinkRefused):
        links.open_photo(token)


def test_expired_and_forged_look_alike(links, clock):
    old = token_of(links.photo(SHA, PhotoSize.FULL))
    clock.time += timedelta(days=1)
    answers = []
    for token in (old, old[:-1] + ("A" if old[-1] != "A" else "B"), "rubbish"):
        with pytest.raises(LinkRefused) as caught:
            links.open_photo(token)
        answers.append(str(caught.value))
    assert len(set(answers)) == 1


def test_a_roster_link_carries_a_value_and_opens_nothing_else(links):
    url = links.make(Purpose.ROSTER, "zbgx1_17", timedelta(minutes=30))
    assert url.startswith("https://bot.example.edu.cn/r/")
    assert links.open(token_of(url), Purpose.ROSTER) == "zbgx1_17"
    with pytest.raises(LinkRefused):
        links.open(token_of(url), Purpose.PHOTO)


def test_another_secret_opens_nothing(links, clock):
    token = token_of(links.photo(SHA, PhotoSize.FULL))
    with pytest.raises(LinkRefused):
        Links(b"another secret of 32 bytes length", clock, "https://x").open_photo(token)


def test_a_short_secret_and_an_unfit_value_are_refused(links, clock):
    with pytest.raises(ValueError, match="16 bytes"):
        Links(b"short", clock, "https://x")
    for value in ("", "a/b", "a.b", "王老师", "x" * 49):
        with pytest.raises(ValueError, match="1 to 48"):
            links.make(Purpose.ROSTER, value, timedelta(hours=1))
    with pytest.raises(ValueError, match="hex"):
        links.photo("../../etc/passwd", PhotoSize.FULL)


@given(st.integers(0, 200), st.characters())
def test_no_changed_letter_goes_unnoticed(place, letter):
    clock = Hand()
    links = Links(SECRET, clock, "https://x")
    token = token_of(links.photo(SHA, PhotoSize.SMALL))
    changed = token[: place % len(token)] + letter + token[place % len(token) + 1 :]
    if changed != token:
        with pytest.raises(LinkRefused):
            links.open_photo(changed)


@given(st.text(max_size=200))
def test_no_text_is_a_link(text):
    with pytest.raises(LinkRefused):
        Links(SECRET, Hand(), "https://x").open(text, Purpose.ROSTER)
