"""Groups that a self-built app makes itself (应用群聊): it alone writes there, and hears nothing.

The id is made from the app and the name, so that no second try makes a second group; what the platform says to an id that is
taken is not documented, so it is asked first. The app's visible scope must be the whole company.
Source: 企业微信开发者中心 › 应用推送消息到群聊会话 (90244 to 90248), copies of 2023 to 2025.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from bot.platforms.base import MadeGroup
from bot.platforms.wecom_calls import Call
from bot.platforms.wecom_errors import Refused
from bot.platforms.wecom_permission import permitted

WHOLE = "建群要应用看得见全公司：请在企业微信后台“应用管理→应用→自建→可见范围”里选最上面的部门"
NO_GROUP = frozenset({40050, 86001, 86003})
"""There is no such group (any more)."""


def create(call: Call, agent_id: int, name: str, owner: str, members: Sequence[str]) -> MadeGroup:
    """See GroupMaker. Raises TryLater, GiveUp."""
    people = list(dict.fromkeys(account.lower() for account in (owner, *members)))
    mark = hashlib.sha256(f"{agent_id}\0{name}".encode()).hexdigest()[:20]
    chatid = f"xiaoling{mark}"
    with permitted(WHOLE):
        there = _members(call, chatid)
        if there is None:
            body = {"name": name, "owner": owner.lower(), "userlist": people, "chatid": chatid}
            made = call("POST", "/cgi-bin/appchat/create", body).get("chatid")
            return MadeGroup(str(made or chatid), new=True, joined=tuple(people))
        missing = [account for account in people if account not in there]
        if missing:
            call("POST", "/cgi-bin/appchat/update", {"chatid": chatid, "add_user_list": missing})
    return MadeGroup(chatid, new=False, joined=tuple(missing))


def _members(call: Call, chatid: str) -> tuple[str, ...] | None:
    """appchat/get: who is in it, userids in lower case; None where there is no such group. Raises TryLater, GiveUp."""
    try:
        info = call("GET", "/cgi-bin/appchat/get", None, {"chatid": chatid}).get("chat_info")
    except Refused as error:
        if error.code in NO_GROUP:
            return None
        raise
    listed = info.get("userlist") if isinstance(info, Mapping) else None
    return tuple(str(account).lower() for account in listed or ())
