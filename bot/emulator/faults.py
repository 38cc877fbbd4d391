"""Things that go wrong on a platform, to be switched on at the desk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.emulator.records import Refused

BUSY_TIMES = 3
SLOW_SECONDS = 3.0


@dataclass(slots=True)
class Fault:
    """One switch. left: how many times it still strikes; None is for as long as it is on."""

    id: str
    label: str
    help: str
    times: int | None = None
    on: bool = False
    left: int | None = None


class Faults:
    """All switches. changed: told of every fault that goes on or off, from any thread."""

    def __init__(self, changed: Callable[[Fault], None], expire_tokens: Callable[[], None]) -> None:
        self.slow_seconds = SLOW_SECONDS
        self._changed = changed
        self._expire_tokens = expire_tokens
        self._lock = threading.Lock()
        self._acts: dict[str, Callable[[], None]] = {}
        self._faults = {
            fault.id: fault
            for fault in (
                Fault("busy", "平台繁忙", f"接下来 {BUSY_TIMES} 次发送被拒", times=BUSY_TIMES),
                Fault("slow", "平台很慢", f"开着的时候，每次调用多等 {SLOW_SECONDS:.0f} 秒"),
                Fault("expired_token", "令牌过期", "手里的令牌马上失效，要重新取一次", times=1),
                Fault("lost_ack", "回执丢失", "校铃收下了下一句话，平台却没听见，会再送一次", times=1),
                Fault("cut_line", "长连接断开", "下一句话送到一半，长连接断了，要重新连上", times=1),
                Fault("flow_control", "钉钉单聊限流", "下一次钉钉单聊发送里，第一个人收不到，要再发", times=1),
                Fault("over_quota", "钉钉额度用完", "开着的时候，钉钉不让发，送来的话里也没有字"),
                Fault("duplicate_callback", "重复回调", "开着的时候，每句话都送两遍"),
            )
        }

    def add(self, fault: Fault, act: Callable[[], None] | None = None) -> None:
        """One of a road's own. act: what happens the moment it is switched on."""
        self._faults[fault.id] = fault
        if act is not None:
            self._acts[fault.id] = act

    def all(self) -> list[Fault]:
        return list(self._faults.values())

    def switch(self, fault_id: str, on: bool) -> Fault:
        """Turn one on or off. Raises Refused for one that does not exist."""
        fault = self._faults.get(fault_id)
        if fault is None:
            raise Refused("没有这个开关。", 404)
        with self._lock:
            fault.on, fault.left = on, fault.times if on else None
        if on and fault_id == "expired_token":
            self._expire_tokens()
        if on and fault_id in self._acts:
            self._acts[fault_id]()
        self._changed(fault)
        return fault

    def on(self, fault_id: str) -> bool:
        return self._faults[fault_id].on

    def strikes(self, fault_id: str) -> bool:
        """Whether it strikes now; one that strikes a number of times is used up by asking."""
        fault = self._faults[fault_id]
        with self._lock:
            if not fault.on:
                return False
            if fault.left is not None:
                fault.left -= 1
                fault.on = fault.left > 0
            over = not fault.on
        if over:
            self._changed(fault)
        return True

    def reset(self) -> None:
        for fault in self._faults.values():
            fault.on, fault.left = False, None
