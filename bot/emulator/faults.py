"""What can go wrong with a platform, to be switched on at the desk and in tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

_KINDS: Mapping[str, tuple[str, str, int]] = {
    "busy": ("平台繁忙", "接下来 3 次发送被拒，过一会儿自动重发", 3),
    "slow": ("平台很慢", "每次调用都慢 3 秒，直到关掉", 0),
    "expired_token": ("令牌失效", "平台提前作废令牌一次，校铃要重新取", 1),
    "lost_ack": ("回执丢失", "下一条消息的回执丢了，平台会再送一次", 1),
    "duplicate_callback": ("重复推送", "每条消息都推送两次，直到关掉", 0),
}
"""Id: label, help, how often it strikes (0: as long as it is on)."""


class Faults:
    """Which faults are on. changed: told of every switch, also when a fault has run out by itself."""

    def __init__(self, changed: Callable[[Mapping[str, object]], None]) -> None:
        self._left: dict[str, int] = {}
        self._lock = threading.Lock()
        self._changed = changed

    def list(self) -> list[dict[str, object]]:
        """For the desk."""
        return [self.describe(kind) for kind in _KINDS]

    def describe(self, kind: str) -> dict[str, object]:
        """Raises KeyError for an unknown kind."""
        label, text, _ = _KINDS[kind]
        return {"id": kind, "label": label, "help": text, "on": kind in self._left}

    def switch(self, kind: str, on: bool) -> dict[str, object]:
        """Raises KeyError for an unknown kind."""
        with self._lock:
            if on:
                self._left[kind] = _KINDS[kind][2]
            else:
                self._left.pop(kind, None)
        self._changed(self.describe(kind))
        return self.describe(kind)

    def strikes(self, kind: str) -> bool:
        """Whether it happens now; one of its turns is used up."""
        with self._lock:
            if kind not in self._left:
                return False
            left = self._left[kind]
            ended = left == 1
            if ended:
                del self._left[kind]
            elif left:
                self._left[kind] = left - 1
        if ended:
            self._changed(self.describe(kind))
        return True

    def clear(self) -> None:
        """All off."""
        for kind in list(self._left):
            self.switch(kind, False)
