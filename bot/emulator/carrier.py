"""How the emulator calls the bot: one plain function, so that a test can put the bot's own WSGI client in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import requests

Transport: TypeAlias = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]
"""(method, url, headers, body) -> (status, headers, body). Raises OSError when no answer came."""

CALLBACK_SECONDS = 5.0
"""WeCom's time for an answer (企业微信开发者中心 › 接收消息, copy of 2023); DingTalk documents none for robots."""


def over_http(seconds: float = CALLBACK_SECONDS) -> Transport:
    """Real HTTP that waits at most `seconds` to connect and between bytes; no proxy and no .netrc take part."""

    def carry(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        with requests.Session() as session:
            session.trust_env = False
            # a redirect is an answer that is not 200, as the platforms see it
            answer = session.request(
                method, url, headers=dict(headers), data=body, timeout=seconds, allow_redirects=False
            )
            return answer.status_code, answer.headers, answer.content

    return carry
