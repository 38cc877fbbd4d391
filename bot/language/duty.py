"""The clauses of a duty report: what is well, what is not, what was put right on the spot."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.language import forms
from bot.language.cases import dated, one_case
from bot.language.meaning import Item, Spot
from bot.language.pieces import Piece
from bot.language.places import inherit
from bot.language.reading import Reading, tells

_REST = re.compile(
    r"^(?:(?:无|没有?|其[他它余]|别的|剩下|另外).{0,8}(?:情况|异常|问题|正常|隐患)|(?:其[他它余]|别的|剩下|另外)(?:的|地方|各处)?.{0,4}(?:没(?:什么|啥|事)|还行|还好|都好|挺好|OK).{0,2})$"
)
_DRILL = re.compile(r"演练|演习")
_FINDING = re.compile(
    r"(?:已|都)(?:经)?(?:制止|劝|提醒|教育|批评|纠正|疏导|警告)|(?:让|叫|被)我(?:们)?(?:喊|拦|劝)|当场(?:制止|纠正|批评)|喊住|劝(?:离|走|开|阻)"
)
"""What was put right was wrong, whatever the words for it: 停车有点乱,已劝离."""
_DONE = re.compile(
    r"^(?:都|均|也|我|当场|现场|随即|马上|立即|及时)*(?:已|当场|提醒|劝|批评|制止|教育|报修|通知|联系|登记|上报|让(?:他们|其|孩子)|叫(?:他们|人)|处理了|清理了|收拾了)"
)
"""A clause that tells what was done about the one before."""
_WELL = re.compile(r"正常|良好|有序|齐全|到岗|安静|干净")
_TASTE = re.compile(
    r"咸|淡|(?<!生)硬|有点老|偏老|(?:太|有点|偏)(?:软|油|凉|辣|烂|酸|甜|腻)|分量|味道|口感|可口|热乎|好吃|够吃|菜一汤"
)
_REPORT_END = re.compile(r"[,。;!\n]")


def duty(reading: Reading) -> list[Item]:
    """Every clause that reports something; hazards keep their category."""
    if _DRILL.search(reading.text) and not re.search("(?<!没人)(?<!无人)受伤|摔|崴|晕", reading.text):
        return [Item(what=reading.rules.phrases.short(reading.text, [(0, len(reading.text))], [], []), status="normal")]
    form = forms.form_of(reading.text, reading.rules.small["forms"])
    items: list[Item] = []
    meal = form == "陪餐记录"
    for start, end in _reports(reading.text):
        words = reading.text[start:end].strip(" ,。;!\n")
        hits = [hit for hit in reading.hits if start <= hit.start < end]
        mentions = [each for each in reading.mentions if start <= each.start < end]
        piece = Piece([(start, end)], hits, mentions)
        fault = (
            piece.whole
            and (piece.things or tells(piece))
            and not re.search(
                r"正常|良好|完好|无|没有?(?:发现)?(?:异常|问题|人)|均?已?关|已查|已锁|合格|整洁|有序", words
            )
        )
        if items and not fault and _DONE.match(words):
            if items[-1].category:
                items[-1] = replace(items[-1], status="handled")
            continue
        fault = fault or (not meal and bool(_FINDING.search(reading.text[start : end + 6])) and not _WELL.search(words))
        if meal and not (fault and (mentions or (piece.things and not _TASTE.search(words)))):
            if not items:
                place = reading.places.slots(reading.text, mentions, [])
                kitchen = reading.places.implied("陪餐")
                items.append(
                    Item(
                        place=place if place.area or not kitchen else Spot(area=(kitchen,)),
                        what=words[:36],
                        status="normal",
                        details={"form": form},
                    )
                )
            continue
        if fault:
            item = one_case(reading, piece)
            if meal and items:
                item = replace(item, place=inherit(item.place, items[-1].place))
            handled = re.search(
                r"已(?:制止|处理|劝|清|关|教育|上报|报修|解决|通知|联系)|制止|当场", reading.text[start : end + 8]
            )
            items.append(replace(item, level=item.level, status="handled" if handled else ""))
        elif items and (
            _REST.match(words) or (reading.text[start - 1] == "," and not mentions and not items[-1].category)
        ):
            continue
        elif words:
            place = reading.places.slots(reading.text, mentions, [])
            items.append(
                Item(
                    what=reading.rules.phrases.short(
                        reading.text,
                        [(start, end)],
                        hits,
                        [(e.start, e.end) for e in mentions if e.kind in ("floor", "side")],
                    ),
                    place=place,
                    status="normal",
                )
            )
    if len(items) > 1 and not any(item.category for item in items) and not _several(reading.text):
        items = items[:1]
    if not items:
        return [Item(status="normal")]
    # 昨晚查寝: when the round was made is no date of what it found
    return [replace(item, found=None, happened=None) for item in dated(reading, [], items)]


def _reports(text: str) -> list[tuple[int, int]]:
    """The clauses of a duty report, without its head (今日带班:)."""
    spans, position = [], 0
    head = re.match(r"^[^,。;\n]{0,24}[::]", text)
    if head:
        position = head.end()
    for match in _REPORT_END.finditer(text, position):
        if match.start() > position:
            spans.append((position, match.start()))
        position = match.end()
    if position < len(text):
        spans.append((position, len(text)))
    return spans


def _several(text: str) -> bool:
    return len(_reports(text)) > 1
