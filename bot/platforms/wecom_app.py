"""WeCom's self-built app (企业微信自建应用): encrypted XML in, message/send out, one to one; groups that the app made are only
written to (应用群聊). Buttons go as template cards (bot/platforms/wecom_cards.py).

wechatpy does the crypto and the reading of XML; what it leaves open is closed here: its XML reader is only shown documents
that defusedxml accepts, and its signature comparison is not constant in time (ours is). Its client is not used: it has no
time-outs, its retry on a stale token calls itself again and again, and gettoken and media/get ignore API_BASE_URL.

Sources: 企业微信开发者中心 › 消息推送 › 接收消息 (90930, copy of 2023), 发送应用消息 (90236, copy of 2025-09), 更新模版卡片消息
(94888, copy of 2025-07), 撤回应用消息 (94867), 应用推送消息到群聊 (90248), 素材管理.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from wechatpy.messages import UnknownMessage
from wechatpy.utils import WeChatSigner
from wechatpy.work import parse_message
from wechatpy.work.crypto import PrpCrypto
from wechatpy.work.exceptions import InvalidCorpIdException

from bot.clock import Clock, from_seconds
from bot.errors import GiveUp, Malformed, Unsupported, Untrusted
from bot.facts import Ask, Fact, News
from bot.messages import CardRef, ChatKind, ChatRef, MediaRef, Message, Outgoing
from bot.platforms import wecom_cards, wecom_groups
from bot.platforms.base import Answer, Callback, Capabilities, Fetched, Health, MadeGroup, Rate, Sent
from bot.platforms.tally import Tally
from bot.platforms.wecom_agent import agent
from bot.platforms.wecom_calls import WecomCalls
from bot.platforms.wecom_card_notice import notice
from bot.platforms.wecom_errors import CARD_FORM, Refused, error_for
from bot.platforms.wecom_facts import WecomFacts, read_event
from bot.settings import WecomApp

TEXT_BYTES = 2048
"""Longer texts are cut off by the platform without a word (90236)."""

AGAIN_WITHIN = 1800
"""Seconds within which the platform swallows the very same request (90236: default 1800, at most 14400)."""

CARD_AGAIN_WITHIN = 14400
"""A card's own id tells it from every other one, so the longest is right."""

CARD_LASTS = timedelta(hours=72)
"""A click's response_code changes its card once, within this time (90236)."""

CLICK, MENU_CLICK = "template_card_event", "template_card_menu_event"


def build(connection: WecomApp, clock: Clock) -> WecomAppPlatform:
    """The connection that these settings describe."""
    return WecomAppPlatform(connection, clock)


