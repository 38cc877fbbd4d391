"""The envelope of WeCom's callbacks to an AI bot: JSON with one encrypted member, for no receiver in particular.

Source: 企业微信开发者中心 › 智能机器人 › 回调和回复的加解密方案 (101033, copy of 2025-12): the receiveid is the empty string.
tests/interop seals and opens with the official package @wecom/crypto.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import struct
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.errors import GiveUp, Malformed, Untrusted
from bot.platforms.wecom_bot_words import BLOCK, opened, without_control

HEAD = 16
"""Random bytes in front; then the length of the words in four bytes, big endian."""


class Seal:
    """One bot's token and key. key: as the console shows it, 43 characters."""

    def __init__(self, token: str, key: bytes) -> None:
        self._token = token
        self._key = key

    def signature(self, stamp: str, nonce: str, sealed: str) -> str:
        """SHA-1 over the four, sorted as strings and joined."""
        parts = "".join(sorted([self._token, stamp, nonce, sealed]))
        return hashlib.sha1(parts.encode(), usedforsecurity=False).hexdigest()

    def open(self, sealed: str) -> str:
        """What was encrypted. Raises Malformed for what this key does not open, Untrusted for somebody else's."""
        try:
            plain = opened(binascii.a2b_base64(sealed), self._key)
            length = struct.unpack(">I", plain[HEAD : HEAD + 4])[0]
            words = plain[HEAD + 4 : HEAD + 4 + length]
            if len(words) < length:
                raise ValueError("length")
            text = words.decode()
        except (GiveUp, ValueError, struct.error) as error:
            raise Malformed("encrypt") from error
        if plain[HEAD + 4 + length :]:
            raise Untrusted("receiveid")
        return text

    def answer(self, words: str, stamp: int, nonce: str) -> str:
        """The body of an answer. nonce: the request's."""
        content = words.encode()
        plain = os.urandom(HEAD) + struct.pack(">I", len(content)) + content
        padding = BLOCK - len(plain) % BLOCK
        encryptor = Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16])).encryptor()
        whole = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        sealed = base64.b64encode(whole).decode()
        signature = self.signature(str(stamp), nonce, sealed)
        return json.dumps({"encrypt": sealed, "msgsignature": signature, "timestamp": stamp, "nonce": nonce})


def json_object(text: str, part: str) -> dict[str, Any]:
    """Raises Malformed for anything else."""
    try:
        data = json.loads(without_control(text))
    except (ValueError, RecursionError) as error:
        raise Malformed(part) from error
    if not isinstance(data, dict):
        raise Malformed(part)
    return data
