"""What to click in WeCom's console where an app may not ask something: the codes are the same everywhere, the pages are not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from bot.errors import GiveUp
from bot.platforms.wecom_errors import Refused

NO_PERMISSION = frozenset({48002, 50002, 50003, 60011, 84074, 301002, 301055, 301056})
"""Nothing helps but a click of the administrator. Source: 全局错误码 (90313)."""

PEOPLE = "请在企业微信后台“应用管理→可见范围”里加上全校"
APPROVALS = "请在企业微信后台“应用管理→审批→API→可调用接口的应用”里加上这个应用"
PUNCHES = "请在企业微信后台“应用管理→打卡→API→可调用接口的应用”里加上这个应用"
REPORTS = "请在企业微信后台“应用管理→汇报→API→可调用接口的应用”里加上这个应用"
FORMS = "请在企业微信后台“协作→文档→API→可调用接口的应用”里加上这个应用；它只看得到自己建的收集表"
SCHOOL = "请在企业微信后台“家校沟通→API→可调用接口的应用”里加上这个应用"
PARENTS = "请在企业微信后台“家校沟通→家长可使用的应用”里加上这个应用，并选好班级"
CUSTOMERS = "请在企业微信后台“客户联系→API→可调用接口的应用”里加上这个应用，并让老师在“使用范围”里"


@contextmanager
def permitted(otherwise: str) -> Iterator[None]:
    """Turn a lack of permission into these words and the code. Raises GiveUp."""
    try:
        yield
    except Refused as error:
        if error.code not in NO_PERMISSION:
            raise
        raise GiveUp(f"{otherwise}（{error.code}）") from error


def allowed_by(click: str) -> AbstractContextManager[None]:
    """The same for what is only looked up: what to click. Raises GiveUp."""
    return permitted(f"企业微信不让这个应用查：{click}")
