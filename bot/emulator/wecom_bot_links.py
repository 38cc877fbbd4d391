"""What people send to the AI bot, behind links that live five minutes: AES-256-CBC, the IV is the key's first half, PKCS#7 to 32.

Written from the documentation alone: 企业微信开发者中心 › 智能机器人 › 接收消息 (100719, copy of 2025-12).
"""

from __future__ import annotations

import base64
import secrets
import threading
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.clock import Clock

LASTS = timedelta(minutes=5)
BLOCK = 32


class Links:
    """One bot's links. key: the one that opens all of them (callbacks), or None for one each (long connection)."""

    def __init__(self, clock: Clock, key: bytes | None = None) -> None:
        self._clock = clock
        self._key = key
        self._lock = threading.Lock()
        self._links: dict[str, tuple[str, bytes, datetime]] = {}

    def make(self, file_id: str) -> tuple[str, str]:
        """A new link's name, and the key that opens what it gives, in base64 without its "="."""
        name, key = secrets.token_urlsafe(24), self._key or secrets.token_bytes(BLOCK)
        with self._lock:
            self._links[name] = (file_id, key, self._clock.now() + LASTS)
        return name, base64.b64encode(key).decode().rstrip("=")

    def find(self, name: str) -> tuple[str, bytes] | None:
        """The file and its key, while the link lives."""
        with self._lock:
            file_id, key, until = self._links.get(name, ("", b"", None))
        return (file_id, key) if until is not None and self._clock.now() < until else None


def sealed(content: bytes, key: bytes) -> bytes:
    """A file as the link gives it."""
    padding = BLOCK - len(content) % BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()
