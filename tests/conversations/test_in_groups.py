"""Groups hear what mentions the bot; pictures come with the words or are quoted."""

from __future__ import annotations

import pytest

from tests.kit.stage import Stage


@pytest.mark.needs("groups")
def test_a_hazard_with_its_picture_in_one_message(school: Stage) -> None:
    school.plays("""
        周强 @安全巡查群: 隐患 东门防撞柱倒了 [图片]
        bot: @周强 ✅ 已登记隐患 1：东门防撞柱倒了
            整改：周强，11月26日（周四）前
        bot → 周强: ⚠️ 请整改隐患 1：东门防撞柱倒了
            周强 11月23日（周一）07:00 报，11月26日（周四）前改好。
            改好后拍张照片，回「整改 1」。
            照片：〔链接〕
        bot → 马德胜: ⚠️ 新隐患 1：东门防撞柱倒了
            周强 11月23日（周一）07:00 报，由周强整改，11月26日（周四）前。
            照片：〔链接〕
        赵海峰 @安全巡查群: 整改 1 扶正了 [图片]
        bot: @赵海峰 ✅ 隐患 1 已提交整改，等周强复查。
        bot → 周强: 请复查隐患 1：东门防撞柱倒了
            赵海峰说改好了：扶正了。
            看过后回「复查 1 通过」，或「复查 1 退回」加原因。
            照片：〔链接〕
        周强 @安全巡查群: 复查 1 通过
        bot: @周强 ✅ 隐患 1 已销号。
        bot → 赵海峰: ✅ 隐患 1（东门防撞柱倒了）周强复查通过，已销号。谢谢。
    """)


@pytest.mark.needs("quotes")
def test_a_quoted_picture_is_the_proof(school: Stage) -> None:
    school.plays("""
        王小燕: 隐患 三楼漏水
        bot: ✅ 已登记隐患 1：三楼漏水
            整改：赵海峰，11月26日（周四）前
            有照片就接着发给我，没有也行。
        bot → 赵海峰: ⚠️ 请整改隐患 1：三楼漏水
            王小燕 11月23日（周一）07:00 报，11月26日（周四）前改好。
            改好后拍张照片，回「整改 1」。
        bot → 周强: ⚠️ 新隐患 1：三楼漏水
            王小燕 11月23日（周一）07:00 报，由赵海峰整改，11月26日（周四）前。
        赵海峰: [图片]
        bot: 📷 照片收到了。它是什么？
            是隐患：回「隐患」加一句话，例如：隐患 三楼东侧消防栓漏水
            是整改照片：回「整改」加编号
            是值班照片：回「值班」加一句话
        赵海峰 「图片」: 整改 1
        bot: ✅ 隐患 1 已提交整改，等周强复查。
        bot → 周强: 请复查隐患 1：三楼漏水
            赵海峰说改好了。
            看过后回「复查 1 通过」，或「复查 1 退回」加原因。
            照片：〔链接〕
    """)


@pytest.mark.needs("quotes", "unasked")
def test_a_quoted_message_names_the_hazard(school: Stage) -> None:
    school.plays("""
        王小燕: 隐患 三楼漏水
        bot: ✅ 已登记隐患 1：三楼漏水
            整改：赵海峰，11月26日（周四）前
            有照片就接着发给我，没有也行。
        bot → 赵海峰: ⚠️ 请整改隐患 1：三楼漏水
            王小燕 11月23日（周一）07:00 报，11月26日（周四）前改好。
            改好后拍张照片，回「整改 1」。
        bot → 周强: ⚠️ 新隐患 1：三楼漏水
            王小燕 11月23日（周一）07:00 报，由赵海峰整改，11月26日（周四）前。
        郑凯: 隐患 单杠松动
        bot: ✅ 已登记隐患 2：单杠松动
            整改：赵海峰，11月26日（周四）前
            在哪里？回一句就行，例如：三楼东侧楼梯口。
        bot → 赵海峰: ⚠️ 请整改隐患 2：单杠松动
            郑凯 11月23日（周一）07:00 报，11月26日（周四）前改好。
            改好后拍张照片，回「整改 2」。
        bot → 周强: ⚠️ 新隐患 2：单杠松动
            郑凯 11月23日（周一）07:00 报，由赵海峰整改，11月26日（周四）前。
        赵海峰: 整改 2
        bot: 隐患 2 改好了？请发一张整改后的照片。
            没法拍，就回「没有」加一句原因。
        赵海峰: [图片]
        bot: ✅ 隐患 2 已提交整改，等周强复查。
        bot → 周强: 请复查隐患 2：单杠松动
            赵海峰说改好了。
            看过后回「复查 2 通过」，或「复查 2 退回」加原因。
            照片：〔链接〕
        周强 「隐患 2」: 复查 通过
        bot: ✅ 隐患 2 已销号。
        bot → 郑凯: ✅ 隐患 2（单杠松动）周强复查通过，已销号。谢谢。
        bot → 赵海峰: ✅ 隐患 2（单杠松动）周强复查通过，已销号。谢谢。
    """)


@pytest.mark.needs("groups")
def test_what_holds_phone_numbers_is_not_answered_in_a_group(school: Stage) -> None:
    school.plays("""
        陈宇 @教职工群: 名单
        bot: @陈宇 名单里有手机号，请私聊我发「名单」。
        陈宇: 绑定 教职工群
        bot: 这句要在群里说：把我拉进群，在群里发「绑定 教职工群」。
        陈宇 @教职工群: 绑定 家长群
        bot: @陈宇 要定成哪个群？可以说：绑定 教职工群、绑定 班子群、绑定 安全巡查群。
        王小燕 @教职工群: 绑定 班子群
        bot: @王小燕 这件事要管理员来做。找他们说一声就行。
    """)


@pytest.mark.needs("groups")
def test_a_stranger_in_a_group_is_asked_to_come_in_private(school: Stage) -> None:
    school.stranger("新号")
    school.plays("""
        新号 @教职工群: 我是王小燕
        bot: @新号 还不认识您。请私聊我发一句「我是」加姓名，管理员确认后就能用了。
    """)


@pytest.mark.needs("groups")
def test_who_is_missing_and_how_duty_went_is_not_read_out(school: Stage) -> None:
    school.task("赵海峰", "检修消防栓", school.clock.now().date())
    school.at("2026-11-23 07:31")
    school.plays("""
        张建国 @安全巡查群: 谁还没交
        bot: @张建国
            还没回的
            - 本周任务（11月23日（周一）17:30收口）：1 人
            名单请私聊我看。
        张建国 @安全巡查群: 今天值班情况
        bot: @张建国 值班情况请私聊我看，群里不念。
    """)
