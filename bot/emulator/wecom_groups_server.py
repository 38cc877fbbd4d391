"""WeCom's addresses for groups that an app makes (appchat): made, changed, looked at, written to; nothing is heard there.

Written from the documentation alone: 企业微信开发者中心 › 应用推送消息到群聊会话 (90244 to 90248), copies of 2023 to 2025.
A group's messages have neither id nor check against duplicates, and no card.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from bot.emulator import demo, wecom_groups
from bot.emulator.records import SENT, Chat
from bot.emulator.wecom_door import WecomError, admit, answer
from bot.emulator.wecom_gate import body
from bot.emulator.wecom_server import WecomServer
from bot.emulator.wirelog import carried, watch
from bot.emulator.world import World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MADE_A_DAY, CHANGED_AN_HOUR = 1000, 1000
READERS_A_MINUTE, READERS_AN_HOUR = 20_000, 300_000
"""Messages times members; the hour's goes by the size of the company, this is the older copy's."""

MEMBER_A_MINUTE, MEMBER_A_DAY = 200, 10_000
"""What one member gets; more is dropped, and the sender hears nothing of it."""

CREATE, UPDATE, GET, SEND = (f"/cgi-bin/appchat/{name}" for name in ("create", "update", "get", "send"))
_TITLES = {
    CREATE: f"建群 POST {CREATE}",
    UPDATE: f"改群 POST {UPDATE}",
    GET: f"看群 GET {GET}",
    SEND: f"群里发 POST {SEND}",
}


def blueprint(world: World) -> Blueprint:
    pages = Blueprint("wecom_groups_server", __name__)
    watch(pages, world, _TITLES)
    server = WecomServer(world)

    @pages.before_request
    def check() -> None:
        admit(world)
        wecom_groups.check_scope(world)

    @pages.errorhandler(WecomError)
    def refused(error: WecomError) -> Response:
        return answer(error.code)

    @pages.post(CREATE)
    def create() -> Response:
        asked = body()
        _count(world, "made", DAY, MADE_A_DAY)
        owner, chatid = str(asked.get("owner", "")), str(asked.get("chatid", ""))
        name, members = str(asked.get("name", "")), _listed(asked, "userlist")
        made, _ = wecom_groups.create(world, demo.AGENT_ID, name, owner, members, chatid)
        return answer(chatid=made)

    @pages.post(UPDATE)
    def update() -> Response:
        asked = body()
        _count(world, "changed", HOUR, CHANGED_AN_HOUR)
        wecom_groups.change(
            world, demo.AGENT_ID, str(asked.get("chatid", "")), str(asked.get("name", "")), str(asked.get("owner", "")),
            _listed(asked, "add_user_list"), _listed(asked, "del_user_list"),
        )  # fmt: skip
        return answer()

    @pages.get(GET)
    def get() -> Response:
        chatid = request.args.get("chatid", "")
        chat = wecom_groups.the_group(world, demo.AGENT_ID, chatid)
        accounts = [world.person(one).wecom for one in chat.members]
        owner = world.person(chat.owner).wecom
        info = {"chatid": chatid, "name": chat.title, "owner": owner, "userlist": accounts, "chat_type": 0}
        return answer(chat_info=info)

    @pages.post(SEND)
    def send() -> Response:
        asked = body()
        server.check_busy()
        chat = wecom_groups.the_group(world, demo.AGENT_ID, str(asked.get("chatid", "")))
        what = _content(server, chat, asked)
        _count(world, "readers minute", MINUTE, READERS_A_MINUTE, len(chat.members))
        _count(world, "readers hour", HOUR, READERS_AN_HOUR, len(chat.members))
        dropped = sum(_too_many(world, member) for member in chat.members)
        note = f"{dropped} 人这一会儿收得太多，企业微信没有给他们看" if dropped else what.pop("note", "")
        first = all(message.chat != chat.id for message in world.messages())
        carried(world.bot_says(chat, **what | {"state": SENT, "note": note}))
        if first:
            world.events.publish("chats", {})  # only now does it stand on people's phones
        return answer()

    return pages


def _content(server: WecomServer, chat: Chat, asked: dict[str, Any]) -> dict[str, Any]:
    if asked.get("msgtype") == "template_card":
        raise WecomError(40008)
    what = server.app_content(asked)
    if "text" in what:
        listed = asked[asked["msgtype"]].get("mentioned_list", [])
        what["text"], what["mentions"] = server.mentioned(what["text"], listed, chat)
    return what


def _count(world: World, what: str, per: timedelta, most: int, times: int = 1) -> None:
    if world.rates.count(f"wecom appchat {what}", "corp", per, times) > most:
        raise WecomError(45009)


def _too_many(world: World, member: str) -> bool:
    in_minute = world.rates.count("wecom appchat member minute", member, MINUTE)
    in_day = world.rates.count("wecom appchat member day", member, DAY)
    return in_minute > MEMBER_A_MINUTE or in_day > MEMBER_A_DAY


def _listed(asked: dict[str, Any], key: str) -> list[str]:
    value = asked.get(key) or []
    if not isinstance(value, list):
        raise WecomError(40058)
    return [str(one) for one in value]
