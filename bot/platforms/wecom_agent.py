"""What WeCom says of the app itself: is the number right, may this machine call, who can see it.

Source: 企业微信开发者中心 › 应用管理 › 获取应用 (90227); 企业可信 IP and 60020, whose errmsg names the address that was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import GiveUp, TryLater
from bot.platforms.base import Health
from bot.platforms.wecom_calls import Call
from bot.platforms.wecom_errors import Refused

UNTRUSTED = 60020
SEEN_BY = "企业微信后台 → 应用管理 → 这个应用 →"
LATER = "；企业可信 IP 还没配，等回调地址保存以后再配"


def agent(call: Call, agent_id: int, *, early: bool = False) -> Health:
    """Ask for the app: the cheapest call that a wrong number and an address that is not trusted both stop.

    early: it is being set up; the console takes no trusted address before it has the callback's, so that is not wrong yet.
    """
    try:
        found = call("GET", "/cgi-bin/agent/get", None, {"agentid": str(agent_id)})
    except Refused as error:
        if error.code == UNTRUSTED:
            return Health(True, f"凭证可用{LATER}") if early else untrusted(error)
        return Health(False, "凭证可用，问不到这个应用", error.reason)
    except (TryLater, GiveUp) as error:
        return Health(False, "凭证可用，问不到这个应用", error.reason)
    if found.get("close"):
        return Health(False, "凭证可用，应用被停用了", f"{SEEN_BY} 启用应用")
    if not early and not any(_listed(found, *path) for path in _RANGE):
        return Health(False, "凭证可用，没有人看得见这个应用", f"{SEEN_BY} 可见范围，选全体教职工")
    return Health(True, "凭证可用，出口 IP 可信，应用已启用")


_RANGE = (("allow_userinfos", "user"), ("allow_partys", "partyid"), ("allow_tags", "tagid"))


def untrusted(error: Refused) -> Health:
    """The address to paste, where the refusal names it."""
    seen = f"，企业微信看到的出口地址是 {error.seen}" if error.seen else ""
    fill = error.seen or "这台电脑的出口地址（在它的浏览器里搜“我的 IP”看得到）"
    todo = f"{SEEN_BY} 企业可信 IP → 配置，填 {fill}，等一两分钟再试。学校换了宽带要重填"
    return Health(False, f"凭证可用，这台电脑的出口 IP 不在企业可信 IP 里{seen}", todo)


def _listed(found: Mapping[str, Any], part: str, name: str) -> bool:
    inner = found.get(part)
    return isinstance(inner, Mapping) and bool(inner.get(name))
