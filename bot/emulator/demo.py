"""The demonstration school: who works there, its groups, its settings, its plan. Everybody in it is made up."""

from __future__ import annotations

import io
from datetime import date, timedelta

from openpyxl import Workbook

from bot.emulator.dingtalk import DingtalkRobot
from bot.emulator.wecom import WecomApp
from bot.emulator.world import Actor, Room

SCHOOL = "淄博高新区第一小学（演示）"
CODE = "demo"

WECOM = WecomApp(
    corp_id="ww0demo0school",
    agent_id=1000002,
    secret="demo-secret-of-the-app",  # noqa: S106 - made up
    token="demoToken2026",  # noqa: S106 - made up
    aes_key="jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    callback=f"/callback/{CODE}/oa",
)
DINGTALK = DingtalkRobot(
    app_key="dingdemorobot",
    app_secret="demo-secret-of-the-robot",  # noqa: S106 - made up
    robot_code="dingdemorobot",
    corp_id="dingdemocorp",
    callback=f"/callback/{CODE}/ding",
)

_PEOPLE = (
    # name, pinyin (the id and the WeCom account), posts, class
    ("王小燕", "wangxiaoyan", "班主任", "三年级2班"),
    ("赵海峰", "zhaohaifeng", "总务主任", ""),
    ("周强", "zhouqiang", "安全主任", ""),
    ("张建国", "zhangjianguo", "校长", ""),
    ("李敏", "limin", "副校长、值班领导", ""),
    ("刘洋", "liuyang", "德育主任、值班领导", ""),
    ("孙丽", "sunli", "教导主任", ""),
    ("吴静", "wujing", "办公室主任", ""),
    ("陈晓", "chenxiao", "班主任", "一年级1班"),
    ("郑凯", "zhengkai", "教师", ""),
    ("马德胜", "madesheng", "保安", ""),
    ("何秀英", "hexiuying", "食堂管理员", ""),
    ("陈宇", "chenyu", "管理员", ""),
)

_GROUPS = (
    # id, title, who is in it (empty: everybody)
    ("staff", "教职工群", ()),
    (
        "leaders",
        "班子群",
        ("zhangjianguo", "limin", "liuyang", "sunli", "wujing", "zhouqiang", "zhaohaifeng", "chenyu"),
    ),
    ("safety", "安全巡查群", ("zhouqiang", "zhaohaifeng", "limin", "liuyang", "madesheng", "zhangjianguo", "chenyu")),
)

_PLAN = (
    # owner, task, weekday it is due (Monday is 0), every how many weeks
    ("赵海峰", "检查消防栓和灭火器", 3, 1),
    ("赵海峰", "报送食堂一周采购单", 4, 1),
    ("王小燕", "交三备三研集体备课记录", 2, 1),
    ("王小燕", "班级门窗锁具检查", 4, 2),
    ("陈晓", "交三备三研集体备课记录", 2, 1),
    ("孙丽", "汇总推门听课反馈", 4, 1),
    ("周强", "组织一次应急疏散演练", 4, 4),
    ("吴静", "收齐各处室周工作小结", 4, 1),
    ("郑凯", "检查单双杠和垫子", 3, 2),
    ("何秀英", "整理食品留样记录", 4, 1),
)

WEEKS = 20
"""How far the made-up plan and the duty table reach; the clock of a demonstration can be turned a term ahead."""


def actors() -> list[Actor]:
    """A dozen people with an account on each platform."""
    return [
        Actor(pinyin, name, f"{grade_class}{posts}" if grade_class else posts, pinyin, f"u{1001 + place}")
        for place, (name, pinyin, posts, grade_class) in enumerate(_PEOPLE)
    ]


def rooms() -> list[Room]:
    """The groups on both platforms. WeCom's robots in groups are webhooks: they speak and do not hear."""
    everybody = tuple(pinyin for _, pinyin, _, _ in _PEOPLE)
    found = []
    for group, title, members in _GROUPS:
        note = "企业微信群里的机器人只能发，听不到；请到和校铃的单聊里说"
        found += [
            Room(
                f"wecom-{group}",
                "wecom",
                "group",
                title,
                f"demo-key-{group}",
                "",
                members or everybody,
                False,
                note,
                not members,
            ),
            Room(
                f"dingtalk-{group}",
                "dingtalk",
                "group",
                title,
                f"cidDemo/{group}+1==",
                "",
                members or everybody,
                open=not members,
            ),
        ]
    return found


def settings(base_url: str, bot_port: int) -> str:
    """The xiaoling.toml of the demonstration school."""
    webhooks = "".join(
        f'''
[[school.connection]]
name = "{group}"
platform = "wecom"
kind = "webhook"
key = "demo-key-{group}"
group = "{title}"
api_base = "{base_url}"
'''
        for group, title, _ in _GROUPS
    )
    return f'''# 演示学校的设置，由模拟器写出；每次启动都会重写。
[server]
port = {bot_port}
clock = "turned"

[[school]]
name = "{SCHOOL}"
code = "{CODE}"

[[school.connection]]
name = "oa"
platform = "wecom"
kind = "app"
corp_id = "{WECOM.corp_id}"
agent_id = {WECOM.agent_id}
secret = "{WECOM.secret}"
token = "{WECOM.token}"
encoding_aes_key = "{WECOM.aes_key}"
api_base = "{base_url}"
{webhooks}
[[school.connection]]
name = "ding"
platform = "dingtalk"
kind = "robot"
app_key = "{DINGTALK.app_key}"
app_secret = "{DINGTALK.app_secret}"
robot_code = "{DINGTALK.robot_code}"
api_base = "{base_url}"
oapi_base = "{base_url}"
'''


def roster(today: date) -> bytes:
    """The school's roster, plan and duty table as the Excel file that an administrator would upload."""
    book = Workbook()
    people = book.active
    assert people is not None
    people.title = "人员"
    people.append(["姓名", "手机号", "职务", "年级班级", "企业微信账号", "钉钉账号(工号)"])
    for place, ((name, _, posts, grade_class), actor) in enumerate(zip(_PEOPLE, actors(), strict=True)):
        people.append([name, f"1380000{place:04d}", posts, grade_class, actor.wecom, actor.dingtalk])
    monday = today - timedelta(days=today.weekday())
    tasks = book.create_sheet("任务")
    tasks.append(["周次开始日期(周一)", "责任人", "任务", "完成期限"])
    for week in range(WEEKS):
        starts = monday + timedelta(weeks=week)
        for owner, task, weekday, every in _PLAN:
            if week % every == 0:
                tasks.append([starts, owner, task, starts + timedelta(days=weekday)])
    turns = book.create_sheet("值班")
    turns.append(["日期", "岗位", "姓名"])
    for day in range(WEEKS * 7):
        turns.append([monday + timedelta(days=day), "值班领导", ("李敏", "刘洋")[day % 2]])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
