"""Lines that are no hazards: class scores, morning counts, presence on a post, duty reports."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.language.amounts import amount
from bot.language.classes import ClassMention
from bot.language.meaning import Item

_POINTS = re.compile(
    r"(?P<sign>扣|减|-|加|\+|得|给|奖)了?\s*(?P<n>\d+(?:\.\d+)?|[零一二两三四五半]点?[一二三四五]?)\s*分?|(?P<plain>\d+(?:\.\d+)?)分(?!钟)"
)
_PEOPLE = re.compile(r"(\d{1,3}|[一二两三四五六七八九十]+)\s*(?:个|名|位)?(?:人|孩子|同学|学生)")
_NUMBERS = {
    "expected": re.compile(r"应到?(?:人数)?[:是]?\s*(\d{1,4})"),
    "present": re.compile(r"实到?(?:人数)?[:是]?\s*(\d{1,4})|到校(?:人数)?[:是]?\s*(\d{1,4})"),
    "fever": re.compile(r"(?:发烧|发热)[:是]?\s*(\d{1,2})|(\d{1,2})[人个名](?:发烧|发热)"),
    "cough": re.compile(r"咳嗽[:是]?\s*(\d{1,2})|(\d{1,2})[人个名]咳嗽"),
    "vomit": re.compile(r"(?:呕吐)[:是]?\s*(\d{1,2})|(\d{1,2})[人个名]呕吐"),
    "diarrhea": re.compile(r"(?:腹泻|拉肚子)[:是]?\s*(\d{1,2})|(\d{1,2})[人个名](?:腹泻|拉肚子)"),
    "sick": re.compile(r"病假[:是]?\s*(\d{1,2})|(\d{1,2})[人个名]病假"),
    "leave": re.compile(r"(?:事假|请假)[:是]?\s*(\d{1,2})|(\d{1,2})[人个名](?:事假|请假)"),
    "absent": re.compile(r"(?:缺勤|缺席|未到|没到|缺)[:是]?\s*(\d{1,2})|(\d{1,2})[人个名](?:缺勤|缺席|未到|没到)"),
}
_SUBSTITUTE = re.compile(r"替|代班|顶班|顶一下|代一下|换班|调班|换一下|代岗|顶岗")
_BAD = re.compile(r"(?<!无)(?<!没)(?<!没有)(?<!无其他)异常|缺岗|未到岗|没到岗|没来|空岗|迟到")
_TURN = re.compile(r"(\d+)元?(?:.*)")


def scores(text: str, classes: Sequence[ClassMention], dims: Mapping[str, Sequence[str]]) -> list[Item]:
    """One item per class: 「三(2)卫生扣0.5」, 「卫生:一(1)、二(4)地面有纸屑扣1分」. details: cls, dim, score."""
    items: list[Item] = []
    waiting: list[str] = []
    head = text[: classes[0].start] if classes else ""
    general = _dim(head, dims)
    for index, mention in enumerate(classes):
        end = classes[index + 1].start if index + 1 < len(classes) else len(text)
        said = text[mention.end : end].strip(" ,、;。和与及\n:")
        said = re.split(r"[,。; ](?:其余|其他|其它|另外)", said)[0]
        waiting.extend(mention.names)
        if not said and index + 1 < len(classes):
            continue
        line_start = text.rfind("\n", 0, mention.start) + 1
        near = _dim(text[line_start : mention.start], dims) or _dim(
            re.split(r"[;。\n]", text[: mention.start])[-1], dims
        )
        for name in waiting:
            details: dict[str, Any] = {"cls": name}
            dim = _dim(said, dims) or near or general
            if dim:
                details["dim"] = dim
            points = _points(said)
            if points is not None:
                details["score"] = points
            people = _PEOPLE.search(said)
            items.append(Item(what=said[:36], count=amount(people[1]) if people else None, details=details))
        waiting = []
    return items


def _dim(text: str, dims: Mapping[str, Sequence[str]]) -> str:
    places = [(text.find(word), name) for name, words in dims.items() for word in words if word in text]
    return max(places)[1] if places else ""


def _points(text: str) -> float | None:
    match = _POINTS.search(text)
    if match is None:
        return None
    if match["plain"]:
        return float(match["plain"])
    try:
        value = float(match["n"])
    except ValueError:
        whole, _, part = match["n"].partition("点")
        value = 0.5 if match["n"] == "半" else float(f"{amount(whole) or 0}.{amount(part) or 0}")
    return -value if match["sign"] in "扣减-" else value


def checkin(
    text: str,
    classes: Sequence[ClassMention],
    posts: Sequence[str],
    forms: Mapping[str, Sequence[str]],
    names: Sequence[str],
) -> Item:
    """Presence on a post, or a class's morning count. details: post, form, cls, expected, present, fever … as they were said."""
    details: dict[str, Any] = {}
    for key, pattern in _NUMBERS.items():
        if match := pattern.search(text):
            details[key] = int(next(group for group in match.groups() if group))
    if classes:
        details["cls"] = classes[0].names[0]
    if "expected" in details or "present" in details or any(word in text for word in forms["晨检"]):
        details["form"] = "晨检"
        ill = any(key in details for key in ("vomit", "diarrhea"))
        return Item(status="abnormal" if ill else "ok", details=details)
    post = next((word for word in sorted(posts, key=len, reverse=True) if word in text), "")
    if post:
        at = text.find(post)
        prefix = re.search(r"([东西南北正]门)$", text[:at])
        details["post"] = (prefix[1] if prefix else "") + post
    people = _PEOPLE.search(text)
    if _SUBSTITUTE.search(text):
        return Item(status="substitute", owner=names[0] if names else "", details=details)
    return Item(
        status="abnormal" if _BAD.search(text) or text.strip() == "2" else "normal",
        count=amount(people[1]) if people else None,
        details=details,
    )


def form_of(text: str, forms: Mapping[str, Sequence[str]]) -> str:
    """陪餐记录, 领导带班日志 …: the form that a duty report is for."""
    return next((name for name, words in forms.items() if any(word in text for word in words)), "")