class WecomAppPlatform:
    """One self-built app."""

    capabilities = Capabilities(
        hears=True,
        direct=True,
        groups=True,  # those that it made itself; nothing is heard there
        text_bytes=TEXT_BYTES,
        markdown=False,  # it renders in WeCom, but members who read in WeChat's plugin would get nothing
        images=True,
        files=True,
        mentions=True,
        buttons=wecom_cards.CHOICES,
        forms=True,
        notices=True,
        closes=True,
        recalls=True,
        # more is dropped without a word (90236): 30 a minute and 1,000 an hour to one member
        rates=(Rate(28, timedelta(minutes=1), "chat"), Rate(950, timedelta(hours=1), "chat")),
    )

    def __init__(self, connection: WecomApp, clock: Clock) -> None:
        self._settings = connection
        if not connection.cards:
            self.capabilities = replace(self.capabilities, buttons=0, forms=False, notices=False, closes=False)
        self._clock = clock
        self._token_word = connection.token.get_secret_value()
        key = connection.encoding_aes_key.get_secret_value() + "="
        try:
            self._crypto = PrpCrypto(binascii.a2b_base64(key))
        except (binascii.Error, ValueError) as error:
            raise Malformed("encoding_aes_key") from error
        self.tally = Tally()
        secret = connection.secret.get_secret_value()
        self._calls = WecomCalls(connection.corp_id, secret, connection.api_base, clock, self.tally)
        self._facts = WecomFacts(self._calls.call, clock)
        self.asks = self._facts.asks

    # in

    def parse(self, callback: Callback) -> Message | News | Answer:
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

    def _message(self, xml: str) -> Message | News:
        try:
            read = parse_message(xml)
            raw: dict[str, Any] = read._data
            kind = str(raw["MsgType"]).lower()
            account = _word(raw["FromUserName"]).lower()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Malformed("xml") from error
        if kind == "event":
            return self._event(account, raw)
        if isinstance(read, UnknownMessage) or kind not in ("text", "image"):
            raise Unsupported(kind)
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

    def _event(self, account: str, raw: dict[str, Any]) -> Message | News:
        """A press on a card is something said; what the company's other tools tell is for those who can read it."""
        name = str(raw.get("Event", ""))
        if name.lower() in (CLICK, MENU_CLICK):
            return _click(account, raw)
        return read_event(raw)

    # out

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """message/send to one member, appchat/send to a group that the app made. Raises TryLater, GiveUp.

        A card that was pressed is changed instead, where outgoing.closes says so: once, with the press's own code; a code that
        is over or used up leaves the card as it is, which the note tells.
        """
        if chat.kind is ChatKind.GROUP:
            return self._post(chat, outgoing)
        if outgoing.closes is not None:
            return self._close(chat, outgoing.text, outgoing.closes)
        card = self._card(chat, outgoing) if self._settings.cards and outgoing.text else None
        if card is not None:
            try:
                return self._sent(chat, card, CARD_AGAIN_WITHIN if outgoing.key else 0)
            except Refused as error:
                if error.code not in CARD_FORM:
                    raise
        return self._sent(chat, self._body(outgoing), AGAIN_WITHIN if outgoing.key else 0)

    def _sent(self, chat: ChatRef, body: dict[str, Any], again_within: int) -> Sent:
        body = {"touser": chat.id, "agentid": self._settings.agent_id, **body}
        if again_within:
            body |= {"enable_duplicate_check": 1, "duplicate_check_interval": again_within}
        result = self._calls.call("POST", "/cgi-bin/message/send", body)
        refused = str(result.get("invaliduser") or "").lower().split("|")
        if chat.id.lower() in refused:
            raise error_for(81013)
        return Sent(str(result.get("msgid", "")))

    def _card(self, chat: ChatRef, outgoing: Outgoing) -> dict[str, Any] | None:
        if outgoing.buttons or outgoing.form is not None:
            task = wecom_cards.task_id(outgoing.key, chat.id, outgoing.text)
            card = wecom_cards.card(outgoing.text, outgoing.buttons, task, outgoing.form)
        else:
            card = notice(outgoing.text)
        return None if card is None else {"msgtype": "template_card", "template_card": card}

    def _close(self, chat: ChatRef, words: str, card: CardRef) -> Sent:
        if not card.ticket or (card.until is not None and card.until <= self._clock.now()):
            return Sent(note="卡片超过 72 小时，按钮收不起来了")
        body = {
            "userids": [chat.id],
            "agentid": self._settings.agent_id,
            "response_code": card.ticket,
            "button": {"replace_name": wecom_cards.replaced(words)},
        }
        try:
            self._calls.call("POST", "/cgi-bin/message/update_template_card", body)
        except Refused as error:
            return Sent(note=f"卡片上的按钮没能收起：{error.reason}")
        return Sent()

    def recall(self, chat: ChatRef, reference: str) -> None:
        """message/recall, within 24 hours; what WeChat's plugin has shown stays there. Raises TryLater, GiveUp."""
        if not reference:
            raise GiveUp("这条消息没有消息号，企业微信收不回（群里发的都没有）")
        self._calls.call("POST", "/cgi-bin/message/recall", {"msgid": reference})

    # groups that the app made

    def create_group(self, name: str, owner: str, members: Sequence[str]) -> MadeGroup:
        """See bot/platforms/wecom_groups.py. Raises TryLater, GiveUp."""
        return wecom_groups.create(self._calls.call, self._settings.agent_id, name, owner, members)

    def _post(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """There is no message id, no card and no check against duplicates here."""
        body = self._body(outgoing)
        if outgoing.mentions and "text" in body:
            body["text"]["mentioned_list"] = list(outgoing.mentions)
        elif outgoing.mentions and "markdown" in body:
            body["markdown"]["content"] += "".join(f"<@{account}>" for account in outgoing.mentions)
        self._calls.call("POST", "/cgi-bin/appchat/send", {"chatid": chat.id, **body})
        return Sent()

    # what it knows

    def ask(self, what: Ask, about: str) -> tuple[Fact, ...]:
        """See bot/platforms/wecom_facts.py. Raises TryLater, GiveUp."""
        return self._facts.ask(what, about)

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """media/get, while the id lives (three days). Raises TryLater, GiveUp."""
        return Fetched(self._calls.download(media.ref, limit), media.name)

    def check(self) -> Health:
        """A token proves corp_id, secret and the way there; the app itself the rest."""
        health = self._calls.check()
        return agent(self._calls.call, self._settings.agent_id) if health.well else health

    def prove(self) -> Health:
        """The same, though the console takes no trusted address before it has the callback's."""
        health = self._calls.check()
        return agent(self._calls.call, self._settings.agent_id, early=True) if health.well else health

    def _body(self, outgoing: Outgoing) -> dict[str, Any]:
        if outgoing.image is not None:
            return {"msgtype": "image", "image": {"media_id": self._calls.upload("image", outgoing.image)}}
        if outgoing.file is not None:
            return {"msgtype": "file", "file": {"media_id": self._calls.upload("file", outgoing.file)}}
        kind = "markdown" if outgoing.markdown else "text"
        return {"msgtype": kind, kind: {"content": outgoing.text}}


def _click(account: str, raw: dict[str, Any]) -> Message:
    """What the pressed button says, and the code by which its card can be changed once. Events have no id of their own."""
    try:
        said, task, sent_at = wecom_cards.says(raw), _word(raw["TaskId"]), from_seconds(raw["CreateTime"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Malformed(CLICK) from error
    event = "\0".join((account, str(raw["CreateTime"]), task, str(raw.get("EventKey", "")), said))
    return Message(
        id=f"card-{hashlib.sha256(event.encode()).hexdigest()[:40]}",
        account=account,
        chat=ChatRef(ChatKind.DIRECT, account),
        sent_at=sent_at,
        text=said,
        click=said,
        card=CardRef(task, str(raw.get("ResponseCode") or ""), sent_at + CARD_LASTS),
        raw=raw,
    )


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
