"""帮助, 取消, and what nobody understands."""

from __future__ import annotations

from tests.kit.stage import Stage


def test_what_a_teacher_may_say(school: Stage) -> None:
    school.plays("""
        王小燕: 帮助
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


def test_what_an_administrator_may_say_besides(school: Stage) -> None:
    school.plays("""
        陈宇: 怎么用
        bot: 可以这样说
            - 隐患：「隐患 三楼东侧消防栓漏水」「整改 12」
            - 急事：「事件 3 已送医，家长到了」
            - 任务和检查：「完成 2」「延期 2 到周五 等配件」
            - 值班和请假：「值班 放学有序，东门路队正常」「替班 周三 郑凯」
            - 查一查：「超期」「本周」
            - 说错了：「撤销」「更正 2 西门路灯已修好」
            - 管理：「名单」「确认 〔号〕」
            看一类的全部，回「帮助」加名字，例如：帮助 隐患
            照片可以和文字一起发，也可以先发照片再说话。
    """)


def test_not_understood(school: Stage) -> None:
    school.plays("""
        王小燕: 今天天气不错
        bot: 这句我没看懂。
            您是不是想：
            - 报隐患：「隐患」加一句话，例如：隐患 三楼东侧消防栓漏水
            - 任务做完：「完成」；检查正常：「正常」
            回「帮助」看全部。
        王小燕: 帮助一下小李
        bot: 这句我没看懂。
            您是不是想：
            - 报隐患：「隐患」加一句话，例如：隐患 三楼东侧消防栓漏水
            - 任务做完：「完成」；检查正常：「正常」
            回「帮助」看全部。
    """)


def test_a_picture_alone_is_asked_about_once(school: Stage) -> None:
    school.plays("""
        王小燕: [图片]
        bot: 📷 照片收到了。它是什么？
            是隐患：回「隐患」加一句话，例如：隐患 三楼东侧消防栓漏水
            是整改照片：回「整改」加编号
            是值班照片：回「值班」加一句话
        王小燕: [图片]
    """)


def test_nothing_to_cancel(school: Stage) -> None:
    school.plays("""
        王小燕: 取消
        bot: 好，先放下。已经登记的不受影响。
    """)


def test_the_roster_page_for_administrators(school: Stage) -> None:
    school.plays("""
        陈宇: 名单
        bot: 打开这个页面，下载表格样子，填好再传上去（30 分钟内有效）。
            名单：〔链接〕
        王小燕: 名单
        bot: 这件事要管理员来做。找他们说一声就行。
    """)
