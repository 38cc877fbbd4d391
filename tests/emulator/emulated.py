"""A clock for the hand, a bot that only writes down what it is told, and both platforms' calls."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import requests
from PIL import Image
from wechatpy.work.crypto import WeChatCrypto

from bot.clock import SCHOOL_TZ
from bot.emulator import demo
from bot.emulator.records import Message
from bot.emulator.world import World

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=SCHOOL_TZ)


class HandClock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.moment = MONDAY

    def now(self) -> datetime:
        return self.moment

    def turn_to(self, moment: datetime) -> None:
        self.moment = moment

    def pass_by(self, **spans: float) -> None:
        self.moment += timedelta(**spans)


@dataclass
class Heard:
    """One request that the bot got."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeBot:
    """Takes callbacks. answers: what to answer next, a status or an error to raise; 200 once they are used up.

    agenda: what it has to do at which moments, for the clock.
    """

    clock: HandClock
    heard: list[Heard] = field(default_factory=list)
    answers: list[int | OSError] = field(default_factory=list)
    agenda: list[tuple[datetime, str]] = field(default_factory=list)
    turned_at: list[datetime] = field(default_factory=list)

    def post(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if "/clock" in url:
            return 200, {}, json.dumps(self._clock(method)).encode()
        self.heard.append(Heard(method, url, dict(headers), body))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, OSError):
            raise answer
        return answer, {}, b""

    def _clock(self, method: str) -> dict[str, object]:
        ran = []
        if method == "POST":
            self.turned_at.append(self.clock.now())
            ran = [entry for entry in self.agenda if entry[0] <= self.clock.now()]
            self.agenda = [entry for entry in self.agenda if entry not in ran]
        shown = [{"at": at.isoformat(), "what": what} for at, what in (*ran, *self.agenda)]
        coming = shown[len(ran) :]
        return {"now": self.clock.now().isoformat(), "ran": shown[: len(ran)], "next": coming[0] if coming else None}


@dataclass
class Callers:
    """The calls of both platforms as JSON, with a good token."""

    http: requests.Session
    url: str

    def wecom_token(self) -> str:
        query = {"corpid": demo.CORP_ID, "corpsecret": demo.WECOM_SECRET}
        return str(self.http.get(f"{self.url}/cgi-bin/gettoken", params=query, timeout=10).json()["access_token"])

    def wecom_send(self, token: str = "", **body: object) -> dict[str, object]:
        query = {"access_token": token or self.wecom_token()}
        body = {"touser": "wangxiaoyan", "agentid": demo.AGENT_ID, **body}
        return self._json(self.http.post(f"{self.url}/cgi-bin/message/send", params=query, json=body, timeout=10))

    def wecom_post(self, body: object, key: str = demo.GROUPS[0].key) -> dict[str, object]:
        url = f"{self.url}/cgi-bin/webhook/send"
        return self._json(self.http.post(url, params={"key": key}, json=body, timeout=10))

    def dingtalk_token(self) -> str:
        body = {"appKey": demo.DING_KEY, "appSecret": demo.DING_SECRET}
        return str(self.http.post(f"{self.url}/v1.0/oauth2/accessToken", json=body, timeout=10).json()["accessToken"])

    def dingtalk(self, path: str, token: str = "", **body: object) -> requests.Response:
        headers = {"x-acs-dingtalk-access-token": token or self.dingtalk_token()}
        body = {"robotCode": demo.DING_ROBOT, **body}
        return self.http.post(f"{self.url}/v1.0/robot/{path}", json=body, headers=headers, timeout=10)

    def dingtalk_old(self, url: str, body: object, **query: str) -> dict[str, object]:
        return self._json(self.http.post(url, params=query, json=body, timeout=10))

    def _json(self, response: requests.Response) -> dict[str, object]:
        assert response.status_code == 200
        data: dict[str, object] = response.json()
        return data


def jpeg(colour: str = "orange") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(content, "JPEG")
    return content.getvalue()


def echoed(url: str) -> str:
    """What wechatpy answers to the check of an address, if its signature, key and corp id are right."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    crypto = WeChatCrypto(demo.WECOM_TOKEN, demo.WECOM_AES_KEY, demo.CORP_ID)
    echo = crypto.check_signature(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
    return echo.decode() if isinstance(echo, bytes) else str(echo)


def from_bot(world: World) -> list[Message]:
    return [message for message in world.messages() if message.sender == "bot"]


Say = Callable[..., Message]
