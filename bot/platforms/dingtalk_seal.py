"""How DingTalk seals its HTTP events and wants the answer sealed: SHA-1 over four parts, AES-256-CBC padded to 32 bytes.

wechatpy's crypto is nearly the same; it is not used, since it reads no key whose last character is not canonical.
Sources: 钉钉开放平台 › 事件订阅 › 配置 HTTP 推送 (0003, 0004, 0346); snapshot of 2026-08.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.errors import Malformed, Untrusted

BLOCK = 32
"""Bytes to which the plaintext is padded, though AES has blocks of 16."""

_RANDOM = 16


class Seal:
    """One subscription's. token, aes_key: as typed into the console, the key's 43 characters without the "=".

    owner: the app's AppKey (Client ID) for an internal app; it stands at the end of every plaintext.
    Raises ValueError for a key that is none.
    """

    def __init__(self, token: str, aes_key: str, owner: str) -> None:
        # the last of 43 characters carries bits that belong to no byte: the console's keys do not have them at zero
        self._key = binascii.a2b_base64(aes_key + "=")
        if len(self._key) != 32:
            raise ValueError("the key must be 43 letters and digits")
        self._token = token
        self._owner = owner.encode()

    def signature(self, stamp: str, nonce: str, sealed: str) -> str:
        """Of the parts, sorted by their bytes and joined."""
        parts = sorted(part.encode() for part in (self._token, stamp, nonce, sealed))
        return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()

    def signed(self, given: str, stamp: str, nonce: str, sealed: str) -> bool:
        """Whether `given` is the signature; the comparison takes as long for a wrong one."""
        return hmac.compare_digest(self.signature(stamp, nonce, sealed).encode(), given.encode())

    def close(self, text: str, random: bytes = b"") -> str:
        """random: 16 bytes; made up where none are given."""
        content = text.encode()
        plain = (random or os.urandom(_RANDOM)) + struct.pack(">I", len(content)) + content + self._owner
        padding = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return binascii.b2a_base64(sealed, newline=False).decode()

    def open(self, sealed: str) -> str:
        """The text within. Raises Malformed, Untrusted where it is for another app."""
        try:
            content = binascii.a2b_base64(sealed)
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(content) + decryptor.finalize()
            padding = plain[-1]
            if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
                raise ValueError("padding")
            plain = plain[_RANDOM:-padding]
            (length,) = struct.unpack(">I", plain[:4])
            text, owner = plain[4 : 4 + length], plain[4 + length :]
            if len(text) != length:
                raise ValueError("length")
            words = text.decode()
        except (ValueError, IndexError, struct.error) as error:
            raise Malformed("encrypt") from error
        if owner != self._owner:
            raise Untrusted("owner")
        return words

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))
