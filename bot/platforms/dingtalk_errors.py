"""What DingTalk's error codes mean for us, on its new API (words) and its old one (numbers).

Source: 钉钉开放平台, 错误码 and the pages of each call, snapshot of 2026-08. An unexplained code is a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.errors import DeliveryError, GiveUp, TryLater

STALE_TOKEN = frozenset({"InvalidAuthentication", "401", "40001", "40014", "41001", "42001"})
"""The token is wrong or over: fetch another, once."""

SESSION_OVER = "300001"

OVER_QUOTA = frozenset({"Forbidden.AccessDenied.ApiCountLimitForOrg", "90020"})
"""The organisation has used up what it has in a month (1431)."""


class Refusal(GiveUp):
    """Refused for good. code: the platform's own, without "invalidParameter."; message: its words, where one code has several."""

    def __init__(self, code: str, reason: str, scopes: str = "", message: str = "") -> None:
        super().__init__(f"{reason}（{scopes or code}）")
        self.code, self.message = code, message


_LATER: Mapping[str, tuple[str, timedelta | None]] = {
    "-1": ("钉钉繁忙", None),
    "15": ("钉钉繁忙", None),
    "88": ("钉钉繁忙", None),
    "ServiceUnavailable": ("钉钉繁忙", None),
    "system.error": ("钉钉繁忙", None),
    "system.busy": ("钉钉繁忙", None),
    "130101": ("这个群发得太密，钉钉要停 10 分钟", timedelta(minutes=10)),
    "143103": ("一分钟里的工作通知太多，钉钉要求等一等", timedelta(minutes=1)),
    "143104": ("一分钟里的工作通知太多，钉钉要求等一等", timedelta(minutes=1)),
    "410100": ("发得太频繁，钉钉要求等一等", timedelta(seconds=30)),
    "90002": ("发得太频繁，钉钉要求等一等", timedelta(seconds=5)),
    "90018": ("发得太频繁，钉钉要求等一等", timedelta(seconds=2)),
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": ("发得太频繁，钉钉要求等一等", timedelta(seconds=2)),
    "Forbidden.AccessDenied.QpsLimitForApi": ("发得太频繁，钉钉要求等一等", timedelta(seconds=5)),
    "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi": ("发得太频繁，钉钉要求等一等", timedelta(minutes=1)),
    "todo.taskCreate.lockError": ("钉钉正在放这条待办", timedelta(seconds=5)),
    "todo.taskCreate.flowControlError": ("放待办放得太密，钉钉要求等一等", timedelta(minutes=1)),
    "send.too.fast": ("发得太频繁，钉钉要求等一等", timedelta(minutes=1)),
    "send.byToken.tooFast": ("发得太频繁，钉钉要求等一等", timedelta(minutes=1)),
}


class Gone(GiveUp):
    """Whom or what was asked for is not there, or not any more."""


_GONE: Mapping[str, str] = {
    "60121": "钉钉里没有这个人，可能已离职",
    "33012": "钉钉里没有这个人，可能已离职",
    "60003": "钉钉里没有这个部门，可能已撤销",
}

