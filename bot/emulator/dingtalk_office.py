"""What the school's DingTalk knows besides messages, and the people who change it: who works here, who asks for leave, who
punches, writes a report, fills in a form, looks after a pupil. Everything is made up; it lives as long as the process.
"""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.clock import school_time
from bot.emulator import demo
from bot.emulator.dingtalk_events_road import EventsRoad
from bot.emulator.records import DINGTALK, Person, Refused

if TYPE_CHECKING:
    from bot.emulator.dingtalk_todos import TodoCard
    from bot.emulator.world import World

LEAVE = "PROC-DEMO-LEAVE"
ROOT, OFFICE, TEACHING, LOGISTICS = 1, 11, 12, 13
DEPARTMENTS = {ROOT: (demo.NAME, 0), OFFICE: ("校办", ROOT), TEACHING: ("教导处", ROOT), LOGISTICS: ("总务处", ROOT)}
"""Number → name and the department above."""

_WHERE = {
    "zhang": OFFICE,
    "li": OFFICE,
    "wu": OFFICE,
    "chenyu": OFFICE,
    "zhao": LOGISTICS,
    "ma": LOGISTICS,
    "he": LOGISTICS,
}

CAMPUS, PERIOD = 901, 902
GRADES = {931: "三年级", 911: "一年级"}
CLASSES = {9312: ("2班", 931), 9111: ("1班", 911)}
FAMILIES = (
    # class, pupil, their name, guardian, relation
    (9312, "stu01", "学生甲", "guard01", "F", "爸爸"),
    (9312, "stu01", "学生甲", "guard02", "M", "妈妈"),
    (9312, "stu02", "学生乙", "guard03", "GM", "奶奶"),
    (9111, "stu03", "学生丙", "guard01", "F", "爸爸"),
)


@dataclass
class Instance:
    """One request. status, result: in DingTalk's words."""

    number: str
    template: str
    title: str
    account: str
    at: datetime
    values: list[dict[str, str]]
    status: str = "RUNNING"
    result: str = ""
    finished_at: datetime | None = None
    action: str = "NONE"
    main: str = ""


@dataclass
class Form:
    """A form of the old 智能填表. education: its answers are about pupils."""

    code: str
    name: str
    education: bool = False
    answers: list[dict[str, Any]] = field(default_factory=list)


