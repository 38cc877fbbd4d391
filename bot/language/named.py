"""People in a sentence: staff by the names the school uses, pupils by class and surname."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.language.classes import ClassMention
from bot.language.lexicon import Finder, Lexicon
from bot.language.normal import normalise
from bot.language.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class PersonMention:
    """Somebody at a place in the text. name: as the school writes it; for a pupil, as it was said."""

    start: int
    end: int
    name: str
    kind: str
    class_: str = ""


class People:
    """Finds the school's staff, by name or by surname and title where only one fits, and pupils after their class."""

    def __init__(self, lexicon: Lexicon, vocabulary: Vocabulary) -> None:
        small = lexicon.small
        self._titles = sorted(map(str, small["titles"]), key=len, reverse=True)
        called: dict[str, set[str]] = {}
        for name, title in vocabulary.people.items():
            for way in self._called(str(name), str(title)):
                called.setdefault(normalise(way), set()).add(str(name))
        self._names = {way: next(iter(names)) for way, names in called.items() if len(names) == 1}
        self._finder = Finder(self._names)
        surnames = re.escape(str(small["surnames"]))
        doubles = "|".join(small["double_surnames"])
        not_names = "|".join(small["not_names"])
        self._pupil = re.compile(
            rf"^(?:的)?(?:学生|同学|孩子)?(?P<name>(?!{not_names})(?:{doubles}|[{surnames}])(?!{not_names})(?P<given>[\u4e00-\u9fff]{{1,2}}?))(?=同学|学生|小朋友|妈妈|爸爸|家长|[,。、 ]|$|在|被|把|和|与|上|下|课|今|昨|没|不|说|从|又|因|跟|头|早|午|发|请|摔|磕|撞|受|到|打|踢|拿|带|体育|晕|吐|突|右|左|手|脚|流|肚|呕|高|跑|掉|滑|落|还|也|的|是|有|放|回|中|身|已|一直|找|联)"
        )
        self._full_name = re.compile(
            rf"^(?:的)?(?:学生|同学|孩子)?(?P<name>(?!{not_names})(?:{doubles}|[{surnames}])[{small['given']}]{{2}})"
        )
        """A whole name needs nothing after it to be one."""
        self._doubles = tuple(small["double_surnames"])
        self._called_pupil = re.compile(
            rf"(?:学生|同学|孩子|女生|男生|叫|我班|我们班|本班)(?P<name>(?!{not_names})(?:{doubles}|[{surnames}])[\u4e00-\u9fff]{{1,2}}?)(?=[,。、 ]|$|在|被|和|没|从|同学|到|今|早|昨|今天|说|把|跟|又|还|不|一直|中午|下午|上午|刚)"
        )

    def _called(self, name: str, title: str) -> list[str]:
        """王建国, 王主任, 建国主任, 王老师 … where the title says so."""
        ways = [name]
        if len(name) < 2 or any(name.endswith(ending) for ending in self._titles):
            return ways
        surname = next(
            (double for double in ("欧阳", "司马", "上官", "诸葛", "皇甫", "司徒", "慕容") if name.startswith(double)),
            name[0],
        )
        own = [each for each in self._titles if each in title and len(each) > 1] or []
        if "副校长" in title or "校长" in title:
            own += ["校长", "校", "副校长"]
        if "书记" in title:
            own += ["书记"]
        if "组长" in title or "辅导员" in title or "教师" in title or "班主任" in title or "中心" in title:
            own += ["老师", "组长"] if "组长" in title else ["老师"]
        if "工" in title:
            own += ["师傅", "工"]
        if "医" in title:
            own += ["医生", "大夫", "校医"]
        if "队" in title:
            own += ["队", "队长"]
        if "主任" in title:
            own += ["主任"]
        ways += [surname + each for each in own]
        if len(name) >= 3:
            ways += [name[1:] + each for each in ("老师", "主任")]
        return ways + [f"{name}{each}" for each in own] + ([f"{surname}老师"] if not own else [])

    def read(self, text: str, classes: Sequence[ClassMention]) -> list[PersonMention]:
        """Staff and pupils, in order."""
        found: list[PersonMention] = []
        for start, end in self._finder.find(text):
            found.append(PersonMention(start, end, self._names[text[start:end]], "staff"))
        for each in classes:
            rest = text[each.end : each.end + 12]
            match = self._pupil.match(rest) or self._full_name.match(rest)
            if match and not any(other.start < each.end + match.end() and each.end < other.end for other in found):
                found.append(
                    PersonMention(
                        each.end + match.start("name"),
                        each.end + match.end("name"),
                        match["name"],
                        "pupil",
                        each.names[-1],
                    )
                )
        for match in self._called_pupil.finditer(text):
            start, end = match.span("name")
            if not any(other.start < end and start < other.end for other in found):
                found.append(PersonMention(start, end, match["name"], "pupil"))
        return sorted(found, key=lambda each: each.start)
