"""What was understood of a message. Plain values; nothing here decides anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Moment = date | datetime


@dataclass(frozen=True, slots=True)
class Spot:
    """Where, slot by slot; every slot may be empty.

    area: the school's own names, as its list writes them. floor: 1 is the ground floor, -1 the first below it.
    side: 东 … 西北, 左, 右, 前, 后. room: "302". classes: "3-2" is class 2 of grade 3. spot: the words for the
    part of the place. number: a numbered thing that moves, "2号校车". inherited: some slot was taken from what was
    said before.
    """

    area: tuple[str, ...] = ()
    floor: tuple[int, ...] = ()
    side: str = ""
    room: str = ""
    classes: tuple[str, ...] = ()
    spot: str = ""
    number: str = ""
    inherited: bool = False

    def __bool__(self) -> bool:
        return bool(self.area or self.floor or self.side or self.room or self.classes or self.spot or self.number)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing said: a hazard, a class's score, a line of a duty report, the new deadline of a case.

    what: a short phrase for a card. category: a code of templates/language/things.yaml. level: "general" or
    "suspected_major" (a person decides). due, found, happened, expires, start: a date, or an aware moment of school
    time where the hour was said. details: what a form or score says: cls, dim, score, expected, present, post, form …
    """

    category: str = ""
    other_categories: tuple[str, ...] = ()
    place: Spot = Spot()
    what: str = ""
    level: str = ""
    count: int | None = None
    due: Moment | None = None
    found: Moment | None = None
    happened: Moment | None = None
    expires: Moment | None = None
    start: Moment | None = None
    owner: str = ""
    status: str = ""
    result: str = ""
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def due_day(self) -> date | None:
        """The day of the deadline, whether or not an hour was said."""
        return self.due.date() if isinstance(self.due, datetime) else self.due


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody named. kind: "staff" or "pupil"; a pupil's name is never repeated in a group."""

    name: str
    kind: str = "staff"
    class_: str = ""


@dataclass(frozen=True, slots=True)
class Understanding:
    """One message understood.

    intent: hazard, incident, rectify, recheck, extend, reassign, amend, withdraw, order, checkin, duty, score, query,
    ack or chat. case: the number that was quoted or said, as it was written. private: only named people may read it,
    never a group. confidence: 0 to 1. guesses: every intent that had something for it, best first, with its score.
    asks: what should be asked back, the most needed first: location, building, detail, which_case, confirm_due …
    """

    intent: str
    items: tuple[Item, ...] = ()
    people: tuple[Named, ...] = ()
    done: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    case: str = ""
    private: bool = False
    confidence: float = 0.0
    guesses: tuple[tuple[str, float], ...] = ()
    incident: str = ""
    repaired: tuple[tuple[str, str], ...] = ()
