"""The official package for Node (@wecom/crypto), asked as a filter: it seals, signs and opens what a test gives it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any


def official(**asked: str) -> dict[str, Any]:
    """What the package makes of it. asked: token, key, stamp, nonce, and message to seal (id: for whom) or sealed to open."""
    done = subprocess.run(
        ["node", "wecom_crypto.mjs"], cwd=Path(__file__).parent, input=json.dumps(asked), text=True,
        capture_output=True, check=True, timeout=30,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
