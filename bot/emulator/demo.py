"""The demonstration school: its people, groups, made-up secrets, settings, and the roster's workbook."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.documents.roster_words import roster_words
from bot.domain.calendar import week_start
from bot.emulator.records import Person

NAME, CODE = "淄博高新区第一小学（演示）", "demo"

CORP_ID, AGENT_ID = "ww0demo0school01", 1000002
WECOM_SECRET = "demo-wecom-secret-not-a-real-one-000000000"  # noqa: S105 - made up, fits the emulator alone
CONTACTS_SECRET = "demo-wecom-contacts-not-a-real-one-0000000"  # noqa: S105
SCHOOL_SECRET = "demo-wecom-school-not-a-real-one-000000000"  # noqa: S105
CUSTOMERS_SECRET = "demo-wecom-customers-not-a-real-one-00000"  # noqa: S105
WECOM_TOKEN = "demoWecomToken01"  # noqa: S105
WECOM_AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
BOT_ID, BOT_NAME = "aibDEMO0school01", "校铃"
BOT_SECRET = "demo-wecom-bot-secret-not-a-real-one-00000"  # noqa: S105
BOT_CONNECTION = "bot"
DING_CORP_ID, DING_KEY, DING_ROBOT = "dingdemo0school01", "dingdemo0robot001", "dingdemo0robot001"
DING_SECRET = "demo-dingtalk-secret-not-a-real-one-00000000000"  # noqa: S105
DING_EVENTS, DING_EVENT_TOKEN = "dingevents", "demoDingToken01"
DING_EVENT_AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123459"
DING_AGENT = 3000000001
DING_QUOTAS = {"api": 5000, "message": 3000}
"""What the standard edition gives in a month (1431, since 2025-11-19)."""

DING_CARD, DING_CARD_SECRET = "demo0000-card.schema", "demo-card-secret-not-a-real-one"
WECOM_CONNECTION, DING_CONNECTION = "oa", "ding"
CHANNELS = ("wecom app", "dingtalk robot")
"""The connections through which the school hears people, one for each platform."""


@dataclass(frozen=True, slots=True)
class Group:
    """A staff group, on both platforms. key: its WeCom webhook; conversation, token: on DingTalk."""

    purpose: str
    title: str
    members: tuple[str, ...]
    key: str
    conversation: str
    token: str


PEOPLE = (
    Person("zhang", "张建国", "校长", "zhangjianguo", "u1001"),
    Person("li", "李敏", "副校长", "limin", "u1002"),
    Person("zhou", "周强", "安全主任", "zhouqiang", "u1003"),
    Person("zhao", "赵海峰", "总务主任", "zhaohaifeng", "u1004"),
    Person("sun", "孙丽", "教导主任", "sunli", "u1005"),
    Person("liu", "刘洋", "德育主任", "liuyang", "u1006"),
    Person("wu", "吴静", "办公室主任", "wujing", "u1007"),
    Person("wang", "王小燕", "三年级2班班主任", "wangxiaoyan", "u1008"),
    Person("chen", "陈晓", "一年级1班班主任", "chenxiao", "u1009"),
    Person("zheng", "郑凯", "体育教师", "zhengkai", "u1010"),
    Person("ma", "马德胜", "保安", "madesheng", "u1011"),
    Person("he", "何秀英", "食堂管理员", "hexiuying", "u1012"),
    Person("chenyu", "陈宇", "管理员（信息中心）", "chenyu", "u1013"),
)
ADMINISTRATOR = "chenyu"

_ROSTER = {
    "zhang": ("校长", ""),
    "li": ("副校长、值班领导", ""),
    "zhou": ("安全主任", ""),
    "zhao": ("总务主任", ""),
    "sun": ("教导主任", ""),
    "liu": ("德育主任、值班领导", ""),
    "wu": ("办公室主任", ""),
    "wang": ("班主任", "三年级2班"),
    "chen": ("班主任", "一年级1班"),
    "zheng": ("教师、教研组长", ""),
    "ma": ("保安", ""),
    "he": ("食堂管理员", ""),
    "chenyu": ("管理员", ""),
}
"""id -> posts as templates/posts.yaml calls them, and the class."""

_PLACES = (
    ("教学楼", "主教学楼、大楼、前楼", "孙丽"),
    ("食堂", "餐厅、后厨、伙房", "何秀英"),
    ("体育馆", "风雨操场", "郑凯"),
    ("操场", "大操场、运动场", "郑凯"),
    ("东门", "大门、正门、校门口", "马德胜"),
    ("西门", "后门", "马德胜"),
    ("门卫室", "传达室", "马德胜"),
    ("配电室", "配电房", "赵海峰"),
    ("科学实验室", "科学室", "孙丽"),
    ("微机室", "电脑室、机房", "陈宇"),
    ("报告厅", "多功能厅", ""),
    ("图书馆", "阅览室", ""),
    ("车棚", "", "马德胜"),
)
"""What the school calls its places, what people call them, and who looks after each."""

GROUPS = (
    Group(
        "staff", "教职工群", tuple(person.id for person in PEOPLE),
        "demo0000-staff-4a1c-9e55-000000000001", "cidDEMO/staff+0001==", "demo-ding-webhook-staff",
    ),
    Group(
        "leaders", "班子群", ("zhang", "li", "zhou", "zhao", "sun", "liu", "wu", "chenyu"),
        "demo0000-leaders-4a1c-9e55-000000000002", "cidDEMO/leaders+0002==", "demo-ding-webhook-leaders",
    ),
    Group(
        "safety", "安全巡查群", ("zhang", "li", "zhou", "zhao", "liu", "wang", "chen", "zheng", "ma", "he", "chenyu"),
        "demo0000-safety-4a1c-9e55-000000000003", "cidDEMO/safety+0003==", "demo-ding-webhook-safety",
    ),
)  # fmt: skip

WEBHOOK_SECRETS = {GROUPS[0].token: "SECdemo0staff0webhook0secret00000000000001"}
"""DingTalk webhook token -> the secret of its sign mode; the other groups' webhooks have none."""

