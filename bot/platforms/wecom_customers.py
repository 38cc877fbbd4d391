"""WeCom's groups with parents (客户群) through a mass message (群发): handed to the group's owner, who sends it, or does not.

Nothing goes out by itself: the owner, a class teacher, confirms each message in WeCom. No event tells of it, so it is asked
(Ask.POSTING). Nothing is heard from these groups. A message has an id and no check against duplicates: before one is handed
over, those of the last day are looked through for the same words to the same group.
Sources: 企业微信开发者中心 › 客户联系 › 创建企业群发 (92135), 获取企业的全部群发记录 (93338), 提醒成员群发, 停止企业群发,
获取客户群列表 (92120), 获取客户群详情 (92122); copies of 2022 to 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.errors import GiveUp, TryLater
from bot.facts import Ask, ClassGroup, Fact, Fate, Posting
from bot.messages import ChatRef, MediaRef, Outgoing
from bot.platforms.base import Capabilities, Deaf, Fetched, Health, Sent
from bot.platforms.tally import Tally
from bot.platforms.wecom_agent import UNTRUSTED, untrusted
from bot.platforms.wecom_calls import WecomCalls
from bot.platforms.wecom_errors import Refused
from bot.platforms.wecom_people import pages
from bot.platforms.wecom_permission import CUSTOMERS, allowed_by, permitted
from bot.settings import WecomCustomers

TEXT_BYTES = 4000
CLASS = "class:"

GROUPS, GROUP = "/cgi-bin/externalcontact/groupchat/list", "/cgi-bin/externalcontact/groupchat/get"
HAND_OVER, REMIND, CANCEL = (
    f"/cgi-bin/externalcontact/{name}" for name in ("add_msg_template", "remind_groupmsg_send", "cancel_groupmsg_send")
)
RECORDS, TASKS, RESULTS = (
    f"/cgi-bin/externalcontact/get_groupmsg_{name}" for name in ("list_v2", "task", "send_result")
)

AGAIN_WITHIN = timedelta(days=1)
"""The same words to the same group are handed over once within this time."""

BY_THE_COMPANY = 0
"""filter_type: messages that were handed over for the company; 1 are people's own."""

PAGE = 1000
NO_GROUP = frozenset({40050, 40058, 86001, 86003})
"""What an id that is no customer group's gets is not documented; these say so elsewhere."""

_FATES: Mapping[int, tuple[Fate, str]] = {
    0: (Fate.WAITING, ""),
    1: (Fate.SENT, ""),
    2: (Fate.REFUSED, "企业微信说群里的人已经不是这位老师的客户"),
    3: (Fate.REFUSED, "这个群当天已经收过别的群发，企业微信没有发这条"),
}
"""status of one group in get_groupmsg_send_result."""


def build(connection: WecomCustomers, clock: Clock) -> WecomCustomersPlatform:
    """The connection that these settings describe."""
    return WecomCustomersPlatform(connection, clock)


