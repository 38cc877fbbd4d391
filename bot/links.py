"""Signed short links: whoever holds one may open one thing for a while, and nobody can make or change one.

A token is <expiry><value>.<signature>, about 100 characters for a photo, so that it survives a chat. The expiry lies
inside and is compared with our Clock: itsdangerous' TimestampSigner reads the machine's time itself, and asks who opens
it how long a link lasts, where we decide that when making it. itsdangerous does the signing: key derivation, HMAC,
comparison in constant time.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from itsdangerous import BadSignature, Signer

from bot.clock import Clock
from bot.errors import BotError
from bot.photos import PhotoSize


class LinkRefused(BotError):
    """Forged, damaged, for another purpose, or too old. Outsiders get one answer for all of them."""


class Purpose(StrEnum):
    """What a link opens. A token made for one is refused for every other."""

    PHOTO = "photo"
    ALBUM = "album"
    ROSTER = "roster"
    MONTH = "month"
    TODO = "todo"


PATHS: Mapping[Purpose, str] = {
    Purpose.PHOTO: "p",
    Purpose.ALBUM: "a",
    Purpose.ROSTER: "r",
    Purpose.MONTH: "m",
    Purpose.TODO: "t",
}
"""Where each purpose's pages start: <public_url>/p/<token>."""

_SIZES: Mapping[str, PhotoSize] = {"f": PhotoSize.FULL, "s": PhotoSize.SMALL}


class Links:
    """Makes and opens links. secret: at least 16 random bytes; a new one ends every link."""

    def __init__(self, secret: bytes, clock: Clock, public_url: str) -> None:
        if len(secret) < 16:
            raise ValueError("the secret for links is shorter than 16 bytes")
        self._signers = {
            purpose: Signer(secret, salt=f"link {purpose}", digest_method=hashlib.sha256) for purpose in Purpose
        }
        self._clock = clock
        self._public_url = public_url.rstrip("/")

    def make(self, purpose: Purpose, value: str, lasts: timedelta) -> str:
        """A link to one thing. value: 1 to 48 of A-Z a-z 0-9 _ -; anybody can read it in the link. Else ValueError."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,48}", value, re.ASCII):
            raise ValueError("the value of a link is 1 to 48 letters, digits, _ or -")
        expires = int((self._clock.now() + lasts).timestamp())
        token = self._signers[purpose].sign(f"{expires:08x}{value}".encode()).decode()
        return f"{self._public_url}/{PATHS[purpose]}/{token}"

    def open(self, token: str, purpose: Purpose) -> str:
        """The value inside. Raises LinkRefused."""
        try:
            content = self._signers[purpose].unsign(token.encode()).decode()
        except (BadSignature, UnicodeError) as error:
            raise LinkRefused(purpose) from error
        expires, value = int(content[:8], 16), content[8:]
        if self._clock.now().timestamp() >= expires:
            raise LinkRefused(purpose)
        return value

    def photo(self, sha: str, size: PhotoSize, lasts: timedelta = timedelta(hours=2)) -> str:
        """A link to one copy of a photo. sha: SHA-256 in hex, else ValueError."""
        digest = base64.urlsafe_b64encode(bytes.fromhex(sha)).rstrip(b"=").decode()
        letter = next(letter for letter, known in _SIZES.items() if known is size)
        return self.make(Purpose.PHOTO, letter + digest, lasts)

    def open_photo(self, token: str) -> tuple[str, PhotoSize]:
        """The sha and size that a photo's link names. Raises LinkRefused."""
        value = self.open(token, Purpose.PHOTO)
        return base64.urlsafe_b64decode(value[1:] + "=").hex(), _SIZES[value[0]]