_TASKS = (
    # owners, what, weeks from this one, weekday of the last day (0 is Monday)
    ("赵海峰", "检查消防栓和灭火器，填检查表", 0, 4),
    ("赵海峰", "报下周维修用料清单", 0, 3),
    ("王小燕、陈晓", "交三备三研集体备课记录", 0, 4),
    ("孙丽", "收齐各年级听课记录", 0, 4),
    ("周强", "组织门卫检查监控和一键报警", 0, 2),
    ("刘洋", "安排下周升旗仪式和国旗下讲话", 0, 4),
    ("吴静", "整理上周会议纪要并发班子群", 0, 3),
    ("何秀英", "交食堂留样和晨检登记", 0, 4),
    ("郑凯", "检查操场器材，贴好安全提示", 0, 4),
    ("周强", "组织一次全校疏散演练", 1, 3),
    ("赵海峰", "清理楼道和消防通道杂物", 1, 4),
    ("王小燕", "开三年级2班家长会，交签到表", 1, 4),
    ("陈晓", "整理一年级1班成长档案", 1, 4),
    ("孙丽", "期中质量分析汇总", 1, 4),
    ("刘洋", "检查各班黑板报", 2, 2),
    ("何秀英", "食堂燃气管道请专业人员检测", 2, 4),
    ("郑凯", "冬季长跑分组名单", 2, 4),
    ("吴静", "核对教职工考勤", 2, 4),
    ("周强", "周边交通隐患排查", 3, 3),
    ("赵海峰", "检查取暖设备", 3, 4),
    ("王小燕、陈晓", "更新班级安全台账", 3, 4),
    ("孙丽", "上报下学期教研计划", 4, 4),
    ("刘洋", "评选文明班级", 4, 4),
    ("郑凯", "体质测试数据上报", 4, 4),
)
_DUTY = ("李敏", "刘洋")
DUTY_DAYS = 56


