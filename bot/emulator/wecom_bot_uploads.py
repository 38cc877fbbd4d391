"""Files that an AI bot sends up its long connection in pieces: begun, pieces in any order and as often as they like, ended.

Written from the documentation alone: 企业微信开发者中心 › 智能机器人 › 长连接 (101463, copy of 2025-12).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.emulator.wecom_bot_desk import BotError
from bot.emulator.world import World, image_type

LASTS = timedelta(minutes=30)
MEDIA_LASTS = timedelta(days=3)
CHUNK, CHUNKS = 512 * 1024, 100
SIZES = {"file": 20 * 1024 * 1024, "image": 2 * 1024 * 1024, "voice": 2 * 1024 * 1024, "video": 10 * 1024 * 1024}
NAME_BYTES, SMALLEST = 256, 5
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
A_MINUTE, AN_HOUR = 30, 1000


@dataclass(slots=True)
class _Upload:
    kind: str
    name: str
    size: int
    count: int
    md5: str
    until: datetime
    parts: dict[int, bytes] = field(default_factory=dict)


class Uploads:
    """One bot's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: dict[str, _Upload] = {}
        self._media: dict[str, tuple[str, str, datetime]] = {}

    def begin(self, body: dict[str, Any]) -> dict[str, Any]:
        """Raises BotError."""
        rates = self._world.rates
        in_minute, in_hour = rates.count("wecom bot upload", "m", MINUTE), rates.count("wecom bot uploads", "h", HOUR)
        if in_minute > A_MINUTE or in_hour > AN_HOUR:
            raise BotError(45009)
        kind, name, size, count = (body.get(key) for key in ("type", "filename", "total_size", "total_chunks"))
        if kind not in SIZES or not isinstance(name, str) or not 0 < len(name.encode()) <= NAME_BYTES:
            raise BotError(40058)
        if not isinstance(size, int) or not isinstance(count, int) or not 1 <= count <= CHUNKS or size < SMALLEST:
            raise BotError(40058)
        if size > SIZES[kind]:
            raise BotError(40009 if kind == "image" else 45001)
        upload = secrets.token_hex(16)
        until = self._world.clock.now() + LASTS
        self._open[upload] = _Upload(kind, name, size, count, str(body.get("md5") or "").lower(), until)
        return {"upload_id": upload}

    def add(self, body: dict[str, Any]) -> dict[str, Any]:
        """A piece that came already is ignored. Raises BotError."""
        upload, index = self._find(body), body.get("chunk_index")
        if not isinstance(index, int) or not 0 <= index < upload.count:
            raise BotError(40058)
        try:
            content = base64.b64decode(str(body.get("base64_data", "")), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BotError(40058) from error
        if not 0 < len(content) <= CHUNK:
            raise BotError(40058)
        upload.parts.setdefault(index, content)
        return {}

    def end(self, body: dict[str, Any]) -> dict[str, Any]:
        """Raises BotError where pieces are missing, or are not what was announced."""
        upload = self._find(body)
        content = b"".join(upload.parts[index] for index in sorted(upload.parts))
        right = len(upload.parts) == upload.count and len(content) == upload.size
        if not right or upload.md5 not in ("", hashlib.md5(content, usedforsecurity=False).hexdigest()):
            raise BotError(40058)
        mime = image_type(content) if upload.kind == "image" else "application/octet-stream"
        if upload.kind == "image" and mime not in ("image/jpeg", "image/png"):
            raise BotError(40004)
        del self._open[str(body["upload_id"])]
        media_id = secrets.token_urlsafe(24)
        now = self._world.clock.now()
        self._media[media_id] = (self._world.keep_file(upload.name, mime, content), upload.kind, now + MEDIA_LASTS)
        return {"type": upload.kind, "media_id": media_id, "created_at": str(int(now.timestamp()))}

    def file(self, body: dict[str, Any], kind: str) -> str:
        """The stored file that a message shows. Raises BotError."""
        part = body.get(kind)
        media_id = part.get("media_id") if isinstance(part, dict) else None
        file_id, of, until = self._media.get(str(media_id), ("", "", None))
        if until is None or of != kind or self._world.clock.now() >= until:
            raise BotError(40007)
        return file_id

    def _find(self, body: dict[str, Any]) -> _Upload:
        upload = self._open.get(str(body.get("upload_id")))
        if upload is None or self._world.clock.now() >= upload.until:
            raise BotError(40007)
        return upload
