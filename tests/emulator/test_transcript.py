"""The transcript's form, as its docstring draws it."""

from __future__ import annotations

from bot.emulator.records import DINGTALK, REFUSED, WECOM
from bot.emulator.transcript import transcript
from bot.emulator.world import World
from tests.emulator.emulated import HandClock, Say


def test_a_transcript_reads_like_the_chat(world: World, clock: HandClock, says: Say) -> None:
    wang, zhou = world.direct("wang", DINGTALK), world.direct("zhou", DINGTALK)
    staff = world.group("教职工群", DINGTALK)
    says("王小燕", "隐患 三楼东侧消防栓漏水", images=1)
    world.bot_says(wang, text="已登记隐患 1\n\n周强会来看")
    world.bot_says(zhou, text="请安排隐患 1\n限期周五")
    says("周强", "完成", group="安全巡查群")
    world.bot_says(world.group("安全巡查群", DINGTALK), text="好的")
    world.bot_says(zhou, text="没有送到的", state=REFUSED, note="丢了")
    clock.pass_by(minutes=30)
    world.bot_says(staff, images=[world.keep_file("图", "image/jpeg", b"x")])
    world.bot_says(staff, file=world.keep_file("f", "", b"x"), title="9月汇总.docx")
    says("王小燕", "整改", quote=world.messages()[1].id)
    assert transcript(world) == (
        "# dingtalk\n"
        "[2026-11-23 07:00]\n"
        "王小燕: 隐患 三楼东侧消防栓漏水 [图片]\n"
        "bot: 已登记隐患 1\n"
        "    周强会来看\n"
        "bot → 周强: 请安排隐患 1\n"
        "    限期周五\n"
        "周强 @安全巡查群: 完成\n"
        "bot: 好的\n"
        "[2026-11-23 07:30]\n"
        "bot → 教职工群: [图片]\n"
        "bot → 教职工群: [文件 9月汇总.docx]\n"
        "王小燕 「已登记隐患 1」: 整改\n"
    )


def test_it_begins_where_it_is_asked_to_and_keeps_the_platforms_apart(world: World, says: Say) -> None:
    says("王小燕", "早")
    second = says("李敏", "值班", WECOM)
    says("王小燕", "完成")
    assert transcript(world, second.seq) == (
        "# wecom\n[2026-11-23 07:00]\n李敏: 值班\n\n# dingtalk\n[2026-11-23 07:00]\n王小燕: 完成\n"
    )
    assert transcript(world, 100) == ""
