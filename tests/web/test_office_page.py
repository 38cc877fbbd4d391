"""The desk's office in a real browser, over the real emulator and the real bot: what is done there is what the bot hears."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.emulator.records import BOT
from tests.kit.stage import Stage, stage

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def school(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Stage]:
    """On both platforms; DingTalk is heard over Stream, so that its events come."""
    path = tmp_path / "test.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    with stage("wecom", f"sqlite:///{path}", tmp_path, channels=("wecom app", "dingtalk stream"), both=True) as play:
        yield play


@pytest.fixture
def page(school: Stage, browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport=PHONE, locale="zh-CN", color_scheme="light") as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(school.world.url)
        page.wait_for_selector('#desk[data-ready][aria-busy="false"]')
        yield page
        assert complaints == []


def said_to(school: Stage, name: str) -> list[str]:
    school.settle()
    rooms = {school.world.direct(school.id_of(name), platform).id for platform in ("wecom", "dingtalk")}
    return [line.text for line in school.world.messages() if line.sender == BOT and line.chat in rooms]


def test_a_leave_is_handed_in_agreed_to_and_taken_back_on_a_phone(school: Stage, page: Page) -> None:
    page.locator(".topbar").get_by_role("button", name="办公室").click()
    office = page.get_by_role("group", name="办公室")
    office.locator("summary", has_text="请假").click()
    form = office.locator("details[open] form")
    form.get_by_label("谁").select_option(label="王小燕")
    form.get_by_label("从哪天").fill("2026-11-25")
    form.get_by_label("到哪天").fill("2026-11-26")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], "nothing is cut off at the side"
    form.get_by_role("button", name="就这样").click()
    expect(page.locator(".toast", has_text="请假交上去了")).to_be_visible()
    agree = office.get_by_role("button", name="同意：王小燕 事假 11月25日到11月26日", exact=True)
    agree.focus()
    page.keyboard.press("Enter")
    undo = office.get_by_role("button", name="撤销：王小燕")
    expect(undo).to_be_visible()
    assert any("您的请假批下来了" in text for text in said_to(school, "王小燕"))
    undo.click()
    expect(undo).to_be_hidden()
    assert any("在审批里撤了" in text for text in said_to(school, "王小燕"))
    page.keyboard.press("Escape")
    page.locator(".chat-row", has_text="校铃").first.click()
    expect(page.locator(".chat-head").first).to_contain_text("走自建应用 · 我的单聊")


def test_who_leaves_on_dingtalk_is_known_and_what_cannot_be_is_told(school: Stage, page: Page) -> None:
    page.locator(".topbar").get_by_role("button", name="办公室").click()
    office = page.get_by_role("group", name="办公室")
    office.get_by_role("button", name="钉钉").click()
    summary = office.locator("summary", has_text="离职")
    summary.focus()
    page.keyboard.press("Enter")
    form = office.locator("details[open] form")
    form.get_by_label("谁").select_option(label="郑凯")
    form.get_by_role("button", name="就这样").click()
    expect(page.locator(".toast", has_text="通讯录改好了")).to_be_visible()
    school.settle()
    with school.store() as store:
        account = store.people.account("dingtalk", "u1010")
        assert account is not None and account.gone_at is not None
    office.locator("summary", has_text="请假").click()
    form = office.locator("details[open] form")
    form.get_by_label("从哪天").fill("2026-11-26")
    form.get_by_label("到哪天").fill("2026-11-25")
    form.get_by_role("button", name="就这样").click()
    expect(page.locator(".toast.bad", has_text="结束的日子比开始的早")).to_be_visible()
    page.keyboard.press("Escape")
    expect(office).to_be_hidden()
