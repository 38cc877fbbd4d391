"""What people do in WeCom's own tools at the emulated school: leave that is asked for and decided, punches, reports.

Each step of a request goes to the app's callback, as 审批 does for an app that may call its interface. Nothing here outlives
the emulator.
Source: 企业微信开发者中心 › 成员变更通知 (90970), 家校通讯录变更 (92032), 审批状态变化回调通知 (91815),
获取审批申请详情 (91983), 获取打卡记录数据 (90262).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from bot.clock import school_time
from bot.emulator import demo, wecom_callbacks
from bot.emulator.families import DEPARTMENTS, PARENTS, STAFF
from bot.emulator.records import WECOM, Person, Refused
from bot.emulator.roads import Callbacks
from bot.emulator.wecom_forms import Form

if TYPE_CHECKING:
    from bot.emulator.world import World

TEMPLATE, TITLE = "C4DEMO0leave0template0001", "请假"
APPROVER = "limin"
ATTENDANCE, REPORTS = "attendance", "reports"
AGENT = 3010040
"""审批's own."""


class Status(IntEnum):
    """SpStatus."""

    RUNNING = 1
    AGREED = 2
    REFUSED = 3
    WITHDRAWN = 4
    WITHDRAWN_LATER = 6


class Step(IntEnum):
    """StatuChangeEvent, spelt so on the wire."""

    SUBMITTED = 1
    AGREED = 2
    REFUSED = 3
    WITHDRAWN = 6
    WITHDRAWN_LATER = 8


@dataclass(slots=True)
class Request:
    """A leave that somebody asked for; first, last: both included. Another form has its words by their labels (said)."""

    number: str
    person: Person
    first: datetime
    last: datetime
    kind: str
    reason: str
    at: datetime
    status: Status = Status.RUNNING
    decided_at: datetime | None = None
    template: str = TEMPLATE
    title: str = TITLE
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Punched:
    """One attendance record. kind: 上班打卡, 下班打卡, 外出打卡. wrong: exception_type; 未打卡 was never made."""

    account: str
    kind: str
    at: datetime
    due_at: datetime | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A work report (汇报). said: its words by their labels."""

    id: str
    account: str
    template: str
    at: datetime
    said: Mapping[str, str]


@dataclass(slots=True)
class Office:
    """What the tools hold. opened: those that the administrator lets the app ask, each from its first use on.

    gone: accounts of who left. moved: account -> the department that is not the usual one. follows: guardian -> whether notices
    reach them now.
    forms_withheld: the app is not among 文档's.
    """

    opened: set[str] = field(default_factory=set)
    forms_withheld: bool = False
    reports: dict[str, Written] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    punches: list[Punched] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    moved: dict[str, int] = field(default_factory=dict)
    follows: dict[str, bool] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reset(self) -> None:
        with self.lock:
            self.opened.clear()
            self.forms_withheld = False
            self.reports.clear()
            self.forms.clear()
            self.requests.clear()
            self.punches.clear()
            self.gone.clear()
            self.moved.clear()
            self.follows.clear()


def apply_leave(
    world: World, person: str, first: datetime, last: datetime, kind: str = "事假", reason: str = "家里有事"
) -> str:
    """Somebody asks for leave in WeCom. person: their id. Returns the request's number. Raises Refused."""
    if last < first:
        raise Refused("结束的时间比开始的早。", 400)
    return _hand_in(world, Request("", world.person(person), first, last, kind, reason, world.clock.now()))


def apply_form(world: World, person: str, template: str, title: str, said: Mapping[str, str]) -> str:
    """Somebody hands in another form of the school's. Returns the request's number. Raises Refused."""
    now = world.clock.now()
    return _hand_in(
        world, Request("", world.person(person), now, now, "", "", now, template=template, title=title, said=said)
    )


def _hand_in(world: World, request: Request) -> str:
    office = world.office
    with office.lock:
        day = school_time(request.at).strftime("%Y%m%d")
        request.number = next(one for n in itertools.count(1) if (one := f"{day}{n:04}") not in office.requests)
        office.requests[request.number] = request
    _tell(world, request, Step.SUBMITTED)
    return request.number


def decide(world: World, number: str, agreed: bool) -> None:
    """The approver agrees, or does not. Raises Refused."""
    request = _running(world, number)
    request.status, request.decided_at = Status.AGREED if agreed else Status.REFUSED, world.clock.now()
    _tell(world, request, Step.AGREED if agreed else Step.REFUSED)


def withdraw(world: World, number: str) -> None:
    """Whoever asked takes it back, also after it was agreed to. Raises Refused."""
    request = world.office.requests.get(number)
    if request is None or request.status not in (Status.RUNNING, Status.AGREED):
        raise Refused("这张单子撤不了。")
    later = request.status is Status.AGREED
    request.status = Status.WITHDRAWN_LATER if later else Status.WITHDRAWN
    _tell(world, request, Step.WITHDRAWN_LATER if later else Step.WITHDRAWN)


