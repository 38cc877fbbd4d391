"""Calling WeCom with one secret (an app's, 家校沟通's, 客户联系's): one token for all threads, every refusal translated.

Sources: 企业微信开发者中心 › 获取access_token (91039), 素材管理, 全局错误码 (90313); copies of 2023 to 2025.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import requests

from bot.clock import Clock
from bot.errors import DeliveryError, TryLater
from bot.messages import Picture
from bot.platforms.base import Health, tried
from bot.platforms.http import StaleToken, TokenCache, call, open_session, read_bytes, read_json
from bot.platforms.tally import Tally
from bot.platforms.wecom_errors import STALE_TOKEN, code_of, error_for


class Call(Protocol):
    """One call with a good token. path: "/cgi-bin/user/get". Returns the answer, whose errcode is 0. Raises TryLater, GiveUp."""

    def __call__(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]: ...


class WecomCalls:
    """One secret's calls. Safe to use from several threads."""

    def __init__(self, corp_id: str, secret: str, api_base: str, clock: Clock, tally: Tally) -> None:
        self._corp_id, self._secret, self._base = corp_id, secret, api_base
        self._http = open_session(tally, unit)
        self._tokens = TokenCache(self._fetch_token, clock)

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """See Call."""

        def act(token: str) -> dict[str, Any]:
            # \uXXXX for Chinese counts as illegal characters (40033)
            data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
            headers = {"Content-Type": "application/json; charset=utf-8"} if data is not None else {}
            url, words = f"{self._base}{path}", {**(query or {}), "access_token": token}
            return _good(read_json(call(self._http, method, url, params=words, data=data, headers=headers)))

        return self._tokens.use(act)

    def upload(self, kind: str, picture: Picture) -> str:
        """media/upload; the id lives three days and serves the whole corp. kind: "image" or "file"."""

        def act(token: str) -> str:
            # read from the start again on a second try
            part = (picture.name, io.BytesIO(picture.content), picture.mime)
            url, words = f"{self._base}/cgi-bin/media/upload", {"access_token": token, "type": kind}
            result = _good(read_json(call(self._http, "POST", url, params=words, files={"media": part})))
            if not result.get("media_id"):
                raise TryLater("企业微信没有给出上传的文件号")
            return str(result["media_id"])

        return self._tokens.use(act)

    def download(self, media_id: str, limit: int) -> bytes:
        """media/get, while the id lives (three days). limit: bytes. Raises TryLater, GiveUp."""
        response = self._tokens.use(partial(self._downloaded, media_id))
        if response.status_code != 200:
            response.close()
            raise TryLater(f"企业微信没有给文件（HTTP {response.status_code}）")
        return read_bytes(response, limit)

    def check(self) -> Health:
        """Fetch a token: it proves corp_id, secret and the way there."""
        return tried(self._fetch_token)

    def _downloaded(self, media_id: str, token: str) -> requests.Response:
        """The answer that streams the file; a refusal comes as JSON in its place."""
        query = {"access_token": token, "media_id": media_id}
        response = call(self._http, "GET", f"{self._base}/cgi-bin/media/get", params=query, stream=True)
        if response.headers.get("Content-Type", "").startswith(("application/json", "text/plain")):
            raise _refusal(read_json(response))
        return response

    def _fetch_token(self) -> tuple[str, timedelta]:
        query = {"corpid": self._corp_id, "corpsecret": self._secret}
        result = read_json(call(self._http, "GET", f"{self._base}/cgi-bin/gettoken", params=query))
        if code := code_of(result):
            raise error_for(code, str(result.get("errmsg", "")))
        if not result.get("access_token"):
            raise TryLater("企业微信没有给凭证")
        return str(result["access_token"]), timedelta(seconds=int(result.get("expires_in", 7200)))


def unit(url: str) -> str:
    """What a call to this address counts as in the ledger: WeCom sells no calls, so a token is free and the rest is counted."""
    if "/message/send?" in url or "/appchat/send?" in url:
        return "message"
    return "free" if "/gettoken" in url else "api"


def _good(result: dict[str, Any]) -> dict[str, Any]:
    """The answer, unless it is a refusal."""
    if code_of(result):
        raise _refusal(result)
    return result


def _refusal(result: dict[str, Any]) -> StaleToken | DeliveryError:
    code = code_of(result)
    error = error_for(code, str(result.get("errmsg", "")))
    return StaleToken(error) if code in STALE_TOKEN else error
