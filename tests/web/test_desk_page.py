"""The chat desk in a real browser, over the stub of its API: each test is one thing that somebody does there."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.web.desk_stub import SCHOOL_TZ, Desk, serving

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
NARROWEST = {"width": 320, "height": 568}

LIVE = '#desk[data-ready][aria-busy="false"]'  # shown, and listening to what is pushed

Opener = Callable[..., Page]

CONTRAST = """() => {
  // WCAG 2: the contrast of every visible text with what is painted behind it. Gives those below 4.5 to 1.
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = (color) => {
    const [r, g, b] = color.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const layers = [];
    for (let one = node; one; one = one.parentElement) layers.push(rgba(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility({visibilityProperty: true})) continue;
    if (node.closest(':disabled, noscript, script')) continue;
    const back = behind(node);
    const [a, b] = [light(over(rgba(getComputedStyle(node).color), back)), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${node.className} ${walker.currentNode.textContent}`);
  }
  return poor;
}"""


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    with serving(desk) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Opener]:
    """Opens the desk; what the browser complains of (errors, a broken content policy) fails the test at its end."""
    complaints: list[str] = []
    contexts = []

    def open_desk(viewport: dict[str, int] = DESKTOP, **options: Any) -> Page:
        context = browser.new_context(viewport=viewport, locale="zh-CN", timezone_id="America/New_York", **options)
        context.set_default_timeout(8_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # A refused request is the server's business, and some tests ask for one.
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type in ("error", "warning") and "Failed to load resource" not in said.text
                else None
            ),
        )
        page.goto(address)
        page.wait_for_selector(LIVE)
        return page

    yield open_desk
    for context in contexts:
        context.close()
    assert complaints == []


def pane(page: Page, title: str) -> Locator:
    """The open column with this title and its messages."""
    return page.locator(".chat", has=page.locator("h2", has_text=title))


def direct(page: Page) -> Locator:
    """The open column of the 1:1 with the bot."""
    return page.locator(".chat", has=page.locator(".chat-head .avatar.bell"))


def say(chat: Locator, words: str) -> None:
    chat.locator("textarea").fill(words)
    chat.locator("textarea").press("Enter")


def png(color: str = "#c33") -> dict[str, Any]:
    """An upload for Playwright: one small picture."""
    out = io.BytesIO()
    Image.new("RGB", (320, 200), color).save(out, "PNG")
    return {"name": "现场.png", "mimeType": "image/png", "buffer": out.getvalue()}


FORM = {
    "submit": "核定",
    "questions": [
        {"key": "定级", "title": "定级", "several": False, "selected": "重大",
         "options": [["重大", "重大"], ["一般", "一般"]]},
        {"key": "期限", "title": "期限", "several": False, "selected": "今天",
         "options": [["11月23日（周一）", "今天"], ["11月26日（周四）", "11月26日前"]]},
    ],
}  # fmt: skip
TICKS = {
    "submit": "做完了",
    "questions": [
        {"key": "做完的", "title": "", "several": True, "selected": "",
         "options": [["1 检查消防栓", "1"], ["2 报采购单", "2"], ["3 清理排水沟", "3"]]},
    ],
}  # fmt: skip


def asked(desk: Desk, kind: str) -> list[dict[str, Any]]:
    return [what for one, what in desk.requests if one == kind]


def test_what_is_said_is_said_as_the_person_chosen_and_the_bot_answers(visit: Opener, desk: Desk) -> None:
    page = visit()
    page.locator(".people").get_by_role("button", name="李明").click()
    expect(direct(page).locator(".chat-head")).to_contain_text("我的单聊")
    say(direct(page), "隐患 三楼东侧消防栓漏水")
    expect(direct(page).locator(".message.own").last).to_contain_text("隐患 三楼东侧消防栓漏水")
    answer = direct(page).locator(".message.bot").last
    expect(answer.locator("strong").first).to_have_text("YH-20261123-001")
    expect(answer.locator("li")).to_have_count(2)
    assert asked(desk, "say")[0]["as"] == "li"
    assert asked(desk, "say")[0]["chat"] == "d-li"
    expect(direct(page).locator("textarea")).to_have_value("")


def test_people_are_found_by_name_or_post(visit: Opener) -> None:
    page = visit()
    page.get_by_role("searchbox").fill("电工")
    expect(page.locator(".person-row")).to_have_count(1)
    expect(page.locator(".person-row")).to_contain_text("刘福生")
    page.get_by_role("searchbox").fill("没有此人")
    expect(page.locator(".people .none")).to_be_visible()


def test_shift_enter_starts_a_line_and_enter_sends(visit: Opener, desk: Desk) -> None:
    page = visit()
    field = direct(page).locator("textarea")
    field.fill("第一行")
    field.press("Shift+Enter")
    field.press_sequentially("第二行")
    assert asked(desk, "say") == []
    field.press("Enter")
    expect(direct(page).locator(".message.own br")).to_have_count(1)
    assert [one["text"].splitlines() for one in asked(desk, "say")] == [["第一行", "第二行"]]


def test_an_enter_that_confirms_an_input_methods_candidate_sends_nothing(visit: Opener, desk: Desk) -> None:
    page = visit()
    field = direct(page).locator("textarea")
    field.focus()
    wire = page.context.new_cdp_session(page)
    wire.send("Input.imeSetComposition", {"text": "wan'cheng", "selectionStart": 9, "selectionEnd": 9})
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert asked(desk, "say") == []
    wire.send("Input.insertText", {"text": "完成"})
    page.keyboard.press("Enter")
    expect(direct(page).locator(".message.own").last).to_contain_text("完成")
    assert [one["text"] for one in asked(desk, "say")] == ["完成"]


def test_an_unfinished_message_stays_with_its_chat_and_survives_a_reload(visit: Opener) -> None:
    page = visit()
    direct(page).locator("textarea").fill("写到一半")
    page.locator('[data-chat="w-wang"]').click()
    expect(direct(page).locator("textarea")).to_have_value("")
    page.locator('[data-chat="d-wang"]').click()
    expect(direct(page).locator("textarea")).to_have_value("写到一半")
    page.reload()
    page.wait_for_selector(LIVE)
    expect(direct(page).locator("textarea")).to_have_value("写到一半")


def test_pictures_are_attached_taken_off_sent_and_enlarged(visit: Opener, desk: Desk) -> None:
    page = visit()
    chat = direct(page)
    chat.locator("input[type=file]").set_input_files([png(), png("#3c3"), png("#33c")])
    expect(chat.locator(".draft-pictures img")).to_have_count(3)
    chat.get_by_role("button", name="去掉第 2 张").click()
    expect(chat.locator(".draft-pictures img")).to_have_count(2)
    say(chat, "隐患 楼梯扶手松了")
    own = chat.locator(".message.own").last
    expect(own.locator(".picture img")).to_have_count(2)
    expect(chat.locator(".draft-pictures img")).to_have_count(0)
    assert asked(desk, "say")[0]["images"] == 2
    own.locator(".picture").first.click()
    expect(page.locator("dialog.lightbox img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.lightbox")).to_have_count(0)


@pytest.mark.parametrize("gesture", ["paste", "drop"])
def test_a_picture_pasted_or_dropped_is_attached(visit: Opener, gesture: str) -> None:
    page = visit()
    direct(page).locator("textarea").evaluate(
        """(field, gesture) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array([137, 80, 78, 71])], '截图.png', {type: 'image/png'}));
            const more = {bubbles: true, cancelable: true};
            const event = gesture === 'paste'
              ? new ClipboardEvent('paste', {...more, clipboardData: transfer})
              : new DragEvent('drop', {...more, dataTransfer: transfer});
            field.dispatchEvent(event);
        }""",
        gesture,
    )
    expect(direct(page).locator(".draft-pictures figure")).to_have_count(1)


def test_a_picture_is_quoted_and_the_quotation_leads_back_to_it(visit: Opener, desk: Desk) -> None:
    page = visit()
    page.locator('[data-chat="d-patrol"]').click()
    chat = pane(page, "安全巡查群")
    photo = chat.locator('.message[data-id="m1"]')
    photo.hover()
    photo.get_by_role("button", name="引用这条").click()
    expect(chat.locator(".draft-quote")).to_contain_text("马德胜：隐患 三楼东侧")
    say(chat, "这个我去看看")
    own = chat.locator(".message.own").last
    expect(own.locator(".quoted img")).to_have_count(1)
    assert asked(desk, "say")[0]["quote"] == "m1"
    expect(chat.locator(".draft-quote")).to_be_empty()
    own.locator(".quoted").click()
    expect(photo).to_be_focused()
    expect(photo).to_be_in_viewport()


def test_a_button_says_its_words_for_the_person(visit: Opener, desk: Desk) -> None:
    page = visit()
    direct(page).get_by_role("button", name="问一下").click()
    expect(direct(page).locator(".message.own").last).to_contain_text("问一下")
    assert asked(desk, "click") == [{"as": "wang", "message": "m11", "says": "问一下", "chat": "d-wang"}]


def test_several_choices_are_made_and_sent_off_together(visit: Opener, desk: Desk) -> None:
    page = visit()
    desk.add("d-wang", "bot", "请核定隐患 1", form=FORM)
    desk.add("d-wang", "bot", "做完了吗", form=TICKS)
    grading = direct(page).locator(".message", has_text="请核定隐患 1")
    grading.get_by_label("定级").select_option("一般")
    grading.get_by_label("期限").select_option(label="11月26日（周四）")
    grading.get_by_role("button", name="核定").click()
    expect(grading.locator("form")).to_have_count(0)
    ticking = direct(page).locator(".message", has_text="做完了吗")
    ticking.get_by_role("button", name="做完了").click()
    expect(page.locator(".toast.bad")).to_have_text("先选好再提交。")
    ticking.get_by_label("3 清理排水沟").check()
    ticking.get_by_label("1 检查消防栓").check()
    ticking.get_by_role("button", name="做完了").click()
    expect(direct(page).locator(".message.own").last).to_contain_text("1、3")
    assert [what["chosen"] for what in asked(desk, "submit")] == [
        {"定级": ["一般"], "期限": ["11月26日前"]},
        {"做完的": []},
        {"做完的": ["1", "3"]},
    ]


def test_where_nobody_can_talk_the_note_stands_in_place_of_the_composer(visit: Opener) -> None:
    page = visit()
    page.locator('[data-chat="w-staff"]').click()
    chat = page.locator(".chat", has_text="企业微信群里的机器人只能发，不能听。")
    expect(chat.locator("textarea")).to_have_count(0)
    page.locator('[data-chat="w-leaders"]').click()
    expect(page.locator(".chat-foot", has_text="企业微信群里的机器人只能发")).to_have_count(1)


def test_somebody_outside_a_group_cannot_talk_in_it(visit: Opener) -> None:
    page = visit()
    page.locator(".people").get_by_role("button", name="吴桂芳").click()
    page.locator('[data-chat="d-patrol"]').click()
    expect(pane(page, "安全巡查群").locator(".closed-note")).to_contain_text("吴桂芳不在这个群里")
    expect(pane(page, "安全巡查群").locator(".choice").first).to_be_disabled()


def test_a_pinned_column_stays_while_i_become_somebody_else(visit: Opener, desk: Desk) -> None:
    page = visit({"width": 1760, "height": 1000})
    direct(page).get_by_role("button", name="固定这一栏").click()
    page.locator(".people").get_by_role("button", name="周文斌").click()
    expect(page.locator(".chat")).to_have_count(2)
    expect(direct(page).locator(".chat-head")).to_contain_text("以王小燕的身份说话")
    page.locator('[data-chat="d-zhou"]').click()
    expect(page.locator(".chat")).to_have_count(3)
    say(direct(page).filter(has_text="王小燕的单聊"), "收到")
    expect(page.locator(".message.own", has_text="收到")).to_have_count(2)
    assert asked(desk, "say")[0]["as"] == "wang"


def test_a_column_closed_stays_closed_and_a_chat_of_its_kind_opens_beside_the_other(visit: Opener) -> None:
    page = visit()
    pane(page, "教职工群").get_by_role("button", name="关上这一栏").click()
    expect(page.locator(".chat")).to_have_count(1)
    page.reload()
    page.wait_for_selector(LIVE)
    expect(page.locator(".chat")).to_have_count(1)
    expect(page.get_by_role("button", name="关上这一栏")).to_have_count(0)
    page.locator('[data-chat="d-patrol"]').click()
    expect(page.locator(".chat h2")).to_have_text(["校铃钉钉", "安全巡查群钉钉"])


def test_the_desk_opens_as_soon_as_its_server_answers(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.route("**/api/state", lambda route: route.abort())
    page.goto(address)
    expect(page.locator(".toast").first).to_have_text("连不上演示台，请确认它还开着。")
    expect(page.locator(".starting")).to_be_visible()
    page.unroute("**/api/state")
    expect(page.locator("#desk[data-ready]")).to_be_visible()
    expect(page.locator(".starting")).to_be_hidden()
    context.close()


def test_the_drawer_shows_what_the_wire_carried_and_gives_the_focus_back(visit: Opener) -> None:
    page = visit()
    message = direct(page).locator('.message[data-id="m10"]')
    message.hover()
    opener = message.get_by_role("button", name="看这条的线路")
    opener.click()
    drawer = page.locator("#wire")
    expect(drawer).to_contain_text("平台 → 校铃")
    expect(drawer).to_contain_text("14 毫秒")
    expect(drawer.locator("pre").first).to_contain_text("和周老师换一下可以吗")
    drawer.locator("summary", has_text="线上原文").click()
    expect(drawer).to_contain_text("<Encrypt>")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_clock_names_what_is_next_walks_there_and_says_what_happened(visit: Opener, desk: Desk) -> None:
    desk.clock_seconds = 0.8
    page = visit()
    clock = page.get_by_role("group", name="学校时钟")
    # The browser of these tests sits in New York; the school does not.
    expect(clock.locator(".clock-time")).to_have_text("11月23日（周一）07:12")
    expect(clock).to_contain_text("下一件：周一任务提醒 · 07:30")
    clock.get_by_role("button", name="到下一件").click()
    expect(clock).to_contain_text("正在走到 07:30…")
    expect(clock.get_by_role("button", name="过一天")).to_be_disabled()
    expect(page.locator(".toast")).to_contain_text("07:30 周一任务提醒")
    expect(clock.locator(".clock-face")).to_have_text("07:30")
    expect(clock).to_contain_text("下一件：任务提醒：私下催一催 · 16:00")
    expect(direct(page).locator(".message.bot").last).to_contain_text("本周有 3 件事")
    expect(page.locator(".person-row", has_text="陈静").locator(".dot")).to_be_visible()


def test_the_clock_goes_to_monday_a_day_on_or_to_a_moment_and_never_back(visit: Opener, desk: Desk) -> None:
    page = visit()
    clock = page.get_by_role("group", name="学校时钟")
    clock.get_by_role("button", name="过一天").click()
    expect(clock.locator(".clock-time")).to_have_text("11月24日（周二）07:12")
    clock.get_by_role("button", name="周一 07:30", exact=True).click()
    expect(clock.locator(".clock-time")).to_have_text("11月30日（周一）07:30")
    clock.locator(".clock-opener").click()
    clock.get_by_label("走到这个时刻").fill("2026-12-01T09:05")
    clock.get_by_role("button", name="走到", exact=True).click()
    expect(clock.locator(".clock-time")).to_have_text("12月1日（周二）09:05")
    clock.locator(".clock-opener").click()
    clock.get_by_label("走到这个时刻").evaluate("(field) => { field.min = ''; field.value = '2026-11-01T08:00'; }")
    clock.get_by_role("button", name="走到", exact=True).click()
    expect(page.locator(".toast", has_text="时钟只往前走")).to_be_visible()
    assert [one["to"] for one in asked(desk, "clock")] == ["day", "monday", "2026-12-01T09:05:00+08:00"]


def test_a_fault_is_switched_on_and_a_refused_message_says_why(visit: Opener, desk: Desk) -> None:
    page = visit()
    page.get_by_role("button", name="故障开关").click()
    busy = page.get_by_role("switch", name="平台繁忙")
    expect(busy).not_to_be_checked()
    busy.click()
    expect(busy).to_be_checked()
    assert desk.faults["busy"]["on"]
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="故障开关，开着 1 个")).to_be_focused()
    desk.lag = 0.6
    say(direct(page), "完成")
    own = direct(page).locator(".message.own").last
    expect(own).to_contain_text("正在送达…")
    expect(own).to_contain_text("没有送到：平台繁忙，连续 3 次没送到")


def test_a_live_message_appears_once_and_its_change_replaces_it(visit: Opener, desk: Desk) -> None:
    page = visit()
    message = desk.add("d-staff", "zhao", "明天停水两小时", state="waiting")
    expect(pane(page, "教职工群").locator(".message").last).to_contain_text("明天停水两小时")
    desk.push("message", message | {"text": "明天停水三小时", "state": "sent"})
    desk.push("message", message | {"text": "明天停水三小时", "state": "sent"})
    expect(pane(page, "教职工群").locator(".message").last).to_contain_text("明天停水三小时")
    expect(page.locator(".message", has_text="停水")).to_have_count(1)


def test_a_chat_that_is_not_on_screen_gets_a_dot_until_it_is_opened(visit: Opener, desk: Desk) -> None:
    page = visit()
    line = page.locator('[data-chat="d-patrol"]')
    line.click()
    page.locator('[data-chat="d-staff"]').click()
    expect(line.locator(".dot")).to_have_count(0)
    message = desk.add("d-patrol", "bot", "@王小燕 请看一下 3 号", mentions=["wang"])
    desk.push("message", message)
    desk.push("clock", {"now": "2026-11-23T07:15:00+08:00", "next": None})
    expect(page.locator(".clock-face")).to_have_text("07:15")
    expect(line.get_by_role("img", name="1 条没看", exact=True)).to_be_visible()
    expect(line).to_contain_text("［有人@我］")
    line.click()
    expect(line.locator(".dot")).to_have_count(0)
    expect(pane(page, "安全巡查群").locator(".mention.mine")).to_have_text("@王小燕")


def test_a_lost_connection_is_taken_up_again_and_nothing_is_missed(visit: Opener, desk: Desk) -> None:
    page = visit()
    expect(page.locator(".bot-state.up")).to_be_visible()
    desk.push("hang up", {})
    expect(page.locator(".bot-state")).to_contain_text("正在重连")
    desk.add("d-staff", "zhao", "断线时说的话")
    expect(pane(page, "教职工群").locator(".message").last).to_contain_text("断线时说的话")
    expect(page.locator(".bot-state.up")).to_be_visible()


def test_the_bots_absence_is_shown(visit: Opener, desk: Desk) -> None:
    page = visit()
    desk.push("bot", {"up": False})
    expect(page.locator(".bot-state")).to_have_text("校铃没开")


@pytest.mark.parametrize("markdown", [True, False])
def test_what_looks_like_a_script_is_shown_as_text(visit: Opener, desk: Desk, markdown: bool) -> None:
    page = visit()
    nasty = (
        '<img src=x onerror="document.title=`taken`"> <script>document.title="taken"</script>\n'
        "**<b onclick=alert(1)>粗</b>** [点我](javascript:alert(1)) [再点](data:text/html,x)\n"
        "![图](https://example.com/a.png) `<i>`\n"
        '- <font color="warning"><u>急</u></font>'
    )
    desk.people["zhao"]["name"] = "<i>赵</i>"
    desk.push("chats", {})
    desk.add(
        "d-staff", "zhao", nasty, markdown=markdown, title="<h1>题</h1>", file={"name": "<s>.doc", "url": "/files/leak"}
    )
    bubble = pane(page, "教职工群").locator(".message").last
    for words in (
        "<img src=x onerror",
        '<script>document.title="taken"</script>',
        "<b onclick=alert(1)>粗</b>",
        "<u>急</u>",
    ):
        expect(bubble).to_contain_text(words)
    expect(bubble).to_contain_text("javascript:alert(1)")
    expect(bubble.locator("img, script, b, i, u, s, h1")).to_have_count(0)
    for link in bubble.locator("a:not(.file)").all():
        assert (link.get_attribute("href") or "").startswith("https://example.com/")
    assert "taken" not in page.title()


def test_markdown_reads_as_it_is_meant(visit: Opener, desk: Desk) -> None:
    page = visit()
    text = "### 本周\n**要紧**的一行\n换了行\n\n1. 甲\n2. 乙\n\n> 引一句\n\n[平台](https://example.com/x) 和 https://example.com/y。"
    desk.add("d-wang", "bot", text + '\n<font color="warning">今天到期</font>', markdown=True)
    words = direct(page).locator(".message").last.locator(".words")
    expect(words.locator(".md-heading")).to_have_text("本周")
    expect(words.locator("strong")).to_have_text("要紧")
    expect(words.locator("ol li")).to_have_text(["甲", "乙"])
    expect(words.locator("blockquote")).to_have_text("引一句")
    expect(words.locator(".md-warning")).to_have_text("今天到期")
    assert [a.get_attribute("href") for a in words.locator("a").all()] == [
        "https://example.com/x",
        "https://example.com/y",
    ]
    expect(words.locator("p", has_text="要紧").locator("br")).to_have_count(1)


def test_days_are_separated_and_named(visit: Opener, desk: Desk) -> None:
    page = visit()
    desk.add("d-wang", "bot", "旧事", at=datetime(2025, 9, 30, 8, 0, tzinfo=SCHOOL_TZ))
    desk.add("d-wang", "bot", "新事", at=datetime(2026, 11, 24, 0, 10, tzinfo=SCHOOL_TZ))
    expect(direct(page).locator(".day")).to_have_text(["11月23日（周一）", "2025年9月30日（周二）", "11月24日（周二）"])


def test_the_conversation_is_saved_as_a_transcript(visit: Opener, desk: Desk, tmp_path: Path) -> None:
    page = visit()
    page.get_by_role("button", name="更多").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="把对话保存成测试").click()
    saved = tmp_path / "saved.txt"
    download.value.save_as(saved)
    assert download.value.suggested_filename == "conversation-2026-11-23.txt"
    assert "赵海英: 升旗彩排几点集合？" in saved.read_text("utf-8")
    message = direct(page).locator('.message[data-id="m10"]')
    message.hover()
    with page.expect_download():
        message.get_by_role("button", name="从这条起保存").click()
    assert asked(desk, "transcript") == [{"since": 0}, {"since": 10}]


def test_a_stranger_is_added_and_the_bot_asks_who_that_is(visit: Opener) -> None:
    page = visit()
    page.get_by_role("button", name="来一位生人").click()
    page.get_by_label("姓名", exact=True).fill("周静")
    page.get_by_role("button", name="加进来").click()
    expect(page.locator(".person-row.current")).to_contain_text("周静")
    expect(page.locator(".person-row.current")).to_contain_text("校铃不认识")
    say(direct(page), "你好")
    expect(direct(page).locator(".message.bot").last).to_contain_text("我还不认识你")


def test_a_new_beginning_is_asked_about_first_and_clears_the_chats(visit: Opener, desk: Desk) -> None:
    page = visit()
    desk.add("d-wang", "bot", "马上就没了")
    expect(page.locator(".message", has_text="马上就没了")).to_have_count(1)
    page.get_by_role("button", name="更多").click()
    page.get_by_role("button", name="重新开始").click()
    page.get_by_role("button", name="清掉，重新开始").click()
    expect(page.locator(".message", has_text="马上就没了")).to_have_count(0)
    expect(direct(page).locator(".message")).to_have_count(3)


def test_the_servers_refusal_is_shown_and_what_was_typed_is_kept(visit: Opener, desk: Desk) -> None:
    page = visit()
    desk.fail_next = "演示学校正在换班，请稍后再说。"
    say(direct(page), "完成")
    expect(page.locator(".toast.bad")).to_have_text("演示学校正在换班，请稍后再说。")
    expect(direct(page).locator("textarea")).to_have_value("完成")


def test_a_newcomer_is_shown_three_steps_once_and_a_suggestion_is_typed_for_them(visit: Opener) -> None:
    page = visit()
    tour = page.get_by_label("三步上手")
    expect(tour).to_contain_text("你是王小燕，三年级2班班主任")
    tour.get_by_role("button", name="下一步").click()
    expect(tour).to_contain_text("隐患 三楼东侧消防栓漏水")
    tour.get_by_role("button", name="下一步").click()
    tour.get_by_role("button", name="知道了").click()
    expect(tour).to_be_hidden()
    direct(page).get_by_role("button", name="隐患 三楼东侧消防栓漏水").click()
    expect(direct(page).locator("textarea")).to_have_value("隐患 三楼东侧消防栓漏水")
    expect(direct(page).locator(".suggestions")).to_be_hidden()
    page.reload()
    page.wait_for_selector(LIVE)
    expect(tour).to_be_hidden()


def test_the_keyboard_alone_is_enough(visit: Opener, desk: Desk) -> None:
    page = visit()
    page.locator('[data-person="li"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-person="li"]')).to_be_focused()
    page.locator('[data-chat="d-patrol"]').focus()
    page.keyboard.press("Enter")
    expect(pane(page, "安全巡查群").locator("textarea")).to_be_focused()
    page.keyboard.type("/")
    page.keyboard.press("Enter")
    expect(pane(page, "安全巡查群").locator(".message.own").last).to_contain_text("/")
    unnamed = page.locator("button").evaluate_all(
        "(all) => all.filter((one) => !one.ariaLabel && !one.textContent.trim()).map((one) => one.outerHTML)"
    )
    assert unnamed == []


def test_on_a_phone_the_list_leads_to_a_chat_and_back(visit: Opener, desk: Desk) -> None:
    page = visit(PHONE, has_touch=True, is_mobile=True)
    expect(page.locator("#columns")).to_be_hidden()
    page.locator('[data-chat="d-wang"]').tap()
    expect(page.locator("#chats")).to_be_hidden()
    expect(page.locator(".chat")).to_have_count(1)
    field = page.locator(".chat textarea")
    box = field.bounding_box()
    assert box and box["y"] + box["height"] <= PHONE["height"]
    field.fill("完成")
    page.get_by_role("button", name="发送").tap()
    expect(page.locator(".message.own").last).to_contain_text("完成")
    page.get_by_role("button", name="回到会话列表").tap()
    expect(page.locator("#chats")).to_be_visible()
    page.locator(".me-button").tap()
    page.locator('[data-person="zhang"]').tap()
    expect(page.locator(".me-button")).to_contain_text("我是张建国")
    page.locator('[data-chat="w-zhang"]').tap()
    expect(page.locator(".chat")).to_contain_text("上周隐患 4 条")
    page.go_back()
    expect(page.locator("#chats")).to_be_visible()


def test_on_a_phone_the_clock_is_turned_inside_a_chat(visit: Opener) -> None:
    page = visit(PHONE, has_touch=True, is_mobile=True)
    page.locator('[data-chat="d-wang"]').tap()
    page.locator(".clock-opener").tap()
    page.get_by_role("button", name="到下一件").tap()
    expect(page.locator(".message.bot").last).to_contain_text("本周有 3 件事")


@pytest.mark.parametrize(
    "viewport",
    [
        NARROWEST,
        PHONE,
        {"width": 844, "height": 390},
        {"width": 768, "height": 1024},
        {"width": 1024, "height": 700},
        DESKTOP,
    ],
)
def test_nothing_sticks_out_sideways(visit: Opener, desk: Desk, viewport: dict[str, int]) -> None:
    desk.add("d-wang", "bot", "请核定", form=FORM)
    desk.add("d-wang", "bot", "很长的一串 " + "x" * 300 + " https://example.com/" + "y" * 200, markdown=True)
    page = visit(viewport)
    sticking_out = """() => [...document.querySelectorAll('body *')].filter((one) => {
        const box = one.getBoundingClientRect();
        return box.width && box.right > innerWidth + 1 && one.checkVisibility({visibilityProperty: true})
          && !one.closest('.suggestions');
    }).map((one) => one.className || one.tagName)"""
    assert page.evaluate(sticking_out) == []
    page.locator('[data-chat="d-wang"]').click()
    expect(page.locator(".message").last).to_contain_text("xxx")
    assert page.evaluate(sticking_out) == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    scrollers = page.locator(".scroller").evaluate_all("(all) => all.map((one) => one.scrollWidth - one.clientWidth)")
    assert set(scrollers) == {0}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(visit: Opener, desk: Desk, scheme: str) -> None:
    desk.add(
        "d-wang", "bot", '<font color="comment">灰</font><font color="info">绿</font> @王小燕 `码`\n> 引', markdown=True
    )
    desk.add("d-wang", "bot", "没成", state="refused", note="超出长度")
    desk.add("d-wang", "bot", "请核定", form=FORM)
    desk.add("d-wang", "bot", "做完了吗", form=TICKS)
    desk.faults["slow"]["on"] = True
    page = visit(color_scheme=scheme)
    page.locator('[data-chat="d-patrol"]').click()
    assert page.evaluate(CONTRAST) == []
    page.get_by_role("button", name=re.compile("故障开关")).click()
    message = direct(page).locator(".message").first
    message.get_by_role("button", name="看这条的线路").dispatch_event("click")
    expect(page.locator("#wire .exchange")).to_be_visible()
    assert page.evaluate(CONTRAST) == []


def test_nothing_moves_for_those_who_asked_for_stillness(visit: Opener) -> None:
    page = visit(reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll('*')].filter((one) => {
        const style = getComputedStyle(one);
        const longest = [style.transitionDuration, style.animationDuration].join(',').split(',').map(parseFloat);
        return Math.max(...longest) > 0.01;
    }).length"""
    assert page.evaluate(moving) == 0


def test_a_long_history_is_loaded_from_its_newest_end_and_earlier_pages_on_request(visit: Opener, desk: Desk) -> None:
    for number in range(1_300):
        desk.add("d-wang", "bot", f"第 {number} 条")
    page = visit()
    chat = direct(page)
    expect(chat.locator(".message").last).to_contain_text("第 1299 条")
    expect(chat.locator(".message").last).to_be_in_viewport()
    assert chat.locator(".message").count() == 1_000
    chat.get_by_role("button", name="看更早的消息").click()
    expect(chat.locator(".message").first).to_contain_text("早上好，王老师")
    expect(chat.locator(".message")).to_have_count(1_303)
