"""The month's picture: Chinese without boxes, the right size for a chat, bars in the right proportion."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image

from bot.documents import draw
from bot.documents.chart import ROWS, WIDTH, Bar, GlyphMissing, month_chart

ASKED, REPORTED = ("问到", "答到"), ("上报", "销号")
ORANGE, PEACH = (226, 112, 58), (243, 211, 179)
MONTH = [
    Bar("每周任务", 148, 139, ASKED),
    Bar("值班情况", 21, 20, ASKED),
    Bar("消防设施", 9, 6, REPORTED),
    Bar("校舍建筑", 3, 5, REPORTED),
    Bar("食品卫生", 0, 0, REPORTED),
]


def drawn(png: bytes) -> Image.Image:
    image = Image.open(BytesIO(png))
    image.load()
    return image.convert("RGB")


def bars(image: Image.Image, colour: tuple[int, int, int]) -> list[int]:
    """The lengths of the bars of one colour, from the top: runs of 20 rows alike at the bars' left edge."""
    lengths, height = [], 0
    for y in range(image.height):
        if image.getpixel((68, y)) == colour and image.getpixel((70, y)) == colour:
            height += 1
        else:
            height = 0
        if height == 20:  # the middle of a bar
            x = 68
            while x < image.width and image.getpixel((x, y)) == colour:
                x += 1
            lengths.append(x - 64)
    return lengths


def test_a_chart_is_a_png_as_wide_as_a_phone_and_as_high_as_its_rows():
    image = drawn(month_chart("9月工作小结", MONTH, "淄博高新区第一小学"))
    assert image.width == WIDTH
    assert 1000 < image.height < 1300
    assert drawn(month_chart("9月", MONTH[:1])).height < image.height


def test_each_group_has_its_scale_and_each_bar_its_length():
    image = drawn(month_chart("9月工作小结", MONTH))
    whole, part, longest = bars(image, PEACH), bars(image, ORANGE), 740
    assert whole[0] == pytest.approx(longest, abs=2)
    assert part[0] == pytest.approx(longest * 139 / 148, abs=2)
    assert whole[2] == pytest.approx(longest, abs=2), "hazards are not measured against tasks"
    assert part[2:] == [pytest.approx(longest * 6 / 9, abs=2), pytest.approx(longest * 5 / 9, abs=2)]
    assert whole[4:] == [8, 8], "where nothing is to be counted a stub marks the place"


def test_rare_names_and_dollars_and_long_labels_are_drawn():
    month_chart("䶮𬭚𫍯小学 $9$ 月", [Bar("很长的名称" * 20, 1_000_000, 3, ASKED)], "第一行\n第二行")


def test_emoji_are_left_out():
    plain = month_chart("值班", [Bar("值班", 1, 1, ASKED)])
    assert month_chart("📷 值班 ✅", [Bar("值班👨‍👩‍👧", 1, 1, ASKED)]) == plain


@pytest.mark.parametrize("text", ["ก", "\ue000"])
def test_a_letter_that_the_font_lacks_is_never_drawn_as_a_box(text):
    with pytest.raises(GlyphMissing, match=f"U\\+{ord(text):04X}"):
        month_chart("9月", [Bar(text, 1, 1, ASKED)])


def test_the_same_numbers_draw_the_same_bytes_in_every_thread():
    with ThreadPoolExecutor(4) as pool:
        charts = set(pool.map(lambda _: month_chart("9月", MONTH), range(6)))
    assert len(charts) == 1
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize("rows", [[], MONTH[:1] * (ROWS + 1), [Bar("值班", -1, 0, ASKED)], [Bar("值班", 0, -1, ASKED)]])
def test_what_cannot_be_drawn_is_refused(rows):
    with pytest.raises(ValueError, match="chart|below"):
        month_chart("9月", rows)


def test_an_outbox_row_asks_for_a_chart_in_json():
    rows = [{"label": bar.label, "whole": bar.whole, "part": bar.part, "words": list(bar.words)} for bar in MONTH]
    assert draw("month", {"title": "9月", "rows": rows}) == month_chart("9月", MONTH)
    with pytest.raises(ValueError, match="no chart"):
        draw("year", {"title": "9月", "rows": rows})
