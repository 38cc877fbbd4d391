"""Dates with their role: a deadline, when it was found, when it happened, when it expires, when work starts.

Recognising a date is easy; what it is for decides its neighbourhood: 前 内 限 务必 make a deadline, 发现 a find, 刮断 an
event, 到期 an expiry, 进场 a start. A number that names something (3号那条, 2号校车, 15号灭火器) is no date at all, and a date
whose role nothing says is left alone: a wrong deadline is worse than none.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.language.amounts import amount
from bot.language.meaning import Moment
from bot.language.patterns import Patterns
from bot.language.schooldays import SchoolDays

_N = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3})"
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 4}
_NEAR = {
    "大前天": -3, "前天": -2, "前日": -2, "前晚": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "昨夜": -1, "昨儿": -1, "昨早": -1,
    "今天": 0, "今日": 0, "今早": 0, "今晨": 0, "今晚": 0, "今儿": 0, "今晚上": 0, "今夜": 0, "当天": 0, "当日": 0, "今个": 0,
    "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "明儿": 1, "明晨": 1, "明个": 1, "后天": 2, "后日": 2, "大后天": 3,
}  # fmt: skip
_PART = r"(?:早上|早晨|清早|一早|大清早|上午|中午|午间|午休|下午|傍晚|晚上|夜里|夜间|半夜|凌晨|深夜|早|晚|放学后|放学|课间|大课间)"
_HOUR = r"(?P<hour>\d{1,2}|[一二两三四五六七八九十]{1,2})(?:点|时|:)(?P<minute>半|一刻|[0-5]\d|[一二三四五]十)?(?:分)?(?:钟|整|多钟|多|左右|许)*"
_CLOCK = rf"(?P<part>{_PART})?(?:的)?(?:{_HOUR})?"
_EDGE = r"(?P<edge>(?:放学|下班|发车|出车|开学|公开课|家长会|运动会|检查|验收|彩排|活动|比赛|考试|早读|升旗|集会|大课间|演出|接待|交接班|上学|上课|上班|天黑|吃饭|开饭|开餐|午饭|午餐|午休|离校|清校|课间|熄灯|就寝|查寝|关门|[\u4e00-\u9fff]{1,2}[灯寝餐饭课学班岗会赛试操铃睡])?(?:之前|以前|前|之内|以内|内|为止|截止|底前|末前)(?![面边后台门厅楼排院天日]))?"

_FORMS = Patterns((
    (rf"(?P<near>{'|'.join(sorted(_NEAR, key=len, reverse=True))}){_CLOCK}{_EDGE}", "near"),
    (rf"(?P<which>上上个?|上个?|下下个?|下个?|本|这个?|当)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末])(?![年级班])(?:{_CLOCK}){_EDGE}", "week"),
    (rf"第(?P<no>{_N})周(?:的)?(?:(?:周|星期|礼拜)(?P<day>[一二三四五六日天末]))?(?P<end>末|底)?{_EDGE}", "week_no"),
    (rf"(?P<which>本|这个?|当|下个?|下下个?)(?:周|星期|礼拜)(?:之?内|以内|里|结束)?(?:有空|抽空)?{_EDGE}", "this_week"),
    (rf"(?:(?P<year>20\d\d|今|明|去)年)?(?P<month>{_N})月(?:份)?(?P<mday>{_N})(?:日|号)?(?!班|年级){_CLOCK}{_EDGE}", "month_day"),
    (rf"(?<![\d.\-/A-Z第])(?:(?P<year>20\d\d)[./-])?(?P<month>1[0-2]|0?[1-9])[./-](?P<mday>3[01]|[12]\d|0?[1-9])(?![\d.]|分|元|米|度|%|班|厘|公|万|个|人|次|MP|℃|倍|斤|克)(?:日|号)?{_EDGE}", "dotted"),
    (rf"(?P<month>本|这个?|当|上个?|下个?|{_N})?月(?P<end>底|末|初|中旬|下旬|上旬){_EDGE}", "month_end"),
    (rf"(?:(?P<year>20\d\d|今|明|去)年)?(?P<month>{_N})月(?:份)?(?=(?:就|刚|才|已经?)?(?:到期|过期|失效|届满))", "month"),
    (rf"(?P<which>今|本|去)?年(?P<end>底|末){_EDGE}", "year_end"),
    (rf"(?<![\d月A-Z.第#])(?P<which>本月|这个?月|下个?月|上个?月|当月)?(?P<mday>[12]\d|3[01]|\d|[一二三]?十[一二三四五六七八九]?|二十[一二三四五六七八九]?)(?:日|号){_CLOCK}{_EDGE}", "day"),
    (rf"(?P<n>{_N}|半|两三|三四|三五|几)(?P<unit>个?工作日|个?小时|个?钟头|天|日|周|个?星期|个?礼拜|个半?月|个月|月)(?P<rel>之内|以内|内|之后|以后|后|之前|以前|前|时间)?", "span"),
    (r"(?P<name>清明|五一|劳动节|端午|中秋|国庆|十一|元旦|春节|过年|放寒假|放暑假|寒假|暑假|放假|放长假|假期|期末考?|开学|期中|六一|学期末|学期结束|节)(?:节)?(?:小?长?假期?)?(?:放假)?(?:活动|汇演|晚会|联欢会?|文艺演出)?(?P<edge>之前|以前|前夕|前)(?![面边后])", "holiday"),
    (rf"(?<![每天])(?:{_PART})?(?P<edge>(?:放学|下班|上学|上课|天黑|开饭|开餐|离校|清校|下午上课|午休|中午|今晚)(?:之前|以前|前))(?![面边])", "today"),
    (rf"(?<![\d.\-]){_CLOCK.replace(')?(?:的)?', ')(?:的)?', 1)}(?P<edge>之前|以前|前)(?![面边])", "clock"),
))  # fmt: skip

_ORDINAL = re.compile(
    r"^(?:教学|综合|实验|办公|宿舍)?(?:楼|门|车|校车|柜|机|灭火|消|那|条|栋|教室|室|窗|桌|灯|厅|房|线|位|梯|电梯|井|池|杆|岗|院|馆|隐患|的那|篮|球|配电|箱|泵|炉|桥|厕|仓|库|台|路|口|场|操|监控|摄|探|床|宿|病|树|看|护|窗|单|双|饮|空|暖|班|线路|工单|任务|问题|整改|复查|单子|案|记录|上的|这条|这个|学生|座|位|摊|大门|东|西|南|北)"
)
_DAY_AFTER = re.compile(
    r"^(?:之前|以前|前|完成|到期|为止|来|年检|检|要|交|弄|修|换|开始|进场|开工|上午|下午|早|晚|中午|夜|验收|截|过期|就|发现|能|可以|必须|务必|送|到|报|搞|给|再|都|也|左右|那天|当天|施工|动工|[,。!;、 ]|$)"
)
_DAY_BEFORE = re.compile(
    r"(?:到|至|于|约|约了|约好|限|在|等|延|是|定|就|从|自|最晚|最迟|截止|预计|计划|争取|保质期|有效期)$"
)
_REFERENCE_AFTER = re.compile(
    r"^(?:的?那(?:个|条|次|回|张|件)|报(?:的|过)|说(?:的|过)|提(?:的|过)|交办|布置|登记的|发的|的(?:隐患|问题|事|通知|会|[跟和与菜饭剩肉奶垃圾作业留]))"
)
_EXPIRES_AFTER = re.compile(r"^.{0,3}(?:到期|过期|届满|失效|就到|就过)")
_EXPIRES_BEFORE = re.compile(
    r"(?:有效期|保质期|检验期|有效|截止日期|下次检验(?:日期)?|检验有效期)(?:只)?(?:至|到|为|是|:|截止到?|写的?是?)*$"
)
_PRODUCED = re.compile(r"(?:生产日期|出厂|制造|采购于|购于|买于).{0,4}$")
_START_AFTER = re.compile(r"^.{0,5}(?:进场|开工|动工|开始(?!漏|坏|不|就|有)|入场|进校施工)")
_DUE_BEFORE = re.compile(
    r"(?:限期?|截止到?|截至|最晚|最迟|务必|必须|争取|延期?到|延期?至|延长到|延长至|推迟?到|推迟?至|顺延到|顺延至|改到|到|至|于|约好?了?|定在|定于|预计|预期|计划|打算|承诺|答应|保证|说好?|要求|希望|请|赶在|不晚于|不迟于|放到|期限:?|完成时间:?|时限:?)(?:在|于|到|是)?$"
)
_DUE_AFTER = re.compile(
    r"^(?:之前|前|内|里|下班|放学)?(?:必须|务必|一定|最好|争取|抽空|一早|一大早|找人|叫人|安排人|派人|要|得|能|可以|就能|就|才能|才|给|全部|都|再|来|来人|派人|上门|之内|再来|统一|统一来|集中)*(?:给)?(?:我)?(?:们)?(?:完成|修好|修完|弄好|弄完|搞定|处理|整改|解决|换好|换|修|弄|装好|装|清完|清理|清|补|到货|到位|交|检修|检测|年检|检|落实|上报|拆|更换|维修|安装|加固|打扫|摘|摘掉|除掉|砍|锯|铲|撒盐|返工|重做|重弄|挪走|搬走|移走|来洗|清洗|洗|来检查|送检|销号|反馈|报我|报上来|复查|来修|来换|来装|上门|干完|做完|完工|结束)(?!了|过|的时候|时发现|发现|员|台|单)"
)
_FOUND = re.compile(
    r"发现|看到|看见|瞅见|瞧见|翻出来|注意到|巡查|查出|检查(?!组)|查到|值班(?!室|员|领导|表|老师|教师)|盘点|盘库|巡逻|听到|得知|被告知|接到|才知道|有人反映|家长反映"
)
_STATE = re.compile(
    r"就这样|就有|就坏|就不|就是|已经|开始|一直|以来|起就|起|就漏|就没|就出现|到现在|至今|都没|还好好|后就"
)
_EVENT = re.compile(
    r"刮|扎|下雨|下大雨|大雨|暴雨|大风|下雪|大雪|台风|撞|被|摔|翻|偷|丢|打架|打起来|打了|打碎|爆|倒|塌|砸|断(?!电)|停电|跳闸|起火|着火|冒|吹|掉|碎|踢|进来|进校|闯|走失|失联|咬|蜇|吐|呕|晕|泄|响|溜|跑|炸|烧|发到|发了|丢失|撬|骂|吵|闹|骨折|割|划"
)
_INSPECTION_WORDS = "查检验督看"
_URGE = re.compile(r"赶紧|尽快|抓紧|务必|马上|立即|立刻|快|清|整改|处理|弄|换|修|之前|必须|得|收拾|搬")
_CLAUSE_END = ",。;!?\n"


@dataclass(frozen=True, slots=True)
class Said:
    """A date in the text. role: due, found, happened, expires, start, or "" for one that says nothing of a case."""

    start: int
    end: int
    role: str
    value: Moment | None
    asks: bool = False
    length: int | None = None
    """Days, of a deadline said as a length: 两周干完."""


Found = tuple[str, re.Match[str]]
"""A date's form and where it stands."""