_NEVER: Mapping[str, str] = {
    "InvalidAuthentication": "钉钉不认刚取的凭证：请核对 app_key 和 app_secret 是不是同一个应用的",
    "invalidClientIdOrSecret": "app_key 或 app_secret 不对：请在钉钉开发者后台“凭证与基础信息”里核对",
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": "应用没有这个权限：请在钉钉开发者后台“权限管理”里申请并发布",
    "Forbidden.AccessDenied.IpNotInWhiteList": "出口 IP 不在白名单：请在钉钉开发者后台“安全设置”里加上这台电脑的出口 IP",
    "60011": "应用没有这个权限：请在钉钉开发者后台“权限管理”里申请并发布",
    "50002": "要问的人不在应用的可见范围里：请在钉钉开发者后台“权限管理”里改通讯录的范围",
    "50004": "要问的部门不在应用的可见范围里：请在钉钉开发者后台“权限管理”里改通讯录的范围",
    "48002": "应用没有这个权限：请在钉钉开发者后台“权限管理”里申请并发布",
    "60020": "出口 IP 不在白名单：请在钉钉开发者后台“安全设置”里加上这台电脑的出口 IP",
    "Forbidden.AccessDenied.ApiCountLimitForOrg": "本月的钉钉接口调用次数用完了：请在钉钉开发者后台查看额度",
    "90020": "本月的钉钉接口调用次数用完了：请在钉钉开发者后台查看额度",
    "robotCode.auth": "robot_code 不对：请在钉钉开发者后台“机器人”里核对",
    "robotCode.downloadCode": "照片或文件已过期，钉钉里取不到了：请对方重发",
    "robot.oto.notExist": "机器人还不能单聊：请在钉钉开发者后台打开机器人并发布版本",
    "staffId.notExisted": "钉钉里没有这个账号，可能已离职",
    "invalid.openConversationId": "这个群不认识机器人：请把机器人重新加进群，在群里再发一次「绑定」",
    "miss.openConversationId": "这个群不认识机器人：请把机器人重新加进群，在群里再发一次「绑定」",
    "group.disbanded": "这个群已经解散",
    "400013": "这个群已经解散",
    "bot.stopped": "机器人被停用了：请在钉钉开发者后台启用",
    "400102": "机器人被停用了：请在钉钉开发者后台启用",
    "400106": "机器人被移出了群：请重新添加",
    "310000": "群机器人的安全设置没有通过：请核对加签密钥、关键词和 IP",
    "300001": "群机器人的 access_token 不对：请在群里重新查看 webhook 地址",
    "300005": "群机器人的 access_token 不对：请在群里重新查看 webhook 地址",
    "400101": "群机器人的 access_token 没有填：请在群里查看 webhook 地址",
    "430101": "内容里有钉钉不允许的链接，请改写后重发",
    "430102": "内容里有钉钉不允许的文字，请改写后重发",
    "430103": "内容里有钉钉不允许的图片，请换一张",
    "430104": "内容没有通过钉钉的审查，请改写后重发",
    "1430002": "内容没有通过钉钉的审查，请改写后重发",
    "41028": "钉钉里没有这个账号，可能已离职",
    "41044": "agent_id 不对：请在钉钉开发者后台“凭证与基础信息”里核对",
    "40004": "文件类型钉钉不接受",
    "45001": "文件太大，钉钉不接受",
    "msgParam.tooLong": "消息太长，钉钉拒收",
    "todo.taskCreate.paramError": "钉钉没有收这条待办",
    "todo.taskUpdate.paramError": "钉钉没有改这条待办",
    "todo.taskDelete.paramError": "钉钉没有删这条待办",
}


def old_code(answer: Mapping[str, Any]) -> str:
    """The old API's errcode; 88 hides the real one in sub_code. Raises TryLater where there is none, as on a ban page."""
    refuse_ban(answer)
    if "errcode" not in answer:
        raise TryLater("钉钉的答复里没有结果", unknown=True)
    code = str(answer["errcode"])
    return str(answer.get("sub_code") or code) if code == "88" else code


def refuse_ban(answer: Mapping[str, Any]) -> None:
    """Raises TryLater for the answer that stands where a machine called too much; the ban lasts five minutes (0012)."""
    if "punish" in answer or str(answer.get("status")) == "1111":
        raise TryLater("钉钉暂时封了这台电脑的出口 IP，要等 5 分钟", timedelta(minutes=5))


def error_for(code: str, scopes: str = "", message: str = "") -> DeliveryError:
    """The error that a code stands for. The new API puts "invalidParameter." before some of them, and not always.

    scopes: the permissions that the answer says are missing. message: the answer's own words.
    """
    code = code.removeprefix("invalidParameter.")
    if code in _LATER:
        reason, after = _LATER[code]
        return TryLater(f"{reason}（{code}）", after)
    if code in _GONE:
        return Gone(f"{_GONE[code]}（{code}）")
    return Refusal(code, _NEVER.get(code, "钉钉拒绝了这条消息，请把错误码发给校铃的维护人员"), scopes, message)
