"""A bad line for an hour: every message handled once, every reply out, each chat in its order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.soak import CHANNELS, soak
from tests.kit.stage import stage

MESSAGES = 40
"""`python -m tests.bench.soak` takes six hundred, and looks at the memory."""


@pytest.mark.parametrize(
    ("platform", "database_url"), [("wecom", "postgresql"), ("dingtalk", "sqlite")], indirect=["database_url"]
)
def test_an_hour_on_a_bad_line(platform: str, database_url: str, tmp_path: Path) -> None:
    with stage(platform, database_url, tmp_path, channels=CHANNELS[platform]) as school:
        found = soak(school, MESSAGES)
    assert found.kept == MESSAGES, "each handled, and once"
    assert found.answers == MESSAGES, "each answered, and once"
    assert (found.unsent, found.disordered) == (0, 0)
