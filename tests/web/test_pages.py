"""The pages behind signed links, in a real browser: a hazard's photos, the roster, and what a stranger gets."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect
from sqlalchemy import select
from waitress import create_server

from bot.domain.people import Post
from bot.store.records import Outbox
from bot.store.session import reading
from tests.kit.stage import Stage, stage


@pytest.fixture
def played(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / "a.db").write_bytes(migrated_sqlite.read_bytes())
    with stage("dingtalk", f"sqlite:///{tmp_path / 'a.db'}", tmp_path) as play:
        yield play


@pytest.fixture
def address(played: Stage) -> Iterator[str]:
    """Where the bot's own pages are served."""
    server = create_server(played.app.web, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.trigger.pull_trigger(server.close)
    thread.join(2)


def link(played: Stage, pattern: str) -> str:
    """The path of the newest link of a kind that the bot sent."""
    with reading(played.app.engine) as session:
        said = [row.said.get("text", "") for row in session.scalars(select(Outbox).order_by(Outbox.id.desc()))]
    return next(match[0] for text in said if (match := re.search(pattern, text)))


def test_the_owner_opens_the_photos_on_a_phone(played: Stage, address: str, browser: Browser, tmp_path: Path) -> None:
    played.says("周强", "隐患 东门防撞柱倒了", 2, group="安全巡查群")
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(address + link(played, r"/a/\S+"))
    expect(page.locator(".grid img")).to_have_count(2)
    page.wait_for_load_state("networkidle")
    widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert all(width > 0 for width in widths)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.screenshot(path=tmp_path / "album.png")
    page.locator(".grid a").first.click()
    assert page.url.startswith(f"{address}/p/")
    page.close()


def test_an_administrator_fetches_the_form_and_uploads_it(played: Stage, address: str, browser: Browser) -> None:
    played.says("陈宇", "名单")
    page = browser.new_page()
    page.goto(address + link(played, r"/r/\S+"))
    with page.expect_download() as download:
        page.get_by_role("link", name="下载名单表格").click()
    book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    book["人员"].append(["<b>新来的</b>", "13900001111", "教师"])
    book["人员"].append(["韩梅", "13900002222", "看门大爷"])
    book["人员"].append(["孙宁", "13900003333", "教师、班主任"])
    content = io.BytesIO()
    book.save(content)
    page.get_by_label("填好的表格").set_input_files(
        {"name": "名单.xlsx", "mimeType": "application/octet-stream", "buffer": content.getvalue()}
    )
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("status")).to_contain_text("新增")
    expect(page.locator(".problems")).to_contain_text("看门大爷")
    assert page.locator("b:text('新来的')").count() == 0
    with played.store() as store:
        assert store.people.named("孙宁")[0].holds(Post.CLASS_TEACHER)
        assert store.people.named("王小燕"), "nobody is deleted"
    page.get_by_label("填好的表格").set_input_files(
        {"name": "x.xlsx", "mimeType": "application/octet-stream", "buffer": b"not a workbook"}
    )
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.close()


def test_forged_and_old_links_get_one_and_the_same_answer(played: Stage, address: str, browser: Browser) -> None:
    played.says("陈宇", "名单")
    path = link(played, r"/r/\S+")
    client = played.app.web.test_client()
    assert client.get(path).status_code == 200
    forged = client.get(path[:-2] + "xx")
    played.clock.turn_to(played.clock.now() + timedelta(minutes=31))
    old = client.get(path)
    assert (forged.status_code, old.status_code) == (404, 404)
    assert forged.data == old.data
    assert client.post(path, data={}).status_code == 404
    assert client.get("/p/anything").data == old.data


def test_the_link_ends_with_the_post(played: Stage) -> None:
    played.says("陈宇", "名单")
    path = link(played, r"/r/\S+")
    played.app.writer.do(lambda session: played.person(session, "陈宇").hold_only((Post.TEACHER,)))
    assert played.app.web.test_client().get(path).status_code == 404
