"""DingTalk's work notices: taken at once, delivered later or dropped without a word; what became of one can be asked.

Written from the documentation alone: 钉钉开放平台 › 工作通知 (0769-0775, snapshot of 2026-08-22). They are shown in the person's
chat with the bot, marked; a real phone has a chat of its own for them.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from datetime import timedelta
from typing import Any

from bot.clock import school_time
from bot.emulator import demo
from bot.emulator.dingtalk_refusals import OldError
from bot.emulator.records import DINGTALK, Message, StoredFile
from bot.emulator.world import World

PEOPLE, MESSAGE_BYTES, A_DAY_EACH = 100, 2048, 500
DAY = timedelta(days=1)
DROPPED, TOO_MANY = 143106, 143105
MARK = "工作通知"


class Notices:
    """The work behind /topapi/message/corpconversation."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = itertools.count(1001)
        self._became: dict[int, dict[str, Any]] = {}
        self._shown: dict[int, list[Message]] = {}

    def send(self, body: dict[str, Any]) -> tuple[dict[str, Any], list[Message]]:
        """asyncsend_v2: the answer, and the bubbles of those whom it reached."""
        self._check_agent(body)
        accounts = [one for one in str(body.get("userid_list") or "").split(",") if one]
        if not accounts or len(accounts) > PEOPLE:
            raise OldError(41028, "userid_list 不对")
        what = self._face(body.get("msg"))
        forbidden: list[dict[str, Any]] = []
        invalid, bubbles = [], []
        for account in accounts:
            person = self._world.with_account(DINGTALK, account)
            if person is None:
                invalid.append(account)
            elif code := self._dropped(account, json.dumps(body["msg"], sort_keys=True)):
                forbidden.append({"code": code, "count": 1, "userid": account})
            else:
                bubbles.append(self._world.bot_says(self._world.direct(person.id, DINGTALK), **what, note=MARK))
        number = next(self._numbers)
        self._shown[number] = bubbles
        self._became[number] = {
            "invalid_user_id_list": invalid,
            "forbidden_user_id_list": [one["userid"] for one in forbidden],
            "forbidden_list": forbidden,
            "failed_user_id_list": [],
            "read_user_id_list": [],
            "unread_user_id_list": [one for one in accounts if one not in invalid],
            "invalid_dept_id_list": [],
        }
        return {"errcode": 0, "errmsg": "ok", "task_id": number, "request_id": f"r{number}"}, bubbles

    def result(self, body: dict[str, Any]) -> dict[str, Any]:
        """getsendresult."""
        self._check_agent(body)
        found = self._became.get(int(body.get("task_id") or 0))
        if found is None:
            raise OldError(41045, "task_id 不对")
        return {"errcode": 0, "errmsg": "ok", "send_result": found}

    def recall(self, body: dict[str, Any]) -> dict[str, Any]:
        """recall, within a day."""
        self._check_agent(body)
        bubbles = self._shown.get(int(body.get("msg_task_id") or 0))
        if bubbles is None or any(self._world.clock.now() - one.at > DAY for one in bubbles):
            raise OldError(41045, "msg_task_id 不对")
        for bubble in bubbles:
            self._world.amend(bubble, text="", images=[], file="", note="工作通知已撤回")
        return {"errcode": 0, "errmsg": "ok"}

    def _check_agent(self, body: dict[str, Any]) -> None:
        if body.get("agent_id") != demo.DING_AGENT:
            raise OldError(41044, "agent_id 不对")

    def _dropped(self, account: str, msg: str) -> int:
        """The code under which it is dropped without a word; 0 for none. What was said is counted."""
        now = school_time(self._world.clock.now())
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
        mark = f"notice {account} {now:%Y-%m-%d} {hashlib.sha256(msg.encode()).hexdigest()}"
        if self._world.seen.before(mark) is not None:
            return DROPPED
        self._world.seen.remember(mark, "", int((midnight - now).total_seconds()))
        return TOO_MANY if self._world.rates.count("dingtalk notice", account, DAY) > A_DAY_EACH else 0

    def _face(self, msg: Any) -> dict[str, Any]:
        if not isinstance(msg, dict) or not isinstance(part := msg.get(str(msg.get("msgtype"))), dict):
            raise OldError(41029, "msg 不对")
        if len(json.dumps(msg, ensure_ascii=False).encode()) > MESSAGE_BYTES:
            raise OldError(41029, "msg 超过 2048 字节")
        kind = msg["msgtype"]
        if kind == "text" and part.get("content"):
            return {"text": str(part["content"])}
        if kind == "markdown" and part.get("title") and part.get("text"):
            return {"text": str(part["text"]), "title": str(part["title"]), "markdown": True}
        if kind in ("image", "file"):
            file = self._media(str(part.get("media_id") or ""))
            return {"images": [file.id]} if kind == "image" else {"file": file.id, "title": file.name}
        raise OldError(41029, "msg 不对")

    def _media(self, media_id: str) -> StoredFile:
        file = self._world.file(media_id.removeprefix("@"))
        if file is None:
            raise OldError(40007, "不合法的 media_id")
        return file
