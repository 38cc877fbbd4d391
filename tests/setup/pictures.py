"""`python -m tests.setup.pictures`: November is lived again, and the desk is photographed at three of its moments, for docs/.

Monday 07:30 in the staff group; a fall on the stairs, in the private chat of who must know; the month's summary.
"""

from __future__ import annotations

import logging
import re
import sys
import tempfile
import textwrap
from datetime import datetime
from pathlib import Path

import structlog
from playwright.sync_api import Page, sync_playwright

from bot.clock import SCHOOL_TZ
from bot.store.migrations import migrate
from tests.kit.stage import Stage, stage
from tests.routines.test_a_school_month import ROUTINES, live
from tests.setup import chromium

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
SIZE = {"width": 1280, "height": 860}
LIVE = '#desk[data-ready][aria-busy="false"]'

MOMENTS = (
    ("month-monday", "[2026-11-02 15:31]", "王小燕", "教职工群"),
    ("month-incident", "周强: 事件 1 结束", "张建国", "校铃"),
    ("month-summary", "", "张建国", "教职工群"),
)
"""The file; the line of the transcript before which it is taken, "" for the end; who looks, and at which chat."""


def main() -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    path = chromium.found()
    if not path:
        print("没有找到 Chromium：设 XIAOLING_CHROMIUM，或先跑 make test")
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        url = f"sqlite:///{home / 'november.db'}"
        migrate(url)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_context(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()  # type: ignore[arg-type]
        start = datetime(2026, 11, 2, 7, 0, tzinfo=SCHOOL_TZ)
        with stage("dingtalk", url, home, start=start, routines=ROUTINES) as school:
            school.plays = lambda text: _live(school, text, page)  # type: ignore[method-assign]
            live(school)
        browser.close()
    return 0


def _live(school: Stage, text: str, page: Page) -> None:
    rest = textwrap.dedent(text)
    for name, until, who, where in MOMENTS:
        before, mark, after = rest.partition(until) if until else (rest, "", "")
        school.runs(before)
        _photograph(page, school.desk, who, where, DOCS / f"{name}.png")
        rest = mark + after


def _photograph(page: Page, desk: str, who: str, where: str, to: Path) -> None:
    page.goto(desk)
    page.wait_for_selector(LIVE)
    page.locator(".people").get_by_role("button", name=who).click()
    page.locator(".chats").get_by_role("button", name=re.compile(f"{where}\\s*钉钉")).first.click()
    if page.get_by_role("button", name="不看了").count():
        page.get_by_role("button", name="不看了").click()
    page.wait_for_timeout(800)  # ms: pictures fade in
    page.screenshot(path=to)
    print(to)


if __name__ == "__main__":
    sys.exit(main())
