"""The same sentence however it was typed: width, capitals, spaces of dictation, circled numbers."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 2000
"""Characters; what comes after is not read. Nobody reports a hazard in more."""

_CIRCLED = re.compile("[①②③④⑤⑥⑦⑧⑨⑩⑪⑫]|[1-9]️?⃣")
_STICKER = re.compile(r"\[[一-鿿A-Za-z]{1,6}\]")
_CLASS_SPACE = re.compile(
    r"(?<=[一二三四五六七八九十])[ \t]+(?=[\d一二三四五六七八九十]*[班楼层号年级月日点座栋])|(?<=\d)[ \t]+(?=[班楼层号年级月日点座栋])"
)
_COUNT_SPACE = re.compile(
    r"(?<=\d)[ \t]+(?=[个人名号楼层班天周])|(?<=[年级楼座栋第周])[ \t]+(?=[\d一二三四五六七八九十])"
)
_LETTER_SPACE = re.compile(r"(?<=[A-Z])[ \t]+(?=[座楼栋])")
_BLANKS = re.compile(r"[ \t\u00a0\u3000]+")
_LINES = re.compile(r"[ \t]*[\r\n]+[ \t\r\n]*")


def normalise(text: str) -> str:
    """「Ｂ座 三 楼①灯坏」 as "B座三楼\\n1.灯坏". Letters become capitals, punctuation half-width; a line break stays one."""
    text = text[:LONGEST]
    text = _CIRCLED.sub(lambda match: f"\n{unicodedata.numeric(match[0][0]):.0f}.", text)
    text = unicodedata.normalize("NFKC", _STICKER.sub(" ", text)).upper()
    text = text.replace("\ufe0f", "").replace("“", '"').replace("”", '"')
    text = _LINES.sub("\n", text)
    text = _BLANKS.sub(" ", text)
    if " " in text:
        for pattern in (_CLASS_SPACE, _COUNT_SPACE, _LETTER_SPACE):
            text = pattern.sub("", text)
    return text.strip()[:LONGEST]