class DingtalkOffice:
    """One school's. withheld: paths that the app has no permission for, by how they begin."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.RLock()
        self.events = EventsRoad(world)
        self.reset()

    def reset(self) -> None:
        """As on the first day."""
        self.events.reset()
        with self._lock:
            self.gone: set[str] = set()
            self.moved: dict[str, int] = {}
            self.withheld: set[str] = set()
            self.instances: dict[str, Instance] = {}
            self.punches: list[dict[str, Any]] = []
            self.reports: list[dict[str, Any]] = []
            self.todos: dict[str, TodoCard] = {}
            self.forms = {"FORM-DEMO": Form("FORM-DEMO", "消防通道检查表")}

    # who works here

    def staff(self) -> list[Person]:
        return [person for person in self._world.people() if person.dingtalk not in self.gone]

    def department(self, person: Person) -> int:
        return self.moved.get(person.id, _WHERE.get(person.id, TEACHING))

    @property
    def hears(self) -> bool:
        """Whether such events reach the bot: over Stream, or to an address that was saved."""
        return self._world.channels.get(DINGTALK) == "dingtalk stream" or self.events.subscribed

    def moves(self, name: str, department: int) -> None:
        """Somebody goes to another department; DingTalk says so."""
        person = self._world.person_named(name)
        with self._lock:
            self.moved[person.id] = department
        self.events.emit("user_modify_org", {"timeStamp": self._ms(), "userId": [person.dingtalk]})

    def leaves(self, name: str) -> None:
        """Somebody leaves the school; DingTalk says so."""
        account = self._world.person_named(name).dingtalk
        with self._lock:
            self.gone.add(account)
        self.events.emit("user_leave_org", {"timeStamp": self._ms(), "userId": [account]})

    def returns(self, name: str) -> None:
        """And comes back."""
        account = self._world.person_named(name).dingtalk
        with self._lock:
            self.gone.discard(account)
        self.events.emit("user_add_org", {"timeStamp": self._ms(), "userId": [account]})

    # approvals

    def apply_leave(self, name: str, first: date, last: date, kind: str = "事假", *, kit: bool = True) -> str:
        """Somebody asks for leave, whole days. kit: over DingTalk's own leave kit, else a form with a range. Returns its id."""
        person = self._world.person_named(name)
        if kit:
            days = (last - first).days + 1
            span = json.dumps([f"{first}", f"{last}", days, "day", kind, "请假类型"], ensure_ascii=False)
            label = '["开始时间","结束时间"]'
            values = [{"id": "leave", "name": label, "value": span, "componentType": "DDHolidayField"}]
        else:
            values = [
                {"id": "kind", "name": "请假类型", "value": kind, "componentType": "DDSelectField"},
                {
                    "id": "span",
                    "name": '["开始时间","结束时间"]',
                    "value": json.dumps([f"{first}", f"{last}"]),
                    "componentType": "DDDateRangeField",
                },
            ]
        values.append({"id": "why", "name": "请假事由", "value": "家里有事", "componentType": "TextareaField"})
        return self._apply(person, LEAVE, f"{person.name}提交的请假", values)

    def apply_form(self, name: str, template: str, title: str, **said: str) -> str:
        """Somebody hands in another form. said: its words by their labels. Returns its id."""
        person = self._world.person_named(name)
        values = [
            {"id": f"f{number}", "name": label, "value": text, "componentType": "TextField"}
            for number, (label, text) in enumerate(said.items())
        ]
        return self._apply(person, template, f"{person.name}提交的{title}", values)

    def decide(self, number: str, agreed: bool) -> None:
        """The last approver presses. Raises Refused for one that is decided already."""
        instance = self._running(number)
        instance.status, instance.result = "COMPLETED", "agree" if agreed else "refuse"
        instance.finished_at = self._world.clock.now()
        self._told("bpms_task_change", instance, "finish", taskId=7001, remark="")
        self._told("bpms_instance_change", instance, "finish")

    def withdraw(self, number: str) -> None:
        """Whoever wrote it takes it back before it is decided. Raises Refused."""
        instance = self._running(number)
        instance.status, instance.finished_at = "TERMINATED", self._world.clock.now()
        self._told("bpms_instance_change", instance, "terminate")

    def revoke(self, number: str) -> str:
        """An agreed request is taken back: a request of its own, agreed at once. Returns its id. Raises Refused."""
        main = self.instance(number)
        person = next(person for person in self._world.people() if person.dingtalk == main.account)
        revoking = self._apply(
            person, main.template, f"{person.name}撤销的请假", main.values, action="REVOKE", main=number
        )
        self.decide(revoking, True)
        return revoking

    def instance(self, number: str) -> Instance:
        """Raises Refused."""
        with self._lock:
            if number not in self.instances:
                raise Refused("没有这张审批单。", 404)
            return self.instances[number]

    def _running(self, number: str) -> Instance:
        instance = self.instance(number)
        if instance.status != "RUNNING":
            raise Refused("这张审批单已经结束了。")
        return instance

    def _apply(
        self,
        person: Person,
        template: str,
        title: str,
        values: list[dict[str, str]],
        *,
        action: str = "NONE",
        main: str = "",
    ) -> str:
        number = f"{secrets.token_hex(4)}-{secrets.token_hex(6)}"
        at = self._world.clock.now()
        instance = Instance(number, template, title, person.dingtalk, at, values, action=action, main=main)
        with self._lock:
            self.instances[number] = instance
        self._told("bpms_instance_change", instance, "start")
        self._told("bpms_task_change", instance, "start", taskId=7001)
        return number

    def _told(self, event: str, instance: Instance, change: str, **more: Any) -> None:
        data = {
            "processInstanceId": instance.number,
            "processCode": instance.template,
            "businessId": f"{school_time(instance.at):%Y%m%d%H%M}000001",
            "title": instance.title,
            "type": change,
            "createTime": int(instance.at.timestamp() * 1000),
            "staffId": instance.account,
            "url": f"https://aflow.dingtalk.com/demo?procInstId={instance.number}",
            **more,
        }
        if change == "finish":
            data["result"] = instance.result
        if instance.finished_at is not None:
            data["finishTime"] = int(instance.finished_at.timestamp() * 1000)
        self.events.emit(event, data)

    # attendance, reports, forms

    def punch(
        self, name: str, at: datetime | None, due_at: datetime, *, on: bool = True, result: str = "Normal"
    ) -> None:
        """One record, or one that is missing (at None). An event tells of a punch, not of a missing one."""
        account = self._world.person_named(name).dingtalk
        record: dict[str, Any] = {
            "userId": account,
            "checkType": "OnDuty" if on else "OffDuty",
            "timeResult": result if at else "NotSigned",
            "locationResult": "Normal" if at else "NotSigned",
            "planId": secrets.randbelow(10**9),
            "workDate": int(due_at.timestamp() * 1000),
            "userCheckTime": int((at or due_at).timestamp() * 1000),
            "baseCheckTime": int(due_at.timestamp() * 1000),
        }
        with self._lock:
            self.punches.append(record)
        if at is not None:
            told = {"userId": account, "checkTime": record["userCheckTime"], "bizId": str(record["planId"])}
            self.events.emit("attendance_check_record", {"dataList": [told]})

    def write_report(self, name: str, template: str, **fields: str) -> str:
        """Somebody writes a 日志. Returns its id."""
        person, number = self._world.person_named(name), secrets.token_hex(12)
        contents = [
            {"key": key, "value": value, "sort": str(place), "type": "1"}
            for place, (key, value) in enumerate(fields.items())
        ]
        with self._lock:
            self.reports.append(
                {
                    "report_id": number,
                    "creator_id": person.dingtalk,
                    "creator_name": person.name,
                    "dept_name": DEPARTMENTS[self.department(person)][0],
                    "create_time": self._ms(),
                    "template_name": template,
                    "contents": contents[::-1],  # in no order: `sort` has it
                }
            )
        return number

    def fill_in(self, name: str, code: str = "FORM-DEMO", **fields: str) -> str:
        """Somebody answers a form. Returns the answer's id. Raises Refused."""
        if code not in self.forms:
            raise Refused("没有这张表。", 404)
        number, at = secrets.token_hex(10), f"{school_time(self._world.clock.now()):%Y-%m-%d %H:%M:%S}"
        parts = [
            {"label": label, "value": value, "key": f"k{place}"} for place, (label, value) in enumerate(fields.items())
        ]
        account = self._world.person_named(name).dingtalk
        answer = {"formInstanceId": number, "formCode": code, "creator": account, "createTime": at, "forms": parts}
        with self._lock:
            self.forms[code].answers.append(answer | {"title": self.forms[code].name, "modifyTime": at})
        return number

    def pupil_joins(self, class_id: int, name: str) -> None:
        """The event alone: the pupils of the demonstration do not change."""
        data = {"userid": "stu99", "unionid": "", "name": name, "role": "student", "classId": class_id, "feature": "{}"}
        self.events.emit("edu_user_insert", data)

    def _ms(self) -> int:
        return int(self._world.clock.now().timestamp() * 1000)


def within(record: dict[str, Any], first: datetime, last: datetime) -> bool:
    """Whether a record's working day lies in a span."""
    return first.timestamp() * 1000 <= int(record["workDate"]) <= last.timestamp() * 1000


LONGEST_ATTENDANCE = timedelta(days=7)
