"""Samples of what WeCom's AI bot is brought, a frame of its long connection each, and beside each how it has to be read; the
callback brings the same body, sealed.

Written out from the field tables (企业微信 100719, 101027, 101463, copies of 2025-12) and the official package's types, with
made-up people: none was recorded from a real school. Times and answering addresses stand here where they are the usual ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot import errors
from bot.messages import Message
from bot.platforms import wecom_bot, wecom_bot_stream
from bot.platforms.base import Callback
from tests.kit import wire
from tests.platforms.cases import NOW, HandClock, wecom_bot_settings, wecom_bot_stream_settings
from tests.wire.reading import NOTHING, shown

HERE = Path(__file__).parent / "wecom_bot"
SAMPLES = sorted(path for path in HERE.glob("*.json") if ".read." not in path.name)
USUAL = NOTHING | {"reply_url": "cb-77", "reply_until": "2026-11-24T01:30:00+00:00"}

each = pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)


def expected(sample: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(sample.with_suffix(".read.json").read_text("utf-8"))
    return read


@each
def test_a_frame_is_read_as_it_is_written_beside_it(sample: Path) -> None:
    platform, read = wecom_bot_stream.build(wecom_bot_stream_settings(), HandClock()), expected(sample)
    callback = Callback("FRAME", {}, {}, sample.read_bytes())
    if "error" in read:
        with pytest.raises(getattr(errors, read["error"])) as caught:
            platform.parse(callback)
        assert str(caught.value) == read["words"]
        return
    message = platform.parse(callback)
    assert shown(message) == USUAL | read
    assert json.loads(json.dumps(message.raw)) == message.raw == json.loads(sample.read_bytes())["body"]


@each
def test_the_callback_reads_the_same_body_the_same_but_for_how_it_is_answered(sample: Path) -> None:
    platform, read = wecom_bot.build(wecom_bot_settings(), HandClock()), expected(sample)
    body = json.loads(sample.read_bytes())["body"]
    callback = wire.wecom_bot_callback(wecom_bot_settings(), NOW, body)
    if "error" in read:
        with pytest.raises(getattr(errors, read["error"])):
            platform.parse(callback)
        return
    message = platform.parse(callback)
    assert isinstance(message, Message)
    ways = {"reply_url": "", "reply_until": None, "card": None}
    assert shown(message) | ways == USUAL | read | ways


def test_every_sample_says_how_it_is_read() -> None:
    assert len(SAMPLES) >= 20
    assert all(path.with_suffix(".read.json").exists() for path in SAMPLES)
