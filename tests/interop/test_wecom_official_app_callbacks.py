"""The app's callbacks, sealed and signed by the official package for Node (@wecom/crypto), at the address that the console is
given: the whole service answers, as WeCom would see it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from bot.emulator import demo
from bot.store.records import Inbox
from bot.store.session import reading
from tests.interop.official_crypto import official
from tests.kit.stage import Stage, stage
from tests.setup import node

NONCE = "1597212914"
ADDRESS = f"/callback/{demo.CODE}/{demo.WECOM_CONNECTION}"


@pytest.fixture
def school(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Stage]:
    if reason := node.missing():
        pytest.skip(reason)
    shutil.copy(migrated_sqlite, tmp_path / "test.db")
    with stage("wecom", f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as play:
        yield play


class Console:
    """WeCom's side: what it sends, sealed and signed by its own package."""

    def __init__(self, school: Stage) -> None:
        self._school = school
        self._client = school.app.web.test_client()

    def sealed(self, words: str, **other: str) -> tuple[dict[str, str], str]:
        """The address's query and the ciphertext. other: token, id or stamp where they are to be wrong."""
        stamp = str(int(self._school.clock.now().timestamp()))
        usual = {
            "token": demo.WECOM_TOKEN,
            "key": demo.WECOM_AES_KEY,
            "id": demo.CORP_ID,
            "stamp": stamp,
            "nonce": NONCE,
        }
        asked = {**usual, **other}
        made = official(**asked, message=words)
        return {"msg_signature": made["signature"], "timestamp": asked["stamp"], "nonce": NONCE}, made["sealed"]

    def checks(self, echo: str, **other: str) -> tuple[int, bytes]:
        query, sealed = self.sealed(echo, **other)
        answer = self._client.get(f"{ADDRESS}?{urlencode(query | {'echostr': sealed})}")
        return answer.status_code, answer.data

    def posts(self, fields: str, **other: str) -> tuple[int, bytes]:
        seconds = int(self._school.clock.now().timestamp())
        xml = (
            f"<xml><ToUserName><![CDATA[{demo.CORP_ID}]]></ToUserName><FromUserName><![CDATA[WangXiaoYan]]></FromUserName>"
            f"<CreateTime>{seconds}</CreateTime>{fields}<AgentID>{demo.AGENT_ID}</AgentID></xml>"
        )
        query, sealed = self.sealed(xml, **other)
        body = f"<xml><ToUserName>{demo.CORP_ID}</ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        answer = self._client.post(f"{ADDRESS}?{urlencode(query)}", data=body.encode(), content_type="text/xml")
        return answer.status_code, answer.data


def text(words: str, number: int = 1) -> str:
    return f"<MsgType>text</MsgType><Content><![CDATA[{words}]]></Content><MsgId>{number}</MsgId>"


def event(name: str, fields: str = "") -> str:
    return f"<MsgType>event</MsgType><Event>{name}</Event>{fields}"


def heard(school: Stage) -> int:
    with reading(school.app.engine) as session:
        return session.scalar(select(func.count()).select_from(Inbox)) or 0


def test_the_address_is_checked_and_what_is_said_there_is_taken_with_an_empty_answer(school: Stage) -> None:
    console = Console(school)
    assert console.checks("4561237890") == (200, b"4561237890")
    seq = school.world.last_seq
    assert console.posts(text("操场护栏松了𠮷👌🏽")) == (200, b"")
    assert console.posts(text("操场护栏松了𠮷👌🏽")) == (200, b""), "sent again, as after a lost answer"
    assert console.posts(event("enter_agent")) == (200, b""), "nothing of ours, and no error"
    school.settle()
    mine = [one.text for one in school.world.messages(after=seq) if one.chat == "wecom-wang"]
    assert [words.splitlines()[0] for words in mine] == ["✅ 已登记隐患 1：操场护栏松了𠮷👌🏽"]
    chosen = "<SelectedItem><QuestionKey>q</QuestionKey><OptionIds><OptionId>1</OptionId></OptionIds></SelectedItem>"
    form = "<EventKey>隐患 {q}</EventKey><TaskId>t1</TaskId><CardType>vote_interaction</CardType><ResponseCode>c</ResponseCode>"
    assert console.posts(event("template_card_event", f"{form}<SelectedItems>{chosen}</SelectedItems>")) == (200, b"")
    school.settle()
    assert school.world.messages()[-1].text.startswith("隐患 1：操场护栏松了")


def test_what_is_wrongly_signed_is_refused_and_told_nothing(school: Stage) -> None:
    console = Console(school)
    stale = str(int(school.clock.now().timestamp()) - 3600)
    for wrong in ({"token": "another"}, {"id": "wwanothercorp"}, {"stamp": stale}):
        assert console.checks("4561237890", **wrong) == (403, b"")
        assert console.posts(text("操场护栏松了"), **wrong) == (403, b"")
    school.settle()
    assert heard(school) == 0
