"""WeCom's self-built app (企业微信自建应用): encrypted XML in, message/send out, one to one.

wechatpy does the crypto, the reading of XML, token, upload and sending; what it leaves open is closed here: its XML reader
is only shown documents that defusedxml accepts, its signature comparison is not constant in time (ours is), its calls have no
time-out (our session does), its retry on a stale token calls itself again and again (auto_retry is off; once is done here),
and gettoken and media/get ignore API_BASE_URL.

Sources: 企业微信开发者中心 › 消息推送 › 接收消息 (90930, copy of 2023), 发送应用消息 (90236, copy of 2025-09), 素材管理.
"""

from __future__ import annotations

import binascii
import hmac
import io
import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from xml.etree.ElementTree import ParseError

import requests
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from wechatpy.exceptions import WeChatClientException
from wechatpy.messages import UnknownMessage
from wechatpy.utils import WeChatSigner
from wechatpy.work import WeChatClient, parse_message
from wechatpy.work.crypto import PrpCrypto
from wechatpy.work.exceptions import InvalidCorpIdException

from bot.clock import Clock, from_seconds
from bot.errors import DeliveryError, GiveUp, Malformed, TryLater, Unsupported, Untrusted
from bot.messages import ChatKind, ChatRef, MediaRef, Message, Outgoing, Picture
from bot.platforms.base import Answer, Callback, Capabilities, Fetched, Health, Rate, Sent
from bot.platforms.http import StaleToken, TokenCache, call, open_session, read_bytes, read_json, translated
from bot.platforms.tally import Tally
from bot.platforms.wecom_errors import STALE_TOKEN, code_of, error_for
from bot.settings import WecomApp

TEXT_BYTES = 2048
"""Longer texts are cut off by the platform without a word (90236)."""

AGAIN_WITHIN = 1800
"""Seconds within which the platform swallows the very same request (90236: default 1800, at most 14400)."""


def build(connection: WecomApp, clock: Clock) -> WecomAppPlatform:
    """The connection that these settings describe."""
    return WecomAppPlatform(connection, clock)


