"""Everything the bot hands over as a file: the month's chart, the roster's workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.documents.chart import Bar, month_chart


def draw(kind: str, data: Mapping[str, Any]) -> bytes:
    """The PNG that an outbox row asks for, from its JSON. Raises GlyphMissing, and ValueError for what cannot be drawn.

    kind "month": title, rows of {label, whole, part, words: [what whole counts, what part counts]}, perhaps subtitle.
    """
    if kind != "month":
        raise ValueError(f"no chart is called {kind!r}")
    rows = [Bar(row["label"], row["whole"], row["part"], (row["words"][0], row["words"][1])) for row in data["rows"]]
    return month_chart(data["title"], rows, data.get("subtitle", ""))
