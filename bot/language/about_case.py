"""What is said about a case that is known already (整改, 复查, 延期, 转派, 更正), and what is asked (查询)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from bot.language.cases import count_in, quoted_card
from bot.language.dates import day_of
from bot.language.meaning import Item, Spot
from bot.language.owners import owner_of
from bot.language.pieces import Piece
from bot.language.reading import Reading

_PASS = re.compile(
    r"不合格|不通过|没通过|不行|退回|打回|返工|重改|重新|还是|又|没(?:修|弄|整改|换|处理|固定|装|补)?好|不到位|不彻底|仍|依然|没到位|再整改|没过|照样|还在|还(?:漏|晃|松|滴|闪)|没(?:修|换|动|弄|整改)|没有整改|不达标|不能销|白修"
)
_UNDER_WAY = re.compile(
    r"进场|预计|正在|在修|在弄|开工|动工|已安排|已联系|已下单|已采购|订货|配件|施工中|先围|下周|明天|后天|还没|约了|已约|派人|没(?:修|弄|换|装|整|来得及|货|到货)|来看过|来量|缺|等|打算|准备|一会儿?|今晚|过两天|暂时|先.{0,6}(?:绑|停|垫|挂|顶|凑合|用)|干上了"
)
_REASONS = (
    ("配件", "等待配件"),
    ("零件", "等待配件"),
    ("厂家", "等待厂家"),
    ("材料", "等待材料"),
    ("天气", "天气原因"),
    ("下雨", "天气原因"),
    ("雨", "天气原因"),
    ("审批", "等待审批"),
    ("经费", "等待经费"),
    ("招标", "等待招标"),
    ("假期", "假期施工"),
    ("寒假", "假期施工"),
    ("暑假", "假期施工"),
    ("请假", "人员不在"),
    ("人手", "人手不足"),
)
_ONWARD = re.compile(r"往后|再(?:给|宽|拖|延|缓)|顺延|推迟|多给")
"""Days that are counted from the deadline on the card, not from today."""
_CARD_DUE = re.compile(r"(?:期限|限期|截止|完成时限|时限)[^\d]{0,4}(?:\d{4}[年./-])?(\d{1,2})[月./-](\d{1,2})")
_SCOPES = re.compile(r"本周|这周|上周|本月|这个月|上个?月|今天|昨天|本学期|这学期|今年|全年|本年度|近\d+天|最近")
_FORMATS = (("EXCEL", "xlsx"), ("表格", "xlsx"), ("XLSX", "xlsx"), ("WORD", "docx"), ("PDF", "pdf"))


def about_case(reading: Reading) -> Item:
    text = reading.text
    roles: dict[str, Any] = {
        each.role: each.value for each in reading.told if each.role in ("due", "start") and each.value
    }
    if roles.get("start") and (length := next((each.length for each in reading.told if each.length), None)):
        roles["due"] = roles["start"] + timedelta(days=length)
    if reading.intent == "extend" and "due" in roles and _ONWARD.search(text):
        length = next((each.length for each in reading.told if each.length and each.role == "due"), None)
        until = _CARD_DUE.search(reading.before)
        if length and until:
            year = reading.now.year + (int(until[1]) < reading.now.month - 6)
            try:
                roles["due"] = date(year, int(until[1]), int(until[2])) + timedelta(days=length)
            except ValueError:
                del roles["due"]
    match reading.intent:
        case "recheck":
            failed = _PASS.search(text) is not None and not re.search(
                r"(?:合格|通过|可以销号)(?!.*(?:不|没))", re.sub("不合格|不通过|没通过", "", text)
            )
            return Item(status="退回整改" if failed else "复查合格", result="fail" if failed else "pass", **roles)
        case "rectify":
            ahead = any(
                each.role == "due" and each.value and day_of(each.value) >= reading.now.date() for each in reading.told
            )
            under_way = (ahead or _UNDER_WAY.search(text) is not None) and not re.search(
                r"(?:修|换|弄|装|补|处理|清|焊)(?:好|完)(?:了|,|。|$)|已整改|整改完|完工|已完成", text
            )
            status = "整改中" if under_way or roles.get("start") else "已整改待复查"
            number = count_in(text, Piece([(0, len(text))]), reading.told)
            place = reading.places.slots(text, reading.mentions, reading.hits) if not reading.before else Spot()
            return Item(
                status=status,
                count=number,
                place=place,
                what="" if reading.before else reading.rules.phrases.short(text, [(0, len(text))], reading.hits, []),
                **(roles if status == "整改中" else {}),
            )
        case "extend":
            reason = next((reason for word, reason in _REASONS if word in text), "")
            return Item(reason=reason, **roles)
        case "reassign":
            return Item(owner=owner_of(reading, anywhere=True), **roles)
        case _:
            return _amended(reading, roles)


def _amended(reading: Reading, roles: dict[str, Any]) -> Item:
    """The card's place with the slots that were said anew."""
    kept = [
        each
        for each in reading.mentions
        if not reading.text[max(0, each.start - 3) : each.start].endswith(("不是", "不在", "并非"))
    ]
    new = reading.places.slots(reading.text, kept, [])
    old = quoted_card(reading).place if reading.before else Spot()
    spot = Spot(
        area=new.area or old.area,
        floor=new.floor or (old.floor if not new.room else ()),
        side=new.side or old.side,
        room=new.room or old.room,
        classes=new.classes or old.classes,
        spot=new.spot or old.spot,
        number=new.number or old.number,
    )
    hits = [hit for hit in reading.hits if hit.word.things or hit.word.fault]
    what = reading.rules.phrases.short(reading.text, [(0, len(reading.text))], hits, []) if hits and not new else ""
    return Item(place=spot, what=what, **roles)


def question(reading: Reading) -> Item:
    text = reading.text
    scope = _SCOPES.search(text)
    details: dict[str, Any] = {"scope": scope[0]} if scope else {}
    if scope and scope[0] in ("上个月", "上月", "本月", "这个月"):
        month = reading.now.month - (scope[0].startswith("上"))
        details["scope"] = f"{reading.now.year - (month < 1)}-{month or 12:02d}"
    form = next((value for word, value in _FORMATS if word in text), "")
    if form:
        details["format"] = form
    place = reading.places.slots(text, reading.mentions, [])
    return Item(what=reading.rules.phrases.short(text, [(0, len(text))], [], []), place=place, details=details)
