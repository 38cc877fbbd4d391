"""WeCom's notices to parents (学校通知): posts to a class's, a pupil's or one guardian's phone, and hears nothing.

Guardians read them in WeChat, once they follow the school. There is no message id, no recall, no receipt and no way to answer;
nor Markdown, nor cards. Changes of the school's families come to the app's address, as its events do.
Source: 企业微信开发者中心 › 家校沟通 › 学校通知, as restated in public clients for Go and Java (WxCpSchoolContactMessage) and in
SKIT's samples, copies of 2022 to 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.errors import GiveUp, TryLater
from bot.facts import Ask, Fact
from bot.messages import ChatRef, MediaRef, Outgoing
from bot.platforms import wecom_families
from bot.platforms.base import Capabilities, Deaf, Fetched, Health, Rate, Sent
from bot.platforms.tally import Tally
from bot.platforms.wecom_agent import UNTRUSTED, agent, untrusted
from bot.platforms.wecom_calls import WecomCalls
from bot.platforms.wecom_errors import Refused
from bot.platforms.wecom_permission import PARENTS, permitted
from bot.settings import WecomSchool

TEXT_BYTES = 2048

TO_PARENTS = 0
"""recv_scope: the guardians, also where a pupil is named; never the pupils themselves."""

AGAIN_WITHIN = 14400
"""Seconds within which the platform swallows the very same request; the longest there is, as nobody wants a notice twice."""

NO_CLASS = "企业微信没有把通知发给这个班：{}"
NOT_REACHED = "请在家校通讯录里核对，并请家长扫码关注“学校通知”"


def build(connection: WecomSchool, clock: Clock) -> WecomSchoolPlatform:
    """The connection that these settings describe."""
    return WecomSchoolPlatform(connection, clock)


class WecomSchoolPlatform(Deaf):
    """Chats: "class:<department id>" (or the class's name), "pupil:<student_userid>", "guardian:<parent_userid>"."""

    capabilities = Capabilities(
        hears=False,
        direct=False,
        groups=False,
        text_bytes=TEXT_BYTES,
        images=True,
        files=True,
        parents=True,
        # nothing is documented for it; what message/send drops without a word is not tried here either
        rates=(Rate(28, timedelta(minutes=1), "chat"),),
    )
    asks = frozenset({Ask.GUARDIANS})

    def __init__(self, connection: WecomSchool, clock: Clock) -> None:
        self._agent_id = connection.agent_id
        self.tally = Tally()
        secret = connection.secret.get_secret_value()
        self._calls = WecomCalls(connection.corp_id, secret, connection.api_base, clock, self.tally)

    def send(self, chat: ChatRef, outgoing: Outgoing) -> Sent:
        """externalcontact/message/send. The note counts whom it did not reach, and names nobody. Raises TryLater, GiveUp."""
        to = self._to(chat.id)
        body = {"recv_scope": TO_PARENTS, **to, "toall": 0, "agentid": self._agent_id, **self._content(outgoing)}
        if outgoing.key:
            body |= {"enable_duplicate_check": 1, "duplicate_check_interval": AGAIN_WITHIN}
        try:
            with permitted(f"企业微信不让这个应用给家长发：{PARENTS}"):
                answer = self._calls.call("POST", "/cgi-bin/externalcontact/message/send", body)
        except Refused as error:
            if error.code == 81013:
                raise GiveUp(f"家长一位都没有收到：{NOT_REACHED}（81013）") from error
            raise
        return Sent(note=_note(answer, to))

    def fetch(self, media: MediaRef, limit: int) -> Fetched:
        """Guardians cannot send anything. Raises GiveUp."""
        raise GiveUp("学校通知收不到文件")

    def check(self) -> Health:
        """A token, and the parents that the app may write to."""
        health = self._calls.check()
        if not health.well:
            return health
        try:
            query = {"agentid": str(self._agent_id)}
            answer = self._calls.call("GET", "/cgi-bin/school/agent/get_allow_scope", None, query)
        except Refused as error:
            if error.code == UNTRUSTED:
                return untrusted(error)
            return Health(False, "凭证可用，还不能给家长发", f"{PARENTS}（{error.reason}）")
        except (TryLater, GiveUp) as error:
            return Health(False, "凭证可用，还不能给家长发", f"{PARENTS}（{error.reason}）")
        scope = answer.get("allow_scope")
        if not isinstance(scope, Mapping) or not (scope.get("students") or scope.get("departments")):
            return Health(False, "凭证可用，还没有选家长的范围", PARENTS)
        return Health(True, "可以给家长发通知")

    def prove(self) -> Health:
        """The keys and the app's number; parents are chosen on the console later."""
        health = self._calls.check()
        return agent(self._calls.call, self._agent_id, early=True) if health.well else health

    def ask(self, what: Ask, about: str) -> tuple[Fact, ...]:
        """Guardians alone; see wecom_families. Raises TryLater, GiveUp."""
        if what is not Ask.GUARDIANS:
            raise GiveUp("学校通知的连接只能被问家长")
        return wecom_families.guardians(self._calls.call, about)

    def _to(self, chat_id: str) -> dict[str, list[Any]]:
        kind, _, name = chat_id.partition(":")
        match kind:
            case "class" if name:
                number = int(name) if name.isdecimal() else wecom_families.class_called(self._calls.call, name)
                if not number:
                    raise GiveUp(NO_CLASS.format("家校通讯录里没有这个班，或有两个同名的"))
                return {"to_party": [number]}
            case "pupil" if name:
                return {"to_student_userid": [name]}
            case "guardian" if name:
                return {"to_parent_userid": [name]}
        raise GiveUp("学校通知只能发给班级、学生的家长，或一位家长")

    def _content(self, outgoing: Outgoing) -> dict[str, Any]:
        if outgoing.image is not None:
            return {"msgtype": "image", "image": {"media_id": self._calls.upload("image", outgoing.image)}}
        if outgoing.file is not None:
            return {"msgtype": "file", "file": {"media_id": self._calls.upload("file", outgoing.file)}}
        return {"msgtype": "text", "text": {"content": outgoing.text}}


def _note(answer: Mapping[str, Any], to: Mapping[str, list[Any]]) -> str:
    """Who did not get it, by count; the lists name people. Raises GiveUp where nobody can have got it."""
    parents = {str(each) for key in ("invalid_parent_userid", "invalid_external_user") for each in _listed(answer, key)}
    pupils = {str(each) for each in _listed(answer, "invalid_student_userid")}
    if _listed(answer, "invalid_party"):
        raise GiveUp(NO_CLASS.format(PARENTS))
    if pupils & set(to.get("to_student_userid", ())):
        raise GiveUp(f"这名学生的家长没有收到：{NOT_REACHED}")
    if parents & set(to.get("to_parent_userid", ())):
        raise GiveUp(f"这位家长没有收到：{NOT_REACHED}")
    parts = [f"{len(parents)} 位家长"] if parents else []
    parts += [f"{len(pupils)} 名学生的家长"] if pupils else []
    return f"{'、'.join(parts)}没有收到，可能还没有关注“学校通知”" if parts else ""


def _listed(answer: Mapping[str, Any], key: str) -> list[Any]:
    """A list of ids, also where it came joined as a string, as message/send's does."""
    value = answer.get(key) or []
    return value.split("|") if isinstance(value, str) else list(value)
