"""The door of WeCom's addresses: where a call comes from, its token, and what the token's secret opens; how they refuse.

A company has a secret for each app, and one each for the address book, 家校沟通 and 客户联系. A token opens what its secret is
for; an app's also opens 家校沟通, 客户联系 and the tools, where the administrator lists it there as one that may call.
Sources: 企业微信开发者中心 › 获取access_token (91039), 企业可信IP, 全局错误码 (90313), 家校沟通概述 (91638); 2023 to 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, jsonify, request

from bot.emulator import demo
from bot.emulator.families import STAFF
from bot.emulator.faults import Fault
from bot.emulator.records import WECOM, Person

if TYPE_CHECKING:
    from bot.emulator.world import World

APP, CONTACTS, SCHOOL, CUSTOMERS = "app", "contacts", "school", "customers"
SECRETS = {
    demo.WECOM_SECRET: APP,
    demo.CONTACTS_SECRET: CONTACTS,
    demo.SCHOOL_SECRET: SCHOOL,
    demo.CUSTOMERS_SECRET: CUSTOMERS,
}
"""Secret -> what it is for."""

_OPENS = {
    "/cgi-bin/media/": (APP, CONTACTS, SCHOOL, CUSTOMERS),
    "/cgi-bin/user/list_id": (CONTACTS,),
    "/cgi-bin/user/": (APP, CONTACTS),
    "/cgi-bin/department/": (APP, CONTACTS),
    "/cgi-bin/school/": (APP, SCHOOL),
    "/cgi-bin/externalcontact/message/": (APP, SCHOOL),
    "/cgi-bin/externalcontact/": (APP, CUSTOMERS),
    "/cgi-bin/": (APP,),
}
"""How an address begins -> the secrets that open it; the first that fits."""

_LISTED = ("/cgi-bin/school/", "/cgi-bin/externalcontact/")
"""Open to an app only while it is listed there."""

CROWDED_TIMES = 2
SMALL_SCOPE = 4
"""The department that the app sees where its visible scope is small: the class teachers."""

ADDRESS = "203.0.113.7"
"""Where the school's calls are said to come from, where that is refused: an address of the documentation's own."""

_WORDS = {
    0: "ok", -1: "system busy", 40001: "invalid credential", 40004: "invalid media type", 40007: "invalid media_id",
    40008: "invalid message type", 40009: "invalid image size", 40013: "invalid corpid", 40014: "invalid access_token",
    40050: "invalid chatid", 40056: "invalid agentid", 40058: "invalid parameter", 41001: "access_token missing",
    41004: "corpsecret missing", 42001: "access_token expired", 42045: "card_action missing",
    44001: "empty media data", 44004: "empty content", 45001: "media size out of limit", 45002: "content size out of limit",
    45009: "api freq out of limit", 45033: "api concurrent out of limit",
    47001: "data format error, Warning: wrong json format.", 48002: "api forbidden",
    60003: "department not found", 60011: "no privilege to access/modify contact/party/agent",
    60020: "not allow to access from your ip", 60111: "userid not found",
    81013: "user & party & tag all invalid", 81017: "too many owners in scope, owner_filter needed",
    82001: "all user & party & tag invalid", 82002: "too many party",
    86001: "invalid chat id", 86003: "chat id not exist", 86004: "invalid chat name", 86005: "invalid chat owner",
    86006: "invalid size of chat member", 86007: "chat member not exist", 86008: "chat not created by this app",
    93000: "invalid webhook url", 301021: "invalid userid", 301023: "invalid useridlist size",
    301024: "invalid time interval", 301025: "get approval param error", 301065: "invalid journal parameter",
}  # fmt: skip


class WecomError(Exception):
    """Becomes the errcode of the answer."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def answer(code: int = 0, /, **more: object) -> Response:
    """HTTP 200 always; errcode tells."""
    words = _WORDS[code]
    if code == 60020:
        words += f", hint: [1790000000000000001], from ip: {ADDRESS}, more info at https://open.work.weixin.qq.com/devtool/query?e=60020"
    return jsonify({"errcode": code, "errmsg": words, **more})


def add_faults(world: World) -> None:
    """The switches that are this door's."""
    busy = f"接下来 {CROWDED_TIMES} 次企业微信调用被拒（45033）"
    forget = world.tokens[WECOM].expire
    world.faults.add(Fault("untrusted_ip", "可信 IP 不对", "开着的时候，企业微信不认校铃的出口地址（60020）"))
    world.faults.add(Fault("crowded", "同时调用太多", busy, times=CROWDED_TIMES))
    world.faults.add(
        Fault("new_secret", "企业微信 Secret 换了", "开着的时候，原来的 Secret 不能用（40001），令牌也失效"), forget
    )
    world.faults.add(Fault("not_listed", "没有接口权限", "开着的时候，家校沟通、客户联系不让应用调用（48002）"))
    world.faults.add(Fault("part_scope", "可见范围太小", "开着的时候，应用只看得见班主任，也建不了群（60011）"))


def sees(world: World, person: Person) -> bool:
    """Whether somebody is in the app's visible scope."""
    return not world.faults.on("part_scope") or STAFF.get(person.id) == SMALL_SCOPE


def secret_kind(world: World, secret: str) -> str:
    """What a secret is for. Raises WecomError for one that is none of this company's, or was made anew."""
    if secret not in SECRETS or world.faults.on("new_secret"):
        raise WecomError(40001)
    return SECRETS[secret]


def admit(world: World) -> None:
    """Check a call that carries a token, before it is carried out. Raises WecomError.

    Whether fetching a token is refused too where the address is not trusted, the copies of the documentation disagree.
    """
    if world.faults.on("untrusted_ip"):
        raise WecomError(60020)
    token = request.args.get("access_token", "")
    if not token:
        raise WecomError(41001)
    tokens = world.tokens[WECOM]
    state = tokens.state(token)
    if state != "good":
        raise WecomError(42001 if state == "expired" else 40014)
    kind = tokens.owner(token)
    if kind not in next(kinds for start, kinds in _OPENS.items() if request.path.startswith(start)):
        raise WecomError(48002)
    if kind == APP and world.faults.on("not_listed") and request.path.startswith(_LISTED):
        raise WecomError(48002)
    if world.faults.strikes("crowded"):
        raise WecomError(45033)
