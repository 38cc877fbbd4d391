"""wechatpy's own client, which knows the platform's real address alone: its requests are led elsewhere on their way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from wechatpy.work import WeChatClient

from bot.emulator import demo

REAL = "https://qyapi.weixin.qq.com/"


class LedTo(HTTPAdapter):
    """Sends what is meant for the platform to this address."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(request.url)
        request.url = f"{self._url}{parts.path}?{parts.query}"
        return super().send(request, *args, **kwargs)


@contextmanager
def led_to(url: str, secret: str = demo.WECOM_SECRET) -> Iterator[WeChatClient]:
    """A client of the demonstration's company with this secret."""
    client = WeChatClient(demo.CORP_ID, secret, timeout=10)
    client._http.trust_env = False
    client._http.mount(REAL, LedTo(url))
    yield client
    client._http.close()
