"""通讯录: the roster keeps in step with the platform's directory, and nobody is lost."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bot.context import Run
from bot.domain.people import Account
from bot.facts import Ask, Member
from schedules import looks_at_directory
from tests.kit.stage import MONDAY, Stage

pytestmark = pytest.mark.needs("facts")


def unlinked(school: Stage, *names: str, phone: str = "") -> None:
    """People of the roster without an account here, as before they were hired on the platform."""

    def write(session: Session) -> None:
        for name in names:
            person = school.person(session, name)
            person.phone = phone
            for account in list(person.accounts):
                account.person = None

    school.app.writer.do(write)


def only_here(school: Stage, name: str) -> None:
    """The roster knows no account of theirs on the other platform."""

    def write(session: Session) -> None:
        for account in list(school.person(session, name).accounts):
            if account.platform != school.platform:
                account.person = None

    school.app.writer.do(write)


def owner(school: Stage, name: str) -> str | None:
    with school.store() as store:
        account = store.people.account(school.platform, school.account(name))
        return account.person.name if isinstance(account, Account) and account.person else None


@pytest.mark.parametrize(
    "member",
    [
        {"name": "王小燕"},
        {"name": "小燕老师", "phone": "+86 138-0000-0001"},
    ],
    ids=["by name", "by phone"],
)
def test_a_new_account_of_somebody_on_the_roster_is_theirs(school: Stage, member: dict[str, str]) -> None:
    unlinked(school, "王小燕", phone=member.get("phone") and "13800000001" or "")
    said = school.tells(Ask.MEMBER, Member(school.account("王小燕"), **member), about=school.account("王小燕"))  # type: ignore[arg-type]
    assert said[:2] == [
        "bot → 王小燕: 王小燕，您好，我是校铃，淄博高新区第一小学（演示）的提醒助手。这个账号可以用了。",
        "    看到不安全的地方，回「隐患」加一句话。收到任务，做完回「完成」。不是您本人的话，请告诉管理员。",
    ]
    school.plays("""
        王小燕: 我的任务
        bot: 眼下没有您的任务。
    """)


def test_a_namesake_with_another_phone_waits_for_an_administrator(school: Stage) -> None:
    unlinked(school, "王小燕", phone="13800000001")
    assert school.tells(Ask.MEMBER, Member(school.account("王小燕"), "王小燕", "13911111111")) == []
    assert owner(school, "王小燕") is None


def test_a_second_account_on_a_platform_waits_for_an_administrator(school: Stage) -> None:
    school.stranger("新号")
    assert school.tells(Ask.MEMBER, Member(school.account("新号"), "王小燕")) == []
    school.plays("""
        新号: 在吗
        bot: 您好，我是校铃，淄博高新区第一小学（演示）的提醒助手。
            请回「我是」加姓名，例如：我是王小燕。
    """)


def test_who_left_is_asked_no_more_and_can_be_brought_back(school: Stage) -> None:
    only_here(school, "郑凯")
    gone = school.account("郑凯")
    assert school.tells(Ask.MEMBER, about=gone) == [
        "bot → 陈宇: 通讯录有变：",
        "    - 郑凯离开了，不再提醒。还在的话，回「恢复在职 郑凯」",
    ]
    assert school.tells(Ask.MEMBER, about=gone) == [], "an event twice"
    school.plays("""
        王小燕: 恢复在职 郑凯
        bot: 这件事要管理员来做。找他们说一声就行。
        陈宇: 恢复在职 郑凯
        bot: ✅ 郑凯照常提醒。
        bot → 郑凯: 郑凯，管理员恢复了您的提醒，从现在起照常。
        陈宇: 恢复在职 郑凯
        bot: 离开的人里没有郑凯。例如：恢复在职 王小燕
    """)
    assert school.tells(Ask.MEMBER, about=gone) == [], "the directory does not undo what an administrator said"


def test_who_comes_back_is_asked_again(school: Stage) -> None:
    only_here(school, "郑凯")
    account = school.account("郑凯")
    school.tells(Ask.MEMBER, Member(account, "郑凯", active=False), about=account)
    assert school.tells(Ask.MEMBER, Member(account, "郑凯"), about=account) == [
        "bot → 陈宇: 通讯录有变：",
        "    - 郑凯回来了，照常提醒",
    ]


def test_who_still_has_an_account_elsewhere_stays(school: Stage) -> None:
    """The roster names an account of everybody on each platform."""
    assert school.tells(Ask.MEMBER, about=school.account("郑凯")) == []
    with school.store() as store:
        assert store.people.named("郑凯")[0].active


def test_the_nightly_directory_is_compared_and_the_missing_are_asked_for_alone(school: Stage) -> None:
    names = ["张建国", "李敏", "王小燕"]
    unlinked(school, "王小燕")
    with school.store() as store:
        asked = looks_at_directory.look(Run(MONDAY, MONDAY, store))
    assert [question.what for question in asked.questions] == [Ask.MEMBERS, Ask.GUARDIANS, Ask.CLASS_GROUPS]
    everybody = [Member(school.account(name), name) for name in school.names() if name not in ("何秀英",)]
    assert school.tells(Ask.MEMBERS, *everybody) == [
        "bot → 陈宇: 通讯录有变：",
        "    - 对上名单 1 人：王小燕",
    ]
    assert owner(school, names[2]) == "王小燕"
    with school.store() as store:
        assert store.people.named("何秀英"), "not before she was asked for alone"


def test_nobody_at_all_is_no_directory(school: Stage) -> None:
    assert school.tells(Ask.MEMBERS) == []
    few = [Member(school.account("陈宇"), "陈宇")]
    assert school.tells(Ask.MEMBERS, *few) == [
        "bot → 陈宇: 通讯录里一下少了 12 个账号，名单先没有动。多半是应用的可见范围改小了，请在管理后台看一看。"
    ]


def test_a_changed_name_and_phone_are_noted_once(school: Stage) -> None:
    account = school.account("郑凯")
    assert school.tells(Ask.MEMBER, Member(account, "郑凯", "13800000002")) == []
    changed = Member(account, "郑恺", "13900000003")
    assert school.tells(Ask.MEMBER, changed) == [
        "bot → 陈宇: 通讯录有变：",
        "    - 郑凯在通讯录里改叫“郑恺”，名单没有改",
        "    - 郑凯换了手机号，名单跟着改了",
    ]
    assert school.tells(Ask.MEMBER, changed) == []
    with school.store() as store:
        assert store.people.named("郑凯")[0].phone == "13900000003"
