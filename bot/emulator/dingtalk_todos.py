"""DingTalk's 待办: what apps have put into people's lists. A work item opens its page; nobody ticks it there, who has it may
delete it.

Written from the documentation alone, as of 2026-06-04: 钉钉开放平台 › 待办任务 › 概述, 创建 (0793), 删除 (0795), 更新 (0796),
查询 (0798). Since 2024-02-01 an item without detailUrl is refused; with which code is not documented.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request

from bot.emulator.dingtalk_measures import measure
from bot.emulator.dingtalk_refusals import NewError
from bot.emulator.records import DINGTALK, Person, Refused
from bot.emulator.wirelog import json_body
from bot.emulator.world import World

SUBJECT, DESCRIPTION, URL_BYTES, PEOPLE, PAGE = 1024, 4096, 1024, 1000, 20


@dataclass(frozen=True)
class TodoCard:
    """One item. executors: unionIds. due: ms since 1970, None for none."""

    id: str
    source: str
    creator: str
    subject: str
    executors: tuple[str, ...]
    due: int | None
    url: str
    at: datetime
    done: bool = False
    noticed: bool = True


def union_id(person: Person) -> str:
    return f"union-{person.dingtalk}"


def blueprint(world: World) -> Blueprint:
    """The addresses under /v1.0/todo/users/<unionId>."""
    pages = Blueprint("dingtalk_todos", __name__)
    pages.before_request(partial(measure, world))
    lists = TodoLists(world)

    @pages.errorhandler(NewError)
    def refused(error: NewError) -> tuple[Response, int]:
        body: dict[str, Any] = {"code": error.code, "message": error.message, "requestid": secrets.token_hex(8).upper()}
        if error.status == 403:
            body["accessdenieddetail"] = {"requiredScopes": ["Todo.Todo.Write"]}
        return jsonify(body), error.status

    @pages.post("/v1.0/todo/users/<union>/tasks")
    def create(union: str) -> Response:
        return jsonify(lists.create(union, lists.called()))

    @pages.put("/v1.0/todo/users/<union>/tasks/<task>")
    def update(union: str, task: str) -> Response:
        lists.update(union, task, lists.called())
        return jsonify(result=True)

    @pages.delete("/v1.0/todo/users/<union>/tasks/<task>")
    def delete(union: str, task: str) -> Response:
        lists.called()
        lists.delete(union, task)
        return jsonify(result=True, requestId=secrets.token_hex(8))

    @pages.post("/v1.0/todo/users/<union>/org/tasks/query")
    def query(union: str) -> Response:
        return jsonify(lists.query(union, lists.called()))

    return pages


class TodoLists:
    """Everybody's lists."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _cards(self) -> dict[str, TodoCard]:
        return self._world.ding_office.todos

    def of(self, name: str) -> list[TodoCard]:
        """Whatever somebody has to do, the earliest first."""
        union = union_id(self._world.person_named(name))
        return [card for card in self._cards.values() if union in card.executors]

    def removes(self, name: str, words: str) -> None:
        """Somebody deletes the item with these words from their list, by hand. Raises Refused."""
        for card in self.of(name):
            if words in card.subject:
                del self._cards[card.id]
                return
        raise Refused("没有这条待办。", 404)

    def called(self) -> dict[str, Any]:
        """The body of a call, its token, permission and faults checked."""
        if self._world.tokens[DINGTALK].state(request.headers.get("x-acs-dingtalk-access-token", "")) != "good":
            raise NewError("InvalidAuthentication", "不合法的access_token")
        if any(request.path.startswith(path) for path in self._world.ding_office.withheld):
            raise NewError("Forbidden.AccessDenied.AccessTokenPermissionDenied", "没有权限", 403)
        if self._world.faults.strikes("busy"):
            raise NewError("todo.taskCreate.systemError", "todo.taskCreate.systemError", 500)
        return (json_body() or {}) if request.method != "DELETE" else {}

    def create(self, union: str, body: dict[str, Any]) -> dict[str, Any]:
        code = "todo.taskCreate.paramError"
        self._check(code, union, body)
        address = body.get("detailUrl") or {}
        links = [str(address.get(name) or "") for name in ("appUrl", "pcUrl")]
        if not all(links) or any(len(link.encode()) > URL_BYTES for link in links) or not body.get("subject"):
            raise NewError(code, code)
        source = str(body.get("sourceId") or "")
        if source and any(card.source == source for card in self._cards.values()):
            raise NewError(code, "task exist")
        notices = body.get("notifyConfigs") or {}
        card = TodoCard(
            id=f"task{secrets.token_hex(16)}",
            source=source,
            creator=str(body.get("creatorId") or union),
            subject=str(body["subject"]),
            executors=tuple(body.get("executorIds") or ()),
            due=body.get("dueTime"),
            url=links[0],
            at=self._world.clock.now(),
            noticed=notices.get("sendAssistantChat", "true") == "true",
        )
        self._cards[card.id] = card
        return {"id": card.id, "subject": card.subject, "sourceId": source, "done": False, "requestId": "1"}

    def update(self, union: str, task: str, body: dict[str, Any]) -> None:
        code = "todo.taskUpdate.paramError"
        self._check(code, union, body)
        card = self._theirs(code, union, task)
        self._cards[task] = replace(
            card,
            subject=str(body.get("subject") or card.subject),
            due=body.get("dueTime", card.due),
            done=bool(body.get("done", card.done)),
            executors=tuple(body.get("executorIds") or card.executors),
        )

    def delete(self, union: str, task: str) -> None:
        self._theirs("todo.taskDelete.paramError", union, task)
        del self._cards[task]

    def query(self, union: str, body: dict[str, Any]) -> dict[str, Any]:
        mark = str(body.get("nextToken") or "0")
        if not mark.isdigit():
            raise NewError("todo.orgTaskQuery.paramError", "nextToken is invalid")
        wanted = body.get("isDone")
        found = [
            card
            for card in self._cards.values()
            if union in (*card.executors, card.creator) and wanted in (None, card.done)
        ]
        first = int(mark)
        rows = [
            {
                "taskId": card.id,
                "subject": card.subject,
                "dueTime": card.due,
                "detailUrl": {"appUrl": card.url, "pcUrl": card.url},
                "priority": 20,
                "creatorId": card.creator,
                "sourceId": card.source,
                "isDone": card.done,
                "todoType": "TODO",
            }
            for card in found[first : first + PAGE]
        ]
        after = first + PAGE
        return {"todoCards": rows, **({"nextToken": str(after)} if after < len(found) else {})}

    def _theirs(self, code: str, union: str, task: str) -> TodoCard:
        card = self._cards.get(task)
        if card is None or union not in (card.creator, *card.executors):
            raise NewError(code, "task not exist")
        return card

    def _check(self, code: str, union: str, body: dict[str, Any]) -> None:
        known = {union_id(person) for person in self._world.ding_office.staff()}
        people = body.get("executorIds") or []
        if len(str(body.get("subject") or "")) > SUBJECT:
            raise NewError(code, "subject is oversize")
        if len(str(body.get("description") or "")) > DESCRIPTION:
            raise NewError(code, "description is oversize")
        if len(people) > PEOPLE:
            raise NewError(code, "executors is oversize")
        due = body.get("dueTime")
        if due is not None and (not isinstance(due, int) or due <= self._world.clock.now().timestamp() * 1000):
            raise NewError(code, "dueTime is invalid")
        if {union, request.args.get("operatorId", union), *people} - known:
            raise NewError(code, code)
