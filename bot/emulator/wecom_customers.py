"""The classes' groups with parents in the emulated school's WeCom (客户群), and messages that wait for a teacher there (群发).

Who owns a group finds the message in 群发助手, which shows it in their own chat here, and sends it by a press; only then
does it stand in the group, in their name. A group takes one such message a day from one sender.
Source: 企业微信开发者中心 › 客户联系 › 创建企业群发 (92135), 获取企业的全部群发记录 (93338), copies of 2022 to 2026.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from bot.clock import school_time
from bot.emulator import wecom_callbacks
from bot.emulator.records import GROUP, PARENTS, TOOL, WECOM, Chat, Refused
from bot.emulator.roads import Callbacks

if TYPE_CHECKING:
    from bot.emulator.world import World

CONFIRM = "确认发送"
ONLY_CONFIRMED = "家长的客户群：校铃听不见，也不能直接发，要群主在企业微信里确认。"
REMINDERS, REMINDED_WITHIN = 3, timedelta(hours=24)
AGENT = 1000004
"""客户联系's own."""


class Status(IntEnum):
    """status in get_groupmsg_send_result."""

    UNSENT = 0
    SENT = 1
    NOT_A_CUSTOMER = 2
    ONE_ALREADY = 3


@dataclass(frozen=True, slots=True)
class CustomerGroup:
    """A class's group. owner: a person's id. parents: how many are in it."""

    id: str
    name: str
    owner: str
    parents: int = 3


@dataclass(slots=True)
class MassMessage:
    """One message for some groups of one owner. shown: the id of the bubble in 群发助手. ended: taken back unsent."""

    id: str
    owner: str
    what: dict[str, Any]
    body: dict[str, Any]
    at: datetime
    results: dict[str, Status]
    shown: str = ""
    sent_at: datetime | None = None
    ended: bool = False
    reminded: list[datetime] = field(default_factory=list)


GROUPS = (
    CustomerGroup("wrDEMO0class0301", "三年级1班家长群", "sun"),
    CustomerGroup("wrDEMO0class0302", "三年级2班家长群", "wang"),
    CustomerGroup("wrDEMO0class0101", "一年级1班家长群", "chen"),
    CustomerGroup("wrDEMO0committee", "三年级2班家委会", "wang"),
)


class Customers:
    """What there is of it; nothing here outlives the emulator."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        self.groups = {group.id: group for group in GROUPS}
        self.messages: dict[str, MassMessage] = {}


def chats() -> list[Chat]:
    """How the groups stand on the owners' phones."""
    return [
        Chat(
            chat_id(group.id), WECOM, GROUP, group.name, (group.owner,), "", purpose=PARENTS, hears=False,
            note=ONLY_CONFIRMED, channel="wecom customers",
        )
        for group in GROUPS
    ]  # fmt: skip


def chat_id(group: str) -> str:
    return f"{WECOM}-customers-{group}"


def hand_over(world: World, owner: str, groups: Sequence[str], body: dict[str, Any], what: dict[str, Any]) -> str:
    """A message for these groups of this owner's. owner: a person's id. what: the fields of Message. Returns its msgid."""
    identity = f"msgDEMO{secrets.token_hex(12)}"
    message = MassMessage(identity, owner, what, body, world.clock.now(), dict.fromkeys(groups, Status.UNSENT))
    customers = world.customers
    with customers.lock:
        customers.messages[identity] = message
        names = "、".join(customers.groups[group].name for group in groups)
        text = f"【群发助手】管理员请您发到：{names}\n{what.get('text', '')}".strip()
        shown = world.shows(
            world.direct(owner, WECOM), TOOL, **what | {"text": text}, buttons=[(CONFIRM, CONFIRM)], card={"msgid": identity}
        )  # fmt: skip
        message.shown = shown.id
    return identity


def confirm(world: World, person: str, msgid: str) -> str:
    """The owner sends it. Returns why not, in Chinese; "" when it is done."""
    with world.customers.lock:
        message = world.customers.messages.get(msgid)
        if message is None or message.ended:
            return "这条群发已经取消了。"
        if message.owner != person or message.sent_at is not None:
            return "这条群发已经处理过了。"
        message.sent_at = world.clock.now()
        for group in message.results:
            message.results[group] = _result(world, message, group)
            if message.results[group] is Status.SENT:
                there = world.customers.groups[group]
                note = f"{there.parents} 位家长在群里看到了"
                world.shows(world.chat(chat_id(group)), person, **message.what, note=note)
        refused = [group for group, status in message.results.items() if status is not Status.SENT]
        _close(world, message, "群里今天已经发过一条，这条没有发出去" if refused else "发出去了")
    return ""


def remind(world: World, message: MassMessage) -> bool:
    """The owner is asked again. False: too often for a day."""
    with world.customers.lock:
        now = world.clock.now()
        message.reminded = [at for at in message.reminded if now - at < REMINDED_WITHIN]
        if len(message.reminded) >= REMINDERS:
            return False
        message.reminded.append(now)
        if message.sent_at is None and not message.ended:
            world.shows(world.direct(message.owner, WECOM), TOOL, text="【群发助手】还有一条群发等您确认")
        return True


def end(world: World, message: MassMessage) -> None:
    """Whoever has not sent it by now no longer can."""
    with world.customers.lock:
        message.ended = True
        if message.sent_at is None:
            _close(world, message, "管理员取消了")


def dissolve(world: World, group: str) -> None:
    """The owner ends a group. Raises Refused where the bot did not take the event."""
    del world.customers.groups[group]
    tell(world, group, "dismiss")


def rename(world: World, group: str, name: str) -> None:
    """The owner names it otherwise. Raises Refused where the bot did not take the event."""
    customers = world.customers
    customers.groups[group] = replace(customers.groups[group], name=name)
    tell(world, group, "update", "<UpdateDetail>change_name</UpdateDetail>")


def tell(world: World, group: str, change: str, more: str = "") -> None:
    """change_external_chat to the app, which is where 客户联系's events go. Raises Refused."""
    road = world.roads.get(WECOM)
    if not isinstance(road, Callbacks):
        raise Refused("这所学校没有企业微信自建应用，客户群的变动到不了校铃。")
    fields = f"<ChatId>{group}</ChatId><ChangeType>{change}</ChangeType>{more}"
    parcel = wecom_callbacks.event("change_external_chat", fields, world.bot_url, world.clock, AGENT)
    if failure := road.bring(parcel):
        raise Refused(failure)


def _result(world: World, message: MassMessage, group: str) -> Status:
    today = school_time(world.clock.now()).date()
    for other in world.customers.messages.values():
        if other is message or other.owner != message.owner or other.results.get(group) is not Status.SENT:
            continue
        if other.sent_at is not None and school_time(other.sent_at).date() == today:
            return Status.ONE_ALREADY
    return Status.SENT


def _close(world: World, message: MassMessage, note: str) -> None:
    world.amend(world.message(message.shown), buttons=[], card={}, note=note)
