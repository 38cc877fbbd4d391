"""One message in, one Understanding out. Everything else in this folder reads one thing; here it comes together.

    understander = Understander(vocabulary)                 # once per school, about 0.1 s
    understander.understand("A座三楼灯坏了", now=now, days=days)   # about 0.3 ms, no I/O, safe between threads

The order matters: spelling, then what is named (dates, classes, people, places), then the words of hazards on what is
left, then pieces, then the intent, then dates by their role (an extension's 下周五 is a deadline, a query's is not).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.language import dates as dates_room
from bot.language import forms
from bot.language.amounts import counts
from bot.language.classes import ClassMention
from bot.language.classes import classes as find_classes
from bot.language.hazards import GENERAL, Hazards
from bot.language.homophones import Homophones
from bot.language.incidents import Incident, Incidents
from bot.language.intents import CASE, Evidence, Intents
from bot.language.lexicon import Hit, Lexicon, standard
from bot.language.meaning import Item, Named, Spot, Understanding
from bot.language.named import People, PersonMention
from bot.language.normal import normalise
from bot.language.phrases import Phrases
from bot.language.pieces import CONSEQUENCE, Piece, cut
from bot.language.places import Mention, Places, inherit, mask
from bot.language.schooldays import SchoolDays
from bot.language.vocabulary import Vocabulary

_QUOTED_CASE = re.compile(r"[A-Z]{2,4}-?\d{6,8}-?\d{1,4}|(?:隐患|工单)\s*#?\s*\d{1,6}|#\s*\d{1,6}")
_AT = re.compile(r"@\s?[^\s,。:;@]{1,10}(?:\s|(?=[,。:;]|$))")
_PASS = re.compile(
    r"不合格|不通过|没通过|不行|退回|打回|返工|重改|重新|还是|又|没(?:修|弄|整改|换|处理|固定|装|补)?好|不到位|不彻底|仍|依然|没到位|再整改|没过|照样|还在|还(?:漏|晃|松|滴|闪)|没(?:修|换|动|弄|整改)|没有整改|不达标|不能销|白修"
)
_UNDER_WAY = re.compile(
    r"进场|预计|正在|在修|在弄|开工|动工|已安排|已联系|已下单|已采购|订货|配件|施工中|先围|下周|明天|后天|还没|约了|已约|派人"
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
_SCOPES = re.compile(r"本周|这周|上周|本月|这个月|上个?月|今天|昨天|本学期|这学期|今年|全年|本年度|近\d+天|最近")
_FORMATS = (("EXCEL", "xlsx"), ("表格", "xlsx"), ("XLSX", "xlsx"), ("WORD", "docx"), ("PDF", "pdf"))
_OUTDOOR = {"sports", "traffic", "bus"}
_WHOSE_AFTER = re.compile(r"的?(?:孩子|学生|娃|小朋友)?的?(?:家长|妈妈?|爸爸?|奶奶|爷爷|姥姥)")
_WHOSE_BEFORE = re.compile(r"我(?:是|们是)$")
_OWNER = re.compile(r"(?:转给|转派给?|交给|派给|移交给?|归|由|找|请|让|叫|麻烦|改派给?|指派给?|转到|转|派|安排|给)$")


class Understander:
    """Understands the messages of one school. Raises ConfigError when templates/language/ is not as it should be."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or standard()
        self.vocabulary = vocabulary
        small = self._lexicon.small
        self._small = small
        self._places = Places(self._lexicon, vocabulary)
        self._people = People(self._lexicon, vocabulary)
        self._hazards = Hazards(self._lexicon)
        self._incidents = Incidents(self._lexicon)
        self._intents = Intents(self._lexicon)
        self._phrases = Phrases(self._lexicon)
        known = {word for word, entry in self._lexicon.words.items() if entry.things}
        known |= {normalise(word) for word in self._lexicon.places["spots"]} | self._places.words()
        self._homophones = Homophones(known, small["typos"])
        self._done = re.compile("|".join(f"(?:{pattern})" for pattern in small["done"]))
        self._departments = sorted(map(str, small["departments"]), key=len, reverse=True)
        self._any = {
            key: re.compile("|".join(map(re.escape, map(str, small[key]))))
            for key in ("urgent", "not_urgent", "keep_private", "recurrence", "photo_required")
        }

    def understand(
        self, said: str, *, now: datetime, days: SchoolDays, before: str = "", role: str = "", photos: int = 0
    ) -> Understanding:
        """What a message means. Never raises, whatever was typed.

        now: aware, in school time. before: the card or message it answers, as plain text. role: the sender's post in
        Chinese. photos: how many came with it.
        """
        text, repaired = self._homophones.repair(normalise(said))
        before = normalise(before)
        role = self.vocabulary.people.get(role) or role
        plain = _AT.sub(lambda match: " " * len(match[0]), text)
        school_year = now.year if now.month >= 8 else now.year - 1
        dates = dates_room.find_dates(plain)
        spans = [match.span() for _, match in dates]
        blotted = mask(plain, spans)
        found_classes = find_classes(blotted, school_year)
        people = self._people.read(text, found_classes)
        taken = [*spans, *((each.start, each.end) for each in people)]
        pupils = [each for each in people if each.kind == "pupil"]
        theirs = {each.class_ for each in pupils} | {
            name for each in found_classes if _is_whose(plain, each) for name in each.names
        }
        mentions = self._places.read(plain, found_classes, taken)
        hits = self._hits(plain, mentions, taken)
        pieces = cut(plain, hits, mentions, spans)
        incident = self._incidents.find(plain)
        seen = Evidence(
            complete=any(piece.whole and (piece.things or _tells(piece)) for piece in pieces),
            things=any(piece.things for piece in pieces),
            incident=incident is not None,
            classes=sum(len(each.names) for each in found_classes),
            placed=any(each.kind in ("area", "floor", "class", "room") for each in mentions),
            clauses=sum(len(piece.spans) for piece in pieces),
            photos=photos,
            deadline=bool(spans),
            odd=any(piece.faults for piece in pieces),
            pupil=bool(pupils),
        )
        verdict = self._intents.decide(plain, before, role, seen)
        intent = verdict.intent
        told = dates_room.read_dates(
            plain, dates, now, days, intent=intent, inspections=tuple(self._small["inspections"])
        )
        reading = _Reading(
            plain, before, role, intent, mentions, hits, pieces, told, people, found_classes, incident, theirs, now
        )
        items = self._items(reading)
        staff = [each for each in people if each.kind == "staff"]
        flags = self._flags(reading, items, pupils, photos)
        private = bool({"private_reply", "notify_leader", "minor_named"} & set(flags)) or intent == "incident"
        case = CASE.search(text)
        quoted = _QUOTED_CASE.search(before)
        return Understanding(
            intent=intent,
            items=tuple(items),
            people=tuple(
                [Named(each.name, "staff") for each in staff]
                + [Named(each.name, "pupil", each.class_) for each in pupils]
            ),
            done=self._done_in(plain, intent),
            flags=tuple(flags),
            asks=tuple(self._asks(reading, items, photos)),
            case=(quoted[0] if quoted else case[0] if case else ""),
            private=private,
            confidence=verdict.confidence,
            guesses=verdict.guesses,
            incident=incident.kind if incident and intent == "incident" else "",
            repaired=repaired,
        )

    def _hits(self, text: str, mentions: Sequence[Mention], taken: Sequence[tuple[int, int]]) -> list[Hit]:
        """The words of hazards outside of names, dates and numbers. A place that is a thing itself (围墙) stays one."""
        busy = list(taken)
        for each in mentions:
            if each.kind in ("class", "room", "floor", "number") or (
                each.kind == "area" and each.text not in self._lexicon.words
            ):
                busy.append((each.start, each.end))
        return self._lexicon.find(mask(text, busy))

    def _items(self, reading: _Reading) -> list[Item]:
        match reading.intent:
            case "withdraw" | "ack" | "chat":
                return []
            case "score":
                return forms.scores(reading.text, reading.classes, self._small["dims"])
            case "checkin":
                names = [each.name for each in reading.people if each.kind == "staff"]
                return [
                    forms.checkin(
                        reading.text, reading.classes, self._small["posts_words"], self._small["forms"], names
                    )
                ]
            case "query":
                return [self._question(reading)]
            case "duty":
                return self._duty(reading)
            case "recheck" | "rectify" | "extend" | "reassign" | "amend":
                return [self._about_case(reading)]
            case _:
                return self._cases(reading)

    def _cases(self, reading: _Reading) -> list[Item]:
        """The hazards, orders, or the incident of a message."""
        pieces = [piece for piece in reading.pieces if piece.things or piece.faults]
        earlier = self._earlier(reading)
        if reading.intent == "incident":
            pieces = self._of_incident(reading)
        elif not pieces:
            pieces = [
                Piece(
                    [span for piece in reading.pieces for span in piece.spans],
                    list(reading.hits),
                    list(reading.mentions),
                )
            ]
        elif len(reading.pieces) > len(pieces):
            pieces = _with_stray_places(reading.pieces, pieces)
        items: list[Item] = []
        last = Spot()
        for before, piece in zip([None, *pieces], pieces, strict=False):
            if before is not None and not piece.things and piece.of is None:
                piece.hits = [*before.things, *piece.hits]  # 正门监控坏了俩,后门坏了一个
            item = self._case(reading, piece)
            place = item.place
            if items and not place.area and not place.classes and (place or last):
                if not (item.category in _OUTDOOR and item.category != items[-1].category):
                    place = inherit(place, last)
            elif not items and earlier is not None:
                place = inherit(place, earlier.place, with_part=True)
                item = replace(
                    item,
                    category=earlier.category or item.category,
                    what=earlier.what or item.what,
                    level=earlier.level or item.level,
                )
            if (
                not place.area
                and not place.classes
                and not place.inherited
                and (implied := self._places.implied(piece.text(reading.text)))
            ):
                place = replace(place, area=(implied,))
            if place.inherited and place != item.place and (items or earlier is None):
                item = self._case(reading, piece, " ".join([*place.area, place.number]))
            items.append(replace(item, place=place))
            last = place if place.area or place.classes or place.number or place.floor or place.room else last
        return self._dated(reading, pieces, items)

    def _of_incident(self, reading: _Reading) -> list[Piece]:
        """The incident is one piece; a hazard told apart from it by a mark stays another."""
        assert reading.incident is not None
        at = reading.incident.start
        own = next((piece for piece in reading.pieces if any(start <= at < end for start, end in piece.spans)), None)
        rest = [
            piece
            for piece in reading.pieces
            if piece is not own and piece.hard and piece.things and piece.whole and piece is not reading.pieces[0]
        ]
        whole = Piece([], [], [])
        for piece in reading.pieces:
            if piece not in rest:
                whole.spans += piece.spans
                whole.hits += piece.hits
                whole.mentions += piece.mentions
        return [whole, *rest]

    def _case(self, reading: _Reading, piece: Piece, beside: str = "") -> Item:
        words = piece.text(reading.text)
        mentions = [each for each in piece.mentions if not (each.kind == "class" and set(each.value) <= reading.theirs)]
        place = self._places.slots(reading.text, mentions, piece.hits)
        incident = (
            reading.incident
            if reading.intent == "incident"
            and piece.spans
            and any(s <= reading.incident_at < e for s, e in piece.spans)
            else None
        )
        telling = _without_consequences(reading.text, piece)
        verdict = self._hazards.judge(
            words, telling, self._places.kinds(" ".join([*place.area, place.spot, place.number, beside, words]))
        )
        category, others, level = verdict.category, verdict.others, verdict.level
        if incident is not None:
            category, others, level = self._of_kind(incident, category, verdict.score, piece)
        first = min((hit.start for hit in piece.hits if hit.word.things), default=10**6)
        drop = [
            (each.start, each.end)
            for each in mentions
            if each.kind in ("area", "floor", "side", "room", "number")
            or (each.kind in ("class", "spot") and each.end <= first)
        ]
        drop += [(each.start, each.end) for each in reading.told] + [
            (each.start, each.end) for each in reading.people if each.kind == "pupil"
        ]
        return Item(
            category=category,
            other_categories=others,
            place=place,
            what=self._phrases.short(reading.text, piece.spans, piece.hits, drop),
            level=level or GENERAL,
            count=piece.count if piece.count is not None else _count(reading.text, piece, reading.told),
            owner=self._owner(reading),
        )

    def _of_kind(self, incident: Incident, seen: str, score: float, piece: Piece) -> tuple[str, tuple[str, ...], str]:
        """The kind of incident names the category; a thing that caused an injury or a fire does where it is plain."""
        cause = seen if seen and score >= 5 and piece.whole else ""
        if incident.kind in ("injury", "fire", "alarm") and cause in (
            "electric",
            "sports",
            "lab",
            "chem",
            "special",
            "bus",
            "traffic",
            "food",
            "utility",
        ):
            return cause, (incident.category,), incident.level or GENERAL
        if (seen == "bus" or any("bus" in hit.word.things for hit in piece.hits)) and incident.kind in (
            "injury",
            "trapped",
            "traffic",
            "fire",
            "missing",
        ):
            return "bus", (incident.category,), incident.level or GENERAL
        if incident.kind == "trapped" and not any("special" in hit.word.things for hit in piece.hits):
            return "behavior", ("building",), incident.level or GENERAL
        others = (seen,) if seen and seen != incident.category else ()
        return incident.category, others, incident.level or GENERAL

    def _dated(self, reading: _Reading, pieces: Sequence[Piece], items: list[Item]) -> list[Item]:
        for each in reading.told:
            if not each.role or each.value is None:
                continue
            owners = [
                at for at, piece in enumerate(pieces) if any(start <= each.start < end for start, end in piece.spans)
            ]
            targets = list(range(len(items)))
            if owners and len(items) > 1:
                at = owners[-1]
                span = next((start, end) for start, end in pieces[at].spans if start <= each.start < end)
                alone = not any(span[0] <= hit.start < span[1] and hit.word.things for hit in pieces[at].hits)
                shared = len(owners) > 1 or (
                    alone and at == len(items) - 1 and span == pieces[at].spans[-1] and len(pieces[at].spans) > 1
                )
                targets = targets if shared else owners
            for at in targets:
                if getattr(items[at], each.role) is None:
                    change: dict[str, Any] = {each.role: each.value}
                    items[at] = replace(items[at], **change)
        return items

    def _earlier(self, reading: _Reading) -> Item | None:
        """The case on the card that a short 「还有四楼也是」 continues."""
        if (
            not reading.before
            or any(piece.whole and piece.things for piece in reading.pieces)
            or reading.intent != "hazard"
        ):
            return None
        if not re.search("也|还有|同样|一样", reading.text):
            return None
        return self._card(reading)

    def _card(self, reading: _Reading) -> Item:
        """The case that the quoted card tells of."""
        text = re.sub(
            r"^.*?\d{6,8}-?\d{1,4}|已登记|待整改|待复查|已整改|整改中|退回整改|待受理|待派|已销号", " ", reading.before
        )
        text = _QUOTED_CASE.sub(" ", text)
        found = find_classes(text, reading.now.year)
        mentions = self._places.read(text, found, [])
        hits = self._hits(text, mentions, [])
        piece = Piece([(0, len(text))], hits, mentions)
        place = self._places.slots(text, mentions, hits)
        verdict = self._hazards.judge(text, hits, self._places.kinds(text))
        drop = [(each.start, each.end) for each in mentions]
        return Item(
            category=verdict.category,
            place=place,
            what=self._phrases.short(text, piece.spans, hits, drop),
            level=verdict.level,
        )

    def _about_case(self, reading: _Reading) -> Item:
        text = reading.text
        roles: dict[str, Any] = {
            each.role: each.value for each in reading.told if each.role in ("due", "start") and each.value
        }
        if roles.get("start") and (length := next((each.length for each in reading.told if each.length), None)):
            roles["due"] = roles["start"] + timedelta(days=length)
        match reading.intent:
            case "recheck":
                failed = _PASS.search(text) is not None and not re.search(
                    r"(?:合格|通过|可以销号)(?!.*(?:不|没))", re.sub("不合格|不通过|没通过", "", text)
                )
                return Item(status="退回整改" if failed else "复查合格", result="fail" if failed else "pass", **roles)
            case "rectify":
                under_way = _UNDER_WAY.search(text) is not None and not re.search(
                    r"(?:修|换|弄|装|补|处理|清|焊)(?:好|完)(?:了|,|。|$)|已整改|整改完|完工|已完成", text
                )
                status = "整改中" if under_way or roles.get("start") else "已整改待复查"
                number = _count(text, Piece([(0, len(text))]), reading.told)
                place = self._places.slots(text, reading.mentions, reading.hits) if not reading.before else Spot()
                return Item(
                    status=status,
                    count=number,
                    place=place,
                    what="" if reading.before else self._phrases.short(text, [(0, len(text))], reading.hits, []),
                    **(roles if status == "整改中" else {}),
                )
            case "extend":
                reason = next((reason for word, reason in _REASONS if word in text), "")
                return Item(reason=reason, **roles)
            case "reassign":
                return Item(owner=self._owner(reading, anywhere=True), **roles)
            case _:
                return self._amended(reading, roles)

    def _amended(self, reading: _Reading, roles: dict[str, Any]) -> Item:
        """The card's place with the slots that were said anew."""
        kept = [
            each
            for each in reading.mentions
            if not reading.text[max(0, each.start - 3) : each.start].endswith(("不是", "不在", "并非"))
        ]
        new = self._places.slots(reading.text, kept, [])
        old = self._card(reading).place if reading.before else Spot()
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
        what = self._phrases.short(reading.text, [(0, len(reading.text))], hits, []) if hits and not new else ""
        return Item(place=spot, what=what, **roles)

    def _question(self, reading: _Reading) -> Item:
        text = reading.text
        scope = _SCOPES.search(text)
        details: dict[str, Any] = {"scope": scope[0]} if scope else {}
        if scope and scope[0] in ("上个月", "上月", "本月", "这个月"):
            month = reading.now.month - (scope[0].startswith("上"))
            details["scope"] = f"{reading.now.year - (month < 1)}-{month or 12:02d}"
        form = next((value for word, value in _FORMATS if word in text), "")
        if form:
            details["format"] = form
        place = self._places.slots(text, reading.mentions, [])
        return Item(what=self._phrases.short(text, [(0, len(text))], [], []), place=place, details=details)

    def _duty(self, reading: _Reading) -> list[Item]:
        """Every clause that reports something; hazards keep their category."""
        form = forms.form_of(reading.text, self._small["forms"])
        items: list[Item] = []
        meal = form == "陪餐记录"
        for start, end in _reports(reading.text):
            words = reading.text[start:end].strip(" ,。;!\n")
            hits = [hit for hit in reading.hits if start <= hit.start < end]
            mentions = [each for each in reading.mentions if start <= each.start < end]
            piece = Piece([(start, end)], hits, mentions)
            fault = (
                piece.whole
                and (piece.things or _tells(piece))
                and not re.search(
                    r"正常|良好|完好|无|没有?(?:发现)?(?:异常|问题|人)|均?已?关|已查|已锁|合格|整洁|有序", words
                )
            )
            if meal and not (fault and mentions):
                if not items:
                    place = self._places.slots(reading.text, mentions, [])
                    kitchen = self._places.implied("陪餐")
                    items.append(
                        Item(
                            place=place if place.area or not kitchen else Spot(area=(kitchen,)),
                            what=words[:36],
                            status="normal",
                            details={"form": form},
                        )
                    )
                continue
            if fault:
                item = self._case(reading, piece)
                handled = re.search(
                    r"已(?:制止|处理|劝|清|关|教育|上报|报修|解决|通知|联系)|制止|当场", reading.text[start : end + 8]
                )
                items.append(replace(item, level=item.level, status="handled" if handled else ""))
            elif re.match(r"^(?:无|没有?|其[他它余]).{0,8}(?:情况|异常|问题|正常|隐患)$", words) and items:
                continue
            elif words:
                place = self._places.slots(reading.text, mentions, [])
                items.append(
                    Item(
                        what=self._phrases.short(
                            reading.text,
                            [(start, end)],
                            hits,
                            [(e.start, e.end) for e in mentions if e.kind in ("floor", "side")],
                        ),
                        place=place,
                        status="normal",
                    )
                )
        if len(items) > 1 and not any(item.category for item in items) and not _several(reading.text):
            items = items[:1]
        return self._dated(reading, [], items) if items else [Item(status="normal")]

    def _owner(self, reading: _Reading, *, anywhere: bool = False) -> str:
        staff = [each for each in reading.people if each.kind == "staff"]
        if reading.intent in ("reassign", "order") or anywhere:
            for each in staff:
                if _OWNER.search(reading.text[: each.start]):
                    return each.name
            for match in re.finditer("|".join(self._departments), reading.text):
                if reading.intent != "reassign" or _OWNER.search(reading.text[: match.start()]):
                    return match[0]
        known = [each for each in staff if reading.text[max(0, each.start - 1) : each.start] != "@"]
        if (
            known
            and reading.intent in ("hazard", "reassign", "order")
            and re.search(r"知道|负责|说|来|处理|答应|换|修|看", reading.text[known[-1].end :])
        ):
            return known[0].name
        return known[0].name if anywhere and known else ""

    def _done_in(self, text: str, intent: str) -> tuple[str, ...]:
        if intent in ("chat", "ack", "query", "score", "withdraw"):
            return ()
        return tuple(dict.fromkeys(match[0].strip(" ,。") for match in self._done.finditer(text)))[:6]

    def _flags(
        self, reading: _Reading, items: Sequence[Item], pupils: Sequence[PersonMention], photos: int
    ) -> list[str]:
        text, flags = reading.text, []
        incident = reading.intent == "incident"
        relaxed = self._any["not_urgent"].search(text) is not None
        if incident or (
            reading.intent in ("hazard", "order")
            and not relaxed
            and (self._any["urgent"].search(text) or any(item.level != GENERAL for item in items if item.level))
        ):
            flags.append("urgent")
        if incident:
            flags.append("notify_leader")
            kind = reading.incident.kind if reading.incident else ""
            if kind in ("injury", "animal", "drown", "traffic", "crush"):
                flags.append("injury")
            if kind in ("gas", "fire", "drown", "trapped"):
                flags.append("call_emergency")
            if kind in ("leak", "bullying", "sexual", "self_harm", "knife"):
                flags.append("private_reply")
        if self._any["keep_private"].search(text) or (
            any(word in reading.role for word in self._small["parents"])
            and reading.intent in ("hazard", "query", "chat")
            and "private_reply" not in flags
        ):
            flags.append("private_reply")
        if any(word in reading.role for word in self._small["parents"]):
            flags.append("from_parent")
        if pupils:
            flags.append("minor_named")
        if reading.intent == "checkin" and any(
            item.details.get(key, 0) >= 3 for item in items for key in ("vomit", "diarrhea", "fever")
        ):
            flags.append("notify_leader")
        if len(items) > 1:
            flags.append("multi")
        if any(item.found or item.happened for item in items):
            flags.append("past_time")
        if reading.intent == "hazard" and self._any["recurrence"].search(text):
            flags.append("recurrence")
        if any(item.category == "facility" for item in items):
            flags.append("not_safety")
        if self._any["photo_required"].search(text) and reading.intent == "order":
            flags.append("photo_required")
        return list(dict.fromkeys(flags))

    def _asks(self, reading: _Reading, items: Sequence[Item], photos: int) -> list[str]:
        asks = []
        if reading.intent in ("hazard", "order", "incident"):
            if any(not item.place.area and not item.place.classes and not item.place.number for item in items):
                asks.append("building" if any(item.place.room or item.place.floor for item in items) else "location")
            if reading.intent == "hazard" and any(not item.category for item in items):
                asks.append("detail")
            if len(items) > 1 and photos > 1:
                asks.append("photo_mapping")
        if any(each.asks for each in reading.told):
            asks.append("confirm_due")
        if (
            reading.intent in ("rectify", "recheck", "extend", "reassign", "query", "amend", "withdraw")
            and not reading.before
            and not CASE.search(reading.text)
            and (reading.intent != "query" or re.search("那个|那条|的事|怎么样|进度", reading.text))
        ):
            asks.append("which_case")
        return asks


