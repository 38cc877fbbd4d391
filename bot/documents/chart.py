"""The month in one picture: bars to be read on a phone, in a chat, at arm's length.

Drawn with matplotlib's objects, not pyplot, whose hidden current figure all threads share. matplotlib takes 0.6 s to
import, so that waits for the first chart. The font comes from the package pylopdf-fonts-zh-cn (Noto Sans SC, OFL) by
its path, so the machine needs none. Rejected: manimgx-fonts-cjk (a variable collection, of which matplotlib draws the
thinnest weight with Japanese shapes), mplfonts (85 MB, with SimHei, which is not free).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING

import pylopdf_fonts_zh_cn

from bot.errors import BotError

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

WIDTH = 1080
"""Pixels; the height follows from the rows. Chats show this full width on every phone."""

ROWS = 16
"""More do not fit one screen."""

_INK, _QUIET, _PAPER = "#3b2f2a", "#8c7b70", "#fffaf3"
_WHOLE, _PART = "#f3d3b3", "#e2703a"
_DPI = 100
_SIDE = 64
_TOP, _GAP, _ROW, _FOOT = 190, 44, 172, 20
"""Pixels: heading, above each group, a row (label and two bars), below."""
_LONGEST = 740
"""Pixels of a group's longest bar; word and number stand behind it."""


class GlyphMissing(BotError):
    """The font lacks a character that carries meaning. The message names it; the chart is not drawn with boxes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: something asked for and what came of it. Neighbours with the same words share a group and a scale.

    label: what it is ("本周任务"). whole, part: two counts from 0 up; part may be the larger (old hazards closed).
    words: what the two counts are called ("问到", "答到").
    """

    label: str
    whole: int
    part: int
    words: tuple[str, str]


def month_chart(title: str, rows: Sequence[Bar], subtitle: str = "") -> bytes:
    """A PNG, 1080 pixels wide: a heading, then a pair of bars for each row with its numbers, grouped by their words.

    Emoji, which the font lacks, are left out of the texts. Raises GlyphMissing for any other missing character, and
    ValueError without rows, with more than ROWS, or for a negative count. Safe from several threads; about 0.3 s.
    """
    if not 1 <= len(rows) <= ROWS:
        raise ValueError(f"a chart of {len(rows)} rows; 1 to {ROWS} fit")
    if any(row.whole < 0 or row.part < 0 for row in rows):
        raise ValueError("a count below 0 cannot be drawn")
    groups = [(words, list(members)) for words, members in groupby(rows, key=lambda row: row.words)]
    top = _TOP if subtitle else _TOP - 50
    page = _Page(top + sum(_GAP + _ROW * len(members) for _, members in groups) + _FOOT)
    page.write(_SIDE, 84, title, 38, _INK, bold=True, room=WIDTH - 2 * _SIDE)
    page.write(_SIDE, 146, subtitle, 23, _QUIET, room=WIDTH - 2 * _SIDE)
    y = top
    for _, members in groups:
        page.block(_SIDE, y, WIDTH - 2 * _SIDE, 2, _WHOLE)
        y += _GAP
        most = max(max(row.whole, row.part) for row in members)
        for row in members:
            _draw_row(page, y, row, most)
            y += _ROW
    return page.png()


def _draw_row(page: _Page, y: float, row: Bar, most: int) -> None:
    """The label with the share beside it, and two bars, each with its word and number at the end: no legend to look up."""
    if 0 < row.part <= row.whole:
        page.write(WIDTH - _SIDE, y + 20, f"{row.part * 100 // row.whole}%", 27, _PART, bold=True, right=True)
    page.write(_SIDE, y + 20, row.label, 27, _INK, bold=True, room=WIDTH - 2 * _SIDE - 140)
    bars = ((row.whole, row.words[0], _WHOLE, _QUIET, y + 54), (row.part, row.words[1], _PART, _INK, y + 96))
    for count, word, colour, ink, top in bars:
        length = max(8.0, _LONGEST * count / most) if count else 8.0
        page.block(_SIDE, top, length, 34, colour if count else _WHOLE)
        x = _SIDE + length + 16
        page.write(x, top + 16, f"{word} {count}", 22, ink, bold=colour == _PART, room=WIDTH - _SIDE - x)


class _Page:
    """An empty sheet to write and paint on, in pixels from the upper left, as a page is read."""

    def __init__(self, height: int) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH / _DPI, height / _DPI), dpi=_DPI, facecolor=_PAPER)
        self._canvas = FigureCanvasAgg(figure)
        self._axes = figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(height, 0)
        self._axes.axis("off")

    def block(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Paint a rectangle with round corners."""
        from matplotlib.patches import FancyBboxPatch

        corners = f"round,pad=0,rounding_size={min(8.0, width / 2, height / 2)}"
        patch = FancyBboxPatch((x, y), width, height, boxstyle=corners, facecolor=colour, edgecolor="none")
        self._axes.add_patch(patch)

    def write(
        self, x: float, y: float, text: str, size: float, colour: str, *,
        bold: bool = False, right: bool = False, room: float = WIDTH,
    ) -> None:  # fmt: skip
        """Write one line with its middle at `y`, cut to `room` pixels.

        The font has one weight: an outline in the same colour makes it bold.
        """
        from matplotlib.patheffects import withStroke

        text = _drawable(text)
        artist = self._axes.text(
            x, y, text, fontproperties=_font(), fontsize=size, color=colour, parse_math=False,
            va="center_baseline", ha="right" if right else "left",
        )  # fmt: skip
        if bold:
            artist.set_path_effects([withStroke(linewidth=size / 22, foreground=colour)])
        renderer = self._canvas.get_renderer()  # type: ignore[no-untyped-call]
        while len(text) > 1 and artist.get_window_extent(renderer).width > room:
            text = text[:-2] + "…"
            artist.set_text(text)

    def png(self) -> bytes:
        out = BytesIO()
        self._canvas.figure.savefig(out, format="png", facecolor=_PAPER)
        return out.getvalue()


@cache
def _font() -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=pylopdf_fonts_zh_cn.sans_path())


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(pylopdf_fonts_zh_cn.sans_path())).get_charmap())


def _drawable(text: str) -> str:
    """The text in one line without emoji. Raises GlyphMissing.

    matplotlib only warns of a missing character and draws a box, so it is looked up before.
    """
    kept = []
    for letter in " ".join(text.split()):
        if ord(letter) in _glyphs():
            kept.append(letter)
        elif unicodedata.category(letter) not in ("So", "Sk", "Mn", "Me", "Cf"):
            raise GlyphMissing(f"the chart's font lacks {letter!r} (U+{ord(letter):04X})")
    return "".join(kept).strip()