def settings_data(
    base_url: str, bot_port: int, channels: Sequence[str] = CHANNELS, stream_urls: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What the school's xiaoling.toml says. base_url: where the emulator listens, "http://127.0.0.1:8010".

    channels: as the World has them. stream_urls: channel -> the address of its long connection (Road.url).
    """
    connections: list[dict[str, Any]] = []
    for channel in channels:
        connections += _channel(channel, base_url, (stream_urls or {}).get(channel, ""), bot_port)
    return {
        "server": {"port": bot_port, "clock": "turned"},
        "school": [{"name": NAME, "code": CODE, "connection": connections}],
    }


def dingtalk_events_data(base_url: str) -> dict[str, Any]:
    """The connection for DingTalk's events over HTTP, for a school whose robot is not in Stream mode."""
    return {
        "platform": "dingtalk",
        "kind": "events",
        "name": DING_EVENTS,
        "app_key": DING_KEY,
        "app_secret": DING_SECRET,
        "token": DING_EVENT_TOKEN,
        "aes_key": DING_EVENT_AES_KEY,
        "api_base": base_url,
        "oapi_base": base_url,
    }


def _channel(channel: str, base_url: str, stream_url: str, bot_port: int) -> list[dict[str, Any]]:
    """The connections that belong to a way of hearing people."""
    platform, kind = channel.split()
    names = {"platform": platform, "kind": kind}
    wecom = {"token": WECOM_TOKEN, "encoding_aes_key": WECOM_AES_KEY, "api_base": base_url}
    match channel:
        case "wecom app":
            app = {"corp_id": CORP_ID, "agent_id": AGENT_ID, "secret": WECOM_SECRET}
            parents = app | {"platform": platform, "kind": "school", "name": "parents", "api_base": base_url}
            groups = {"platform": platform, "kind": "customers", "name": "classgroups", "api_base": base_url}
            groups |= {"corp_id": CORP_ID, "secret": CUSTOMERS_SECRET}
            return [names | {"name": WECOM_CONNECTION} | app | wecom, *_webhooks(base_url), parents, groups]
        case "wecom bot_stream":
            return [names | {"name": BOT_CONNECTION, "bot_id": BOT_ID, "secret": BOT_SECRET, "url": stream_url}]
        case "wecom bot":
            return [names | {"name": BOT_CONNECTION} | wecom, *_webhooks(base_url)]
        case "dingtalk robot" | "dingtalk stream":
            app = {"name": DING_CONNECTION, "app_key": DING_KEY, "app_secret": DING_SECRET, "robot_code": DING_ROBOT}
            app |= {"api_base": base_url, "oapi_base": base_url, "card_template": DING_CARD}
            if kind == "robot":
                url = f"http://127.0.0.1:{bot_port}/callback/{CODE}/{DING_CONNECTION}"
                app |= {"card_secret": DING_CARD_SECRET, "card_url": url}
            return [names | app]
        case _:
            raise ValueError(channel)


def _webhooks(base_url: str) -> list[dict[str, Any]]:
    return [
        {
            "platform": "wecom",
            "kind": "webhook",
            "name": group.purpose,
            "key": group.key,
            "group": group.title,
            "api_base": base_url,
        }
        for group in GROUPS
    ]


def settings_toml(
    base_url: str,
    bot_port: int,
    channels: Sequence[str] = CHANNELS,
    stream_urls: Mapping[str, str] | None = None,
    *,
    events: bool = False,
) -> str:
    """The same as a file. events: with the subscription that a robot over HTTP needs to be told what happens.

    A JSON string is a TOML string too, as long as it stands on one line.
    """
    data = settings_data(base_url, bot_port, channels, stream_urls)
    if events and "dingtalk robot" in channels:
        data["school"][0]["connection"].append(dingtalk_events_data(base_url))
    lines = ["# 演示学校的设置，每次打开演示都会重写。", "[server]"]
    lines += _pairs(data["server"])
    for school in data["school"]:
        lines += ["", "[[school]]", *_pairs(school)]
        for connection in school["connection"]:
            lines += ["", "[[school.connection]]", *_pairs(connection)]
    return "\n".join(lines) + "\n"


def _pairs(table: dict[str, Any]) -> list[str]:
    return [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in table.items()
        if not isinstance(value, list)
    ]


def roster_workbook(today: date) -> bytes:
    """The school's filled template: everybody, tasks of this week and the next four, 56 days of duty from this Monday."""
    # half of the emulator's start-up, for something that is written once
    from openpyxl import load_workbook

    from bot.documents.roster_template import template

    sheets = roster_words().words.sheets
    book = load_workbook(io.BytesIO(template()))
    people, tasks, duties, places = (book[sheets[kind].title] for kind in ("people", "tasks", "duties", "places"))
    monday = week_start(today)
    for person in PEOPLE:
        posts, grade_class = _ROSTER[person.id]
        people.append([person.name, None, posts, grade_class or None, person.wecom, person.dingtalk])
    for owners, title, weeks, weekday in _TASKS:
        week = monday + timedelta(weeks=weeks)
        tasks.append([week, owners, title, week + timedelta(days=weekday)])
    for number in range(DUTY_DAYS):
        duties.append([monday + timedelta(days=number), "值班领导", _DUTY[number % 2]])
    for place in _PLACES:
        places.append(place)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
