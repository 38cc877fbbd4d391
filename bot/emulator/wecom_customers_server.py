"""WeCom's addresses for groups with customers, which at a school are parents: who has which, and messages for them (群发).

Written from the documentation alone: 企业微信开发者中心 › 客户联系 › 获取客户群列表 (92120), 获取客户群详情 (92122),
创建企业群发 (92135), 获取企业的全部群发记录 (93338), 提醒成员群发, 停止企业群发;
copies of 2022 to 2026, by way of public clients.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response

from bot.clock import from_seconds
from bot.emulator.records import WECOM, Person
from bot.emulator.wecom_customers import CustomerGroup, MassMessage, end, hand_over, remind
from bot.emulator.wecom_door import WecomError, answer
from bot.emulator.wecom_gate import body, guard, number, page
from bot.emulator.wirelog import carried, watch
from bot.emulator.world import World

TEXT_BYTES, ATTACHMENTS, PAGE, RECORDS_A_PAGE = 4000, 9, 1000, 100
SPAN = timedelta(days=31)
LIST, GET = "/cgi-bin/externalcontact/groupchat/list", "/cgi-bin/externalcontact/groupchat/get"
ADD, REMIND, CANCEL, RECORDS, TASKS, RESULTS = (
    f"/cgi-bin/externalcontact/{name}"
    for name in (
        "add_msg_template", "remind_groupmsg_send", "cancel_groupmsg_send", "get_groupmsg_list_v2", "get_groupmsg_task",
        "get_groupmsg_send_result",
    )
)  # fmt: skip
_TITLES = {
    LIST: f"客户群 POST {LIST}",
    GET: f"客户群详情 POST {GET}",
    ADD: f"建群发 POST {ADD}",
    REMIND: f"提醒群发 POST {REMIND}",
    CANCEL: f"停止群发 POST {CANCEL}",
    RECORDS: f"群发记录 POST {RECORDS}",
    TASKS: f"群发任务 POST {TASKS}",
    RESULTS: f"群发结果 POST {RESULTS}",
}


def blueprint(world: World) -> Blueprint:
    pages = Blueprint("wecom_customers_server", __name__)
    watch(pages, world, _TITLES)
    guard(pages, world)

    @pages.post(LIST)
    def groups() -> Response:
        asked = body()
        owners = asked.get("owner_filter") or {}
        wanted = {str(one).lower() for one in owners.get("userid_list") or ()}
        found = [
            {"chat_id": group.id, "status": 0}
            for group in world.customers.groups.values()
            if not wanted or world.person(group.owner).wecom in wanted
        ]
        return _page(asked, found, "group_chat_list")

    @pages.post(GET)
    def group() -> Response:
        found = world.customers.groups.get(str(body().get("chat_id", "")))
        if found is None:
            raise WecomError(40050)
        return answer(group_chat=_shown(world, found))

    @pages.post(ADD)
    def add() -> Response:
        return _add(world, body())

    @pages.post(REMIND)
    def urge() -> Response:
        if not remind(world, _message(world, body())):
            raise WecomError(45009)
        return answer()

    @pages.post(CANCEL)
    def cancel() -> Response:
        end(world, _message(world, body()))
        return answer()

    @pages.post(RECORDS)
    def records() -> Response:
        asked = body()
        start, until = (from_seconds(number(asked.get(key))) for key in ("start_time", "end_time"))
        if until < start or until - start > SPAN or asked.get("chat_type") != "group":
            raise WecomError(40058)
        found = [
            {"msgid": one.id, "create_time": str(int(one.at.timestamp())), "create_type": 0, **one.body}
            for one in world.customers.messages.values()
            if start <= one.at <= until
        ]
        return _page(asked, found, "group_msg_list", RECORDS_A_PAGE)

    @pages.post(TASKS)
    def tasks() -> Response:
        asked = body()
        one = _message(world, asked)
        row: dict[str, Any] = {"userid": world.person(one.owner).wecom, "status": 2 if one.sent_at else 0}
        return _page(asked, [row | _sent_at(one)], "task_list")

    @pages.post(RESULTS)
    def results() -> Response:
        asked = body()
        one = _message(world, asked)
        owner = world.person(one.owner).wecom
        if str(asked.get("userid", "")).lower() != owner:
            return answer(send_list=[])
        rows = [
            {"chat_id": group, "userid": owner, "status": int(status), **_sent_at(one)}
            for group, status in one.results.items()
        ]
        return _page(asked, rows, "send_list")

    return pages


def _add(world: World, asked: dict[str, Any]) -> Response:
    """fail_list: the groups that are not the sender's."""
    if asked.get("chat_type") != "group":
        raise WecomError(40058)
    sender, wanted = _sender(world, asked), asked.get("chat_id_list")
    if not isinstance(wanted, list) or not wanted:
        raise WecomError(40058)
    what, kept = _content(world, asked)
    mine = [
        str(one)
        for one in wanted
        if (group := world.customers.groups.get(str(one))) is not None and group.owner == sender.id
    ]
    failed = [str(one) for one in wanted if str(one) not in mine]
    if not mine:
        return answer(msgid="", fail_list=failed)
    msgid = hand_over(world, sender.id, mine, kept, what)
    carried(world.message(world.customers.messages[msgid].shown))
    return answer(msgid=msgid, fail_list=failed)


