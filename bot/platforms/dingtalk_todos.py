"""Lines in people's 待办 at DingTalk. A work item (工作待办) cannot be ticked there by hand: it opens its page, the app ticks it.

Everything goes by unionId, which is asked for once for each account. The person is its creator, too: an update is made in
the name of whose list it is, and the robot has no unionId. The client's own notices are off: the robot has just said it.
Sources: 钉钉开放平台 › 待办任务 › 概述, 创建 (0793), 删除 (0795), 更新 (0796), 查询 (0798); read 2026-11 as of 2026-06-04.
"""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote

from bot.clock import Clock
from bot.errors import GiveUp
from bot.messages import ChatRef, TodoItem, TodoState
from bot.platforms.base import Sent
from bot.platforms.dingtalk_api import DingtalkApi
from bot.platforms.dingtalk_errors import Refusal
from bot.platforms.dingtalk_people import some

SUBJECT = 1024
"""Characters of a title (0793)."""

PAGES = 20
"""Of somebody's list that are looked through at most; how long a page is, is not documented."""

SILENT = {"dingNotify": "0", "sendTodoApn": "false", "sendAssistantChat": "false"}

_THERE, _NOT_THERE = "task exist", "task not exist"
_REMOVED = Sent(note="对方已经在钉钉里删掉了这条待办")


class Todos:
    """One app's. Safe to use from several threads."""

    def __init__(self, api: DingtalkApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._lock = threading.Lock()
        self._unions: dict[str, str] = {}

    def keep(self, chat: ChatRef, item: TodoItem) -> Sent:
        """See TodoKeeper.keep. An item that the person has deleted is not put in again. Raises TryLater, GiveUp."""
        union = self._union(chat.id)
        reference = item.reference
        if not reference and item.tried:
            reference = self._found(union, item.source)
        if not reference:
            if item.state is not TodoState.OPEN:
                return Sent()
            reference, fresh = self._put_in(union, item)
            if fresh:
                return Sent(reference)
        if item.state is TodoState.GONE:
            return self._change("DELETE", union, reference, None)
        return self._change(
            "PUT", union, reference, {**self._shown(item), "executorIds": [union], "done": item.state is TodoState.DONE}
        )

    def _put_in(self, union: str, item: TodoItem) -> tuple[str, bool]:
        """Its id, and whether it was made now: one of this source that is there already is found."""
        body = {
            "sourceId": item.source,
            "creatorId": union,
            **self._shown(item),
            "executorIds": [union],
            "detailUrl": {"appUrl": item.link, "pcUrl": item.link},
            "isOnlyShowExecutor": True,
            "priority": 20,
            "notifyConfigs": SILENT,
        }
        try:
            result = self._api.new("POST", f"/v1.0/todo/users/{quote(union)}/tasks", body, operatorId=union)
        except Refusal as error:
            if error.message != _THERE:
                raise
            found = self._found(union, item.source)
            if not found:
                raise GiveUp("钉钉说这条待办已经有了，可是列表里查不到") from error
            return found, False
        return str(result.get("id") or ""), True

    def _change(self, method: str, union: str, reference: str, body: dict[str, Any] | None) -> Sent:
        path = f"/v1.0/todo/users/{quote(union)}/tasks/{quote(reference)}"
        try:
            self._api.new(method, path, body, operatorId=union)
        except Refusal as error:
            if error.message != _NOT_THERE:
                raise
            return _REMOVED
        return Sent(reference)

    def _shown(self, item: TodoItem) -> dict[str, Any]:
        """A time that is over is left out: whether DingTalk takes one is not documented ("dueTime is invalid")."""
        due = {"dueTime": int(item.due_at.timestamp() * 1000)} if item.due_at > self._clock.now() else {}
        return {"subject": item.title[:SUBJECT], **due}

    def _found(self, union: str, source: str) -> str:
        """The id of an item by our own; "" where it is not in the list. Ticked ones are told for half a year (0798)."""
        mark = "0"
        for _ in range(PAGES):
            asked = {"nextToken": mark, "roleTypes": [["executor"]]}
            result = self._api.new("POST", f"/v1.0/todo/users/{quote(union)}/org/tasks/query", asked)
            for card in result.get("todoCards") or []:
                if card.get("sourceId") == source:
                    return str(card["taskId"])
            mark = str(result.get("nextToken") or "")
            if not mark or not result.get("todoCards"):
                break
        return ""

    def _union(self, account: str) -> str:
        with self._lock:
            known = self._unions.get(account, "")
        if known:
            return known
        members = some(self._api, [account])
        if not members or not members[0].union_id:
            raise GiveUp("钉钉没有给这个人的 unionId：可能已离职，或应用没有通讯录的权限，放不了待办")
        with self._lock:
            self._unions[account] = members[0].union_id
        return members[0].union_id
