"""Whether words say that something is as it should be: 一切正常, 没发现问题, 其他都好, 门窗都关好了; and 不太正常 not."""

from __future__ import annotations

import re

from bot.language.width import narrow

_FINE = (
    r"(?:正常|没事|没情况|没(?:有)?(?:发现)?(?:任何|什么|啥)?(?:问题|异常|情况|隐患)|无(?:任何)?(?:异常|问题|情况)"
    r"|未(?:发现|见)(?:任何)?(?:异常|问题|隐患)|良好|完好|有序|合格|到位|齐全|平安)"
)
_ENDING = r"(?:了|的|哈|呢|啊|吧|[✓✔✅👌。!,~]|\s)*$"
_ALL_WELL = re.compile(
    rf"^(?:1|(?:一切|全部|都|全|均|各项|各处|今天|检查|巡查|情况|课堂)*(?:很|挺|都)?(?:好|对|完成|{_FINE})){_ENDING}"
)
HEARD = re.compile(r"^(?:好|好的|好了|行|ok|嗯|收到)[。!~\s]*$", re.IGNORECASE)
_CLAUSE_WELL = re.compile(rf"^[^\d]{{0,8}}?(?:一切|全部|都|全|均|各项|各处|情况)?(?:很|挺|都)?{_FINE}{_ENDING}")
_REPAIRED = re.compile(r"修|恢复|换|处理|整改")
REST = re.compile(rf"(?:其[他它余]|别的|剩下|另外)的?(?:几项)?(?:都|全|一切|均)?(?:好|对|{_FINE}){_ENDING}")
ALL_BUT = re.compile(rf"(?:都|全|一切|均)(?:好|对|{_FINE}){_ENDING}")
SPARE = 4
"""Characters that may be left beside 没有追逐 for it to stand for the whole."""

_WELL_ENDS = re.compile(
    rf"(?:对|好|是|有|{_FINE}|完成|可以|行|ok|做了|到岗|整洁|干净|足够?|合适|适中|适宜|充足|牢固|不错|通畅|畅通|清楚|恢复|不适用|[✓✔√✅]){_ENDING}",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"没(?:有)?(?:发现)?(?:任何|什么|啥)?(?:问题|异常|情况|隐患|毛病|事|拖堂|占课?|体罚|追逐|打闹|漏水|松动|损坏|破损|堵塞|缺失|迟到)"
    r"|无(?:任何)?(?:异常|问题|情况|拖堂|占课|体罚|漏水|破损|缺失)|未(?:发现|见)(?:任何)?(?:异常|问题|隐患)|不错|不适用|差不多"
)
_AMISS = re.compile(r"[不没未坏漏缺差脏乱裂破断堵歪掉松×✗✘❌]|有点|有些|问题|异常|偏|^[xX]")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_DIGITS = "一二三四五六七八九十"
_IN_WORDS = re.compile(rf"(?:(?<=第)|(?<=[\s,。;、和与及])|^)([{_DIGITS}])(?=[项号对、:.]|好$)")


def is_all_well(text: str) -> bool:
    """Whether it says that everything is as it should be."""
    plain = plain_ticks(text)
    return bool(_ALL_WELL.match(plain)) and not HEARD.match(plain)


def says_well(clause: str) -> bool:
    """Whether a clause says of the whole that it is well; 「东门道闸恢复正常」 tells of one repair."""
    if _REPAIRED.search(clause):
        return False
    if REST.search(clause) or is_all_well(clause):
        return True
    return bool(_CLAUSE_WELL.match(clause)) and not amiss(clause)


def is_well(words: str) -> bool:
    """Whether a clause says that the one thing it is about is well."""
    left = _HARMLESS.sub("", words)
    spared = left != words and len(left) <= SPARE
    return (spared or _WELL_ENDS.search(words) is not None) and not amiss(words)


def amiss(words: str) -> bool:
    """Whether they say that something is wrong, as 没有漏水 does not."""
    return _AMISS.search(_HARMLESS.sub("", words)) is not None


def plain_ticks(text: str) -> str:
    """The same words with one kind of comma and one kind of digit: ③ and 第三 as 3."""
    for sign, plain in (
        ("，", ","),
        ("！", "!"),
        ("；", ";"),
        ("：", ":"),
        ("（", "("),
        ("）", ")"),
        ("\ufe0f", ""),
        ("\u20e3", " "),
    ):
        text = text.replace(sign, plain)
    text = "".join(f" {_CIRCLED.index(sign) + 1} " if sign in _CIRCLED else sign for sign in narrow(text))
    return _IN_WORDS.sub(lambda match: str(_DIGITS.index(match[1]) + 1), text).strip()
