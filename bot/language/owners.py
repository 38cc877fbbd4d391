"""Who is to do it, where a message names somebody."""

from __future__ import annotations

import re

from bot.language.reading import Reading

_OWNER = re.compile(r"(?:转给|转派给?|交给|派给|移交给?|归|由|找|请|让|叫|麻烦|改派给?|指派给?|转到|转|派|安排|给)$")


def owner_of(reading: Reading, *, anywhere: bool = False) -> str:
    staff = reading.staff
    if reading.intent in ("reassign", "order") or anywhere:
        for each in staff:
            if _OWNER.search(reading.text[: each.start]):
                return each.name
        for match in re.finditer("|".join(reading.rules.departments), reading.text):
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
