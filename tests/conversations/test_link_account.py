"""One person with an account on each platform: merged, parted, and spoken to where they spoke last."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from bot.domain.hazards import HazardState
from bot.emulator.records import BOT
from bot.facts import Ask, Member
from tests.kit.stage import Stage, stage

CHINESE = {"wecom": "企业微信", "dingtalk": "钉钉"}


def number_of(school: Stage, name: str) -> int:
    """What administrators call an account of somebody on this platform."""
    with school.store() as store:
        account = store.people.account(school.platform, school.account(name))
        assert account is not None
        return account.id


def test_an_administrator_gives_an_account_to_somebody_and_takes_it_back(school: Stage) -> None:
    school.stranger("新号")
    school.says("新号", "在吗")
    number, here = number_of(school, "新号"), CHINESE[school.platform]
    school.plays(f"""
        陈宇: 合并账号 {number} 王小燕
        bot: ✅ {here}账号并到王小燕名下。弄错了回「分开账号 〔号〕」
        bot → 新号: 管理员把您的{here}账号并到王小燕名下了，两边说的都算您的，我回您最近说话的那一边。不是您的话，请告诉管理员。
        陈宇: 合并账号 {number} 王小燕
        bot: 这个账号已经是王小燕的。
        新号: 我的任务
        bot: 眼下没有您的任务。
        陈宇: 分开账号 {number}
        bot: ✅ 分开了，{here}账号现在不在谁的名下，本人回「我是」加姓名就行。以前说过的还记在王小燕名下。
        bot → 新号: 管理员把这个账号和王小燕分开了。要再用，请回「我是」加姓名。
        新号: 我的任务
        bot: 您好，我是校铃，淄博高新区第一小学（演示）的提醒助手。
            请回「我是」加姓名，例如：我是王小燕。
    """)


def test_a_merged_account_goes_back_to_whose_it_was(school: Stage) -> None:
    school.says("王小燕", "隐患 三楼东侧消防栓漏水")
    number = number_of(school, "王小燕")
    school.says("陈宇", f"合并账号 {number} 陈晓")
    school.says("王小燕", "隐患 二楼水龙头漏水")
    school.says("陈宇", f"分开账号 {number}")
    with school.store() as store:
        reporters = [hazard.reporter.name for hazard in store.hazards.in_state(HazardState.OPEN)]
        assert reporters == ["王小燕", "陈晓"], "what was said stays with whom it was said for"
        account = store.people.account(school.platform, school.account("王小燕"))
        assert account is not None and account.person is not None
        assert account.person.name == "王小燕"


def test_nobody_locks_themselves_out(school: Stage) -> None:
    own = number_of(school, "陈宇")
    school.plays(f"""
        陈宇: 分开账号 {own}
        bot: 这是您正在用的账号，请换一位管理员来做，免得把自己关在外面。
        陈宇: 合并账号 {own} 王小燕
        bot: 这是您正在用的账号，请换一位管理员来做，免得把自己关在外面。
        陈宇: 分开账号 9999
        bot: 没有这个号的账号，或它不在任何人名下。回「看账号」加姓名，能看到号。
        陈宇: 合并账号 王小燕
        bot: 请写账号的号和姓名，例如：合并账号 17 王小燕。号在「看账号 王小燕」里，也在等确认的那条消息里。
        陈宇: 合并账号 {own} 钱多多
        bot: 看谁的账号？例如：看账号 王小燕
        王小燕: 分开账号 {own}
        bot: 这件事要管理员来做。找他们说一声就行。
    """)


def test_the_accounts_of_somebody_are_listed(school: Stage) -> None:
    said = "\n".join(school.says("陈宇", "看账号 陈宇"))
    assert said.startswith("bot: 陈宇名下有 2 个账号：")
    here, other = ("企业微信", "钉钉") if school.platform == "wecom" else ("钉钉", "企业微信")
    assert f"- {here}，11月23日（周一）说过话；要分开回「分开账号 〔号〕」" in said
    assert f"- {other}，还没说过话；要分开回「分开账号 〔号〕」" in said


def told_on(school: Stage, after: int) -> list[tuple[str, str]]:
    """(platform, whose chat) of what the bot said since."""
    school.settle()
    rooms = [school.world.chat(line.chat) for line in school.world.messages(after=after) if line.sender == BOT]
    return [(room.platform, room.title) for room in rooms]


def test_somebody_on_both_platforms_is_answered_where_they_spoke_last(database_url: str, tmp_path: Path) -> None:
    with stage("wecom", database_url, tmp_path, both=True) as school:
        school.says("郑凯", "我的任务")
        before = school.world.last_seq
        school.says("李敏", "替班 今天 郑凯")
        assert told_on(school, before) == [("wecom", "李敏"), ("wecom", "郑凯")]
        school.clock.turn_to(school.clock.now().replace(minute=10))
        school.platform = "dingtalk"
        school.says("郑凯", "替不了")
        school.platform = "wecom"
        before = school.world.last_seq
        school.says("李敏", "替班 今天 郑凯")
        assert told_on(school, before) == [("wecom", "李敏"), ("dingtalk", "郑凯")]


def test_the_directory_of_the_other_platform_links_by_phone(database_url: str, tmp_path: Path) -> None:
    with stage("wecom", database_url, tmp_path, both=True) as school:

        def forget_dingtalk(session: Session) -> None:
            person = school.person(session, "郑凯")
            person.phone = "13800000002"
            for account in list(person.accounts):
                if account.platform == "dingtalk":
                    account.person = None

        school.app.writer.do(forget_dingtalk)
        school.platform = "dingtalk"
        school.tells(Ask.MEMBER, Member(school.account("郑凯"), "凯哥", "13800000002"))
        with school.store() as store:
            person = store.people.named("郑凯")[0]
            assert sorted(account.platform for account in person.accounts) == ["dingtalk", "wecom"]
