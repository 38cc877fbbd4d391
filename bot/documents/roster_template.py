"""The empty workbook a school fills in: three sheets with an example row each, and one that explains them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from bot.documents.grids import ROWS
from bot.documents.roster_words import TEMPLATES, About, RosterWords, Sheet, roster_words

_HEAD = PatternFill("solid", fgColor="F6D9BD")
_NEEDED = PatternFill("solid", fgColor="EFA878")
_LINE = Border(bottom=Side("thin", color="D9B99B"))
_INK, _GREY = "3B2F2A", "9A8F88"


def template(folder: Path = TEMPLATES) -> bytes:
    """An .xlsx with every word from roster/workbook.yaml. Reading it back gives no rows and no problems."""
    words = roster_words(folder)
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in words.words.sheets.values():
        _fill(book.create_sheet(sheet.title), sheet, words)
    _explain(book.create_sheet(words.words.about.title, 0), words.words.about, words)
    book.active = 1
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(page: Worksheet, sheet: Sheet, words: RosterWords) -> None:
    for place, column in enumerate(sheet.columns.values(), 1):
        letter = get_column_letter(place)
        dimension = page.column_dimensions[letter]
        dimension.width = column.width
        if column.text:
            dimension.number_format = "@"  # or Excel drops a leading 0 and makes 3-2 a date
        head = page.cell(1, place, column.title + ("*" if column.needed else ""))
        head.font = Font(bold=True, color=_INK, size=12)
        head.fill = _NEEDED if column.needed else _HEAD
        head.border = _LINE
        head.alignment = Alignment(horizontal="center", vertical="center")
        head.comment = Comment(column.note, "校铃", height=80, width=240)
        example = page.cell(2, place, column.example)
        example.font = Font(italic=True, color=_GREY)
        if column.text:
            example.number_format = "@"
        if column.choices:
            _offer(page, letter, column.note, words.posts)
    page.row_dimensions[1].height = 26
    page.freeze_panes = "A2"


def _offer(page: Worksheet, letter: str, note: str, posts: tuple[str, ...]) -> None:
    """A drop-down that helps and does not insist: other names of a post are understood too.

    Excel takes at most 255 characters in such a list; what is beyond is left to the sheet that explains.
    """
    offered = ""
    for post in posts:
        if len(offered) + len(post) < 250:
            offered += ("," if offered else "") + post
    choice = DataValidation("list", formula1=f'"{offered}"', allow_blank=True, showErrorMessage=False)
    choice.prompt, choice.showInputMessage = note, True
    choice.add(f"{letter}2:{letter}{ROWS}")
    page.add_data_validation(choice)


def _explain(page: Worksheet, about: About, words: RosterWords) -> None:
    page.column_dimensions["A"].width = 88
    page.sheet_view.showGridLines = False
    for number, line in enumerate(about.lines, 1):
        cell = page.cell(number, 1, line.replace("{posts}", "、".join(words.posts)))
        heading = number == 1 or about.lines[number - 2] == ""
        cell.font = Font(bold=heading, color=_INK, size=18 if number == 1 else 12)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        page.row_dimensions[number].height = 34 if number == 1 or "{posts}" in line else 22
