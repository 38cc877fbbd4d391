"""One message in, one Understanding out. Everything else in this folder reads one thing; here it comes together.

    understander = Understander(vocabulary)                 # once per school, about 0.05 s
    understander.understand("A座三楼灯坏了", now=now, days=days)   # about 0.4 ms, no I/O, safe between threads

The order matters: spelling, then what is named (dates, classes, people, places), then the words of hazards on what is
left, then pieces, then the intent, then dates by their role (an extension's 下周五 is a deadline, a query's is not).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bot.language import forms
from bot.language.about_case import about_case, question
from bot.language.cases import cases
from bot.language.classes import ClassMention
from bot.language.classes import classes as find_classes
from bot.language.dates import find_dates, read_dates
from bot.language.duty import duty
from bot.language.flags import asks_of, done_in, flags_of
from bot.language.homophones import Homophones
from bot.language.incidents import suspected
from bot.language.intents import CASE, Evidence, asks, points_back
from bot.language.meaning import Item, Named, Understanding
from bot.language.named import People, PersonMention
from bot.language.normal import normalise
from bot.language.pieces import cut
from bot.language.places import Mention, Places, mask
from bot.language.reading import QUOTED_CASE, Reading, evidence, tells, words_of_hazards
from bot.language.rules import Rules, standard
from bot.language.schooldays import SchoolDays
from bot.language.vocabulary import Vocabulary

_AT = re.compile(r"@\s?[^\s,。:;@]{1,10}(?:\s|(?=[,。:;]|$))")
_WHOSE_AFTER = re.compile(r"的?(?:孩子|学生|娃|小朋友)?的?(?:家长|妈妈?|爸爸?|奶奶|爷爷|姥姥)")
_ONE_OF = re.compile(r"的(?=[,。;!\s]|$)")
"""摔了一个, 五2的: whose child it is, not where."""
_WHOSE_BEFORE = re.compile(r"我(?:是|们是)$")

_PRIVATE = {"private_reply", "notify_leader", "minor_named"}
"""Flags of what concerns few."""


class Understander:
    """Understands the messages of one school. Raises ConfigError when templates/language/ is not as it should be."""

    def __init__(self, vocabulary: Vocabulary, rules: Rules | None = None) -> None:
        self._rules = rules or standard()
        lexicon = self._rules.lexicon
        self.vocabulary = vocabulary
        self._places = Places(lexicon, vocabulary)
        self._people = People(lexicon, vocabulary)
        known = {word for word, entry in lexicon.words.items() if entry.things}
        known |= {normalise(word) for word in lexicon.places["spots"]} | self._places.words()
        self._homophones = Homophones(known, self._rules.small["typos"])

    def understand(
        self, said: str, *, now: datetime, days: SchoolDays, before: str = "", role: str = "", photos: int = 0
    ) -> Understanding:
        """What a message means. Never raises, whatever was typed.

        now: aware, in school time. before: the card or message it answers, as plain text. role: the sender's post in
        Chinese. photos: how many came with it.
        """
        reading = self.read(said, now=now, days=days, before=before, role=role, photos=photos)
        verdict = reading.verdict
        items = _items(reading)
        flags = flags_of(reading, items)
        quoted = QUOTED_CASE.search(reading.before)
        return Understanding(
            intent=reading.intent,
            items=tuple(items),
            people=tuple(
                [Named(each.name, "staff") for each in reading.staff]
                + [Named(each.name, "pupil", each.class_) for each in reading.pupils]
            ),
            done=done_in(reading),
            flags=tuple(flags),
            asks=tuple(asks_of(reading, items)),
            case=reading.case or (quoted[0] if quoted else ""),
            private=bool(_PRIVATE & set(flags)) or reading.intent == "incident",
            confidence=verdict.confidence,
            guesses=verdict.guesses,
            incident=reading.incident.kind if reading.incident and reading.intent == "incident" else "",
            repaired=reading.repaired,
        )

    def read(
        self, said: str, *, now: datetime, days: SchoolDays, before: str = "", role: str = "", photos: int = 0
    ) -> Reading:
        """Everything up to the intent and what depends on it: the roles of the dates."""
        rules, lexicon = self._rules, self._rules.lexicon
        said, repaired = self._homophones.repair(rules.dialect.plain(normalise(said)))
        before = normalise(before)
        text = _AT.sub(lambda match: " " * len(match[0]), said)
        dates = find_dates(text)
        spans = [match.span() for _, match in dates]
        found_classes = find_classes(mask(text, spans), now.year if now.month >= 8 else now.year - 1)
        people = self._people.read(said, found_classes)
        taken = [*spans, *((each.start, each.end) for each in people)]
        theirs = {each.class_ for each in people if each.kind == "pupil"}
        theirs |= {name for each in found_classes if _is_whose(text, each) for name in each.names}
        mentions = self._places.read(text, found_classes, taken)
        hits = words_of_hazards(lexicon, text, mentions, taken)
        pieces = cut(text, hits, mentions, spans)
        incident, denied = rules.incidents.find(text)
        if incident is not None:
            theirs |= {name for each in found_classes if _ONE_OF.match(text, each.end) for name in each.names}
        role = self.vocabulary.people.get(role) or role
        named_cases = [match.span() for match in CASE.finditer(text)]
        seen = Evidence(
            complete=any(piece.whole and (piece.things or tells(piece)) for piece in pieces),
            things=any(piece.things for piece in pieces),
            incident=incident is not None,
            classes=sum(len(each.names) for each in found_classes),
            placed=any(each.kind in ("area", "floor", "class", "room") for each in mentions),
            clauses=sum(len(piece.spans) for piece in pieces),
            photos=photos,
            deadline=bool(spans),
            odd=any(piece.faults for piece in pieces),
            pupil=any(each.kind == "pupil" for each in people),
            addressed=_addressed(text, people),
            denied=denied,
            case=bool(named_cases),
            back=bool(named_cases) or points_back(text),
            question=asks(text),
        )
        named = _named(mentions, people, spans, named_cases)
        words = evidence(text, None, named, self._places, hits)
        points = rules.intents.points(text, before)
        beside = rules.intents.about(text, points, before, role, seen)
        experience = rules.experience
        weighed = experience.weigh(words) if experience else None
        opinion = experience.intent(weighed + experience.weigh(beside)) if experience and weighed else None
        verdict = rules.intents.decide(text, before, role, seen, points, opinion)
        if verdict.intent == "incident" and incident is None:
            incident = suspected(text, experience.category(weighed) if experience and weighed else None)
        told = read_dates(text, dates, now, days, intent=verdict.intent, inspections=tuple(rules.small["inspections"]))
        return Reading(
            text=text,
            before=before,
            role=role,
            photos=photos,
            intent=verdict.intent,
            now=now,
            mentions=mentions,
            hits=hits,
            pieces=pieces,
            told=told,
            people=people,
            classes=found_classes,
            incident=incident,
            theirs=frozenset(theirs),
            rules=rules,
            places=self._places,
            named=named,
            words=words,
            beside=beside,
            weighed=weighed,
            verdict=verdict,
            case=text[slice(*named_cases[0])] if named_cases else "",
            repaired=repaired,
        )


_CALLED = re.compile(r"^[ @]*$")


def _addressed(text: str, people: Sequence[PersonMention]) -> bool:
    """Whether the message begins by calling somebody of the staff: 「@王建国 …」, 「武师傅，…」."""
    return any(
        each.kind == "staff"
        and _CALLED.match(text[: each.start]) is not None
        and (text[each.end : each.end + 1] in (",", " ", ":", ";", "你", "您") or not text[: each.end].strip())
        for each in people
    )


def _named(
    mentions: Sequence[Mention],
    people: Sequence[PersonMention],
    dates: Sequence[tuple[int, int]],
    cases_named: Sequence[tuple[int, int]],
) -> list[tuple[int, int, str]]:
    """Every span that experience knows by its sign only."""
    named = [(each.start, each.end, each.kind) for each in mentions if each.kind not in ("side", "spot")]
    named += [(each.start, each.end, each.kind) for each in people]
    named += [(start, end, "date") for start, end in dates]
    return named + [(start, end, "case") for start, end in cases_named]


def _items(reading: Reading) -> list[Item]:
    small = reading.rules.small
    match reading.intent:
        case "withdraw" | "ack" | "chat":
            return []
        case "score":
            return forms.scores(reading.text, reading.classes, small["dims"])
        case "checkin":
            names = [each.name for each in reading.staff]
            return [forms.checkin(reading.text, reading.classes, small["posts_words"], small["forms"], names)]
        case "query":
            return [question(reading)]
        case "duty":
            return duty(reading)
        case "recheck" | "rectify" | "extend" | "reassign" | "amend":
            return [about_case(reading)]
        case _:
            return cases(reading)


def _is_whose(text: str, each: ClassMention) -> bool:
    """Whether a class only says whose parent, child or teacher somebody is: 「我是二1班孩子家长」."""
    return bool(_WHOSE_AFTER.match(text[each.end : each.end + 8]) or _WHOSE_BEFORE.search(text[: each.start]))
