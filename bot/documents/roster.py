"""The roster's workbook, both ways: an empty one to fill in, and what a filled one says.

Real workbooks have a merged title above the headings, columns in another order, phone numbers as numbers, dates as text.
What can be read is returned; what cannot is a Problem that names sheet, row and column. The caller decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from bot.documents import cells
from bot.documents.grids import ROWS, WORKBOOK_LIMIT, Grid, UnreadableError, Value, read_grids
from bot.documents.roster_words import TEMPLATES, RosterWords, Sheet, bare, roster_words
from bot.domain.calendar import week_start

__all__ = ["WORKBOOK_LIMIT", "DutyRow", "PersonRow", "PlaceRow", "Problem", "Roster", "TaskRow", "read", "template"]

NAME, GRADE_CLASS, TITLE, PHONE, PLACE = 20, 20, 200, 11, 30
"""Characters at most; a person's name and class are stored in no more."""

HEADER_WITHIN = 10
"""The headings are in one of these first rows."""

FAR = timedelta(days=550)
"""A day further away is a wrong year."""

CHOICES = 8
"""So many posts are named when one is not known."""

_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person. phone: 11 digits or "". posts: codes. accounts: platform ("wecom", "dingtalk") to the id there."""

    name: str
    phone: str
    posts: tuple[str, ...]
    grade_class: str
    accounts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """Something one person has to do. due: its last day. week: the Monday of the week it belongs to, where said."""

    owner_name: str
    title: str
    due: date
    week: date | None


@dataclass(frozen=True, slots=True)
class DutyRow:
    """Whose turn a post is on one day. post: its code."""

    day: date
    post: str
    name: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place of the school. keeper: the name of who looks after it, or ""."""

    name: str
    aliases: tuple[str, ...]
    keeper: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be used. sheet "" is the whole file; row 0 the whole sheet; row 1 is Excel's first.

    text: what is wrong and what to write instead, in Chinese. str() is the whole line.
    """

    sheet: str
    row: int
    column: str
    text: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.sheet, f"第 {self.row} 行" if self.row else "", self.column) if part)
        return f"{place}：{self.text}" if place else self.text


@dataclass(frozen=True, slots=True)
class Roster:
    """What a workbook says, in its order."""

    people: tuple[PersonRow, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    turns: tuple[DutyRow, ...] = ()
    places: tuple[PlaceRow, ...] = ()
    problems: tuple[Problem, ...] = ()


def template(folder: Path = TEMPLATES) -> bytes:
    """The empty workbook: bot/documents/roster_template.py, which loads openpyxl."""
    from bot.documents import roster_template

    return roster_template.template(folder)


def read(content: bytes, posts: Mapping[str, str], today: date, folder: Path = TEMPLATES) -> Roster:
    """Read a filled workbook. posts: every Chinese name of a post to its code. today: dates without a year are near it.

    Never raises for what is in the file: a file that cannot be used at all is one problem and no rows.
    """
    words = roster_words(folder)
    reading = _Reading(words, {cells.name(label): code for label, code in posts.items()}, today)
    try:
        grids = read_grids(content)
    except UnreadableError as error:
        reading.complain("", 0, "", error.why)
    else:
        reading.read(grids)
    return Roster(
        tuple(reading.people),
        tuple(reading.tasks),
        tuple(reading.turns),
        tuple(reading.places),
        tuple(reading.problems),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """One row under the headings. cells: by the columns' names in the program."""

    sheet: str
    number: int
    cells: Mapping[str, Value]


