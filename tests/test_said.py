"""What the inbox keeps is what was said: every field comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.messages import CardRef, ChatKind, ChatRef, MediaRef, Message, Quote
from bot.said import from_data, to_data

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zones come apart
media = st.lists(st.builds(MediaRef, st.text(), st.text()), max_size=3).map(tuple)
messages = st.builds(
    Message,
    id=st.text(),
    account=st.text(),
    chat=st.builds(ChatRef, st.sampled_from(ChatKind), st.text(), st.text(), st.text(), st.none() | moments),
    sent_at=moments,
    text=st.text(),
    images=media,
    files=media,
    quote=st.none() | st.builds(Quote, st.text(), st.text(), media),
    click=st.text(),
    card=st.none() | st.builds(CardRef, st.text(), st.text(), st.none() | moments),
    account_name=st.text(),
    raw=st.dictionaries(st.text(), st.text() | st.integers(), max_size=3),
)


@given(messages)
def test_there_and_back(message: Message) -> None:
    assert from_data(json.loads(json.dumps(to_data(message)))) == message
