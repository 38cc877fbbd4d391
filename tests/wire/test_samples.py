"""Samples of what each platform sends, one a kind, and beside each how it has to be read.

They are written out from the platforms' field tables and from what public adapters saw (钉钉开放平台 0699, 企业微信 90239 and
SDK test data, copies of 2018 to 2026), with made-up people: none was recorded from a real school. A recording put here is
tested like the rest. <name>.xml is WeCom's decrypted document, <name>.json DingTalk's body; <name>.read.json is what is read.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import errors
from bot.facts import News
from bot.messages import Message
from bot.platforms.base import Callback, Platform
from tests.kit import wire
from tests.platforms.cases import DINGTALK_ROBOT, NOW, WECOM_APP, HandClock
from tests.wire.reading import NOTHING, shown

HERE = Path(__file__).parent
SAMPLES = sorted(
    path for path in (*HERE.glob("wecom/*.xml"), *HERE.glob("dingtalk/*.json")) if ".read." not in path.name
)


def delivered(sample: Path) -> tuple[Platform, Callback]:
    """A connection on the platform's real host, and the sample sealed and signed for it."""
    if sample.suffix == ".xml":
        settings = WECOM_APP.settings()
        return WECOM_APP.build(settings, HandClock()), wire.wecom_callback(settings, NOW, sample.read_bytes())
    ding = DINGTALK_ROBOT.settings(oapi_base="https://oapi.dingtalk.com")
    return DINGTALK_ROBOT.build(ding, HandClock()), wire.dingtalk_callback(ding, NOW, sample.read_bytes())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_sample_is_read_as_it_is_written_beside_it(sample: Path) -> None:
    platform, callback = delivered(sample)
    expected = json.loads(sample.with_suffix(".read.json").read_text("utf-8"))
    if "error" in expected:
        with pytest.raises(getattr(errors, expected["error"])) as caught:
            platform.parse(callback)
        assert str(caught.value) == expected["words"]
        return
    message = platform.parse(callback)
    if isinstance(message, News):
        assert {"news": message.what.value, "about": message.about, "at": message.at.isoformat()} == expected
        assert message.id
        assert message.raw
        return
    assert isinstance(message, Message)
    assert shown(message) == NOTHING | expected
    assert json.loads(json.dumps(message.raw)) == message.raw
    assert message.raw


def test_there_are_samples_of_both_platforms() -> None:
    assert {path.parent.name for path in SAMPLES} == {"wecom", "dingtalk"}
    assert all(path.with_suffix(".read.json").exists() for path in SAMPLES)
