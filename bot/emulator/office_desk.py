"""What the people behind the platforms can do, as the desk offers it: a form for each act, and the requests that wait.

The acts themselves are in wecom_office.py, wecom_forms.py and dingtalk_office.py; here they get their Chinese and their fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from bot.clock import SCHOOL_TZ, school_time
from bot.emulator import dingtalk_office, families, wecom_forms, wecom_office
from bot.emulator.records import WECOM, Refused
from bot.emulator.wecom_office import Status

if TYPE_CHECKING:
    from bot.emulator.world import World

PERSON, DAY, TEXT, CHOICE = "person", "day", "text", "choice"
LEAVES = ("事假", "病假", "公假")
ON, OFF = "上班打卡", "下班打卡"
HERE, AWAY = "回来了", "离开学校"
FOLLOWS, LEFT = "扫码关注", "取消关注"
WORK = time(7, 50), time(17, 0)
DEAF_WECOM = "这所学校没有企业微信自建应用，后台的变动到不了校铃。"
DEAF_DINGTALK = "这所学校的钉钉没有订阅事件，后台的变动到不了校铃。"


@dataclass(frozen=True, slots=True)
class Field:
    """kind: PERSON (an id), DAY (2026-11-25), TEXT, CHOICE of options: (value, words). value: what stands there at first."""

    name: str
    label: str
    kind: str = TEXT
    options: Sequence[tuple[str, str]] = ()
    value: str = ""


Do = Callable[[Mapping[str, str]], str]
"""Given the fields' values; returns what became of it. Raises Refused."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does."""

    id: str
    label: str
    fields: Sequence[Field]
    do: Do


WHO = Field("who", "谁", PERSON)


def offices(world: World) -> list[dict[str, Any]]:
    """For each platform of the school: why nothing of it reaches the bot, the acts, the requests that wait or can be undone."""
    found = []
    for platform in world.channels:
        hears = wecom_office.hears(world) if platform == WECOM else world.ding_office.hears
        found.append(
            {
                "platform": platform,
                "note": "" if hears else DEAF_WECOM if platform == WECOM else DEAF_DINGTALK,
                "acts": [
                    {"id": act.id, "label": act.label, "fields": [asdict(field) for field in act.fields]}
                    for act in _acts(world, platform)
                ],
                "requests": _requests(world, platform),
            }
        )
    return found


def carry_out(world: World, platform: str, act: str, values: Mapping[str, str]) -> str:
    """Returns what became of it, in one line. Raises Refused."""
    if platform not in world.channels:
        raise Refused("这所学校不用这个平台。", 404)
    if act.startswith("request:"):
        return _decided(world, platform, act.removeprefix("request:"), values.get("how", ""))
    found = next((each for each in _acts(world, platform) if each.id == act), None)
    if found is None:
        raise Refused("没有这件事。", 404)
    for field in found.fields:
        given = values.get(field.name, "").strip()
        if not given:
            raise Refused(f"请填“{field.label}”。", 400)
        if field.kind == CHOICE and given not in [value for value, _ in field.options]:
            raise Refused(f"“{field.label}”里没有这一项。", 400)
    return found.do(values)


def _acts(world: World, platform: str) -> list[Act]:
    return _wecom(world) if platform == WECOM else _dingtalk(world)


def _days(world: World) -> tuple[Field, Field]:
    tomorrow = f"{school_time(world.clock.now()).date() + timedelta(days=1)}"
    return Field("first", "从哪天", DAY, value=tomorrow), Field("last", "到哪天", DAY, value=tomorrow)


def _choices(name: str, label: str, *options: str) -> Field:
    return Field(name, label, CHOICE, tuple((each, each) for each in options), options[0])