def _sender(world: World, asked: dict[str, Any]) -> Person:
    found = world.with_account(WECOM, str(asked.get("sender", "")))
    if found is None:
        raise WecomError(60111)
    return found


def _content(world: World, asked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of Message, and what the records show of it."""
    kept = {key: asked[key] for key in ("text", "attachments") if asked.get(key)}
    text = asked["text"].get("content", "") if isinstance(asked.get("text"), dict) else ""
    attachments = asked.get("attachments") or []
    if not isinstance(text, str) or not isinstance(attachments, list):
        raise WecomError(40058)
    if len(text.encode()) > TEXT_BYTES or len(attachments) > ATTACHMENTS:
        raise WecomError(45002)
    if not text.strip() and not attachments:
        raise WecomError(44004)
    what: dict[str, Any] = {"text": text}
    for one in attachments:
        kind = one.get("msgtype")
        if kind not in ("image", "file"):
            raise WecomError(40008)
        file = world.file(str((one.get(kind) or {}).get("media_id", "")))
        if file is None:
            raise WecomError(40007)
        what |= (
            {"images": [*what.get("images", []), file.id]} if kind == "image" else {"file": file.id, "title": file.name}
        )
    return what, kept


def _message(world: World, asked: dict[str, Any]) -> MassMessage:
    found = world.customers.messages.get(str(asked.get("msgid", "")))
    if found is None:
        raise WecomError(40058)
    return found


def _sent_at(one: MassMessage) -> dict[str, int]:
    return {"send_time": int(one.sent_at.timestamp())} if one.sent_at is not None else {}


def _shown(world: World, group: CustomerGroup) -> dict[str, Any]:
    owner = world.person(group.owner).wecom
    members: list[dict[str, Any]] = [{"userid": owner, "type": 1, "join_time": 1756684800, "join_scene": 1}]
    members += [
        {"userid": f"wmDEMO{group.id[-4:]}{place}", "type": 2, "join_time": 1756684800, "join_scene": 3}
        for place in range(group.parents)
    ]
    return {
        "chat_id": group.id, "name": group.name, "owner": owner, "create_time": 1756684800, "notice": "", "member_list": members,
        "admin_list": [], "member_version": "v1",
    }  # fmt: skip


def _page(asked: dict[str, Any], rows: list[Any], key: str, most: int = PAGE) -> Response:
    size = number(asked.get("limit", most))
    if not 1 <= size <= most:
        raise WecomError(40058)
    some, cursor = page(rows, str(asked.get("cursor", "")), size)
    return answer(**{key: some}, **({"next_cursor": cursor} if cursor else {}))
