"""Calling DingTalk as an internal app (企业内部应用): one token for its new API and its old one, every refusal translated.

Sources: 钉钉开放平台 › 获取企业内部应用的 accessToken (0033), 错误码 (0012, 0013), 上传媒体文件 (0646); snapshot of 2026-08.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from bot.clock import Clock
from bot.errors import DeliveryError, TryLater
from bot.messages import MediaRef, Picture
from bot.platforms.base import Fetched, Health, tried
from bot.platforms.dingtalk_errors import OVER_QUOTA, STALE_TOKEN, error_for, old_code, refuse_ban
from bot.platforms.http import StaleToken, TokenCache, call, open_session, read_bytes, read_json
from bot.platforms.tally import Tally
from bot.settings import DingtalkCredentials

JSON = {"Content-Type": "application/json; charset=utf-8"}

_FREE = (
    "/oauth2/",
    "/gettoken",
    "/topapi/v2/user/",
    "/topapi/user/",
    "/topapi/v2/department/",
    "/gateway/connections/",
)
"""Calls that no quota counts: tokens, contacts (1432), opening a stream."""

_MESSAGES = ("/robot/send?", "/robot/sendBySession")
"""Posts that count as messages, not as calls (1431)."""


def unit(url: str) -> str:
    """What a call to this address counts as in the ledger; a file's own address is not DingTalk's API."""
    if any(part in url for part in _MESSAGES):
        return "message"
    return "free" if any(part in url for part in _FREE) else "api"


class DingtalkApi:
    """One app's calls. Safe to use from several threads."""

    def __init__(self, settings: DingtalkCredentials, clock: Clock, tally: Tally) -> None:
        self._settings = settings
        self._secret = settings.app_secret.get_secret_value()
        self._tally = tally
        self.http = open_session(tally, unit)
        self._files = open_session(tally)
        self._tokens = TokenCache(self._fetch_token, clock)

    def new(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str) -> dict[str, Any]:
        """A call of the new API. path: "/v1.0/robot/…". Raises TryLater, GiveUp."""
        return self._tokens.use(partial(self._new, method, f"{self._settings.api_base}{path}", body, query))

    def old(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A call of the old API, a POST that answers 200 always. path: "/topapi/…". Raises TryLater, GiveUp."""
        return self._tokens.use(partial(self._old, f"{self._settings.oapi_base}{path}", body or {}))

    def upload(self, kind: str, picture: Picture) -> str:
        """media/upload. kind: "image" or "file". Returns the media id, which stays good."""

        def act(token: str) -> str:
            # read from the start again on a second try
            part = (picture.name, io.BytesIO(picture.content), picture.mime)
            query = {"access_token": token, "type": kind}
            url = f"{self._settings.oapi_base}/media/upload"
            result = self._old_result(read_json(call(self.http, "POST", url, params=query, files={"media": part})))
            if not result.get("media_id"):
                raise TryLater("钉钉没有给出上传的文件号")
            return str(result["media_id"])

        return self._tokens.use(act)

    def download(self, code: str, media: MediaRef, limit: int) -> Fetched:
        """A file that somebody sent to the robot `code`: downloadCode → address → bytes. Raises TryLater, GiveUp."""
        body = {"downloadCode": media.ref, "robotCode": code}
        url = str(self.new("POST", "/v1.0/robot/messageFiles/download", body).get("downloadUrl", ""))
        if not url.startswith(("http://", "https://")):
            raise TryLater("钉钉没有给下载地址")
        response = call(self._files, "GET", url, stream=True)
        if response.status_code != 200:
            response.close()
            raise TryLater(f"钉钉没有给文件（HTTP {response.status_code}）")
        return Fetched(read_bytes(response, limit), media.name)

    def check(self) -> Health:
        """Fetch a token: it proves app_key, app_secret and the way there."""
        return tried(self._fetch_token)

    def _new(
        self, method: str, url: str, body: Mapping[str, Any] | None, query: Mapping[str, str], token: str
    ) -> dict[str, Any]:
        headers = JSON | {"x-acs-dingtalk-access-token": token}
        data = as_json(body).encode() if body is not None else None
        response = call(self.http, method, url, params=query, data=data, headers=headers)
        result = read_json(response)
        refuse_ban(result)
        if response.status_code == 200:
            return result
        code = str(result.get("code") or result.get("Code") or response.status_code)
        message = str(result.get("message") or result.get("Message") or "")
        raise self._refusal(code, stale=response.status_code == 401, scopes=_missing(result), message=message)

    def _old(self, url: str, body: Mapping[str, Any], token: str) -> dict[str, Any]:
        query = {"access_token": token}
        return self._old_result(
            read_json(call(self.http, "POST", url, params=query, data=as_json(body).encode(), headers=JSON))
        )

    def _old_result(self, result: dict[str, Any]) -> dict[str, Any]:
        """The answer, unless it is a refusal."""
        code = old_code(result)
        if code != "0":
            raise self._refusal(code)
        return result

    def _refusal(
        self, code: str, *, stale: bool = False, scopes: str = "", message: str = ""
    ) -> StaleToken | DeliveryError:
        if code in OVER_QUOTA:
            self._tally.refuse("api")
        error = error_for(code, scopes, message)
        return StaleToken(error) if stale or code in STALE_TOKEN else error

    def _fetch_token(self) -> tuple[str, timedelta]:
        body = {"appKey": self._settings.app_key, "appSecret": self._secret}
        url = f"{self._settings.api_base}/v1.0/oauth2/accessToken"
        response = call(self.http, "POST", url, data=as_json(body).encode(), headers=JSON)
        result = read_json(response)
        refuse_ban(result)
        if response.status_code != 200:
            raise error_for(str(result.get("code") or response.status_code))
        if not result.get("accessToken"):
            raise TryLater("钉钉没有给凭证")
        return str(result["accessToken"]), timedelta(seconds=int(result.get("expireIn", 7200)))


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _missing(result: Mapping[str, Any]) -> str:
    """The permissions that a refusal names."""
    detail = result.get("accessdenieddetail") or result.get("accessDeniedDetail")
    scopes = detail.get("requiredScopes") if isinstance(detail, dict) else None
    return "、".join(map(str, scopes)) if isinstance(scopes, list) else ""
