"""Example messages with what they should mean: read from YAML (or the yaml block of a .md page), understood, counted.

The file: {fixture: {now, week1_monday, holidays, places, aliases, staff}, utterances: [{id, role, photos, prev, text,
expect: {intent, items: [{cat, cat_alt, loc: {area, floor, side, cls, room, num, spot}, level, due, found, …}], flags,
private}}]}. Unknown keys are ignored, missing ones are not compared.

How each field is counted, one point per message, all or nothing:

intent     exactly the one expected, or one of intent_alt where a message gives some.
items      as many as expected; counted over messages that say what the items are, none too.
category   every item's, in any order; one of cat_alt is right as well. Over messages with a cat.
place      area, floor, side, class, room, number equal in every item, an empty one empty. Over messages with a loc or a cls.
spot       an expected spot contains ours or is contained in it. Beside the seven, since the slots are scored without it
           (school-domain 2.10). Over messages with a spot.
dates      due, found, happened, expires, start equal in every item, none besides; the hour only where one is expected.
           Over messages where a date is expected or was understood.
level      every item's. Over messages with a level.
private    expected, or else derived: an incident, or one of the flags of PRIVATE. Over all messages.

A wrong number of items is wrong for every field that looks into items.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.domain.calendar import Override, SchoolCalendar, Term
from bot.errors import ConfigError
from bot.language.meaning import Item, Understanding
from bot.language.schooldays import SchoolDays
from bot.language.understanding import Understander
from bot.language.vocabulary import Vocabulary

FIELDS = ("intent", "items", "category", "place", "spot", "dates", "level", "private")
SLOTS = ("area", "floor", "side", "cls", "room", "num")
DATES = ("due", "found", "happened", "expires", "start")
PRIVATE = {"private_reply", "notify_leader", "minor_named"}
_SCHOOL = ZoneInfo("Asia/Shanghai")
_TERM = timedelta(days=150)
_LOOSE = str.maketrans("", "", "的边面侧处里口上下旁户 ()、,，")
_SAME = (
    ("洗手间", "厕所"),
    ("卫生间", "厕所"),
    ("楼道", "楼梯"),
    ("走道", "走廊"),
    ("过道", "走廊"),
    ("消防栓", "消火栓"),
    ("开水间", "水房"),
    ("栏杆", "护栏"),
)


@dataclass(frozen=True, slots=True)
class Example:
    """One message and what it should mean. expect is the mapping of the file."""

    id: str
    text: str
    role: str
    photos: int
    before: str
    expect: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Examples:
    """A file of examples: one school at one moment."""

    now: datetime
    vocabulary: Vocabulary
    days: SchoolDays
    utterances: tuple[Example, ...]


def read_examples(path: Path) -> Examples:
    """Read a file of examples. Raises ConfigError, in one line, for whatever is wrong with it."""
    try:
        text = path.read_text("utf-8")
        content = yaml.safe_load(block_of(text) if path.suffix == ".md" else text)
    except OSError as error:
        raise ConfigError(f"{path} 读不了：{error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} 不是 UTF-8 文本。") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path} 不是 YAML：{' '.join(str(error).split())}") from error
    if (
        not isinstance(content, dict)
        or not isinstance(content.get("fixture"), dict)
        or not isinstance(content.get("utterances"), list)
    ):
        raise ConfigError(f"{path} 应该有 fixture（一张表）和 utterances（一个清单）。")
    fixture = content["fixture"]
    try:
        now = _moment(fixture["now"])
        days = _calendar(fixture, now)
        vocabulary = Vocabulary(
            places=tuple(str(each) for each in fixture.get("places") or ()),
            aliases={
                str(key): None if value is None else str(value) for key, value in (fixture.get("aliases") or {}).items()
            },
            people={str(key): str(value or "") for key, value in (fixture.get("staff") or {}).items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f'{path} 的 fixture 有问题：{error!r}。例如 now: "2026-03-10T10:30:00+08:00"') from error
    utterances = tuple(_example(path, number, row) for number, row in enumerate(content["utterances"], 1))
    return Examples(now, vocabulary, days, utterances)


def _example(path: Path, number: int, row: Any) -> Example:
    if not isinstance(row, dict) or not isinstance(row.get("text"), str | int | float):
        raise ConfigError(f"{path} 的第 {number} 条没有 text。")
    expect = row.get("expect")
    if expect is not None and not isinstance(expect, dict):
        raise ConfigError(f"{path} 的第 {number} 条的 expect 应该是一张表。")
    photos = row.get("photos")
    return Example(
        id=str(row.get("id", number)),
        text=str(row["text"]),
        role=str(row.get("role") or ""),
        photos=photos if isinstance(photos, int) else 0,
        before=str(row.get("prev") or ""),
        expect=expect or {},
    )


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.astimezone(_SCHOOL) if moment.tzinfo else moment.replace(tzinfo=_SCHOOL)


def _calendar(fixture: Mapping[str, Any], now: datetime) -> SchoolDays:
    """The nation's calendar with the fixture's holidays over it, and one term that begins in week 1."""
    overrides: dict[date, Override] = {}
    for name, span in (fixture.get("holidays") or {}).items():
        ends = [_day(each) for each in (span if isinstance(span, list) else [span])]
        day = ends[0]
        while day <= ends[-1]:
            overrides[day] = Override("off", note=str(name))
            day += timedelta(days=1)
    for each in fixture.get("workdays") or ():
        overrides[_day(each)] = Override("workday")
    monday = fixture.get("week1_monday")
    terms = [Term("", _day(monday), _day(monday) + _TERM)] if monday else []
    return SchoolDays(SchoolCalendar(terms, overrides))


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def score(examples: Examples, *, parses: bool = False) -> dict[str, Any]:
    """Understand every message and count. The result is plain JSON: see the file's docstring and `xiaoling understand`."""
    understander = Understander(examples.vocabulary)
    right = dict.fromkeys(FIELDS, 0)
    asked = dict.fromkeys(FIELDS, 0)
    misses: list[dict[str, Any]] = []
    missed_incidents = false_deadlines = 0
    told: list[dict[str, Any]] = []
    for example in examples.utterances:
        got = understander.understand(
            example.text,
            now=examples.now,
            days=examples.days,
            before=example.before,
            role=example.role,
            photos=example.photos,
        )
        if parses:
            told.append({"id": example.id, "text": example.text, **as_json(got)})
        for field, expected, seen, same in compare(example.expect, got):
            asked[field] += 1
            right[field] += same
            if not same:
                misses.append(
                    {"id": example.id, "field": field, "expected": expected, "got": seen, "text": example.text}
                )
        missed_incidents += example.expect.get("intent") == "incident" and got.intent != "incident"
        false_deadlines += _false_deadlines(example.expect, got)
    result: dict[str, Any] = {
        "utterances": len(examples.utterances),
        "accuracy": {field: round(right[field] / asked[field], 4) if asked[field] else None for field in FIELDS},
        "counted": asked,
        "incidents_missed": missed_incidents,
        "false_deadlines": false_deadlines,
        "misses": misses,
    }
    if parses:
        result["parses"] = told
    return result