def punch(world: World, person: str, kind: str, at: datetime, due_at: datetime | None = None, wrong: str = "") -> None:
    """Somebody's attendance was recorded; WeCom tells nobody. Raises Refused."""
    record = Punched(world.person(person).wecom, kind, at, due_at, wrong)
    with world.office.lock:
        world.office.opened.add(ATTENDANCE)
        world.office.punches.append(record)


def write_report(world: World, person: str, said: Mapping[str, str], template: str = "值班日报") -> str:
    """Somebody hands in a work report; WeCom tells nobody. Returns its id. Raises Refused."""
    office, account = world.office, world.person(person).wecom
    with office.lock:
        office.opened.add(REPORTS)
        identity = f"41eJDEMO{len(office.reports) + 1:04}"
        office.reports[identity] = Written(identity, account, template, world.clock.now(), said)
    return identity


def staff(world: World) -> list[Person]:
    """Who works here now."""
    return [person for person in world.people() if person.wecom not in world.office.gone]


def department(world: World, person: Person) -> int:
    return world.office.moved.get(person.wecom, STAFF.get(person.id, 1))


def joins(world: World, person: str) -> None:
    """Somebody is taken into the address book, for the first time or again. Raises Refused."""
    who = world.person(person)
    world.office.gone.discard(who.wecom)
    where = department(world, who)
    _contact_changed(world, "create_user", who, f"<Name>{escape(who.name)}</Name><Department>{where}</Department>")


def leaves(world: World, person: str) -> None:
    """Raises Refused."""
    who = world.person(person)
    if who.wecom in world.office.gone:
        raise Refused(f"{who.name}已经不在通讯录里了。")
    world.office.gone.add(who.wecom)
    _contact_changed(world, "delete_user", who, "")


def moves(world: World, person: str, to: int) -> None:
    """To another department. Raises Refused."""
    who = world.person(person)
    if to not in DEPARTMENTS:
        raise Refused("没有这个部门。", 404)
    world.office.moved[who.wecom] = to
    _contact_changed(world, "update_user", who, f"<Department>{to}</Department>")


def follow(world: World, guardian: str, *, follows: bool) -> None:
    """A guardian scans the code of 学校通知, or stops. Raises Refused."""
    if guardian not in {one.id for one in PARENTS}:
        raise Refused("没有这位家长。", 404)
    world.office.follows[guardian] = follows
    change = "subscribe" if follows else "unsubscribe"
    _bring(world, "change_school_contact", f"<ChangeType>{change}</ChangeType><Id>{guardian}</Id>", demo.AGENT_ID)


def _contact_changed(world: World, change: str, who: Person, more: str) -> None:
    fields = f"<ChangeType>{change}</ChangeType><UserID>{escape(who.wecom)}</UserID>{more}"
    _bring(world, "change_contact", fields, demo.AGENT_ID)


def _running(world: World, number: str) -> Request:
    request = world.office.requests.get(number)
    if request is None or request.status is not Status.RUNNING:
        raise Refused("没有这张等着审批的单子。", 404)
    return request


def _tell(world: World, request: Request, step: Step) -> None:
    """sys_approval_change to the app. Raises Refused."""
    _bring(world, "sys_approval_change", _fields(request, step), AGENT)


def hears(world: World) -> bool:
    """Whether such events reach the bot: they go to a self-built app."""
    return world.channels.get(WECOM) == "wecom app"


def _bring(world: World, event: str, fields: str, agent: int) -> None:
    """Raises Refused where the bot did not take it, or hears through another road."""
    road = world.roads.get(WECOM)
    if not hears(world) or not isinstance(road, Callbacks):
        raise Refused("这所学校没有企业微信自建应用，后台的变动到不了校铃。")
    parcel = wecom_callbacks.event(event, fields, world.bot_url, world.clock, agent)
    if failure := road.bring(parcel):
        raise Refused(failure)


def _fields(request: Request, step: Step) -> str:
    decision = ""
    if request.decided_at is not None:
        decision = (
            f"<SubNodeList><UserInfo><UserId>{APPROVER}</UserId></UserInfo><Speech></Speech><SpYj>{request.status}</SpYj>"
            f"<Sptime>{int(request.decided_at.timestamp())}</Sptime></SubNodeList>"
        )
    return (
        f"<ApprovalInfo><SpNoStr>{request.number}</SpNoStr><SpNo>{request.number}</SpNo><SpName>{escape(request.title)}</SpName>"
        f"<SpStatus>{request.status}</SpStatus><TemplateId>{request.template}</TemplateId>"
        f"<ApplyTime>{int(request.at.timestamp())}</ApplyTime>"
        f"<Applyer><UserId>{escape(request.person.wecom)}</UserId><Party>1</Party></Applyer>"
        f"<ProcessList><NodeList><NodeType>1</NodeType><SpStatus>{request.status}</SpStatus><ApvRel>2</ApvRel>{decision}"
        f"</NodeList></ProcessList><StatuChangeEvent>{step}</StatuChangeEvent></ApprovalInfo>"
    )
