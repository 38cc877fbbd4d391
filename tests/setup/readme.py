"""The README's two generated parts, from the files that do the work; `python -m tests.setup.readme` writes them."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from bot.clock import SCHOOL_TZ
from bot.contents import A_WEEK, contents, timetable
from bot.domain.calendar import SchoolCalendar
from bot.domain.routines import read_routines
from bot.quota import NoNotices, NoRounds
from bot.registry import load
from bot.render import TEMPLATES
from bot.scheduler import Owed

README = Path(__file__).resolve().parent.parent.parent / "README.md"

WEEK = datetime(2026, 11, 30, tzinfo=SCHOOL_TZ)
"""The week that the README shows: an ordinary one with a month's end in it."""


class _Week:
    """As much of a store as a timetable needs."""

    calendar = SchoolCalendar([], {})
    rounds = ledger = NoRounds()
    notices = NoNotices()


def parts() -> dict[str, str]:
    """What stands between <!-- name --> and <!-- /name -->."""
    registry = load(read_routines(TEMPLATES / "routines"))
    coming = [
        Owed("demo", schedule, at)
        for schedule in registry.schedules
        for at in schedule.due(_Week(), WEEK, WEEK + A_WEEK)  # type: ignore[arg-type]
    ]
    rings = timetable(sorted(coming, key=lambda item: item.due_at))
    return {"contents": contents(registry), "timetable": f"```text\n{rings}\n```"}


def filled(text: str) -> str:
    """The README with both parts as they should be. Raises LookupError where the place of one is missing."""
    for name, part in parts().items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text, found = place.subn(lambda match, part=part: f"{match[1]}{part}\n{match[2]}", text)
        if found != 1:
            raise LookupError(f"README needs <!-- {name} --> and <!-- /{name} --> once, and has it {found} times")
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
