"""值班: in one message or several, with photos, corrected."""

from __future__ import annotations

from tests.kit.stage import Stage


def test_asked_in_the_evening_answered_in_three_messages(school: Stage) -> None:
    school.plays("""
        [2026-11-23 17:30]
        bot → 李敏: 李敏，今天您值班。请发一下值班情况，可以分几条，可以带照片，发完回「好了」。
            一切正常，回「正常」就行。21:30前都可以。
        李敏: 放学有序，东门路队正常
        bot: 收到，记进今天的值班情况了。还有就接着发，发完回「好了」。
        李敏: [图片]
        bot: 📷 照片收到了。
        李敏: 西门路灯不亮
        bot: 收到，第 2 条。
        李敏: 好了
        bot: ✅ 11月23日（周一）值班情况已交，共 2 条，照片 1 张。
            1. 放学有序，东门路队正常
            2. 西门路灯不亮
            要改，回「更正」加编号和新内容。
    """)


def test_a_quiet_day_is_one_word(school: Stage) -> None:
    school.plays("""
        [2026-11-23 17:30]
        bot → 李敏: 李敏，今天您值班。请发一下值班情况，可以分几条，可以带照片，发完回「好了」。
            一切正常，回「正常」就行。21:30前都可以。
        李敏: 正常
        bot: ✅ 11月23日（周一）值班情况已交，共 1 条。
            1. 一切正常
            要改，回「更正」加编号和新内容。
    """)


def test_before_being_asked(school: Stage) -> None:
    school.plays("""
        李敏: 值班
        bot: 请发今天的值班情况，可以分几条，可以带照片。发完回「好了」。
            一切正常，回「正常」就行。
        李敏: 午餐秩序好
        bot: 收到，记进今天的值班情况了。还有就接着发，发完回「好了」。
        李敏: [图片]
        bot: 📷 照片收到了。
        李敏: 好了
        bot: ✅ 11月23日（周一）值班情况已交，共 1 条，照片 1 张。
            1. 午餐秩序好
            要改，回「更正」加编号和新内容。
        [2026-11-23 17:30]
    """)


def test_corrected_by_number_and_by_being_the_last(school: Stage) -> None:
    school.plays("""
        李敏: 值班 东门路队正常
        bot: 收到，记进今天的值班情况了。还有就接着发，发完回「好了」。
        李敏: 西门路灯不亮
        bot: 收到，第 2 条。
        李敏: 更正 1 东门路队晚到五分钟
        bot: ✅ 第 1 条改过了。
            原来：东门路队正常
            现在：东门路队晚到五分钟
        李敏: 更正 西门路灯已报修
        bot: ✅ 第 2 条改过了。
            原来：西门路灯不亮
            现在：西门路灯已报修
        李敏: 更正
        bot: 要改哪一条？
            1. 东门路队晚到五分钟
            2. 西门路灯已报修
            例如：更正 1 西门路灯已修好
        李敏: 好了
        bot: ✅ 11月23日（周一）值班情况已交，共 2 条。
            1. 东门路队晚到五分钟
            2. 西门路灯已报修
            要改，回「更正」加编号和新内容。
    """)


def test_nothing_to_hand_in_and_nothing_to_correct(school: Stage) -> None:
    school.plays("""
        李敏: 值班
        bot: 请发今天的值班情况，可以分几条，可以带照片。发完回「好了」。
            一切正常，回「正常」就行。
        李敏: 好了
        bot: 还没有内容。请先发一条，一切正常就回「正常」。
        李敏: 更正 好
        bot: 今天还没有值班情况可以更正。
    """)


def test_a_teacher_who_is_not_on_duty(school: Stage) -> None:
    school.plays("""
        王小燕: 值班 放学有序
        bot: 值班情况由当天值班的人报，今天是李敏。看到不安全的地方，可以回「隐患」加一句话。
    """)


def test_its_photos_stay_with_a_corrected_entry(school: Stage) -> None:
    school.plays("""
        李敏: 值班 东门路队正常
        bot: 收到，记进今天的值班情况了。还有就接着发，发完回「好了」。
        李敏: [图片]
        bot: 📷 照片收到了。
        李敏: 更正 1 东门路队晚到
        bot: ✅ 第 1 条改过了。
            原来：东门路队正常
            现在：东门路队晚到
        李敏: 好了
        bot: ✅ 11月23日（周一）值班情况已交，共 1 条，照片 1 张。
            1. 东门路队晚到
            要改，回「更正」加编号和新内容。
    """)


def test_begun_but_not_ended_counts(school: Stage) -> None:
    school.plays("""
        [2026-11-23 17:30]
        bot → 李敏: 李敏，今天您值班。请发一下值班情况，可以分几条，可以带照片，发完回「好了」。
            一切正常，回「正常」就行。21:30前都可以。
        李敏: 放学有序
        bot: 收到，记进今天的值班情况了。还有就接着发，发完回「好了」。
        [2026-11-23 21:30]
        bot → 张建国: 11月23日（周一）值班情况：李敏已报。
    """)
