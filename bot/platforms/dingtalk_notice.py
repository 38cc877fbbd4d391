"""DingTalk's work notices (钉钉工作通知): an internal app writes to anybody of the school, also to who never spoke to a robot.

They arrive in everybody's chat 工作通知; nobody can answer there. What was said to somebody before on the same day is dropped
without a word, so the time stands below. Taken does not mean delivered: only a question within a day tells, and it counts as a
call, so nobody asks.
Source: 钉钉开放平台 › 工作通知 (0769-0775); snapshot of 2026-08.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.clock import Clock, school_time
from bot.errors import GiveUp
from bot.messages import ChatKind, ChatRef, Outgoing
from bot.platforms.base import Capabilities, Deaf, Health, Quota, Rate, Reach, Sent
from bot.platforms.dingtalk_api import DingtalkApi, as_json
from bot.platforms.dingtalk_posts import as_markdown
from bot.platforms.tally import Tally
from bot.settings import DingtalkNotice

MESSAGE_BYTES = 2048
"""Of msg as JSON (0769)."""

CALLS = "/topapi/message/corpconversation"


def build(connection: DingtalkNotice, clock: Clock) -> DingtalkNoticePlatform:
    """The connection that these settings describe."""
    return DingtalkNoticePlatform(connection, clock)


class DingtalkNoticePlatform(Deaf):
    """One app's work notices."""

    def __init__(self, connection: DingtalkNotice, clock: Clock) -> None:
        self._agent = connection.agent_id
        self._clock = clock
        self.tally = Tally()
        self._api = DingtalkApi(connection, clock, self.tally)
        self.capabilities = Capabilities(
            hears=False,
            direct=True,
            groups=False,
            text_bytes=900,  # in JSON a line break or a quotation mark takes two bytes
            markdown=True,
            images=True,
            files=True,
            recalls=True,
            reach=Reach.ANYONE,
            rates=(Rate(18, timedelta(seconds=1)), Rate(500, timedelta(days=1), "chat")),
            quotas=(Quota("api", connection.api_quota),),
        )

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """asyncsend_v2 to one person. Raises TryLater, GiveUp."""
        if chat.kind is ChatKind.GROUP:
            raise GiveUp("工作通知只能发给个人，发不到群里")
        body = {"agent_id": self._agent, "userid_list": chat.id, "msg": self._message(outgoing)}
        return Sent(str(self._api.old(f"{CALLS}/asyncsend_v2", body).get("task_id", "")))

    def recall(self, chat: ChatRef, reference: str) -> None:
        """Take it back, within 24 hours. Raises TryLater, GiveUp."""
        if not reference.isdigit():
            raise GiveUp("钉钉没有给这条工作通知编号，撤不回来")
        self._api.old(f"{CALLS}/recall", {"agent_id": self._agent, "msg_task_id": int(reference)})

    def check(self) -> Health:
        """Fetch a token: it proves app_key, app_secret and the way there; agent_id shows with the first notice."""
        return self._api.check()

    def _message(self, outgoing: Outgoing) -> dict[str, Any]:
        if outgoing.image is not None:
            return {"msgtype": "image", "image": {"media_id": self._api.upload("image", outgoing.image)}}
        if outgoing.file is not None:
            return {"msgtype": "file", "file": {"media_id": self._api.upload("file", outgoing.file)}}
        text = f"{outgoing.text}\n（{school_time(self._clock.now()):%H:%M}）"
        forms: list[dict[str, Any]] = [{"msgtype": "text", "text": {"content": text}}]
        if outgoing.markdown:
            markdown = {"title": outgoing.title or "校铃", "text": as_markdown(text)}
            forms.insert(0, {"msgtype": "markdown", "markdown": markdown})
        for form in forms:
            if len(as_json(form).encode()) <= MESSAGE_BYTES:
                return form
        raise GiveUp("工作通知太长，钉钉不收")
