"""What WeCom's error codes mean for us: try again, or give up with what the operator has to do.

Source: the global error list as restated in WxJava's WxCpErrorMsgEnum (read 2026-11); codes that no list explains are
refusals that nobody should repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.errors import DeliveryError, GiveUp, TryLater

STALE_TOKEN = frozenset({40001, 40014, 42001})
"""The token is wrong or over: fetch another, once."""

STALE_MEDIA = 40007

CARD_FORM = frozenset({40008, 40033, 40058, 40063, 42045, 45002})
"""The card's form is not taken: its words go as a text."""

_LATER: Mapping[int, tuple[str, int]] = {
    -1: ("企业微信繁忙", 0),
    45009: ("发得太频繁，企业微信要求等一等", 60),
    45033: ("同时调用太多，企业微信要求等一等", 5),
    301057: ("企业微信的审批繁忙", 60),
}
"""Code: why, and the seconds that the platform wants at least."""

_NEVER: Mapping[int, str] = {
    40001: "secret 不对：请在企业微信后台“应用管理”里重新查看 Secret，改到设置里",
    40014: "企业微信不认刚取的凭证：请核对 corp_id 和 secret 是不是同一个应用的",
    42001: "企业微信不认刚取的凭证：请核对 corp_id 和 secret 是不是同一个应用的",
    40013: "corp_id 不对：请在企业微信后台“我的企业”里查看企业 ID",
    40091: "secret 是别的企业的：请核对 corp_id 和 secret",
    40003: "企业微信里没有这个账号，可能已离职或换了账号",
    46004: "企业微信里没有这个账号，可能已离职或换了账号",
    60111: "企业微信里没有这个账号，可能已离职或换了账号",
    81013: "收的人都不在应用的可见范围里：请在企业微信后台“应用管理→可见范围”里加上",
    82001: "收的人都不在应用的可见范围里：请在企业微信后台“应用管理→可见范围”里加上",
    40056: "agent_id 不对：请在企业微信后台“应用管理”里查看 AgentId",
    301002: "agent_id 不对，或应用没有这个权限",
    48002: "应用没有这个接口的权限：请在企业微信后台打开",
    60011: "应用没有权限给这个人发消息：请检查可见范围",
    50002: "应用没有权限给这个人发消息：请检查可见范围",
    50003: "应用被停用了：请在企业微信后台启用",
    60020: "可信 IP 没有配置：请在企业微信后台“应用管理→企业可信 IP”里加上这台电脑的出口 IP",
    93000: "群机器人的 key 不对，或机器人被删了：请在群里重新添加机器人，把新的 webhook 地址里的 key 改到设置里",
    45002: "消息太长，企业微信拒收",
    40058: "消息格式企业微信不接受",
    40004: "文件类型企业微信不接受",
    40006: "文件大小企业微信不接受",
    40009: "图片太大，企业微信不接受",
    45001: "文件太大，企业微信不接受",
    40007: "素材已过期，企业微信里取不到了",
    40008: "这种消息企业微信不接受",
    40063: "消息格式企业微信不接受",
    42045: "消息格式企业微信不接受",
    44004: "消息里没有内容",
    40050: "企业微信里没有这个群，或不是这个应用建的：请重新建群，把群号改到设置里",
    86001: "群号不对：只能是 32 个以内的字母和数字",
    86003: "企业微信里没有这个群：请重新建群，把群号改到设置里",
    86004: "群名不对：不能空，最多 50 个字",
    86005: "群主不在应用的可见范围里",
    86006: "群里至少要两个人，最多 2000 人",
    86007: "群成员里有人不在应用的可见范围里",
    81017: "客户联系的使用范围太大，超过 1000 人：请在企业微信后台把使用范围缩小到班主任",
    84061: "企业微信里没有这层客户关系了",
    84074: "客户联系没有这个权限：请在企业微信后台“客户联系→权限配置”里打开",
    86008: "这个群不是校铃的应用建的，发不进去",
}


class Refused(GiveUp):
    """A refusal for good. code: the errcode, for who knows more about what was asked. seen: our address, of 60020."""

    def __init__(self, reason: str, code: int, seen: str = "") -> None:
        super().__init__(reason)
        self.code, self.seen = code, seen


def code_of(answer: Mapping[str, Any]) -> int:
    """The errcode; uploads may leave it out where all went well. Raises TryLater where there is none, or no number."""
    try:
        return int(answer.get("errcode", 0) if "media_id" in answer else answer["errcode"])
    except (KeyError, TypeError, ValueError) as error:
        raise TryLater("企业微信的答复里没有结果", unknown=True) from error


def error_for(code: int, text: str = "") -> DeliveryError:
    """The error that an errcode stands for. text: errmsg, looked at only for the address that 60020 names."""
    if code in _LATER:
        reason, seconds = _LATER[code]
        return TryLater(f"{reason}（{code}）", timedelta(seconds=seconds) if seconds else None)
    reason = _NEVER.get(code, "企业微信拒绝了这条消息，请把错误码发给校铃的维护人员")
    seen = text.rpartition("from ip: ")[2].split(",")[0].strip() if code == 60020 and "from ip: " in text else ""
    return Refused(f"{reason}（{code}{'，' + seen if seen else ''}）", code, seen)