def _everyday(
    world: World, departments: Sequence[tuple[str, str]], leave: Do, come_or_go: Do, move: Do, punch: Do
) -> list[Act]:
    """What both platforms' offices have."""
    return [
        Act("leave", "请假", (WHO, _choices("kind", "哪种假", *LEAVES), *_days(world)), leave),
        Act("people", "离职、回来", (WHO, _choices("how", "怎么了", AWAY, HERE)), come_or_go),
        Act("move", "换部门", (WHO, Field("where", "去哪里", CHOICE, departments, departments[0][0])), move),
        Act("punch", "打卡", (WHO, _choices("kind", "哪一次", ON, OFF)), punch),
    ]


def _wecom(world: World) -> list[Act]:
    departments = [(str(number), name) for number, name in families.DEPARTMENTS.items() if number != 1]
    guardians = [(one.id, _guardian(one)) for one in families.PARENTS]

    def leave(said: Mapping[str, str]) -> str:
        first, last = (datetime.combine(_day(said[name]), time(12), SCHOOL_TZ) for name in ("first", "last"))
        wecom_office.apply_leave(world, said["who"], first, last, said["kind"])
        return "请假交上去了，等审批。"

    def move(said: Mapping[str, str]) -> str:
        wecom_office.moves(world, said["who"], int(said["where"]))
        return "部门改好了。"

    def come_or_go(said: Mapping[str, str]) -> str:
        (wecom_office.joins if said["how"] == HERE else wecom_office.leaves)(world, said["who"])
        return "通讯录改好了。"

    def punch(said: Mapping[str, str]) -> str:
        now = world.clock.now()
        wecom_office.punch(world, said["who"], said["kind"], now, _due(world, said["kind"]))
        return f"{school_time(now):%H:%M} 打了卡。平台不通知，校铃到点自己来看。"

    def report(said: Mapping[str, str]) -> str:
        wecom_office.write_report(world, said["who"], {"值班情况": said["words"]})
        return "汇报交上去了。平台不通知，校铃到点自己来看。"

    def follow(said: Mapping[str, str]) -> str:
        wecom_office.follow(world, said["guardian"], follows=said["how"] == FOLLOWS)
        return "改好了。"

    return [
        *_everyday(world, departments, leave, come_or_go, move, punch),
        Act("report", "交汇报", (WHO, Field("words", "值班情况", value="东门有序，学生都接走了")), report),
        *(_form(world, form) for form in world.office.forms.values()),
        Act(
            "follow",
            "家长关注",
            (Field("guardian", "谁", CHOICE, guardians, guardians[0][0]), _choices("how", "怎么了", FOLLOWS, LEFT)),
            follow,
        ),
    ]


def _form(world: World, form: wecom_forms.Form) -> Act:
    """A collection form that the bot made."""
    fields = []
    for number, (title, question) in enumerate(form.questions.items()):
        options = tuple((each["value"], each["value"]) for each in question.get("option_item", ()))
        fields.append(
            Field(f"q{number}", title, CHOICE if options else TEXT, options, options[0][0] if options else "")
        )

    def fill(said: Mapping[str, str]) -> str:
        wecom_forms.answer_form(world, form.id, said["who"], {field.label: said[field.name] for field in fields})
        return "收集表填好了。"

    return Act(f"form:{form.id}", f"填《{form.info.get('form_title', '收集表')}》", (WHO, *fields), fill)