class WecomCustomersPlatform(Deaf):
    """Chats: "class:<a customer group's chat_id>"."""

    capabilities = Capabilities(
        hears=False,
        direct=False,
        groups=False,
        text_bytes=TEXT_BYTES,
        images=True,
        files=True,
        recalls=True,
        parents=True,
        confirmed=True,
    )
    asks = frozenset({Ask.CLASS_GROUPS, Ask.POSTING})

    def __init__(self, connection: WecomCustomers, clock: Clock) -> None:
        self.capabilities = replace(self.capabilities, posts_a_day=connection.posts_a_day)
        self._classes = {each.chat_id: each.grade_class for each in connection.class_groups}
        self._clock = clock
        self.tally = Tally()
        secret = connection.secret.get_secret_value()
        self._calls = WecomCalls(connection.corp_id, secret, connection.api_base, clock, self.tally)

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """add_msg_template to the group's owner; the reference is its msgid. Raises TryLater, GiveUp.

        Asking again never fails for good: the note tells why it did not help.
        """
        if outgoing.reminds:
            return self._remind(outgoing.reminds)
        with _allowed():
            chat_id = chat.id.removeprefix(CLASS)
            group = self._group(chat_id)
            if group is None:
                raise GiveUp("企业微信里没有这个客户群了：可能解散了，或群主换了人")
            owner, content = str(group["owner"]), self._content(outgoing)
            found = self._handed_over(outgoing.text, owner, chat_id) if outgoing.key else ""
            return Sent(found or self._hand_over(owner, chat_id, content))

    def recall(self, chat: ChatRef, reference: str) -> None:
        """cancel_groupmsg_send: it can no longer be confirmed. Raises TryLater, GiveUp where it is in the group already."""
        with _allowed():
            if any(one.fate is Fate.SENT for one in self._postings(reference)):
                raise GiveUp("班主任已经确认发出去了，收不回来")
            self._calls.call("POST", CANCEL, {"msgid": reference})

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """Nothing is heard in these groups. Raises GiveUp."""
        raise GiveUp("客户群里的文件校铃收不到")

    def check(self) -> Health:
        """A token, and whether the groups can be seen."""
        health = self._calls.check()
        if not health.well:
            return health
        try:
            answer = self._calls.call("POST", GROUPS, {"status_filter": 0, "limit": 1})
        except Refused as error:
            if error.code == UNTRUSTED:
                return untrusted(error)
            return Health(False, "凭证可用，还看不见客户群", f"{CUSTOMERS}（{error.reason}）")
        except (TryLater, GiveUp) as error:
            return Health(False, "凭证可用，还看不见客户群", f"{CUSTOMERS}（{error.reason}）")
        if not answer.get("group_chat_list"):
            todo = "请班主任在企业微信里建“三年级2班家长群”这样的客户群，把家长拉进来"
            return Health(False, "凭证可用，还没有客户群", todo)
        return Health(True, "可以交给班主任在客户群里发")

    def prove(self) -> Health:
        """The keys alone; who may use it, and the groups, come later."""
        return self._calls.check()

    def ask(self, what: Ask, about: str) -> tuple[Fact, ...]:
        """The classes' groups, and what became of a message. Raises TryLater, GiveUp."""
        try:
            with allowed_by(CUSTOMERS):
                match what:
                    case Ask.CLASS_GROUPS:
                        return tuple(self._groups([about] if about else list(self._all_groups())))
                    case Ask.POSTING:
                        return tuple(self._postings(about))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TryLater("企业微信答复的内容和文档不一样") from error
        raise GiveUp("客户群的连接只能被问班级的群，和通知发了没有")

    def _remind(self, reference: str) -> Sent:
        try:
            self._calls.call("POST", REMIND, {"msgid": reference})
        except Refused as error:
            return Sent(note=f"没能在企业微信里再提醒一次：{error.reason}")
        return Sent()

    def _group(self, chat_id: str) -> Mapping[str, Any] | None:
        try:
            found = self._calls.call("POST", GROUP, {"chat_id": chat_id, "need_name": 0}).get("group_chat")
        except Refused as error:
            if error.code in NO_GROUP:
                return None
            raise
        return found if isinstance(found, Mapping) and found.get("owner") else None

    def _all_groups(self) -> Iterator[str]:
        for page in pages(self._calls.call, GROUPS, {"status_filter": 0, "limit": PAGE}):
            for row in page.get("group_chat_list") or ():
                yield str(row["chat_id"])

    def _groups(self, ids: list[str]) -> Iterator[ClassGroup]:
        for each in ids:
            group = self._group(each)
            if group is not None:
                name, owner = str(group.get("name") or ""), str(group["owner"]).lower()
                yield ClassGroup(each, name, owner, self._classes.get(each, ""), tuple(self._classes.values()))

    def _content(self, outgoing: Outgoing) -> dict[str, Any]:
        for kind, picture in (("image", outgoing.image), ("file", outgoing.file)):
            if picture is not None:
                part = {"msgtype": kind, kind: {"media_id": self._calls.upload(kind, picture)}}
                return {"attachments": [part]}
        return {"text": {"content": outgoing.text}}

    def _hand_over(self, owner: str, chat_id: str, content: dict[str, Any]) -> str:
        body = {"chat_type": "group", "chat_id_list": [chat_id], "sender": owner, **content}
        answer = self._calls.call("POST", HAND_OVER, body)
        if chat_id in (answer.get("fail_list") or ()):
            raise GiveUp("企业微信没有收下给这个客户群的通知：请核对群主是不是班主任、在不在“客户联系”的使用范围里")
        if not answer.get("msgid"):
            raise TryLater("企业微信没有给出群发的消息号", unknown=True)
        return str(answer["msgid"])

    def _handed_over(self, text: str, owner: str, chat_id: str) -> str:
        """The msgid of the same words to the same group; "" for none."""
        now = int(self._clock.now().timestamp())
        since = now - int(AGAIN_WITHIN.total_seconds())
        asked = {
            "chat_type": "group",
            "start_time": since,
            "end_time": now,
            "filter_type": BY_THE_COMPANY,
            "limit": 100,
        }
        for page in pages(self._calls.call, RECORDS, asked):
            for row in page.get("group_msg_list") or ():
                words = row.get("text")
                if not text or not isinstance(words, Mapping) or words.get("content") != text:
                    continue
                if any(str(each.get("chat_id")) == chat_id for each in self._results(str(row["msgid"]), owner)):
                    return str(row["msgid"])
        return ""

    def _postings(self, reference: str) -> Iterator[Posting]:
        for page in pages(self._calls.call, TASKS, {"msgid": reference, "limit": PAGE}):
            for task in page.get("task_list") or ():
                for row in self._results(reference, str(task["userid"])):
                    fate, reason = _FATES.get(int(row.get("status") or 0), (Fate.WAITING, ""))
                    yield Posting(f"{CLASS}{row['chat_id']}", str(task["userid"]).lower(), fate, reason)

    def _results(self, reference: str, owner: str) -> Iterator[Mapping[str, Any]]:
        for page in pages(self._calls.call, RESULTS, {"msgid": reference, "userid": owner, "limit": PAGE}):
            yield from page.get("send_list") or ()


@contextmanager
def _allowed() -> Iterator[None]:
    """Raises GiveUp with what to click, TryLater for an answer that is not as documented."""
    try:
        with permitted(f"企业微信不让校铃交给班主任群发：{CUSTOMERS}"):
            yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TryLater("企业微信答复的内容和文档不一样") from error
