"""How DingTalk says that something changed: an encrypted POST to the address that is set in the console, or an EVENT frame
where the app uses Stream; never both.

Written from the documentation alone: 钉钉开放平台 › 事件订阅 › 配置 HTTP 推送 (0003, 0004, 0346), 获取推送失败的事件列表 (0015);
snapshot of 2026-08. An event that is not answered rightly comes again after 10 and after 30 seconds, then it is kept as failed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.clock import monotonic
from bot.emulator import demo
from bot.emulator.dingtalk_stream_server import Stream
from bot.emulator.records import DINGTALK, Exchange

if TYPE_CHECKING:
    from bot.emulator.world import World

AGAIN = (timedelta(seconds=10), timedelta(seconds=30))
IN_TIME = 2.5
"""Seconds for the answer."""

BLOCK, FAILED_PAGE = 32, 200
PATH = f"/callback/{demo.CODE}/{demo.DING_EVENTS}"

_SPELLED = {
    "userId": "UserId",
    "deptId": "DeptId",
    "timeStamp": "TimeStamp",
    "classId": "class_id",
    "dataList": "DataList",
}
"""Fields that the flat object of a push spells in another way than a frame."""


@dataclass
class Push:
    """One event on its way over HTTP. tries: how many failed."""

    kind: str
    event: dict[str, Any]
    due_at: datetime
    tries: int = 0


class EventsRoad:
    """subscribed: whether an address is set (and was found good); without it events go over Stream, or nowhere."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.RLock()
        self._waiting: list[Push] = []
        self.failed: list[Push] = []
        self.subscribed = False

    def reset(self) -> None:
        """Nothing is under way; the address stays."""
        with self._lock:
            self._waiting, self.failed = [], []

    def subscribe(self) -> bool:
        """The administrator saves the address: one check_url, and all depends on its answer."""
        self.subscribed = self._push({"EventType": "check_url"}) == ""
        return self.subscribed

    def emit(self, kind: str, data: Mapping[str, Any]) -> bool:
        """Say it, by the road that is in use. True when the bot took it at once."""
        identity, born = secrets.token_hex(16), self._world.clock.now()
        stamp = int(born.timestamp() * 1000)
        road = self._world.roads.get(DINGTALK)
        if isinstance(road, Stream):
            headers = {
                "eventType": kind,
                "eventId": identity,
                "eventBornTime": str(stamp),
                "eventCorpId": demo.DING_CORP_ID,
                "eventUnifiedAppId": "demo-app",
            }
            return road.bring("EVENT", "*", dict(data), **headers).taken
        if not self.subscribed:
            return False
        event: dict[str, Any] = {
            "EventType": kind,
            "EventTime": stamp,
            "CorpId": demo.DING_CORP_ID,
            "eventId": identity,
        }
        event |= {_SPELLED.get(name, name): value for name, value in data.items()}
        return self._try(Push(kind, event, born))

    def resend(self) -> int:
        """Push again what is due on the school's clock. Returns how many were tried."""
        now = self._world.clock.now()
        with self._lock:
            due = [push for push in self._waiting if push.due_at <= now]
            self._waiting = [push for push in self._waiting if push not in due]
        for push in due:
            self._try(push)
        return len(due)

    def take_failed(self) -> tuple[list[dict[str, Any]], bool]:
        """The oldest that never arrived, and whether there are more; each is given once."""
        with self._lock:
            taken, self.failed = self.failed[:FAILED_PAGE], self.failed[FAILED_PAGE:]
        rows = []
        for push in taken:
            name = "bpmsCallBackData" if push.kind.startswith("bpms_") else "callbackData"
            rows.append({"corpid": demo.DING_CORP_ID, "call_back_tag": push.kind, name: push.event})
        return rows, bool(self.failed)

    def _try(self, push: Push) -> bool:
        failure = ""
        for _ in range(2 if self._world.faults.on("duplicate_callback") else 1):
            failure = self._push(push.event) or failure
        if not failure and self._world.faults.strikes("lost_ack"):
            failure = "回执丢了"
        if not failure:
            return True
        with self._lock:
            if push.tries < len(AGAIN):
                push.due_at = self._world.clock.now() + AGAIN[push.tries]
                push.tries += 1
                self._waiting.append(push)
            else:
                self.failed.append(push)
        return False

    def _push(self, event: Mapping[str, Any]) -> str:
        """One POST, sealed and signed anew. Returns what is wrong with the answer, "" for nothing."""
        world, plain = self._world, json.dumps(event, ensure_ascii=False)
        stamp, nonce, sealed = str(int(world.clock.now().timestamp() * 1000)), secrets.token_hex(4), seal(plain)
        query = {"msg_signature": signature(stamp, nonce, sealed), "timestamp": stamp, "nonce": nonce}
        url = f"{world.bot_url}{PATH}?{urlencode(query)}"
        body = json.dumps({"encrypt": sealed})
        started, status, content = monotonic(), 0, b""
        try:
            status, _, content = world.post("POST", url, {"Content-Type": "application/json"}, body.encode())
            failure = answer_failure(status, content)
        except OSError:
            failure = "连不上校铃"
        took = monotonic() - started
        if not failure and took > IN_TIME:
            failure = "超过 2.5 秒才回答"
        world.note_exchange(
            Exchange(
                "to_bot", f"事件 {event['EventType']} POST {PATH}", world.clock.now(), "POST", url, {}, body,
                json.dumps(event, ensure_ascii=False, indent=2), status, content.decode("utf-8", "replace"),
                int(took * 1000),
            )
        )  # fmt: skip
        return failure


def answer_failure(status: int, content: bytes) -> str:
    """What is wrong with an answer: it has to be "success", sealed and signed, its time under timeStamp."""
    if status != 200:
        return f"校铃没有收下（HTTP {status}）"
    try:
        body = json.loads(content)
        right = signature(body["timeStamp"], body["nonce"], body["encrypt"]) == body["msg_signature"]
        words = unseal(body["encrypt"]) if right else ""
    except (KeyError, TypeError, ValueError, struct.error):
        return "答复不是加密的 success"
    return "" if words == "success" else "答复不是加密的 success"


def seal(text: str) -> str:
    """16 random bytes, the length as a big-endian number, the text, the app's key; padded to 32; AES-256-CBC; base64."""
    content = text.encode()
    plain = os.urandom(16) + struct.pack(">I", len(content)) + content + demo.DING_KEY.encode()
    padding = BLOCK - len(plain) % BLOCK
    encryptor = _cipher().encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()


def unseal(sealed: str) -> str:
    """Raises ValueError, struct.error for what was not sealed with our key for our app."""
    decryptor = _cipher().decryptor()
    plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    plain = plain[16 : -plain[-1]]
    (length,) = struct.unpack(">I", plain[:4])
    if plain[4 + length :] != demo.DING_KEY.encode():
        raise ValueError("sealed for another app")
    return plain[4 : 4 + length].decode()


def signature(stamp: str, nonce: str, sealed: str) -> str:
    """SHA-1 over token, timestamp, nonce and ciphertext, sorted and joined."""
    parts = sorted([demo.DING_EVENT_TOKEN, stamp, nonce, sealed])
    return hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _cipher() -> Cipher[modes.CBC]:
    key = base64.b64decode(demo.DING_EVENT_AES_KEY + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
