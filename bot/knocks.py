"""What came to a callback's address, for whoever asks whether the platform finds us: its page only says that saving failed."""

from __future__ import annotations

from collections.abc import Mapping

from bot.platforms.base import Health

IN_A_ROW = 3
"""Refusals without anything good between them, after which it is no longer some stranger who knocks."""

CHECKED = Health(True, "平台来核对过回调地址，通过了")
ARRIVED = Health(True, "平台的消息到得了这里")
WHY: Mapping[str, tuple[str, str]] = {
    "msg_signature": ("签名不对", "把页面上的 Token 重新复制一遍；用浏览器打开这个地址也会这样，那不要紧"),
    "sign": ("签名不对", "把页面上的 Client Secret 重新复制一遍；用浏览器打开这个地址也会这样，那不要紧"),
    "timestamp": ("时间差得太多", "校准这台电脑的时间：Windows 设置 → 时间和语言 → 立即同步"),
    "receiveid": ("企业 ID 不是这个企业的", "核对 corp_id"),
    "owner": ("app_key 不是这个应用的", "核对 app_key"),
    "encrypt": ("内容解不开", "把页面上的加密密钥（43 个字）重新复制一遍"),
}
"""What could not be trusted or read → how to say it, and what to do."""


class Knocks:
    """One connection's. health: how the last stood; None while nobody came. Safe to use from several threads."""

    def __init__(self) -> None:
        self.health: Health | None = None
        self._refused = 0

    def taken(self, health: Health) -> None:
        """Something came that could be read."""
        self._refused = 0
        if self.health is None or not self.health.well:
            self.health = health

    def refused(self, part: str) -> None:
        """Something came that was not from the platform, or was sealed with other keys. part: of the request."""
        self._refused += 1
        if self.health is not None and self.health.well and self._refused < IN_A_ROW:
            return
        what, todo = WHY.get(part.lower(), (f"{part} 不对", "核对这个连接的设置"))
        self.health = Health(False, f"有人来过回调地址，没有收下：{what}", todo)
