"""帮助, 取消, and what nobody understands."""

from __future__ import annotations

from tests.kit.stage import Stage


def test_what_a_teacher_may_say(school: Stage) -> None:
    school.plays("""
        王小燕: 帮助
        bot: 可以这样说
            - 完成 2：任务做完了；几项里的一项就带上号
            - 延期 2 到周五 等配件：任务要晚几天，说哪天、为什么
            - 我的任务：看看还有什么是我的
            - 取消：放下正在问的事
            - 值班 放学有序，东门路队正常：报今天的值班情况，可以分几条，可以带照片
            - 更正 2 西门路灯已修好：改值班情况里说错的一条
            - 整改 12：隐患改好了，带照片交复查
            - 帮助：看看能说什么
            - 隐患 三楼东侧消防栓漏水：报一处隐患，可以带照片
            - 撤销：十分钟内收回刚才报的
            照片可以和文字一起发，也可以先发照片再说话。
    """)


def test_what_an_administrator_may_say_besides(school: Stage) -> None:
    school.plays("""
        陈宇: 怎么用
        bot: 可以这样说
            - 完成 2：任务做完了；几项里的一项就带上号
            - 延期 2 到周五 等配件：任务要晚几天，说哪天、为什么
            - 我的任务：看看还有什么是我的
            - 绑定 教职工群：在群里用：把这个群定为教职工群、班子群或安全巡查群
            - 取消：放下正在问的事
            - 确认 〔号〕：确认一个新账号是本人
            - 不是 〔号〕：说明一个新账号不是本人
            - 值班 放学有序，东门路队正常：报今天的值班情况，可以分几条，可以带照片
            - 更正 2 西门路灯已修好：改值班情况里说错的一条
            - 整改 12：隐患改好了，带照片交复查
            - 帮助：看看能说什么
            - 名单：上传或更新全校名单
            - 隐患 三楼东侧消防栓漏水：报一处隐患，可以带照片
            - 撤销：十分钟内收回刚才报的
            照片可以和文字一起发，也可以先发照片再说话。
    """)


def test_not_understood(school: Stage) -> None:
    school.plays("""
        王小燕: 今天天气不错
        bot: 这句我没看懂。
            报隐患：「隐患」加一句话。任务做完：「完成」。值班情况：「值班」加一句话。
            回「帮助」看全部。
        王小燕: 帮助一下小李
        bot: 这句我没看懂。
            报隐患：「隐患」加一句话。任务做完：「完成」。值班情况：「值班」加一句话。
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
        bot: 打开这个页面，下载表格样子，填好再传上去（30 分钟内有效）：
            〔链接〕
        王小燕: 名单
        bot: 这件事要管理员来做。找他们说一声就行。
    """)
