"""A workbook somebody uploads, as plain rows of values: bounded in every direction before anything is parsed.

openpyxl reads it without pictures and charts (read_only), formulas as the values Excel last saw (data_only), and its XML
through defusedxml, which it finds by itself.
"""

from __future__ import annotations

import threading
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from xml.etree.ElementTree import ParseError

from bot.errors import BotError

WORKBOOK_LIMIT = 5 * 1024 * 1024
"""Bytes of an upload; three hundred people and a year of duties are 100 KB."""

ROWS, COLUMNS, SHEETS = 3000, 40, 12
"""What is looked at of one sheet, and of how many; the rest of a sheet is only noticed."""

_UNPACKED = 30 * 1024 * 1024
"""Bytes of all parts unpacked. zipfile stops at the size a part declares, so a part that lies is cut and does not parse."""

_PARTS = 500

_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, ParseError, EOFError, OSError, ValueError,
    TypeError, KeyError, IndexError, AttributeError, RuntimeError, ArithmeticError, RecursionError,
)  # fmt: skip
"""What zipfile, openpyxl and defusedxml (its refusals are ValueErrors) raise for a workbook that is not one."""

_QUIETLY = threading.Lock()

Value = str | int | float | bool | datetime | date | time | timedelta | None


class UnreadableError(BotError):
    """The file as a whole cannot be used. `why` is a key of workbook.yaml's problems."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet. rows: from the sheet's first row on, cells from column A on. more: there is something behind them."""

    title: str
    rows: tuple[tuple[Value, ...], ...]
    more: bool


def read_grids(content: bytes) -> tuple[Grid, ...]:
    """Every visible sheet of an .xlsx. Raises UnreadableError."""
    _look_at(content)
    try:
        # openpyxl warns of parts it leaves out; catching warnings is for one thread at a time
        with _QUIETLY, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _grids(content)
    except _BROKEN as error:
        raise UnreadableError("broken") from error


def _look_at(content: bytes) -> None:
    if not content:
        raise UnreadableError("empty")
    if len(content) > WORKBOOK_LIMIT:
        raise UnreadableError("too_big")
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):  # OLE2: .xls, and .xlsx with a password
        raise UnreadableError("old_format")
    if not content.startswith(b"PK"):
        raise UnreadableError("not_excel")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
    except _BROKEN as error:
        raise UnreadableError("broken") from error
    if len(parts) > _PARTS or sum(part.file_size for part in parts) > _UNPACKED:
        raise UnreadableError("too_big")
    if not any(part.filename == "[Content_Types].xml" for part in parts):
        raise UnreadableError("not_excel")
    if any(part.filename.startswith(("word/", "ppt/")) for part in parts):
        raise UnreadableError("not_excel")


def _grids(content: bytes) -> tuple[Grid, ...]:
    from openpyxl import load_workbook  # see cells.py

    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    try:
        grids = []
        for sheet in book.worksheets[:SHEETS]:
            if sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()  # some programs write that a full sheet ends at A1
            cells = sheet.iter_rows(max_row=ROWS + 1, max_col=COLUMNS, values_only=True)
            rows = [tuple(_plain(value) for value in row) for row in cells]
            more = len(rows) > ROWS and any(value is not None for value in rows[ROWS])
            grids.append(Grid(sheet.title, tuple(rows[:ROWS]), more))
        return tuple(grids)
    finally:
        book.close()


def _plain(value: object) -> Value:
    return value if isinstance(value, str | int | float | datetime | date | time | timedelta | None) else str(value)