def _dingtalk(world: World) -> list[Act]:
    office = world.ding_office
    departments = [(str(number), name) for number, (name, above) in dingtalk_office.DEPARTMENTS.items() if above]
    classes = [
        (str(number), f"{dingtalk_office.GRADES[grade]}{name}")
        for number, (name, grade) in dingtalk_office.CLASSES.items()
    ]

    def name(said: Mapping[str, str]) -> str:
        return world.person(said["who"]).name

    def leave(said: Mapping[str, str]) -> str:
        first, last = _day(said["first"]), _day(said["last"])
        if last < first:
            raise Refused("结束的日子比开始的早。", 400)
        office.apply_leave(name(said), first, last, said["kind"])
        return "请假交上去了，等审批。"

    def move(said: Mapping[str, str]) -> str:
        office.moves(name(said), int(said["where"]))
        return "部门改好了。"

    def come_or_go(said: Mapping[str, str]) -> str:
        (office.returns if said["how"] == HERE else office.leaves)(name(said))
        return "通讯录改好了。"

    def punch(said: Mapping[str, str]) -> str:
        now, on = world.clock.now(), said["kind"] == ON
        office.punch(name(said), now, _due(world, said["kind"]), on=on)
        return f"{school_time(now):%H:%M} 打了卡。"

    def report(said: Mapping[str, str]) -> str:
        office.write_report(name(said), "值班日报", 值班情况=said["words"])
        return "日志交上去了。平台不通知，校铃到点自己来看。"

    def fill(said: Mapping[str, str]) -> str:
        office.fill_in(name(said), 检查结果=said["words"])
        return "表填好了。平台不通知，校铃到点自己来看。"

    def pupil(said: Mapping[str, str]) -> str:
        office.pupil_joins(int(said["where"]), said["words"])
        return "家校通讯录说有新学生了。"

    (form,) = office.forms.values()
    return [
        *_everyday(world, departments, leave, come_or_go, move, punch),
        Act("report", "交日志", (WHO, Field("words", "值班情况", value="东门有序，学生都接走了")), report),
        Act("form", f"填《{form.name}》", (WHO, Field("words", "检查结果", value="通道畅通")), fill),
        Act(
            "pupil",
            "来了新学生",
            (Field("words", "名字", value="学生丁"), Field("where", "哪个班", CHOICE, classes, classes[0][0])),
            pupil,
        ),
    ]


def _requests(world: World, platform: str) -> list[dict[str, Any]]:
    """The newest first; how: what can be done with each."""
    if platform == WECOM:
        return [
            {
                "id": one.number,
                "words": f"{one.person.name} {one.kind} {_span(one.first, one.last)}",
                "how": ["同意", "不同意", "撤回"] if one.status is Status.RUNNING else ["撤销"],
            }
            for one in reversed(world.office.requests.values())
            if one.status in (Status.RUNNING, Status.AGREED)
        ]
    people = {person.dingtalk: person.name for person in world.people()}
    undone = {one.main for one in world.ding_office.instances.values()}
    return [
        {
            "id": one.number,
            "words": f"{people.get(one.account, '')} {one.title}",
            "how": ["同意", "不同意", "撤回"] if one.status == "RUNNING" else ["撤销"],
        }
        for one in reversed(world.ding_office.instances.values())
        if one.action == "NONE" and one.number not in undone and (one.status == "RUNNING" or one.result == "agree")
    ]


def _decided(world: World, platform: str, number: str, how: str) -> str:
    office = world.ding_office
    wecom = platform == WECOM
    match how:
        case "同意" | "不同意":
            if wecom:
                wecom_office.decide(world, number, how == "同意")
            else:
                office.decide(number, how == "同意")
        case "撤回" | "撤销":
            if wecom:
                wecom_office.withdraw(world, number)
            elif how == "撤回":
                office.withdraw(number)
            else:
                office.revoke(number)
        case _:
            raise Refused("这个请求看不懂。", 400)
    return f"{how}了。"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused("日期看不懂。", 400) from error


def _due(world: World, kind: str) -> datetime:
    return datetime.combine(school_time(world.clock.now()).date(), WORK[kind == OFF], SCHOOL_TZ)


def _span(first: datetime, last: datetime) -> str:
    days = [f"{school_time(each).month}月{school_time(each).day}日" for each in (first, last)]
    return days[0] if days[0] == days[1] else f"{days[0]}到{days[1]}"


def _guardian(one: families.Parent) -> str:
    names = {pupil.id: pupil.name for pupil in families.PUPILS}
    return "、".join(f"{names[child]}的{relation}" for child, relation in one.children.items())
