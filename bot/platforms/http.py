"""Calling a platform: always with a time-out, every failure as TryLater, one token for all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter

from bot.clock import Clock
from bot.errors import DeliveryError, GiveUp, TryLater
from bot.platforms.base import TIMEOUT
from bot.platforms.tally import Tally

Result = TypeVar("Result")

EARLY = timedelta(seconds=60)
"""A token is renewed this long before it ends, so that none ends on its way."""

CHUNK = 64 * 1024

_NEVER_CONNECTED = ("NewConnectionError", "NameResolutionError", "SSLError")
"""urllib3's words for a call that cannot have been carried out. A connection that ends later may have carried it."""


class _Timed(HTTPAdapter):
    """requests waits for ever unless told otherwise; so do the libraries that use a session of ours."""

    def send(self, request: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # only adds a default
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = TIMEOUT
        return super().send(request, **kwargs)


def open_session(tally: Tally, unit: Callable[[str], str] = lambda url: "free") -> requests.Session:
    """A session in which no call waits for ever and no proxy or .netrc of the machine takes part.

    Every answer is counted in the tally. unit: what a call to this address counts as.
    """
    session = requests.Session()
    session.trust_env = False
    session.hooks["response"].append(lambda response, **_: tally.count(unit(str(response.request.url))))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Timed(pool_maxsize=16))
    return session


def call(session: requests.Session, method: str, url: str, **kwargs: Any) -> requests.Response:
    """One HTTP request. Raises TryLater; its `unknown` says whether the platform may have carried it out."""
    try:
        return session.request(method, url, **kwargs)
    except requests.RequestException as error:
        raise translated(error) from error


def translated(error: requests.RequestException) -> TryLater:
    """What a failure of the transport means."""
    match error:
        case requests.ConnectTimeout():
            return TryLater("连不上平台的服务器，请检查这台电脑的网络")
        case requests.ReadTimeout():
            return TryLater("平台没有及时答复", unknown=True)
        case requests.ConnectionError() if any(word in repr(error) for word in _NEVER_CONNECTED):
            return TryLater("连不上平台的服务器，请检查这台电脑的网络")
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return TryLater("和平台的连接断了", unknown=True)
        case _:
            return TryLater("和平台通话出了差错", unknown=True)


def read_json(response: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer or of a refusal. Raises TryLater for anything else: an HTML page, a server's error."""
    if response.status_code >= 500 or response.status_code == 429:
        response.close()
        raise TryLater(f"平台的服务器出错或繁忙（HTTP {response.status_code}）", unknown=response.status_code != 429)
    try:
        data = response.json()
    except ValueError as error:
        raise TryLater(f"平台答复的不是数据（HTTP {response.status_code}）", unknown=response.ok) from error
    except requests.RequestException as error:
        raise translated(error) from error
    if not isinstance(data, dict):
        raise TryLater(f"平台答复的格式不对（HTTP {response.status_code}）", unknown=response.ok)
    return data


def read_bytes(response: requests.Response, limit: int) -> bytes:
    """The body of a streamed answer. Raises GiveUp as soon as it is longer than `limit`, TryLater when it breaks off."""
    content = bytearray()
    try:
        for chunk in response.iter_content(CHUNK):
            content += chunk
            if len(content) > limit:
                raise GiveUp(f"文件超过 {limit // 1024 // 1024} MB")
    except requests.RequestException as error:
        raise translated(error) from error
    finally:
        response.close()
    return bytes(content)


class StaleToken(Exception):
    """The platform refused the token. refusal: what it means when a fresh one is refused, too."""

    def __init__(self, refusal: DeliveryError) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class TokenCache:
    """One access token, fetched by one thread at a time.

    fetch: calls the platform and returns the token and how long it lives. Raises TryLater or GiveUp.
    """

    def __init__(self, fetch: Callable[[], tuple[str, timedelta]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until: datetime | None = None

    def get(self) -> str:
        """The token, a new one where it is missing or about to end.

        Raises TryLater, never `unknown`: without a token nothing was sent. Raises GiveUp.
        """
        with self._lock:
            if self._until is None or self._clock.now() >= self._until:
                try:
                    self._token, lasts = self._fetch()
                except TryLater as error:
                    raise TryLater(error.reason, error.after) from error
                self._until = self._clock.now() + lasts - EARLY
            return self._token

    def use(self, act: Callable[[str], Result]) -> Result:
        """Do `act(token)`; once more, with a fresh token, where it raises StaleToken. Raises TryLater, GiveUp."""
        token = self.get()
        try:
            return act(token)
        except StaleToken:
            self._drop(token)
        try:
            return act(self.get())
        except StaleToken as stale:
            raise stale.refusal from stale

    def _drop(self, token: str) -> None:
        """Nothing happens where another thread has fetched a new one already."""
        with self._lock:
            if token == self._token:
                self._until = None