def compare(expect: Mapping[str, Any], got: Understanding) -> list[tuple[str, Any, Any, bool]]:
    """(field, expected, understood, whether right) for each field that can be compared."""
    rows: list[tuple[str, Any, Any, bool]] = []
    if "intent" in expect:
        fair = {expect["intent"], *(expect.get("intent_alt") or ())}
        rows.append(("intent", expect["intent"], got.intent, got.intent in fair))
    flags = {str(flag) for flag in expect.get("flags") or ()}
    private = (
        bool(expect["private"]) if "private" in expect else expect.get("intent") == "incident" or bool(flags & PRIVATE)
    )
    rows.append(("private", private, got.private, private == got.private))
    if "items" not in expect:
        return rows
    wanted = [item for item in expect["items"] or () if isinstance(item, Mapping)]
    items = list(got.items)
    rows.append(("items", len(wanted), len(items), len(wanted) == len(items)))
    pairs = list(zip(wanted, _aligned(wanted, items), strict=True)) if len(wanted) == len(items) else None
    if any(item.get("cat") for item in wanted):
        rows.append(
            (
                "category",
                [item.get("cat") for item in wanted],
                [item.category for item in items],
                pairs is not None and all(_category(*pair) for pair in pairs),
            )
        )
    if any(item.get("loc") or item.get("cls") for item in wanted):
        rows.append(
            (
                "place",
                [_wanted_place(item) for item in wanted],
                [_place(item) for item in items],
                pairs is not None and all(_same_place(*pair) for pair in pairs),
            )
        )
    if any(_wanted_place(item).get("spot") for item in wanted):
        rows.append(
            (
                "spot",
                [_wanted_place(item).get("spot", "") for item in wanted],
                [item.place.spot for item in items],
                pairs is not None and all(_same_spot(*pair) for pair in pairs),
            )
        )
    if any(item.get(name) for item in wanted for name in DATES) or any(
        getattr(item, name) for item in items for name in DATES
    ):
        rows.append(
            (
                "dates",
                [_wanted_dates(item) for item in wanted],
                [_dates(item) for item in items],
                pairs is not None and all(_same_dates(*pair) for pair in pairs),
            )
        )
    if any(item.get("level") for item in wanted):
        rows.append(
            (
                "level",
                [item.get("level") for item in wanted],
                [item.level for item in items],
                pairs is not None and all(not want.get("level") or want["level"] == item.level for want, item in pairs),
            )
        )
    return rows


