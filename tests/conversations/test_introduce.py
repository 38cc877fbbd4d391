"""我是: an unknown account says who it is and is confirmed."""

from __future__ import annotations

from tests.kit.stage import Stage


def test_a_name_on_the_roster_is_confirmed_by_the_administrator(school: Stage) -> None:
    school.stranger("新号")
    school.plays("""
        新号: 在吗
        bot: 您好，我是校铃，淄博高新区第一小学（演示）的提醒助手。
            请回「我是」加姓名，例如：我是王小燕。
        新号: 我是王小燕
        bot: 王小燕，您好。已请管理员确认，好了马上告诉您。
        bot → 陈宇: 有人说自己是王小燕。
            是本人：回「确认 〔号〕」
            不是：回「不是 〔号〕」
        新号: 好了吗
        bot: 王小燕，您好。已请管理员确认，好了马上告诉您。
        陈宇: 确认
        bot: ✅ 已确认王小燕。
        bot → 新号: 王小燕，可以用了。
            看到不安全的地方，回「隐患」加一句话。收到任务，做完回「完成」。
            想看全部，回「帮助」。
        新号: 帮助
        bot: 可以这样说
            - 隐患：「隐患 三楼东侧消防栓漏水」「整改 12」
            - 急事：「事件 3 已送医，家长到了」
            - 任务和检查：「完成 2」「延期 2 到周五 等配件」
            - 值班和请假：「值班 放学有序，东门路队正常」「替班 周三 郑凯」
            - 家长：「通知家长 三2班 明天起早读 7:50 到校」「通知进度 3」
            - 查一查：「超期」「本周」
            - 说错了：「撤销」「更正 2 西门路灯已修好」
            看一类的全部，回「帮助」加名字，例如：帮助 隐患
            照片可以和文字一起发，也可以先发照片再说话。
    """)


def test_a_name_that_is_not_on_the_roster(school: Stage) -> None:
    school.stranger("新号")
    school.plays("""
        新号: 我是钱多多
        bot: 名单里没有找到“钱多多”。请看看是不是写错了字，或请管理员把您加进名单。
    """)


def test_an_administrator_says_no(school: Stage) -> None:
    school.stranger("新号")
    school.plays("""
        新号: 我叫赵海峰
        bot: 赵海峰，您好。已请管理员确认，好了马上告诉您。
        bot → 陈宇: 有人说自己是赵海峰。
            是本人：回「确认 〔号〕」
            不是：回「不是 〔号〕」
        陈宇: 不是
        bot: 好，没有给赵海峰开通。
        bot → 新号: 管理员说这个账号不是本人。弄错了的话，请当面找管理员，或再回「我是」加姓名。
        新号: 隐患 三楼漏水
        bot: 您好，我是校铃，淄博高新区第一小学（演示）的提醒助手。
            请回「我是」加姓名，例如：我是王小燕。
    """)


def test_only_administrators_confirm(school: Stage) -> None:
    school.stranger("新号")
    school.plays("""
        新号: 我是王小燕
        bot: 王小燕，您好。已请管理员确认，好了马上告诉您。
        bot → 陈宇: 有人说自己是王小燕。
            是本人：回「确认 〔号〕」
            不是：回「不是 〔号〕」
        郑凯: 确认
        bot: 这件事要管理员来做。找他们说一声就行。
        陈宇: 确认 9999
        bot: 有 1 个账号等确认：
            - 王小燕：回「确认 〔号〕」或「不是 〔号〕」
        陈宇: 确认
        bot: ✅ 已确认王小燕。
        bot → 新号: 王小燕，可以用了。
            看到不安全的地方，回「隐患」加一句话。收到任务，做完回「完成」。
            想看全部，回「帮助」。
        陈宇: 确认
        bot: 眼下没有等确认的账号。
    """)
