"""What a message is for: every intent collects points from its words and from what was said before; then a few rules decide."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.language.experience import Opinion
from bot.language.lexicon import Lexicon
from bot.language.patterns import Patterns, branches

CASE = re.compile(
    r"[A-Z]{2,4}-?\d{6,8}-?\d{1,4}|(?:隐患|工单|编号|单号)\s*[#:]?\s*\d{1,6}|#\s*\d{1,6}|(?<!\d)\d{1,3}号(?:那条|那个|隐患|这条|单|工单)|第\d{1,3}条(?!是|:)"
    r"|(?:^|(?<=[ ,]))\d{1,3}号(?=没(?:弄|修|改|换|整|搞)|等|给(?!.{0,6}报)|转|退|延|撤|可以销|合格|不合格|改派|交给|归|不归|还是老|不达标|重|通过|不通过|已经|好了|搞定|完成了|怎么样|咋样|到哪|行了|(?:全)?(?:修|弄|换|改|搞|整|处理|安装?|装)(?:好|完|上))"
)
_QUOTED_CASE = re.compile(r"[A-Z]{2,4}-?\d{6,8}-?\d{1,4}|(?:隐患|工单)\s*#?\s*\d{1,6}|#\s*\d{1,6}")
_POINTS_BACK = re.compile(
    r"上面(?:那|这|的|个)|^(?:那|这)(?:个|条|几个|几条|处|件)(?!人|孩子|学生|男|女|地|位置|老师|就是)|刚才?(?:那|报|的|说)|(?:昨天|上次|前天|上周|之前|周[一二三四五])(?:报|说|那|提|的那|反映)|\d号(?:那|这)条|我报的|之前的"
)
_WAITS_FOR_CHECK = re.compile(r"待复查|已整改|待验收|已提交|整改完成|复查")
_IN_REPAIR = re.compile(r"待整改|整改中|退回|待受理|待派|超期|逾期|待核定|请.{0,8}(?:整改|处理)|已登记|已派|转给")
_ASKS_PRESENCE = re.compile(r"到岗|在岗|签到|护学|护导|值守|就位|晨检|午检|出勤|上岗")
_ASKS_ROUND = re.compile(r"巡查|检查情况|清校|值班|带班|留样|陪餐|交接|巡视|有无异常|有异常|情况")
_CONTINUED = re.compile(
    r"(?:也是|也一样|同样|也有|也这样|也坏了?|也不亮|也漏|一样的?问题|也没有?|也松了?|也得|也要)[一样的吧了呢。!]*$|^还有.{1,14}$|^.{1,10}也[是有].{0,6}$"
)
_NUMBERED_FORM = re.compile(
    r"应到.{0,4}\d+|实到.{0,4}\d+|到校\d+人?.{0,4}(?:请假|缺)|全勤|全部到齐|(?:班|\d)全(?:员|部)?到|全员到齐"
)
_GOOD_SIGNS = re.compile(
    r"没有?(?:过期|少|坏|损坏|缺|松动?|漏|破)的|没人(?:逗留|受伤|滞留)|都关(?:好|了)|齐全|没啥(?!用)|正常|良好|无异常|没(?:有)?(?:发现)?(?:异常|问题)|有序|完好|未发现|已查|井然|无(?:其他)?(?:情况|问题|隐患)|顺利|平安|整洁|到位|均已|都好|锁好|关好|(?:水电|门窗|电源|灯)(?:都|已|全部?)?关闭?"
)
_DUTY_HEAD = re.compile(
    r"^(?:今天|今早|上午|中午|下午|晚上|刚)?.{0,4}(?:巡|查|看|转|检查|巡查|清校|盘点|消毒)(?:完|毕|了一?圈|完毕|过了|过一遍)了?\s*[:,，。 ]|^.{0,10}(?:演练|演习)(?:圆满|顺利|已|按时)?(?:完成|结束|完毕)|^.{0,8}(?:挨个|逐个|逐一|全部|都)(?:看|查|检查|试)(?:了|过)(?:一遍)?[,，]|"
    r"(?:今日|今天|昨日|昨天|本周|今晚|昨晚|晚上|夜里|夜间|中午|周末|上午|下午|周[一二三四五六日]|第.{1,3}周)?(?:我|行政|领导)?(?:带班|值班|值周|值日|护导|巡课|清校|夜班|白班|交接班|夜巡|总值)(?:领导|教师|日志|情况|小结|记录|汇报|总结|反馈|报告|完毕)?\s*[:,，。 ]|日志[:,]|小结[:,]|巡课(?:情况|记录|反馈)"
)
_MEAL = re.compile(r"陪餐|试餐|尝餐|菜一汤|分量|荤|味道")
_MEAL_WORDS = re.compile(r"菜一汤|分量|味道|口感|热乎|可口|新鲜|荤|咸|淡|老|学生.{0,4}吃|干净|卫生|温度适")
_RELATIVE = re.compile(r"(?:漏水|漏|坏|坏了|松动|不亮|破|掉|堵|裂|脱落|松|断|过期|堵塞)的(?!时候|地方|是|很)")
_QUESTION = re.compile(r"\?|(?:吗|呢|没有|(?:还有|有|剩)几(?:个|处|条).{0,10}的|了没|好没|么)[啊呀哇呢哦哈]?[。! ]*$")
_ABOUT_CASES = re.compile(
    r"到哪一?步|哪一步|有没有(?:下文|结果|进展)|(?:那个|的)事.{0,6}(?:怎么|咋|处理|弄|到)|台账|整改率|几条|多少条|怎么样了|进度|发我|导出|列|报的|超期|逾期|给我"
)
_PUPILS = re.compile(r"学生|孩子|同学|男生|女生|小孩|娃|年级的")
_NOTICE = re.compile(r"提醒|通知|请|记得|注意|开会|明天|下周|放假|家长会|老师们|大家|各位|谁")
_WANTED = re.compile(
    r"(?:必须|务必|最好|尽快|尽早|赶紧|争取|抓紧|抽空|有空|得|请|麻烦|要|把|前|能不能|可以|帮忙|一定|安排|派|找人)[^,。;!?]{0,10}(?:修|换|弄|搞|装|补|焊|清|拆|处理|收拾|固定|更换|整|贴|打扫|清理|挪|搬|围|铺|疏通|整改|解决)(?:好|完|掉|干净|走|上|到位)(?!了|啦|嘞|咧|过)"
)
_ADDRESSED = re.compile(r"^(?:@[\u4e00-\u9fff]{2,4}[ ,:]?|\s{3,})")
"""A mention is blotted out by then."""
_REPORTS = re.compile(r"^\s*(?:@\S{1,6}\s*)?(?:报|反映|汇报|上报|我[们要来报]|跟[你您]说|请问|这里|刚)")
_URGED = re.compile(r"必须|务必|尽快|马上|立即|赶紧|抓紧|请|要|把|限|今天|明天|本周|这周|下班前|放学前")
_WISH = re.compile(r"(?:请|麻烦|赶紧|尽快|抓紧).{0,10}(?:来|派|修|换|处理|看|弄|清|安排)")


TRUST = ((0.85, 0.5), (0.7, 2.0), (0.0, 0.6))
"""(confidence of the rules, what their verdict adds to the logarithm of experience's probability). Sure rules are many and
broad, the ones below fire seldom and are the more reliable; measured on messages that neither had seen."""

CAREFUL = 2.0
"""The same for an incident: what the rules hold for one, experience has to deny loudly."""

SUSPECTED = 0.5
"""An incident with this probability is one, whatever else it looks like."""

DENIED = 0.7
"""The same where the words of an incident are there but feared, denied or played only: 怕划到孩子的手, 没伤着人."""

CLEAR = 0.35
"""Experience below this changes no verdict."""

CLEAR_FORM = 0.5
"""The same for what has forms of its own, which the rules know."""

FLOOR = 0.002
"""Added to a probability, so that no experience is no veto."""


def points_back(text: str) -> bool:
    """Whether it speaks of something reported before: 上面那个, 昨天报的."""
    return _POINTS_BACK.search(text) is not None


def asks(text: str) -> bool:
    """Whether it is put as a question."""
    return _QUESTION.search(text) is not None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rest of the reading found, for the decision. complete: some piece names a fault; things: some thing is named.

    denied: an incident is feared, denied or played only. case: a case's number is named. back: one or something like it.
    """

    complete: bool
    things: bool
    incident: bool
    classes: int
    placed: bool
    clauses: int
    photos: int
    deadline: bool
    odd: bool
    pupil: bool
    addressed: bool
    denied: bool
    case: bool
    back: bool
    question: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    intent: str
    confidence: float
    guesses: tuple[tuple[str, float], ...]


class Intents:
    def __init__(self, lexicon: Lexicon) -> None:
        self._always = Patterns(_rows(lexicon.intents, "always"))
        self._prev = Patterns(_rows(lexicon.intents, "prev"))
        small = lexicon.small
        self._chat = tuple(map(str, small["chat"]))
        self._leaders = tuple(small["leaders"])
        self._checkers = tuple(small["checkers"])
        self._fixers = tuple(small["fixers"])
        self._posts: dict[str, set[str]] = {}

    def points(self, text: str, before: str) -> dict[str, float]:
        """Intent → points, of those that have any."""
        points: dict[str, float] = {}
        letters = set(text)
        counted: set[_Row] = set()
        for table in (self._always, self._prev) if before else (self._always,):
            for pattern, row in table.possible(letters):
                if row not in counted and pattern.search(text):
                    counted.add(row)
                    points[row.intent] = points.get(row.intent, 0.0) + row.points
        return points

    def _post(self, role: str) -> set[str]:
        """The kind of post that a sender's role is of, as experience calls it; empty for a teacher."""
        for sign, words in (("@fixer", self._fixers), ("@checker", self._checkers), ("@leader", self._leaders)):
            if any(word in role.replace("班主任", "") for word in words):
                return {sign}
        return set()

    def about(self, text: str, points: Mapping[str, float], before: str, role: str, seen: Evidence) -> set[str]:
        """What experience goes by beside the words: what the rules found, a card before them, the sender's kind of post."""
        found = {"@card"} if before else set[str]()
        if role not in self._posts:
            self._posts[role] = self._post(role)
        found |= self._posts[role]
        found |= {f"@{intent}{min(3, round(score / 2))}" for intent, score in points.items()}
        found |= {
            f"@{name}"
            for name in ("complete", "things", "incident", "placed", "deadline", "pupil", "addressed", "denied")
            if getattr(seen, name)
        }
        if seen.odd and not seen.complete:
            found.add("@odd")
        if seen.question:
            found.add("@question")
        if seen.back:
            found.add("@back")
        return found

    def decide(
        self,
        text: str,
        before: str,
        role: str,
        seen: Evidence,
        points: dict[str, float],
        opinion: Opinion | None = None,
    ) -> Verdict:
        """points: of this text. opinion: what experience says."""
        points = dict(points)
        intent, confidence = self._choose(text, before, role, seen, points)
        if opinion:
            intent, confidence = _weighed(intent, confidence, opinion, DENIED if seen.denied else SUSPECTED)
        if seen.complete:
            points["hazard"] = points.get("hazard", 0.0) + 4
        elif seen.things:
            points["hazard"] = points.get("hazard", 0.0) + 1.5
        if seen.incident:
            points["incident"] = points.get("incident", 0.0) + 6
        points[intent] = max(points.values(), default=0.0) + 1
        ranked = sorted(points.items(), key=lambda pair: -pair[1])
        return Verdict(intent, confidence, tuple((name, round(score, 1)) for name, score in ranked[:5]))

    def _choose(self, text: str, before: str, role: str, seen: Evidence, points: dict[str, float]) -> tuple[str, float]:
        def has(name: str) -> float:
            return points.get(name, 0.0)

        if points.get("rectify") and _WANTED.search(text):
            points["order"] = points.get("order", 0.0) + 1
            del points["rectify"]
        if (
            (seen.addressed or _ADDRESSED.match(text))
            and not _REPORTS.search(text)
            and (seen.deadline or _URGED.search(text))
        ):
            points["order"] = points.get("order", 0.0) + 5
        quoted = bool(before) and (_QUOTED_CASE.search(before) is not None or _IN_REPAIR.search(before) is not None)
        about_case = quoted or seen.case
        points_back = about_case or seen.back
        form = _NUMBERED_FORM.search(text) is not None
        if has("duty") >= 7 and not seen.incident:
            return "duty", 0.85
        if has("score") >= 3 and (seen.classes or re.search("班", text)) and not seen.incident:
            return "score", 0.9
        if seen.incident and not (form and not re.search("送医|医院|晕|120", text)):
            return "incident", 0.9
        if form:
            return "checkin", 0.95
        if (
            has("score") >= 2.5
            and seen.classes
            and re.search("[:]|扣|分|迟到|晚到|最好|表扬|差|没", text)
            and not (seen.complete and not has("score") > 2.5 and seen.classes < 2)
        ):
            return "score", 0.8
        if (
            has("ack") >= 5
            and not (before and _ASKS_PRESENCE.search(before) and text in "1好")
            and not (quoted and has("recheck") >= 2.5 and _WAITS_FOR_CHECK.search(before))
        ):
            if (
                before
                and (_ASKS_PRESENCE.search(before) or "回复1" in before.replace(" ", ""))
                and text.strip("。!") in ("1", "好", "好的", "OK", "在")
            ):
                return "checkin", 0.8
            if before and _ASKS_PRESENCE.search(before) and text == "1":
                return "checkin", 0.9
            return "ack", 0.9
        if before and text.strip("。! ") in (
            "1",
            "2",
            "正常",
            "无异常",
            "没问题",
            "一切正常",
            "已到",
            "在岗",
            "已到岗",
            "到",
            "到了",
            "平安",
        ):
            if _ASKS_PRESENCE.search(before):
                return "checkin", 0.9
            if _ASKS_ROUND.search(before):
                return "duty", 0.85
            if not quoted:
                return ("ack", 0.7) if text.strip() in "12" else ("checkin", 0.7)
        if (
            has("amend") >= 3
            and (
                has("amend") > has("withdraw")
                or (has("amend") >= has("withdraw") - 1 and re.search("应该是|更正|改成|改为|错了", text))
            )
            and has("recheck") < 4
            and has("reassign") < 4
            and (quoted or has("amend") >= 4)
        ):
            return "amend", 0.85
        if (
            has("withdraw") >= 4
            and (points_back or not seen.complete or (len(text) <= 16 and not seen.things))
            and has("withdraw") >= has("recheck")
        ):
            return "withdraw", 0.9
        if quoted and has("withdraw") >= 3 and not seen.complete:
            return "withdraw", 0.8
        if before and seen.placed and _CONTINUED.search(text) and not has("query") >= 3:
            return "hazard", 0.85
        if (
            has("amend") >= 3
            and (points_back or has("amend") >= 4 or not seen.complete)
            and has("recheck") < 4
            and has("reassign") < 4
        ):
            return "amend", 0.85
        query = has("query")
        asked = seen.question or _ABOUT_CASES.search(text) is not None
        ordered = has("order") >= 6 and not _ABOUT_CASES.search(text)
        if (
            query >= 3.5
            and not ordered
            and (asked or not seen.complete)
            and not (seen.complete and query < 4 and not points_back and not asked)
        ):
            return "query", 0.85
        if has("extend") >= 3 and (points_back or not seen.complete) and has("extend") >= has("recheck") - 1:
            return "extend", 0.85
        if has("recheck") and has("recheck") >= 2.5 and (points_back or has("recheck") >= 6 or not seen.complete):
            waits = bool(before) and _WAITS_FOR_CHECK.search(before) is not None
            checker = any(word in role for word in self._checkers) and not any(word in role for word in self._fixers)
            repaired = has("rectify") > has("recheck") and not waits
            if (has("recheck") >= 4 or waits or checker) and not repaired and has("recheck") >= has("reassign"):
                return "recheck", 0.85
        if (
            has("reassign") >= 2.5
            and (quoted or points_back or not seen.complete)
            and has("reassign") >= has("rectify")
        ):
            return "reassign", 0.8
        if seen.clauses <= 2 and has("rectify") >= 3 and _RELATIVE.search(text) and not query:
            return "rectify", 0.8
        if has("rectify") >= 2.5 and quoted:
            return "rectify", 0.85
        if quoted and has("rectify") >= 1.5 and not seen.complete and has("order") < 4:
            return "rectify", 0.75
        if (
            has("rectify") >= 2.5
            and (points_back or not seen.complete)
            and has("duty") < 3
            and has("order") < max(4.0, has("rectify"))
            and has("checkin") < 3
            and not query
        ):
            return "rectify", 0.75
        leader = any(word in role.replace("班主任", "") for word in self._leaders)
        order = has("order")
        head = _DUTY_HEAD.search(text) is not None
        normal = _GOOD_SIGNS.search(text) is not None
        if (
            order >= 5
            and not (head and normal)
            and not (
                seen.complete
                and not leader
                and not seen.addressed
                and not _ADDRESSED.match(text)
                and not re.search("把.{1,18}(?:清|换|修|检|查|拆)", text)
            )
        ):
            return "order", 0.85
        if order >= 4 and not seen.complete and not normal:
            return "order", 0.8
        if (
            order >= 2
            and leader
            and not seen.complete
            and not normal
            and (seen.deadline or order >= 4)
            and has("checkin") < 3
        ):
            return "order", 0.7
        if order >= 3 and leader and seen.deadline and not head:
            return "order", 0.7
        if _MEAL.search(text) and has("duty") >= 4 and (_MEAL_WORDS.search(text) or not seen.complete):
            return "duty", 0.85
        if head and normal and has("duty") >= 3:
            return "duty", 0.9
        chatty = any(word in text for word in self._chat)
        if chatty and not seen.complete and has("checkin") < 5 and has("duty") < 3 and order < 4:
            return "chat", 0.7
        if has("checkin") >= 3.5 and not seen.complete:
            return "checkin", 0.85
        if head and has("duty") >= 3 and not seen.complete:
            return "duty", 0.8
        if has("duty") >= 3 and not seen.complete:
            if has("checkin") >= 2:
                return "checkin", 0.7
            return "duty", 0.75
        if (
            has("duty") >= 3
            and normal
            and seen.complete
            and re.search(
                r"其[他它余](?:都|均|各处)?(?:正常|没|无|良好)|^.{0,12}(?:巡查|检查|巡视).{0,10}(?:正常|良好|有序)",
                text,
            )
            and head
        ):
            return "duty", 0.7
        if quoted and has("rectify") >= 2 and not seen.placed and not (chatty and not seen.complete):
            return "rectify", 0.7
        if seen.complete:
            return "hazard", 0.85
        if has("checkin") >= 3:
            return "checkin", 0.7
        if seen.photos and len(text) <= 12 and not has("ack") and not has("rectify"):
            return "hazard", 0.5
        if query >= 1.5 and (query >= 3 or seen.things):
            return "query", 0.6
        best = max(("rectify", "order", "withdraw", "amend", "recheck", "extend", "reassign", "duty", "score"), key=has)
        if has(best) >= 3:
            return best, 0.5
        if has("ack") >= 3:
            return "ack", 0.6
        if normal and not seen.odd and not re.search("不正常", text):
            return "duty", 0.5
        if seen.things and not chatty and not seen.question:
            return "hazard", 0.5
        if seen.odd and seen.placed and not chatty and not seen.question:
            return "hazard", 0.4
        told = _PUPILS.search(text) is not None and _NOTICE.search(text) is None
        if told and seen.placed and not chatty and not seen.question:
            return "hazard", 0.3
        return "chat", 0.6 if not seen.things else 0.4


def _weighed(intent: str, confidence: float, opinion: Opinion, suspected: float) -> tuple[str, float]:
    """The rules' verdict and experience's opinion together."""
    if opinion.of("incident") >= suspected:
        return "incident", max(0.6, confidence if intent == "incident" else 0.0)
    scores = {label: math.log(share + FLOOR) for label, share in opinion.shares.items()}
    trust = CAREFUL if intent == "incident" else next(bonus for least, bonus in TRUST if confidence >= least)
    scores[intent] = scores.get(intent, math.log(FLOOR)) + trust
    best = max(scores, key=lambda label: scores[label])
    clear = CLEAR_FORM if best in ("duty", "checkin", "score") else CLEAR
    if best != intent and (opinion.of(best) < clear or best == "ack"):
        best = intent  # 收到 has its rules; what nobody understands is answered
    return best, confidence if best == intent else round(opinion.of(best), 2)


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """One pattern of intents.yaml: it counts once, whichever of its alternatives is found."""

    intent: str
    points: float


def _rows(intents: Mapping[str, Any], when: str) -> Iterator[tuple[str, _Row]]:
    for intent, tables in intents.items():
        for pattern, points in tables.get(when, {}).items():
            row = _Row(intent, float(points))
            for branch in branches(pattern):
                yield branch, row