@dataclass(slots=True)
class _Reading:
    """One workbook being read: the rows found so far, and what was wrong."""

    words: RosterWords
    posts: Mapping[str, str]
    today: date
    people: list[PersonRow] = field(default_factory=list)
    tasks: list[TaskRow] = field(default_factory=list)
    turns: list[DutyRow] = field(default_factory=list)
    places: list[PlaceRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _named: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    _phones: dict[str, int] = field(default_factory=dict)
    _accounts: dict[tuple[str, str], int] = field(default_factory=dict)
    _titles: dict[str, str] = field(default_factory=dict)

    def complain(self, sheet: str, row: int, column: str, what: str, /, **values: object) -> None:
        self.problems.append(Problem(sheet, row, column, self.words.words.problems[what].format(**values)))

    def read(self, grids: Sequence[Grid]) -> None:
        by_kind = {"people": self._person, "tasks": self._task, "duties": self._duty, "places": self._place}
        found = False
        for grid in grids:
            kind = self._kind(grid)
            if kind is None:
                continue
            found = True
            for line in self._lines(grid, self.words.words.sheets[kind]):
                by_kind[kind](line)
        if not found:
            self.complain("", 0, "", "no_sheet")

    def _kind(self, grid: Grid) -> str | None:
        """Which of ours a sheet is: by its name, else by having every needed heading."""
        sheets = self.words.words.sheets
        for kind, sheet in sheets.items():
            if bare(grid.title) in {bare(title) for title in (sheet.title, *sheet.also)}:
                return kind
        if bare(grid.title) == bare(self.words.words.about.title):
            return None
        return next((kind for kind, sheet in sheets.items() if set(sheet.needed) <= set(_header(grid, sheet)[1])), None)

    def _lines(self, grid: Grid, sheet: Sheet) -> list[_Line]:
        """The filled rows under the headings, without the examples."""
        at, columns = _header(grid, sheet)
        if not columns:
            if any(value is not None for row in grid.rows for value in row):
                titles = "、".join(sheet.columns[key].title for key in sheet.needed)
                self.complain(grid.title, 0, "", "no_header", needed=titles)
            return []
        absent = [sheet.columns[key].title for key in sheet.needed if key not in columns]
        for title in absent:
            self.complain(grid.title, at + 1, title, "no_column")
        if grid.more:
            self.complain(grid.title, ROWS, "", "too_many_rows", limit=ROWS)
        if absent:
            return []
        self._titles = {key: re.sub(r"[\s*＊]", "", str(grid.rows[at][place])) for key, place in columns.items()}
        lines = []
        for number, row in enumerate(grid.rows[at + 1 :], at + 2):
            if any(isinstance(value, str) and value.strip().startswith(self.words.words.example) for value in row):
                continue
            line = {key: row[place] if place < len(row) else None for key, place in columns.items()}
            if any(value is not None and str(value).strip() for key, value in line.items() if key != "remark"):
                lines.append(_Line(grid.title, number, line))
        return lines

    def _person(self, line: _Line) -> None:
        name = cells.name(self._text(line, "name", NAME, needed=True))
        if not name:
            return
        phone = self._phone(line)
        if not self._distinct(line, name, phone):
            return
        posts = tuple(dict.fromkeys(self._posts(line, "posts")))
        accounts = {key: account for key in ("wecom", "dingtalk") if (account := self._account(line, key))}
        self.people.append(PersonRow(name, phone, posts, self._text(line, "grade_class", GRADE_CLASS), accounts))

    def _task(self, line: _Line) -> None:
        title = self._text(line, "title", TITLE, needed=True)
        owners = self._names(line, "owner")
        due = self._day(line, "due", needed=True)
        week = self._day(line, "week")
        if title and due:
            self.tasks += [TaskRow(owner, title, due, week_start(week) if week else None) for owner in owners]

    def _duty(self, line: _Line) -> None:
        day = self._day(line, "day", needed=True)
        posts = self._posts(line, "post", needed=True)
        names = self._names(line, "name")
        if day:
            self.turns += [DutyRow(day, post, name) for post in posts for name in names]

    def _place(self, line: _Line) -> None:
        place = self._text(line, "place", PLACE, needed=True)
        aliases = tuple(dict.fromkeys(each[:PLACE] for each in cells.several(self._raw(line, "aliases"))))
        keeper = cells.name(self._text(line, "keeper", NAME))
        if place:
            self.places.append(PlaceRow(place, aliases, keeper))

    def _at(self, line: _Line, key: str, what: str, /, **values: object) -> None:
        self.complain(line.sheet, line.number, self._titles[key], what, **values)

    def _raw(self, line: _Line, key: str, *, needed: bool = False) -> str:
        """A cell as the text that was typed; "" when empty or after a complaint."""
        value = line.cells.get(key)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = "" if value is None else str(value).strip()
        if isinstance(value, datetime | date | time | timedelta):
            self._at(line, key, "became_date")
        elif isinstance(value, int | float) and abs(value) >= 1e15:  # beyond 15 digits Excel writes zeros
            self._at(line, key, "long_number")
        elif text in _ERRORS:
            self._at(line, key, "formula", value=text)
        elif text:
            return text
        elif needed:
            self._at(line, key, "missing")
        return ""

    def _text(self, line: _Line, key: str, limit: int, *, needed: bool = False) -> str:
        """A cell in one line of at most `limit` characters; "" when empty or after a complaint."""
        text = cells.tidy(self._raw(line, key, needed=needed))
        if len(text) > limit:
            self._at(line, key, "too_long", limit=limit)
            return ""
        return text

    def _names(self, line: _Line, key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(cells.name(name) for name in cells.several(self._raw(line, key, needed=True))))

    def _phone(self, line: _Line) -> str:
        text = self._text(line, "phone", 40)
        phone = cells.phone(text)
        if text and not phone:
            self._at(line, "phone", "phone", value=text)
        return phone

    def _posts(self, line: _Line, key: str, *, needed: bool = False) -> list[str]:
        codes = []
        for label in cells.several(self._raw(line, key, needed=needed)):
            code = self.posts.get(cells.name(label))
            if code is not None:
                codes.append(code)
                continue
            known = self.words.posts
            choices = "、".join(known[:CHOICES]) + ("……" if len(known) > CHOICES else "")
            self._at(line, key, "post", value=label, choices=choices)
        return codes

    def _account(self, line: _Line, key: str) -> str:
        """An id on a platform. WeCom's do not depend on case; Message.account has them in lower case."""
        text = self._text(line, key, 128)
        account = text.replace(" ", "")
        if not account:
            return ""
        if not re.fullmatch(r"[\x21-\x7e]+", account):
            self._at(line, key, "account", value=text)
            return ""
        if key == "wecom":
            account = account.lower()
        before = self._accounts.setdefault((key, account), line.number)
        if before != line.number:
            self._at(line, key, "account_twice", value=account, row=before)
            return ""
        return account

    def _day(self, line: _Line, key: str, *, needed: bool = False) -> date | None:
        value = line.cells.get(key)
        if value is None or not str(value).strip():
            if needed:
                self._at(line, key, "missing")
            return None
        shown = cells.tidy(str(value))[:30]
        day = cells.day(value, self.today)
        if day is None:
            self._at(line, key, "formula" if shown in _ERRORS else "day", value=shown)
        elif abs(day - self.today) > FAR:
            self._at(line, key, "far_day", value=day.isoformat())
            return None
        return day

    def _distinct(self, line: _Line, name: str, phone: str) -> bool:
        """Whether this is nobody who is already there. Two people of one name need a phone each."""
        for row, other in self._named.get(name, ()):
            if phone and phone == other:
                self._at(line, "name", "same_person", row=row)
                return False
            if not phone or not other:
                self._at(line, "name", "same_name", row=row)
                return False
        self._named.setdefault(name, []).append((line.number, phone))
        if phone and self._phones.setdefault(phone, line.number) != line.number:
            self._at(line, "phone", "same_phone", row=self._phones[phone])
        return True


def _header(grid: Grid, sheet: Sheet) -> tuple[int, dict[str, int]]:
    """(index of the row of headings, column's name to its place): the early row with the most headings.

    ({}) when none has every needed one or at least two: a title above the table may read like one heading.
    """
    best: tuple[int, dict[str, int]] = (0, {})
    for index, row in enumerate(grid.rows[:HEADER_WITHIN]):
        columns: dict[str, int] = {}
        for place, value in enumerate(row):
            if isinstance(value, str):
                fits = (key for key, column in sheet.columns.items() if bare(value) in column.headings)
                key = next((key for key in fits if key not in columns), None)
                if key is not None:
                    columns[key] = place
        if len(columns) > len(best[1]) and (len(columns) > 1 or set(sheet.needed) <= set(columns)):
            best = (index, columns)
    return best