def find_dates(text: str) -> list[Found]:
    """Where dates stand in a normalised text, whatever their role: nobody may read 3月2日 as a class or a count."""
    return list(_find(text))


def read_dates(
    text: str,
    dates: Sequence[Found],
    now: datetime,
    days: SchoolDays,
    *,
    intent: str = "",
    inspections: tuple[str, ...] = (),
) -> list[Said]:
    """The dates that find_dates saw, with their role. now: school time, aware."""
    found = [_read(text, form, match, now, days, intent, inspections) for form, match in dates]
    said = [each for each in found if each is not None]
    if any(each.role == "happened" for each in said):
        return said
    return [each for each in said if not (each.role == "found" and each.value == now.date())]


_ANY_DATE = re.compile("[天日号周期拜月前早晚底假节内时点后今昨明年末]|\\d[./-]\\d")


def _find(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    if _ANY_DATE.search(text) is None:
        return
    matches = [
        (form, match)
        for pattern, form in _FORMS.possible(set(text))
        for match in pattern.finditer(text)
        if match.end() > match.start()
    ]
    matches.sort(key=lambda pair: (pair[1].start(), -(pair[1].end())))
    end = 0
    for form, match in matches:
        if match.start() >= end and _is_date(text, form, match):
            end = match.end()
            yield form, match


def _is_date(text: str, form: str, match: re.Match[str]) -> bool:
    after, before = text[match.end() : match.end() + 8], text[max(0, match.start() - 4) : match.start()]
    if form == "day":
        if match["edge"]:
            return True
        if match["which"]:
            return not _ORDINAL.match(after)
        if match["part"] or match["hour"]:
            return True
        return not _ORDINAL.match(after) and bool(_DAY_AFTER.match(after) or _DAY_BEFORE.search(before))
    if form == "dotted":
        return bool(match["year"] or match["edge"] or len(match["mday"]) == 2 or _EXPIRES_AFTER.match(after)) and not (
            before.endswith(("扣", "加", "减", "+", "-", "分", "V"))
        )
    if form == "span":
        return (
            bool(match["rel"])
            and match["rel"] != "时间"
            or bool(
                re.search(
                    r"限期?$|预计$|(?:往后|再|得|要)?(?:拖|推|推迟|延|缓|顺延|延长)个?$|往后$|晚个?$|给.{0,3}$|需要?$|延期?$|宽限$|顺延$",
                    before,
                )
            )
            or bool(
                re.match(r"^(?:就能|就可以|能|可以|内?)?(?:干完|做完|修好|弄好|完成|搞定|完工|弄完|好|修完)", after)
            )
        )
    if form == "this_week":
        return not re.match(
            r"^(?:值|的?重点|工作|总结|小结|计划|安排|食谱|菜|还有|谁|有几|汇总|通报|主题|班会|还剩|新增|哪|共)", after
        )
    if form == "near" and before.endswith(("每", "天")):
        return False
    return not (form == "week" and before.endswith("第"))


def _read(
    text: str,
    form: str,
    match: re.Match[str],
    now: datetime,
    days: SchoolDays,
    intent: str,
    inspections: tuple[str, ...],
) -> Said | None:
    start, end = match.span()
    left = max((text.rfind(mark, 0, start) for mark in _CLAUSE_END), default=-1) + 1
    right = min((at for mark in _CLAUSE_END if (at := text.find(mark, end)) >= 0), default=len(text))
    before, after = text[left:start], text[end:right]
    groups = match.groupdict()
    edge = groups.get("edge") or ""
    if (
        _REFERENCE_AFTER.match(after)
        or (before.endswith(("跟", "和", "同")) and "一样" in after)
        or _PRODUCED.search(before)
    ):
        return Said(start, end, "", None)
    try:
        value, asks = _value(form, match, now, days, past=False)
        earlier, _ = _value(form, match, now, days, past=True)
    except (ValueError, OverflowError):
        return None
    if value is None:
        return Said(start, end, "due" if edge and intent != "query" else "", None, asks)
    today = now.date()
    past_span = form == "span" and groups["rel"] in ("前", "之前", "以前")
    if _EXPIRES_AFTER.match(after) or _EXPIRES_BEFORE.search(before):
        exact = form in ("day", "month_day", "dotted", "month") or (
            form == "month_end" and groups["month"] not in (None, "上", "上个")
        )
        told = exact or day_of(value) >= today
        return Said(start, end, "expires" if told else "", value if told else None)
    if (
        edge
        and not past_span
        and not re.match(r"^(?:就(?!行|可以|成|中|好|OK|能|要|得|弄|修|换)|发现|已经|巡查|还好|刚|报)", after)
    ):
        return Said(start, end, "due" if day_of(value) >= today or form != "near" else "", value, asks)
    if form == "this_week" and (intent in ("hazard", "order", "extend", "recheck", "reassign", "rectify")) and not edge:
        wanted = (
            match[0].endswith(("内", "里", "结束", "有空", "抽空"))
            or _DUE_AFTER.match(after)
            or _DUE_BEFORE.search(before)
        )
        return Said(start, end, "due" if wanted else "", value)
    if form == "span" and not past_span:
        if groups["rel"] in ("后", "之后", "以后") and not (_DUE_AFTER.match(after) or intent == "extend"):
            return Said(start, end, "", None)
        return Said(start, end, "due", value, asks, (day_of(value) - today).days)
    if past_span:
        return _past(start, end, before, after, value, intent)
    if form == "holiday" or form == "today":
        return Said(start, end, "due", value)
    if _START_AFTER.match(after) and day_of(value) >= today:
        return Said(start, end, "start", value)
    ambiguous = form == "week" and not groups["which"]
    looks_past = day_of(value) < today or (
        ambiguous and bool(_FOUND.search(after[:16]) or re.match(r"^.{0,4}(?:就|发生|被|开始)", after))
    )
    if looks_past:
        return _past(start, end, before, after, earlier, intent)
    if day_of(value) == today and form == "near":
        if _DUE_AFTER.match(after) and re.match(r"^(?:之内|必须|务必|一定|就?要|得|给|全部|下班|放学|内|里)", after):
            return Said(start, end, "due", value)
        if _FOUND.search(after) or _FOUND.search(before[-6:]):
            return Said(start, end, "found", day_of(value))
        hour = groups.get("hour")
        happened = intent == "incident" and hour
        return Said(start, end, "happened" if happened else "", value if happened else None)
    if day_of(value) > today or form != "near":
        if inspections and any(word in after[:14] for word in inspections):
            urged = (
                _URGE.search(text[max(0, left - 20) : left])
                or _URGE.search(text[right : right + 20])
                or _URGE.search(after)
            )
            return Said(start, end, "due" if urged else "", days.workday_before(day_of(value)) if urged else None)
        if _DUE_AFTER.match(after) or _DUE_BEFORE.search(before) or (intent == "extend" and day_of(value) > today):
            return Said(start, end, "due", value)
    return Said(start, end, "", None)


def _past(start: int, end: int, before: str, after: str, value: Moment | None, intent: str) -> Said:
    found = _FOUND.search(after[:18]) or _FOUND.search(before[-6:])
    if (
        not found
        and _STATE.match(after) is None
        and (intent == "incident" or _EVENT.search(after[:14]))
        and not _STATE.search(after[:4])
    ):
        return Said(start, end, "happened", value)
    if intent in ("hazard", "incident", "duty", "order"):
        return Said(start, end, "found", day_of(value) if value else None)
    return Said(start, end, "", None)


def day_of(value: Moment) -> date:
    return value.date() if isinstance(value, datetime) else value


def _value(
    form: str, match: re.Match[str], now: datetime, days: SchoolDays, *, past: bool
) -> tuple[Moment | None, bool]:
    """(the day or moment, whether to ask). past: of a day without its week or month, the one that was."""
    today, groups = now.date(), match.groupdict()
    monday = today - timedelta(days=today.weekday())
    day: date | None
    match form:
        case "near":
            day = today + timedelta(days=_NEAR[groups["near"]])
        case "week":
            day = _weekday(groups["which"] or "", groups["day"], today, days, past=past)
        case "week_no":
            first = days.monday_of_week(amount(groups["no"]) or 0, today)
            if first is None:
                return None, True
            day = (
                first + timedelta(days=_WEEKDAYS[groups["day"]]) if groups["day"] else days.last_workday_of_week(first)
            )
        case "this_week":
            weeks = 2 if groups["which"].startswith("下下") else 1 if groups["which"].startswith("下") else 0
            day = max(days.last_workday_of_week(monday + timedelta(weeks=weeks)), today)
        case "month_day" | "dotted":
            day = _of_year(
                groups.get("year") or "", amount(groups["month"]) or 0, amount(groups["mday"]) or 0, today, past
            )
        case "month_end":
            day = _month_edge(groups["month"] or "", groups["end"], today)
        case "month":
            first = _of_year(groups["year"] or "", amount(groups["month"]) or 0, 1, today, past)
            day = first.replace(day=monthrange(first.year, first.month)[1])
        case "year_end":
            day = date(today.year - (groups["which"] == "去"), 12, 31)
        case "day":
            day = _day_of_month(groups["which"] or "", amount(groups["mday"]) or 0, today, past)
        case "span":
            return _span(groups["n"], groups["unit"], groups["rel"] or "", now, days)
        case "holiday":
            return _before_holiday(groups["name"], today, days)
        case _:
            day = today
    return _with_hour(day, groups, match[0], now), False


def _with_hour(day: date, groups: dict[str, str | None], text: str, now: datetime) -> Moment:
    hour = amount(groups.get("hour") or "") if groups.get("hour") else None
    if hour is None or hour > 24:
        return day
    minute = {"半": 30, "一刻": 15, None: 0}.get(groups.get("minute"))
    if minute is None:
        minute = amount(groups["minute"] or "") or 0
    if hour < 12 and re.search("下午|晚|夜|傍晚|放学", text) and not (hour < 6 and re.search("夜|凌晨", text)):
        hour += 12
    elif hour <= 6 and groups.get("part") in (None, "放学", "放学后") and not re.search("早|凌晨|夜", text):
        hour += 12  # 明天4点前: nobody works at four in the night
    return datetime(day.year, day.month, day.day, hour % 24, minute, tzinfo=now.tzinfo)


def _weekday(which: str, name: str, today: date, days: SchoolDays, *, past: bool) -> date:
    monday = today - timedelta(days=today.weekday())
    weeks = {"上上": -2, "上": -1, "下下": 2, "下": 1}.get(which.rstrip("个"), 0)
    if name == "末":
        return days.last_workday_of_week(monday + timedelta(weeks=weeks))
    day = monday + timedelta(weeks=weeks, days=_WEEKDAYS[name])
    if which:
        return day
    if past:
        return day if day < today else day - timedelta(weeks=1)
    return day if day >= today else day + timedelta(weeks=1)


def _of_year(year: str, month: int, day: int, today: date, past: bool) -> date:
    if year.isdigit():
        return date(int(year), month, day)
    if year:
        return date(today.year + {"今": 0, "明": 1, "去": -1}[year], month, day)
    this = date(today.year, month, day)
    if past:
        return this if this <= today else date(today.year - 1, month, day)
    return this if (today - this).days < 180 else date(today.year + 1, month, day)


def _month_edge(which: str, end: str, today: date) -> date:
    month = amount(which) if which and which[0] not in "本这当上下" else None
    year = today.year
    if month is None:
        month = today.month + {"上": -1, "下": 1}.get(which[:1], 0)
        year, month = (year, month) if 1 <= month <= 12 else (year + (month > 12) - (month < 1), (month - 1) % 12 + 1)
    elif not 1 <= month <= 12:
        raise ValueError(which)
    elif month < today.month - 6:
        year += 1
    last = monthrange(year, month)[1]
    return date(year, month, {"底": last, "末": last, "下旬": last, "中旬": 20, "上旬": 10, "初": 10}[end])


def _day_of_month(which: str, day: int, today: date, past: bool) -> date:
    shift = {"下": 1, "上": -1}.get(which[:1], 0)
    if not which:
        shift = 0 if (day <= today.day if past else day >= today.day) else (-1 if past else 1)
    month = today.month + shift
    year, month = today.year + (month > 12) - (month < 1), (month - 1) % 12 + 1
    return date(year, month, day)


def _span(number: str, unit: str, relation: str, now: datetime, days: SchoolDays) -> tuple[Moment | None, bool]:
    today, asks = now.date(), False
    if number in ("两三", "三四", "三五", "几"):
        if number == "几":
            return None, True
        number, asks = number[-1], True
    count = 0 if number == "半" else amount(number)
    if count is None or count > 400:
        raise ValueError(number)
    sign = -1 if relation in ("前", "之前", "以前") else 1
    unit = unit.removeprefix("个")
    if unit == "工作日":
        return days.workdays_after(today, count), asks
    if unit in ("小时", "钟头"):
        moment = now + sign * timedelta(minutes=30 if number == "半" else 60 * count)
        return moment.replace(second=0, microsecond=0), asks
    if unit in ("周", "星期", "礼拜"):
        return today + sign * timedelta(weeks=count), asks
    if unit in ("月", "半月"):
        if number == "半" or unit == "半月":
            return today + sign * timedelta(days=15 + 30 * (count if unit == "半月" else 0)), asks
        month = today.month + sign * count
        year, month = today.year + (month - 1) // 12, (month - 1) % 12 + 1
        return date(year, month, min(today.day, monthrange(year, month)[1])), asks
    return today + sign * timedelta(days=count), asks


def _before_holiday(name: str, today: date, days: SchoolDays) -> tuple[Moment | None, bool]:
    if name in ("放假", "放长假", "假期", "节"):
        first = days.next_break(today)
    elif name.startswith(("期", "开学", "学期", "寒", "暑", "放寒", "放暑", "六一")):
        return (date(today.year, 5, 31), False) if name == "六一" and today.month < 6 else (None, True)
    else:
        first = days.holiday(name, today)
    return (None, True) if first is None else (days.workday_before(first), False)
