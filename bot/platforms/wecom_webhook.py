"""WeCom's group robot by webhook (企业微信群机器人, since 2025 消息推送): posts to one group, hears nothing.

The key in the address is the only secret; no token, no IP list. There is no message id and no duplicate check, so a
post whose answer got lost may stand twice.
Its newer Markdown (markdown_v2: tables, lists, code) is a setting: clients before 4.1.36 show the marks themselves.
Source: 企业微信开发者中心 › 消息推送配置说明 (91770, copy of 2025-08).
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.errors import DeliveryError, GiveUp, TryLater
from bot.messages import ChatRef, Outgoing, Picture
from bot.platforms.base import Capabilities, Deaf, Health, Rate, Sent
from bot.platforms.http import call, open_session, read_json
from bot.platforms.tally import Tally
from bot.platforms.wecom_card_notice import GROUP_ROOM, notice
from bot.platforms.wecom_cards import bare
from bot.platforms.wecom_errors import CARD_FORM, Refused, code_of, error_for
from bot.settings import WecomWebhook

IMAGE_BYTES = 2 * 1024 * 1024
"""Of the picture itself, before base64."""


def build(connection: WecomWebhook, clock: Clock) -> WecomWebhookPlatform:
    """The connection that these settings describe. It needs no time."""
    return WecomWebhookPlatform(connection)


class WecomWebhookPlatform(Deaf):
    """One group's robot."""

    capabilities = Capabilities(
        hears=False,
        direct=False,
        groups=True,
        text_bytes=2048,
        markdown=True,
        images=True,
        files=True,
        mentions=True,
        rates=(Rate(18, timedelta(minutes=1)),),  # 20 is the limit, and failed posts count too
    )

    def __init__(self, connection: WecomWebhook) -> None:
        self._base = f"{connection.api_base}/cgi-bin/webhook"
        self._key = connection.key.get_secret_value()
        self._newer = connection.markdown_v2
        self._cards = connection.cards
        if connection.cards:
            self.capabilities = replace(self.capabilities, group_notices=True)
        self.tally = Tally()
        self._http = open_session(self.tally)

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """webhook/send. chat is the one group that the key stands for. Raises TryLater, GiveUp."""
        card = self._card(outgoing)
        if card is not None:
            try:
                self._post("send", **_json(card))
                return Sent()
            except Refused as error:
                if error.code not in CARD_FORM:
                    raise
        self._post("send", **_json(self._body(outgoing)))
        return Sent()

    def check(self) -> Health:
        """An empty post: a right key is told that the content is missing, and nothing shows in the group."""
        try:
            self._post("send", **_json({"msgtype": "text", "text": {"content": ""}}))
        except (TryLater, GiveUp) as error:
            return _health(error)
        return Health(True, "可以发到群里")

    def _card(self, outgoing: Outgoing) -> dict[str, Any] | None:
        """A text that ends with links, where nobody is mentioned: a card mentions nobody."""
        if not self._cards or not outgoing.text or outgoing.mentions:
            return None
        card = notice(bare(outgoing.text) if outgoing.markdown else outgoing.text, GROUP_ROOM)
        return None if card is None else {"msgtype": "template_card", "template_card": card}

    def _body(self, outgoing: Outgoing) -> dict[str, Any]:
        if outgoing.image is not None:
            return {"msgtype": "image", "image": _image(outgoing.image)}
        if outgoing.file is not None:
            return {"msgtype": "file", "file": {"media_id": self._uploaded(outgoing.file)}}
        if outgoing.markdown and self._newer and not outgoing.mentions:  # the newer kind mentions nobody
            return {"msgtype": "markdown_v2", "markdown_v2": {"content": outgoing.text}}
        if outgoing.markdown:
            mentions = "".join(f"<@{account}>" for account in outgoing.mentions)
            return {"msgtype": "markdown", "markdown": {"content": f"{outgoing.text}{mentions}"}}
        text: dict[str, Any] = {"content": outgoing.text}
        if outgoing.mentions:
            text["mentioned_list"] = list(outgoing.mentions)
        return {"msgtype": "text", "text": text}

    def _uploaded(self, file: Picture) -> str:
        """The id serves this key alone, for three days."""
        part = (file.name, io.BytesIO(file.content), file.mime)
        result = self._post("upload_media", params={"type": "file"}, files={"media": part})
        if not result.get("media_id"):
            raise TryLater("企业微信没有给出上传的文件号")
        return str(result["media_id"])

    def _post(self, what: str, **kwargs: Any) -> dict[str, Any]:
        params = {"key": self._key, **kwargs.pop("params", {})}
        result = read_json(call(self._http, "POST", f"{self._base}/{what}", params=params, **kwargs))
        if code := code_of(result):
            raise error_for(code)
        return result


def _json(body: Mapping[str, Any]) -> dict[str, Any]:
    """How to post it: \\uXXXX for Chinese counts as illegal characters (40033)."""
    content = json.dumps(body, ensure_ascii=False).encode()
    return {"data": content, "headers": {"Content-Type": "application/json; charset=utf-8"}}


def _image(picture: Picture) -> dict[str, str]:
    if len(picture.content) > IMAGE_BYTES:
        raise error_for(40009)
    return {
        "base64": base64.b64encode(picture.content).decode(),
        "md5": hashlib.md5(picture.content, usedforsecurity=False).hexdigest(),
    }


def _health(error: DeliveryError) -> Health:
    """44004: the key is right, only the content was missing, as intended."""
    if "44004" in error.reason:
        return Health(True, "key 可用")
    return Health(False, "发不到群里", error.reason)