class _Reading:
    """What was read of one message; passed around instead of a dozen arguments."""

    def __init__(
        self,
        text: str,
        before: str,
        role: str,
        intent: str,
        mentions: list[Mention],
        hits: list[Hit],
        pieces: list[Piece],
        told: list[dates_room.Said],
        people: list[PersonMention],
        classes: list[Any],
        incident: Incident | None,
        theirs: set[str],
        now: datetime,
    ) -> None:
        self.text, self.before, self.role, self.intent = text, before, role, intent
        self.mentions, self.hits, self.pieces, self.told = mentions, hits, pieces, told
        self.people, self.classes, self.incident, self.theirs, self.now = people, classes, incident, theirs, now
        self.incident_at = incident.start if incident else -1


def _is_whose(text: str, each: ClassMention) -> bool:
    """Whether a class only says whose parent, child or teacher somebody is: 「我是二1班孩子家长」."""
    return bool(_WHOSE_AFTER.match(text[each.end : each.end + 8]) or _WHOSE_BEFORE.search(text[: each.start]))


def _tells(piece: Piece) -> bool:
    """A fault that says what is wrong without a thing: 漏水, 有异味, 掉下来一块."""
    return any(len(hit.text) >= 2 for hit in piece.faults)


def _without_consequences(text: str, piece: Piece) -> list[Hit]:
    """The words of the clauses that state something, without those that only fear it (小孩都爱趴那); all, if none is left."""
    stated = [span for span in piece.spans if not CONSEQUENCE.search(text[span[0] : span[1]])]
    hits = [hit for hit in piece.hits if any(start <= hit.start < end for start, end in stated)]
    return hits if any(hit.word.things for hit in hits) and any(hit.word.fault for hit in hits) else list(piece.hits)