def _aligned(wanted: Sequence[Mapping[str, Any]], items: Sequence[Item]) -> Sequence[Item]:
    """The items in the order that suits the expected ones best; the order of speaking is no part of the meaning."""
    if not 2 <= len(items) <= 5:
        return items

    def fit(order: Iterable[Item]) -> int:
        return sum(
            2 * _category(want, item) + _same_place(want, item) + _same_dates(want, item)
            for want, item in zip(wanted, order, strict=True)
        )

    return max(permutations(items), key=fit)


def _category(want: Mapping[str, Any], item: Item) -> bool:
    if not want.get("cat"):
        return True
    alternatives = want.get("cat_alt") or []
    return item.category in {want["cat"], *(alternatives if isinstance(alternatives, list) else [alternatives])}


def _wanted_place(want: Mapping[str, Any]) -> dict[str, Any]:
    place = dict(want.get("loc") or {}) if isinstance(want.get("loc"), Mapping) else {}
    if want.get("cls"):
        place["cls"] = want["cls"]
    return {key: value for key, value in place.items() if value not in (None, "", [])}


def _place(item: Item) -> dict[str, Any]:
    where = item.place
    classes = [item.details["cls"]] if item.details.get("cls") else list(where.classes)
    slots = {
        "area": list(where.area),
        "floor": list(where.floor),
        "side": where.side,
        "room": where.room,
        "cls": classes,
        "spot": where.spot,
        "num": where.number,
    }
    return {
        key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in slots.items() if value
    }


def _same_place(want: Mapping[str, Any], item: Item) -> bool:
    expected, got = _wanted_place(want), _place(item)
    if not expected and not (want.get("loc") or want.get("cls")):
        return True
    return all(_texts(expected.get(key)) == _texts(got.get(key)) for key in SLOTS)


def _texts(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [] if value is None else [value])]


def _same_spot(want: Mapping[str, Any], item: Item) -> bool:
    expected = str(_wanted_place(want).get("spot", ""))
    one, other = _loose(expected), _loose(item.place.spot)
    return not expected or (bool(other) and (one in other or other in one))


def _loose(spot: str) -> str:
    for word, plain in _SAME:
        spot = spot.replace(word, plain)
    return spot.translate(_LOOSE) or spot


def _wanted_dates(want: Mapping[str, Any]) -> dict[str, str]:
    return {name: _iso(want[name]) for name in DATES if want.get(name)}


def _dates(item: Item) -> dict[str, str]:
    return {name: _iso(value) for name in DATES if (value := getattr(item, name))}


def _iso(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)[:16]


def _same_dates(want: Mapping[str, Any], item: Item) -> bool:
    expected, got = _wanted_dates(want), _dates(item)
    return expected.keys() == got.keys() and all(
        got[name].startswith(value) or value == got[name] for name, value in expected.items()
    )


def _false_deadlines(expect: Mapping[str, Any], got: Understanding) -> int:
    wanted = {
        _iso(item["due"])[:10] for item in expect.get("items") or () if isinstance(item, Mapping) and item.get("due")
    }
    return sum(1 for due in {_iso(item.due)[:10] for item in got.items if item.due} if due not in wanted)


def as_json(got: Understanding) -> dict[str, Any]:
    """An Understanding as plain values, empty ones left out; an item's keys are those of the example files."""
    items = []
    for item in got.items:
        row: dict[str, Any] = {
            "cat": item.category,
            "cat_alt": list(item.other_categories),
            "loc": {
                key: value for key, value in _place(item).items() if not (key == "cls" and item.details.get("cls"))
            },
            "loc_inherited": item.place.inherited,
            "what": item.what,
            "level": item.level,
            "count": item.count,
            **_dates(item),
            "owner": item.owner,
            "status": item.status,
            "result": item.result,
            "reason": item.reason,
            **item.details,
        }
        items.append({key: value for key, value in row.items() if value not in ("", None, [], {}, False)})
    people = [{key: value for key, value in asdict(person).items() if value} for person in got.people]
    return {
        "intent": got.intent,
        "items": items,
        "people": [{("cls" if key == "class_" else key): value for key, value in person.items()} for person in people],
        "done": list(got.done),
        "flags": list(got.flags),
        "ask": list(got.asks),
        "case": got.case,
        "private": got.private,
        "confidence": got.confidence,
        "guesses": [list(guess) for guess in got.guesses],
        "incident": got.incident,
        "repaired": [list(pair) for pair in got.repaired],
    }


_BLOCK = re.compile(r"```yaml\n(fixture:.*?)```", re.S)


def block_of(document: str) -> str:
    """The example block of a Markdown page such as school-domain.md. Raises ConfigError when there is none."""
    match = _BLOCK.search(document)
    if match is None:
        raise ConfigError("这一页里没有以 fixture: 开头的 yaml 例子。")
    return match[1]
