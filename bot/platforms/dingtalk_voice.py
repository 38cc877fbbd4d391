"""What an internal app's robot says and fetches, however it hears: sessionWebhook while it lives, then OpenAPI.

Sources: 钉钉开放平台 › 机器人 › 发送消息 (0714-0716), 撤回 (0722, 0725), 下载文件 (0719), 媒体文件 (0646); snapshot of 2026-08.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.errors import DeliveryError, GiveUp
from bot.facts import Ask, Fact
from bot.messages import ChatKind, ChatRef, MediaRef, Outgoing, TodoItem
from bot.platforms.base import Capabilities, Fetched, Health, Quota, Rate, Sent
from bot.platforms.dingtalk_api import JSON, DingtalkApi, as_json
from bot.platforms.dingtalk_cards import Cards, HttpCallback
from bot.platforms.dingtalk_errors import OVER_QUOTA, SESSION_OVER, error_for, old_code
from bot.platforms.dingtalk_facts import ASKS, DingtalkFacts
from bot.platforms.dingtalk_posts import as_markdown, webhook_body
from bot.platforms.dingtalk_todos import Todos
from bot.platforms.dingtalk_words import over_quota
from bot.platforms.http import call, read_json
from bot.platforms.tally import Tally
from bot.settings import DingtalkRobotCredentials

PARAM_BYTES = 15_000
"""Of msgParam as a string (0699). Text keeps well below it: escaping and line breaks make it longer."""

SESSION_MARGIN = timedelta(minutes=1)
"""A session address about to end is not used."""

BATCH = 20
"""People whom one batchSend reaches (0714)."""

FILE_TYPES = ("xlsx", "pdf", "zip", "rar", "doc", "docx")
"""What sampleFile accepts (0699)."""


def quotas(connection: DingtalkRobotCredentials) -> tuple[Quota, ...]:
    """What the organisation may use up in a natural month (1431, 1438)."""
    return (Quota("api", connection.api_quota), Quota("message", connection.message_quota))


class RobotVoice:
    """One robot's half that speaks. Safe to use from several threads."""

    asks = ASKS
    most = BATCH

    def __init__(
        self, connection: DingtalkRobotCredentials, clock: Clock, callback: HttpCallback | None = None
    ) -> None:
        self._settings = connection
        self._code = connection.robot_code or connection.app_key
        self._clock = clock
        self.tally = Tally()
        self._api = DingtalkApi(connection, clock, self.tally)
        self._cards = Cards(self._api, connection, callback)
        self._todos = Todos(self._api, clock)
        self.capabilities = self._cards.added(
            Capabilities(
                hears=True,
                direct=True,
                groups=True,
                text_bytes=4000,
                markdown=True,
                images=True,
                files=True,
                mentions=True,
                recalls=True,
                rates=(Rate(18, timedelta(seconds=1)),),  # 20 a second per app and API in the standard edition
                quotas=quotas(connection),
                todos=connection.todos,
            )
        )

    def ask(self, what: Ask, about: str) -> tuple[Fact, ...]:
        """See DingtalkFacts.ask. Raises TryLater, GiveUp."""
        return DingtalkFacts(self._api, self._clock).ask(what, about)

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """As a card where there are buttons; by the session's address while it lives; else by OpenAPI.

        Raises TryLater, GiveUp.
        """
        if outgoing.closes is not None:
            return self._cards.close(outgoing.closes, outgoing.text)
        if (sent := self._cards.send(chat, outgoing)) is not None:
            return sent
        if outgoing.image is None and outgoing.file is None and self._session_lives(chat):
            code = self._by_session(chat, outgoing)
            if code == "0":
                return Sent()
            if code != SESSION_OVER:
                raise error_for(code)
        body = self._body(outgoing)
        if chat.kind is ChatKind.GROUP:
            result = self._api.new("POST", "/v1.0/robot/groupMessages/send", body | {"openConversationId": chat.id})
            return Sent(str(result.get("processQueryKey", "")))
        result = self._batch([chat.id], body)
        if (refused := _refused(chat.id, result)) is not None:
            raise refused
        return Sent(str(result.get("processQueryKey", "")))

    def send_many(self, chats: Sequence[ChatRef], outgoing: Outgoing) -> Mapping[str, Sent | DeliveryError]:
        """batchSend: one call of the month's quota for up to twenty people; answered with whom it did not reach."""
        result = self._batch([chat.id for chat in chats], self._body(outgoing))
        sent = Sent(str(result.get("processQueryKey", "")))
        return {chat.id: _refused(chat.id, result) or sent for chat in chats}

    def keep(self, chat: ChatRef, item: TodoItem) -> Sent:
        """See Todos.keep. Raises TryLater, GiveUp."""
        return self._todos.keep(chat, item)

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """downloadCode → address → bytes. Raises TryLater, GiveUp."""
        return self._api.download(self._code, media, limit)

    def check(self) -> Health:
        """Fetch a token: it proves app_key, app_secret and the way there."""
        return self._api.check()

    def count_heard(self, data: Mapping[str, Any]) -> None:
        """One more message came. data: as the robot gets it."""
        self.tally.count("message")
        if over_quota(data):
            self.tally.refuse("message")

    def _session_lives(self, chat: ChatRef) -> bool:
        if not chat.reply_url or chat.reply_until is None:
            return False
        return chat.reply_until - SESSION_MARGIN > self._clock.now()

    def _by_session(self, chat: ChatRef, outgoing: Outgoing) -> str:
        """Returns the errcode as a word."""
        if chat.kind is ChatKind.DIRECT:
            outgoing = replace(outgoing, mentions=())
        # the address came from outside: it may not lead on to another
        asked = {"data": webhook_body(outgoing), "headers": JSON, "allow_redirects": False}
        code = old_code(read_json(call(self._api.http, "POST", chat.reply_url, **asked)))
        if code in OVER_QUOTA:
            self.tally.refuse("message")
        return code

    def _body(self, outgoing: Outgoing) -> dict[str, str]:
        key, values = self._packed(outgoing)
        body = {"robotCode": self._code, "msgKey": key, "msgParam": as_json(values)}
        if len(body["msgParam"].encode()) > PARAM_BYTES:
            raise error_for("msgParam.tooLong")
        return body

    def _batch(self, accounts: Sequence[str], body: Mapping[str, str]) -> dict[str, Any]:
        return self._api.new("POST", "/v1.0/robot/oToMessages/batchSend", {**body, "userIds": list(accounts)})

    def _packed(self, outgoing: Outgoing) -> tuple[str, dict[str, str]]:
        if outgoing.image is not None:
            return "sampleImageMsg", {"photoURL": self._api.upload("image", outgoing.image)}
        if outgoing.file is not None:
            suffix = outgoing.file.name.rpartition(".")[2].lower()
            if suffix not in FILE_TYPES:
                raise GiveUp(f"钉钉机器人不能发 .{suffix} 文件，只能发 {'、'.join(FILE_TYPES)}")
            values = {"mediaId": self._api.upload("file", outgoing.file), "fileName": outgoing.file.name}
            return "sampleFile", values | {"fileType": suffix}
        if outgoing.markdown:
            return "sampleMarkdown", {"title": outgoing.title or "校铃", "text": as_markdown(outgoing.text)}
        return "sampleText", {"content": outgoing.text}

    def recall(self, chat: ChatRef, reference: str) -> None:
        """Take back one message, within 24 hours. What a session's address said has no reference. Raises TryLater, GiveUp."""
        if not reference:
            raise GiveUp("钉钉没有给这条消息编号，撤不回来")
        body: dict[str, object] = {"robotCode": self._code, "processQueryKeys": [reference]}
        if chat.kind is ChatKind.GROUP:
            path = "/v1.0/robot/groupMessages/recall"
            body["openConversationId"] = chat.id
        else:
            path = "/v1.0/robot/otoMessages/batchRecall"  # with a small t: as documented
        result = self._api.new("POST", path, body)
        if reference in (result.get("failedResult") or {}):
            raise GiveUp("这条消息已经撤不回来了（钉钉只能撤回 24 小时内的）")


def _refused(account: str, result: Mapping[str, Any]) -> DeliveryError | None:
    """A batch is answered with 200 although some of it was not delivered (0714)."""
    if account in (result.get("invalidStaffIdList") or []):
        return error_for("staffId.notExisted")
    if account in (result.get("flowControlledStaffIdList") or []):
        return error_for("send.too.fast")
    return None