def _with_stray_places(every: Sequence[Piece], chosen: Sequence[Piece]) -> list[Piece]:
    """A lead such as 「食堂检查发现:」 gives its place to the first piece that has none."""
    result = list(chosen)
    for piece in every:
        if piece in result or not piece.mentions:
            continue
        following = next((each for each in result if each.spans[0][0] > piece.spans[0][0]), result[0])
        if not following.has("area", "class", "room", "number"):
            following.mentions = [*piece.mentions, *following.mentions]
    return result


def _count(text: str, piece: Piece, told: Sequence[dates_room.Said]) -> int | None:
    """How many, where it was said; a mere 一个 counts only where something is short of one."""
    for start, end in piece.spans:
        for at, _, value, _ in counts(text[start:end]):
            if any(each.start <= start + at < each.end for each in told):
                continue
            if value >= 2 or re.search(r"少了?$|缺了?$|也有$", text[start : start + at]):
                return value
    return None


_REPORT_END = re.compile(r"[,。;!\n]")


def _reports(text: str) -> list[tuple[int, int]]:
    """The clauses of a duty report, without its head (今日带班:)."""
    spans, position = [], 0
    head = re.match(r"^[^,。;\n]{0,24}[::]", text)
    if head:
        position = head.end()
    for match in _REPORT_END.finditer(text, position):
        if match.start() > position:
            spans.append((position, match.start()))
        position = match.end()
    if position < len(text):
        spans.append((position, len(text)))
    return spans


def _several(text: str) -> bool:
    return len(_reports(text)) > 1
