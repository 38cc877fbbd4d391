"""The rules that generalise, by subject, in sentences of no example file."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.calendar import Override, SchoolCalendar, Term
from bot.language.classes import classes
from bot.language.meaning import Item, Understanding
from bot.language.normal import normalise
from bot.language.schooldays import SchoolDays
from bot.language.understanding import Understander
from bot.language.vocabulary import Vocabulary

NOW = datetime(2026, 9, 16, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Wednesday
NATIONAL_DAY = {date(2026, 10, day): Override("off", note="国庆节") for day in range(1, 8)}
DAYS = SchoolDays(SchoolCalendar([Term("", date(2026, 8, 31), date(2027, 1, 22))], NATIONAL_DAY))
SCHOOL = Vocabulary(
    places=("致远楼", "2号教学楼", "食堂", "南大门", "北门", "科学室", "配电室", "东操场", "西操场", "医务室"),
    aliases={"操场": None, "大门": "南大门"},
    people={"魏长林": "总务主任", "胡师傅": "电工", "丁敏": "安全办主任"},
)
UNDERSTANDER = Understander(SCHOOL)


def read(text: str, before: str = "", role: str = "", photos: int = 0) -> Understanding:
    return UNDERSTANDER.understand(text, now=NOW, days=DAYS, before=before, role=role, photos=photos)


def only(text: str, before: str = "", role: str = "") -> Item:
    (item,) = read(text, before, role).items
    return item


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("疏散指示牌不亮了", "fire"),
        ("插线板外皮都烧黑了", "electric"),
        ("楼梯栏杆焊点开了", "building"),
        ("双杠松动", "sports"),
        ("护目镜镜片裂了，通风柜也不转", "lab"),
        ("盐酸瓶子标签掉了", "chem"),
        ("冷库里的冻肉没标日期", "food"),
        ("门禁刷卡没反应", "gate"),
        ("校门外双排停车", "traffic"),
        ("货梯检验标志过期", "special"),
        ("下水道返味", "utility"),
        ("走廊里孩子追逐打闹", "behavior"),
        ("3号校车安全锤少一把", "bus"),
        ("服务器一直是弱口令", "network"),
        ("碘伏过期了", "health"),
        ("树枝断了挂在半空", "environment"),
        ("投影仪花屏", "facility"),
    ],
)
def test_every_category_has_its_words(text: str, category: str) -> None:
    said = read(text)
    assert said.intent == "hazard"
    assert said.items[0].category == category


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("安全出口被铁链锁着", "suspected_major"),
        ("消火栓没水", "suspected_major"),
        ("2号校车超员3人", "suspected_major"),
        ("电梯年检过期还在用", "suspected_major"),
        ("安全出口指示灯不亮", "general"),
        ("教室门锁着打不开", "general"),
        ("消火栓箱玻璃碎了", "general"),
    ],
)
def test_a_level_is_only_suspected_by_its_conditions(text: str, level: str) -> None:
    assert only(text).level == level


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("致远楼三楼东侧走廊灯不亮", {"area": ("致远楼",), "floor": (3,), "side": "东", "spot": "走廊"}),
        ("二号楼4层西头厕所漏水", {"area": ("2号教学楼",), "floor": (4,), "side": "西", "spot": "厕所"}),
        ("餐厅地面油滑", {"area": ("食堂",)}),
        ("校门口减速带坏了", {"area": ("南大门",), "spot": "减速带"}),
        ("305门口的插座坏了", {"floor": (3,), "room": "305"}),
        ("三(2)班后门玻璃碎了", {"classes": ("3-2",)}),
        ("留样冰箱不制冷", {"area": ("食堂",)}),
        ("5号校车轮胎没气", {"number": "5号校车"}),
        ("致远楼、2号教学楼的应急灯都不亮", {"area": ("致远楼", "2号教学楼")}),
        ("操场单杠松了", {"area": ()}),
    ],
)
def test_places_by_the_schools_names_and_the_grammar_of_all_schools(text: str, slots: dict[str, object]) -> None:
    place = only(text).place
    assert {key: getattr(place, key) for key in slots} == slots


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("三年级2班", ("3-2",)),
        ("3.2班", ("3-2",)),
        ("一年级1、2、3班", ("1-1", "1-2", "1-3")),
        ("2024级3班", ("3-3",)),
        ("四四班", ("4-4",)),
        ("五一放假", ()),
        ("三楼2号", ()),
        ("302教室", ()),
        ("第三次", ()),
    ],
)
def test_classes(text: str, said: tuple[str, ...]) -> None:
    assert tuple(name for each in classes(normalise(text), 2026) for name in each.names) == said


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("灯坏了，3天内修好", date(2026, 9, 19)),
        ("灯坏了，本周内修好", date(2026, 9, 20)),  # 20 September is a make-up workday
        ("灯坏了，月底前换", date(2026, 9, 30)),
        ("灯坏了，下周一前换", date(2026, 9, 21)),
        ("灯坏了，国庆前换", date(2026, 9, 30)),
        ("灯坏了，第5周周五前换", date(2026, 10, 2)),
        ("灯坏了，25号前换", date(2026, 9, 25)),
        ("灯坏了，9.28前换", date(2026, 9, 28)),
        ("灯坏了，今天放学前弄好", date(2026, 9, 16)),
        ("灯坏了，后天之前换", date(2026, 9, 18)),
        ("灯坏了，尽快换", None),
        ("灯坏了，不急", None),
        ("15号灭火器没压力", None),
        ("3号楼灯坏了", None),
        ("昨天发现灯坏了", None),
    ],
)
def test_deadlines_and_what_is_none(text: str, due: date | None) -> None:
    assert read(text).items[0].due == due


def test_a_past_date_is_a_find_or_an_event() -> None:
    assert only("昨天巡查发现护栏松了").found == date(2026, 9, 15)
    assert only("昨晚大风把雨棚掀坏了").happened == date(2026, 9, 15)
    assert only("灭火器10月15号到期").expires == date(2026, 10, 15)


@pytest.mark.parametrize(
    "text",
    [
        "二3班有个孩子从滑梯上摔下来骨折了",
        "有学生流鼻血送医务室了",
        "教室插座着火了",
        "电梯困人了",
        "门口有家长堵门闹事",
        "六1两个男生打起来了",
        "有人翻墙进来",
        "孩子到现在没到校，家长电话打不通",
        "五个学生午饭后呕吐",
        "有人把学生身份证照片发群里了",
        "有学生说不想活了",
        "老师被家长打了",
        "有孩子被蜂蜇了",
        "保洁阿姨触电了",
        "厨房煤气泄漏",
        "有学生长期被欺负",
    ],
)
def test_incidents_are_private(text: str) -> None:
    said = read(text)
    assert (said.intent, said.private) == ("incident", True)


@pytest.mark.parametrize(
    "text",
    [
        "吊顶掉了一块，幸好没砸到人",
        "地面湿滑，学生容易摔倒",
        "楼梯口太挤，差点踩着",
        "烟感老是误报",
        "护栏松动怕孩子摔下去",
        "没有人受伤，就是灯罩掉了",
    ],
)
def test_what_did_not_happen_is_no_incident(text: str) -> None:
    assert read(text).intent == "hazard"


def test_a_drill_is_no_fire() -> None:
    assert read("今天消防演练模拟三楼着火，全员撤离顺利").intent != "incident"
    assert read("不是演练，食堂真的着火了").intent == "incident"


CARD = "YH-20260915-002 致远楼三楼走廊灯不亮 "


@pytest.mark.parametrize(
    ("text", "before", "intent"),
    [
        ("换好了", CARD + "待整改", "rectify"),
        ("复查合格，销号", CARD + "已整改待复查", "recheck"),
        ("还是不亮，退回", CARD + "已整改待复查", "recheck"),
        ("等配件，申请延到下周三", CARD + "整改中", "extend"),
        ("这个归电工管，转给胡师傅", CARD + "待派", "reassign"),
        ("写错了，是四楼不是三楼", CARD, "amend"),
        ("发错了，撤回", CARD, "withdraw"),
        ("收到", "【通知】下午开会", "ack"),
        ("1", "请回复 1 已到岗", "checkin"),
        ("还有多少条没整改？", "", "query"),
        ("请总务处周五前把走廊的灯全部检查一遍", "", "order"),
        ("今日带班：秩序良好，食堂留样已查，无其他情况", "", "duty"),
        ("三(1)卫生扣0.5", "", "score"),
        ("二2 应到40实到39", "", "checkin"),
        ("今天的排骨真好吃", "", "chat"),
    ],
)
def test_intents(text: str, before: str, intent: str) -> None:
    assert read(text, before).intent == intent


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.三楼灯不亮 2.四楼水管漏水 3.北门护栏松动", 3),
        ("灭火器过期了，另外窗户玻璃碎了", 2),
        ("水龙头漏水，地面湿滑", 1),
        ("监控有三个黑屏，北门一个，食堂两个", 2),
        ("三楼灯不亮，四楼灯也不亮", 2),
        ("单杠松了，底座螺丝掉了", 1),
    ],
)
def test_how_many_things(text: str, number: int) -> None:
    assert len(read(text).items) == number


def test_a_correction_keeps_what_it_does_not_name() -> None:
    place = only("更正，不是致远楼是2号教学楼", CARD).place
    assert (place.area, place.floor, place.spot) == (("2号教学楼",), (3,), "走廊")


def test_words_typed_by_ear_are_known() -> None:
    said = read("致远楼二楼灭火气没压力")
    assert said.items[0].category == "fire"
    assert said.repaired == (("灭火气", "灭火器"),)


def test_a_pupils_name_is_private() -> None:
    said = read("四1班赵小雨的椅子坏了")
    assert said.private
    assert [(person.name, person.kind) for person in said.people] == [("赵小雨", "pupil")]


def test_what_is_short_and_without_the_place() -> None:
    assert only("致远楼三楼东侧走廊灯管一直闪").what == "灯管一直闪"


PARTS = st.sampled_from(
    "一二三3号楼班年级前内周五月底日 ,。;1.2、灯坏漏水没不是把请已换好A座(-)食堂门口摔@扣分:\n?@#YH-20260101-001"
)


@given(st.one_of(st.text(max_size=120), st.lists(PARTS, max_size=60).map("".join)), st.text(max_size=30))
@settings(max_examples=400, deadline=None)
def test_no_text_raises(text: str, before: str) -> None:
    said = read(text, before)
    assert all(len(item.what) <= 36 for item in said.items)
    assert said.intent != "incident" or said.private


@given(
    st.lists(
        st.sampled_from(["三楼", "灯", "坏了", "食堂", "漏水", "，", "周五前", "修好", "。", "3班"]),
        min_size=1,
        max_size=8,
    ).map("".join)
)
@settings(max_examples=100, deadline=None)
def test_blanks_around_change_nothing(text: str) -> None:
    assert read(f"  {text}\n ") == read(text)


def test_a_novel_is_cut() -> None:
    assert read("三楼灯坏了，" * 5000).intent == "hazard"
