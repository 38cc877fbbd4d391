"""What else a message says: how urgent, how private, what was done at once, and what it leaves open."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.language.hazards import GENERAL
from bot.language.meaning import Item
from bot.language.reading import Reading

_ON_DUTY = ("护学", "委员会")
"""Parents who have an office at school speak in its groups anyway."""


def flags_of(reading: Reading, items: Sequence[Item]) -> list[str]:
    text, flags = reading.text, list[str]()
    incident = reading.intent == "incident"
    relaxed = reading.rules.cues["not_urgent"].search(text) is not None
    if incident or (
        reading.intent in ("hazard", "order")
        and not relaxed
        and (reading.rules.cues["urgent"].search(text) or any(item.level != GENERAL for item in items if item.level))
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
    if reading.rules.cues["keep_private"].search(text) or (
        any(word in reading.role for word in reading.rules.small["parents"])
        and not any(word in reading.role for word in _ON_DUTY)
        and reading.intent in ("hazard", "query", "chat")
        and "private_reply" not in flags
    ):
        flags.append("private_reply")
    if any(word in reading.role for word in reading.rules.small["parents"]):
        flags.append("from_parent")
    if reading.pupils:
        flags.append("minor_named")
    if reading.intent == "checkin" and any(
        item.details.get(key, 0) >= 3 for item in items for key in ("vomit", "diarrhea", "fever")
    ):
        flags.append("notify_leader")
    if len(items) > 1:
        flags.append("multi")
    if any(item.found or item.happened for item in items):
        flags.append("past_time")
    if reading.intent == "hazard" and reading.rules.cues["recurrence"].search(text):
        flags.append("recurrence")
    if any(item.category == "facility" for item in items):
        flags.append("not_safety")
    if reading.rules.cues["photo_required"].search(text) and reading.intent == "order":
        flags.append("photo_required")
    return list(dict.fromkeys(flags))


def asks_of(reading: Reading, items: Sequence[Item]) -> list[str]:
    asks = []
    if reading.intent in ("hazard", "order", "incident"):
        if any(not item.place.area and not item.place.classes and not item.place.number for item in items):
            asks.append("building" if any(item.place.room or item.place.floor for item in items) else "location")
        if reading.intent == "hazard" and any(not item.category for item in items):
            asks.append("detail")
        if len(items) > 1 and reading.photos > 1:
            asks.append("photo_mapping")
    if any(each.asks for each in reading.told):
        asks.append("confirm_due")
    if (
        reading.intent in ("rectify", "recheck", "extend", "reassign", "query", "amend", "withdraw")
        and not reading.before
        and not reading.case
        and (reading.intent != "query" or re.search("那个|那条|的事|怎么样|进度", reading.text))
    ):
        asks.append("which_case")
    return asks


def done_in(reading: Reading) -> tuple[str, ...]:
    if reading.intent in ("chat", "ack", "query", "score", "withdraw"):
        return ()
    return tuple(
        dict.fromkeys(match[0].strip(" ,。") for match in reading.rules.done.finditer(reading.text, set(reading.text)))
    )[:6]