class _Client(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
    """wechatpy's client with our session, our token and the address from the settings."""

    def __init__(self, connection: WecomApp, session: requests.Session, token: Callable[[], str]) -> None:
        super().__init__(connection.corp_id, connection.secret.get_secret_value(), auto_retry=False)
        self.API_BASE_URL = f"{connection.api_base}/cgi-bin/"
        self._http = session
        self._token = token

    @property
    def access_token(self) -> str:
        return self._token()


class WecomAppPlatform:
    """One self-built app."""

    capabilities = Capabilities(
        hears=True,
        direct=True,
        groups=False,
        text_bytes=TEXT_BYTES,
        markdown=False,  # it renders in WeCom, but members who read in WeChat's plugin would get nothing
        images=True,
        files=True,
        # more is dropped without a word (90236): 30 a minute and 1,000 an hour to one member
        rates=(Rate(28, timedelta(minutes=1), "chat"), Rate(950, timedelta(hours=1), "chat")),
    )

    def __init__(self, connection: WecomApp, clock: Clock) -> None:
        self._settings = connection
        self._clock = clock
        self._token_word = connection.token.get_secret_value()
        key = connection.encoding_aes_key.get_secret_value() + "="
        try:
            self._crypto = PrpCrypto(binascii.a2b_base64(key))
        except (binascii.Error, ValueError) as error:
            raise Malformed("encoding_aes_key") from error
        self.tally = Tally()
        self._http = open_session(self.tally)
        self._tokens = TokenCache(self._fetch_token, clock)
        self._client = _Client(connection, self._http, self._tokens.get)

    # in

    def parse(self, callback: Callback) -> Message | Answer:
        """Verify one callback and read it. GET is the address check of the console; its answer must be bare.

        query: msg_signature, timestamp (seconds), nonce, and echostr for GET. Raises Untrusted, Malformed, Unsupported.
        """
        if callback.method == "GET":
            # a "+" of the base64 arrives as a blank where somebody on the way decoded it once too often
            return Answer(self._opened(callback, callback.query.get("echostr", "").replace(" ", "+")))
        envelope = _xml(callback.body.decode("utf-8", "replace"))
        xml = self._opened(callback, envelope.findtext("Encrypt", ""))
        _xml(xml)
        return self._message(xml)

    def acknowledge(self) -> Answer:
        """An empty 200: nothing is said in the callback's answer."""
        return Answer()

    def _opened(self, callback: Callback, sealed: str) -> str:
        """What was encrypted, once the signature and the time are right."""
        query = callback.query
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        signer = WeChatSigner()
        signer.add_data(self._token_word, stamp, nonce, sealed)
        given = query.get("msg_signature", "")
        if not sealed or not hmac.compare_digest(signer.signature.encode(), given.encode()):
            raise Untrusted("msg_signature")
        tolerance = self._settings.tolerance
        if tolerance and abs((self._clock.now() - _moment(stamp)).total_seconds()) > tolerance:
            raise Untrusted("timestamp")
        try:
            opened: str = self._crypto.decrypt(sealed, self._settings.corp_id)
        except InvalidCorpIdException as error:
            raise Untrusted("receiveid") from error
        except (ValueError, IndexError, struct.error, binascii.Error) as error:
            raise Malformed("Encrypt") from error
        return opened

    def _message(self, xml: str) -> Message:
        try:
            read = parse_message(xml)
            raw: dict[str, Any] = read._data
            kind = str(raw["MsgType"]).lower()
            account = _word(raw["FromUserName"]).lower()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Malformed("xml") from error
        if isinstance(read, UnknownMessage) or kind not in ("text", "image"):
            raise Unsupported(f"{kind} {raw.get('Event', '')}".strip())
        try:
            return Message(
                id=_word(raw["MsgId"]),
                account=account,
                chat=ChatRef(ChatKind.DIRECT, account),
                sent_at=from_seconds(raw["CreateTime"]),
                text=(raw.get("Content") or "").strip() if kind == "text" else "",
                images=(MediaRef(_word(raw["MediaId"])),) if kind == "image" else (),
                raw=raw,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Malformed(kind) from error

    # out

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """message/send to one member. Raises TryLater, GiveUp."""
        body = self._body(outgoing)
        if outgoing.key:
            body |= {"enable_duplicate_check": 1, "duplicate_check_interval": AGAIN_WITHIN}
        result = self._carried_out(
            lambda client: client.message.send(self._settings.agent_id, chat.id, msg=body),
        )
        refused = str(result.get("invaliduser") or "").lower().split("|")
        if chat.id.lower() in refused:
            raise error_for(81013)
        return Sent(str(result.get("msgid", "")))

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """media/get, while the id lives (three days). Raises TryLater, GiveUp."""
        response = self._tokens.use(partial(self._downloaded, media.ref))
        if response.status_code != 200:
            response.close()
            raise TryLater(f"企业微信没有给文件（HTTP {response.status_code}）")
        return Fetched(read_bytes(response, limit), media.name)

    def check(self) -> Health:
        """Fetch a token: it proves corp_id, secret and the way there."""
        try:
            self._fetch_token()
        except (TryLater, GiveUp) as error:
            return Health(False, "凭证没有通过", error.reason)
        return Health(True, "凭证可用")

    def _body(self, outgoing: Outgoing) -> dict[str, Any]:
        if outgoing.image is not None:
            return {"msgtype": "image", "image": {"media_id": self._uploaded("image", outgoing.image)}}
        if outgoing.file is not None:
            return {"msgtype": "file", "file": {"media_id": self._uploaded("file", outgoing.file)}}
        kind = "markdown" if outgoing.markdown else "text"
        return {"msgtype": kind, kind: {"content": outgoing.text}}

    def _uploaded(self, kind: str, picture: Picture) -> str:
        """media/upload; the id lives three days and serves the whole corp."""

        def upload(client: _Client) -> Any:
            # read from the start again on a second try
            return client.media.upload(kind, (picture.name, io.BytesIO(picture.content), picture.mime))

        result = self._carried_out(upload)
        if not result.get("media_id"):
            raise TryLater("企业微信没有给出上传的文件号")
        return str(result["media_id"])

    def _downloaded(self, media_id: str, token: str) -> requests.Response:
        """The answer that streams the file; a refusal comes as JSON in its place."""
        url = f"{self._settings.api_base}/cgi-bin/media/get"
        query = {"access_token": token, "media_id": media_id}
        response = call(self._http, "GET", url, params=query, stream=True)
        if response.headers.get("Content-Type", "").startswith(("application/json", "text/plain")):
            raise _refusal(code_of(read_json(response)))
        return response

    def _carried_out(self, act: Callable[[_Client], dict[str, Any]]) -> dict[str, Any]:
        """Do it through wechatpy, whose errors end here. Raises TryLater, GiveUp."""
        return self._tokens.use(lambda _token: self._tried(act))

    def _tried(self, act: Callable[[_Client], dict[str, Any]]) -> dict[str, Any]:
        try:
            return _checked(act(self._client))
        except WeChatClientException as error:
            if error.errcode is None:
                raise TryLater("企业微信的服务器出错，稍后自动再试", unknown=True) from error
            raise _refusal(int(error.errcode), str(error.errmsg)) from error
        except requests.RequestException as error:
            raise translated(error) from error
        except (TypeError, ValueError) as error:  # wechatpy reads errcode as a number
            raise TryLater("企业微信的答复里没有结果", unknown=True) from error

    def _fetch_token(self) -> tuple[str, timedelta]:
        query = {"corpid": self._settings.corp_id, "corpsecret": self._settings.secret.get_secret_value()}
        result = read_json(call(self._http, "GET", f"{self._settings.api_base}/cgi-bin/gettoken", params=query))
        if code := code_of(result):
            raise error_for(code, str(result.get("errmsg", "")))
        if not result.get("access_token"):
            raise TryLater("企业微信没有给凭证")
        return str(result["access_token"]), timedelta(seconds=int(result.get("expires_in", 7200)))


def _refusal(code: int, words: str = "") -> StaleToken | DeliveryError:
    error = error_for(code, words)
    return StaleToken(error) if code in STALE_TOKEN else error


def _checked(result: object) -> dict[str, Any]:
    """wechatpy hands back the response itself where it is not JSON, and takes an answer without errcode for a good one."""
    if not isinstance(result, dict):
        raise TryLater("企业微信答复的不是数据", unknown=True)
    code_of(result)
    return result


def _word(value: object) -> str:
    """The text of an element that must hold some. Raises ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError("empty")
    return value


def _xml(text: str) -> Any:
    """The document, if it holds nothing that XML can be abused for."""
    try:
        return fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Malformed("xml") from error


def _moment(seconds: str) -> datetime:
    try:
        return from_seconds(seconds)
    except (ValueError, OverflowError, OSError) as error:
        raise Untrusted("timestamp") from error
