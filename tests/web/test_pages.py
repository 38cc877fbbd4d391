"""The pages behind signed links, in a real browser: a record's photos, the roster, and what a stranger gets."""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from openpyxl import load_workbook
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from waitress import create_server

from bot.clock import SCHOOL_TZ
from bot.documents.roster import WORKBOOK_LIMIT, template
from bot.domain.chats import Chat
from bot.domain.hazards import Hazard
from bot.domain.people import Account, Person, Post, Turn
from bot.domain.photos import Photo, PhotoOf, PhotoState
from bot.domain.school import School
from bot.domain.tasks import Task
from bot.links import Links, Purpose
from bot.messages import ChatKind
from bot.photos import PhotoSize, PhotoStore, clean
from bot.render import ALBUM_LASTS, ROSTER_LASTS, TEMPLATES
from bot.store.records import Outbox
from bot.store.session import Writer, open_engine, reading
from bot.web import pages
from tests.kit.stage import HandClock, Stage, stage

MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=SCHOOL_TZ).astimezone(UTC)
PHONE, PC = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
SHOTS = Path(os.environ.get("XIAOLING_SCREENSHOTS", ""))
"""A folder to look at the pages in; no pictures are taken without one."""


@dataclass
class Site:
    """One school with an administrator, a hazard and its pages, served on this machine."""

    web: Flask
    address: str
    links: Links
    photos: PhotoStore
    writer: Writer
    clock: HandClock
    keeper: int
    hazard: int

    def path(self, purpose: Purpose, value: str, lasts: timedelta = ALBUM_LASTS) -> str:
        return urlsplit(self.links.make(purpose, value, lasts)).path

    def roster(self) -> str:
        return self.path(Purpose.ROSTER, str(self.keeper), ROSTER_LASTS)

    def album(self, of: PhotoOf = PhotoOf.HAZARD_FOUND) -> str:
        return self.path(Purpose.ALBUM, f"{of}-{self.hazard}")

    def photo(self, content: bytes | None, state: PhotoState = PhotoState.KEPT, of: str = "hazard_found") -> str:
        """Somebody sent a picture; returns its sha."""
        cleaned = clean(content) if content else None
        sha = self.photos.put(cleaned) if cleaned else ""

        def write(session: Session) -> None:
            chat, account = session.scalars(select(Chat)).one(), session.scalars(select(Account)).first()
            assert account is not None
            session.add(
                Photo(
                    school_id=1,
                    connection="wecom",
                    ref="m",
                    chat_id=chat.id,
                    account_id=account.id,
                    sent_at=MONDAY,
                    due_at=MONDAY,
                    of=PhotoOf(of),
                    subject_id=self.hazard,
                    state=state,
                    sha=sha,
                    taken_at=cleaned.taken_at if cleaned else None,
                )  # fmt: skip
            )

        self.writer.do(write)
        return sha

    def uploads(self, people: Sequence[tuple[object, ...]] = (), **sheets: Sequence[tuple[object, ...]]) -> str:
        """Send a filled workbook as the form does; returns the page's text. sheets: tasks, duties."""
        page = self.web.test_client().post(self.roster(), data={"workbook": (workbook(people, **sheets), "a.xlsx")})
        return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", page.get_data(as_text=True)))

    def all(self, record: type) -> list:
        with reading(self.writer.engine) as session:
            return list(session.scalars(select(record).order_by(record.id)))

    def posts(self, name: str) -> frozenset[Post]:
        with reading(self.writer.engine) as session:
            return session.scalars(select(Person).where(Person.name == name)).one().posts


@pytest.fixture
def site(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "a.db").write_bytes(migrated_sqlite.read_bytes())
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    writer, clock = Writer(engine), HandClock(MONDAY)
    links, photos = Links(b"0123456789abcdef", clock, "https://bell.example.cn"), PhotoStore(tmp_path / "photos")
    keeper, hazard = writer.do(a_school)
    web = Flask("bot", static_folder=None, template_folder=str(TEMPLATES / "web"))
    web.register_blueprint(pages.blueprint(writer, engine, photos, links, clock))
    with served(web) as address:
        yield Site(web, address, links, photos, writer, clock, keeper, hazard)
    writer.close()
    engine.dispose()


def a_school(session: Session) -> tuple[int, int]:
    """The ids of 陈宇, who keeps the roster, and of a hazard that he reported."""
    session.add(School(code="sun", name="阳光小学", opened_at=MONDAY))
    session.flush()
    keeper = Person(school_id=1, name="陈宇", phone="", active=True)
    keeper.hold_only((Post.ADMINISTRATOR,))
    session.add(keeper)
    session.flush()
    session.add(Account(school_id=1, platform="wecom", user_id="chenyu", name="", person_id=keeper.id))
    session.add(Chat(school_id=1, connection="wecom", kind=ChatKind.DIRECT, platform_id="chenyu"))
    hazard = Hazard(
        school_id=1, number=7, text="东门防撞柱倒了 <img src=x>", reporter_id=keeper.id, reported_at=MONDAY,
        due_on=date(2026, 11, 25),
    )  # fmt: skip
    session.add(hazard)
    session.flush()
    return keeper.id, hazard.id


@contextmanager
def served(web: Flask) -> Iterator[str]:
    """Where an application answers."""
    server = create_server(web, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.trigger.pull_trigger(server.close)
    thread.join(2)


def snapshot(colour: str, size: tuple[int, int] = (1600, 1200), taken: str = "") -> bytes:
    """A picture somebody took; taken: EXIF's time."""
    picture = Image.new("RGB", size, colour)
    ImageDraw.Draw(picture).ellipse((size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2), fill="white")
    exif = Image.Exif()
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    content = io.BytesIO()
    picture.save(content, "JPEG", exif=exif)
    return content.getvalue()


def workbook(people: Sequence[tuple[object, ...]] = (), **sheets: Sequence[tuple[object, ...]]) -> io.BytesIO:
    """The template, filled in: 人员, and 任务 and 值班 as tasks and duties."""
    book = load_workbook(io.BytesIO(template()))
    for title, rows in (("人员", people), ("任务", sheets.get("tasks", ())), ("值班", sheets.get("duties", ()))):
        for row in rows:
            book[title].append(list(row))
    content = io.BytesIO()
    book.save(content)
    content.seek(0)
    return content


@contextmanager
def opened(browser: Browser, url: str, viewport: dict[str, int] = PHONE, scheme: str = "light") -> Iterator[Page]:
    """A page of its own, which must have broken no rule of its policy, set no cookie and not scroll sideways."""
    context = browser.new_context(viewport=viewport, color_scheme=scheme, locale="zh-CN", java_script_enabled=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "Security Policy" in message.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.evaluate("document.scripts.length") == 0
    assert said == []
    assert context.cookies() == []
    context.close()


def shoot(page: Page, name: str) -> None:
    if SHOTS.name:
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def link(played: Stage, pattern: str) -> str:
    """The path of the newest link of a kind that the bot sent."""
    with reading(played.app.engine) as session:
        said = [row.said.get("text", "") for row in session.scalars(select(Outbox).order_by(Outbox.id.desc()))]
    return next(match[0] for text in said if (match := re.search(pattern, text)))


# photos


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "light"), (PHONE, "dark"), (PC, "light")])
def test_an_album_shows_small_copies_that_open_the_large(
    site: Site, browser: Browser, viewport: dict[str, int], scheme: str
) -> None:
    first = site.photo(snapshot("firebrick", taken="2026:11:23 07:12:00"))
    site.photo(snapshot("seagreen", (1200, 1600)))
    site.photo(snapshot("firebrick", taken="2026:11:23 07:12:00"))  # sent again
    site.photo(snapshot("steelblue"), of="hazard_fixed")
    for _ in range(2):
        site.photo(None, PhotoState.WANTED)
    with opened(browser, site.address + site.album(), viewport, scheme) as page:
        expect(page).to_have_title("隐患 7 的现场照片 · 校铃")
        expect(page.get_by_text("东门防撞柱倒了 <img src=x>")).to_be_visible()
        expect(page.get_by_text("还有 2 张正在取")).to_be_visible()
        items = page.locator(".album li")
        expect(items).to_have_count(2)
        expect(items.nth(0)).to_contain_text("11月23日（周一）07:12 拍")
        expect(items.nth(1)).to_contain_text("11月23日（周一）07:30 发")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("[...document.images].map(image => image.naturalWidth)") == [640, 480]
        shoot(page, f"album-{viewport['width']}-{scheme}")
        with page.expect_response(re.compile("/p/")) as fetched:
            page.locator(".album a").first.click()
        assert fetched.value.body() == site.photos.path(first, PhotoSize.FULL).read_bytes()


def test_one_photo_none_yet_and_one_that_is_lost(site: Site, browser: Browser) -> None:
    with opened(browser, site.address + site.album()) as page:
        expect(page.get_by_text("这里还没有照片")).to_be_visible()
        shoot(page, "album-empty")
    gone = site.photo(snapshot("gold"))
    site.photo(snapshot("seagreen"))
    site.photo(None, PhotoState.LOST)
    site.photos.delete(gone)
    with opened(browser, site.address + site.album()) as page:
        expect(page.locator(".album img")).to_have_count(1)
        expect(page.get_by_text("有 1 张没有取到")).to_be_visible()
        page.wait_for_load_state("networkidle")
        shoot(page, "album-one")


def test_a_photo_stays_on_the_phone_and_in_no_shared_cache(site: Site) -> None:
    sha = site.photo(snapshot("gold"))
    client, path = site.web.test_client(), urlsplit(site.links.photo(sha, PhotoSize.FULL)).path
    answer = client.get(path, buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    album = client.get(site.album())
    assert album.headers["Cache-Control"] == "private, no-store"
    assert album.headers["Referrer-Policy"] == "no-referrer"
    assert "script-src" not in album.headers["Content-Security-Policy"]
    style = re.search(r'href="(/static/[^"]+)"', album.text)
    assert style is not None
    sheet = client.get(style[1], buffered=True)
    assert (sheet.status_code, sheet.mimetype) == (200, "text/css")
    assert "immutable" in sheet.headers["Cache-Control"]


def test_the_owner_opens_the_photos_that_the_bot_sent(played: Stage, browser: Browser) -> None:
    played.says("周强", "隐患 东门防撞柱倒了", 2, group="安全巡查群")
    with served(played.app.web) as address, opened(browser, address + link(played, r"/a/\S+")) as page:
        expect(page.locator(".album img")).to_have_count(2)
        page.wait_for_load_state("networkidle")
        assert all(width > 0 for width in page.evaluate("[...document.images].map(image => image.naturalWidth)"))


# links that do not open


def test_forged_old_damaged_and_foreign_links_get_one_answer(site: Site, browser: Browser) -> None:
    site.photo(snapshot("gold"))
    client, album, roster = site.web.test_client(), site.album(), site.roster()
    good = client.get(roster), client.get(album)
    assert [answer.status_code for answer in good] == [200, 200]
    small = re.search(r'src="(/p/[^"]+)"', good[1].text)
    assert small is not None
    with opened(browser, f"{site.address}{album[:-1]}") as page:
        expect(page.get_by_role("heading", name="这个链接打不开了")).to_be_visible()
        shoot(page, "refused")
    answers = [
        client.get(path)
        for path in (
            roster[:-2] + "xx",
            album.replace("/a/", "/r/"),
            roster.replace("/r/", "/a/"),
            album + "/",
            "/p/什么",
            "/r/" + "9" * 4000,
            site.path(Purpose.ROSTER, "999"),
            urlsplit(site.links.photo("ab" * 32, PhotoSize.FULL)).path,
        )
    ]
    site.clock.turn_to(site.clock.now() + ROSTER_LASTS)
    answers += [client.get(roster), client.post(roster, data={}), client.get(roster + "/template.xlsx")]
    assert client.get(album).status_code == 200
    site.clock.turn_to(site.clock.now() + ALBUM_LASTS)
    answers += [client.get(album), client.get(small[1])]
    assert [answer.request.path for answer in answers if answer.status_code != 404] == []
    assert len({answer.data for answer in answers}) == 1
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}


def test_the_link_ends_with_the_post(site: Site) -> None:
    client, path = site.web.test_client(), site.roster()
    assert client.get(path).status_code == 200
    site.writer.do(lambda session: session.get_one(Person, site.keeper).hold_only((Post.TEACHER,)))
    filled = {"workbook": (workbook([("王小燕",)]), "a.xlsx")}
    assert [client.get(path).status_code, client.post(path, data=filled).status_code] == [404, 404]
    assert [person.name for person in site.all(Person)] == ["陈宇"]


# the roster


PEOPLE = [
    ("陈宇", None, "管理员", None, "chenyu"),
    ("王小燕", "13900001111", "班主任、教师", "三年级2班", "wangxy"),
    ("李敏", "13900002222", "看门大爷"),
    ("<b>新来的</b>", "139", "教师"),
]
TASKS = [("11月23日", "王小燕、李敏", "交运动会报名表", "11月27日"), (None, "查无此人", "写总结", "11月27日")]
DUTIES = [("11月24日", "值班领导", "李敏")]


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "light"), (PC, "dark"), (PC, "light")])
def test_three_steps_to_a_roster(site: Site, browser: Browser, viewport: dict[str, int], scheme: str) -> None:
    site.uploads([("赵海峰",), ("孙宁",)])
    shown = f"{viewport['width']}-{scheme}"
    with opened(browser, site.address + site.roster(), viewport, scheme) as page:
        expect(page.get_by_role("heading", level=2)).to_have_text(["下载表格样子", "填好", "上传"])
        shoot(page, f"roster-{shown}")
        with page.expect_download() as download:
            page.get_by_role("link", name="下载名单表格").click()
        assert download.value.suggested_filename == "校铃名单.xlsx"
        book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
        for title, rows in (("人员", PEOPLE), ("任务", TASKS), ("值班", DUTIES)):
            for row in rows:
                book[title].append(list(row))
        content = io.BytesIO()
        book.save(content)
        send(page, "填好的表格", content.getvalue())
        expect(page.get_by_role("heading", level=1)).to_have_text("名单收下了")
        counts = page.get_by_role("status").locator("dd")
        assert [re.sub(r"\D", "", text) for text in counts.all_inner_texts()] == ["3", "0", "2", "1", "0"]
        problems = page.locator(".problems li")
        expect(problems).to_have_count(3)
        expect(problems.nth(0)).to_contain_text("人员 第 5 行 · 职务")
        expect(problems.nth(0)).to_contain_text("看门大爷")
        expect(problems.nth(2)).to_contain_text("名单里没有查无此人")
        expect(page.get_by_role("heading", name="这 2 人表里没有")).to_be_visible()
        expect(page.get_by_text("没有删，请确认")).to_be_visible()
        expect(page.locator(".names")).to_have_text("赵海峰 孙宁")
        shoot(page, f"roster-result-{shown}")
        send(page, "改好的表格", workbook([("陈宇",), ("<i>名</i>", "1390000", "教师")]).getvalue())
        expect(page.locator(".names")).to_contain_text("<b>新来的</b>")
        assert page.locator(".names b, .names i").count() == 0
        send(page, "改好的表格", b"not a workbook")
        expect(page.get_by_role("alert")).to_contain_text("不是 Excel 文件")
        shoot(page, f"roster-refused-{shown}")
        send(page, "填好的表格", workbook([("李敏", None, "看门大爷", "九" * 30), (None, "13900001111")]).getvalue())
        send(page, "改好的表格", workbook([(None, "13900001111", "教师")]).getvalue())
        expect(page.get_by_role("alert")).to_contain_text("没有一行能用")
        expect(page.get_by_role("alert")).to_contain_text("人员 第 3 行 · 姓名")
    assert {"赵海峰", "孙宁", "陈宇", "王小燕", "李敏"} <= {person.name for person in site.all(Person)}


def send(page: Page, label: str, content: bytes) -> None:
    page.get_by_label(label).set_input_files({"name": "名单.xlsx", "mimeType": "x/x", "buffer": content})
    page.get_by_role("button", name="上传").click()


def test_a_form_without_a_file_and_one_too_big(site: Site) -> None:
    client, path = site.web.test_client(), site.roster()
    missing = client.post(path, data={})
    assert (missing.status_code, "还没有选文件" in missing.text) == (400, True)
    for head, size in (('name="workbook"; filename="a.xlsx"', WORKBOOK_LIMIT + 100_000), ('name="workbook"', 600_000)):
        body = f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{'x' * size}\r\n--b--\r\n".encode()
        big = client.post(path, data=body, content_type="multipart/form-data; boundary=b")
        assert (big.status_code, "太大了" in big.text) == (413, True)
    empty = client.post(path, data={"workbook": (workbook(), "a.xlsx")})
    assert (empty.status_code, "还没有内容" in empty.text) == (400, True)


def test_the_same_file_twice_changes_nothing(site: Site) -> None:
    assert "新增3人" in site.uploads(PEOPLE, tasks=TASKS, duties=DUTIES)
    site.writer.do(lambda session: session.scalars(select(Task)).first().move(date(2026, 12, 2)))  # type: ignore[union-attr]
    before = [len(site.all(record)) for record in (Person, Account, Task, Turn)]
    again = site.uploads(PEOPLE, tasks=TASKS, duties=DUTIES)
    assert "新增0人更新0人新任务0项新值班0人次" in again
    assert "和原来的一样" in again
    assert [len(site.all(record)) for record in (Person, Account, Task, Turn)] == before == [4, 2, 2, 1]


def test_a_corrected_file_corrects(site: Site) -> None:
    site.uploads(PEOPLE, tasks=TASKS, duties=DUTIES)
    moved = [
        ("王小燕", "13900009999", "年级组长", None, "limin"),
        ("李敏", None, "教师", None, "wangxy"),
    ]
    assert "更新2人" in site.uploads(
        moved, duties=[("11月24日", "值班领导", "王小燕"), ("11月25日", "值班领导", "李敏")]
    )
    assert len(site.all(Person)) == 4
    assert site.posts("王小燕") == {Post.GRADE_LEADER}
    names = {person.id: (person.name, person.phone) for person in site.all(Person)}
    assert {a.user_id: names[a.person_id] for a in site.all(Account) if a.user_id != "chenyu"} == {
        "wangxy": ("李敏", "13900002222"),
        "limin": ("王小燕", "13900009999"),
    }
    assert [(turn.day.day, names[turn.person_id][0]) for turn in site.all(Turn)] == [(24, "王小燕"), (25, "李敏")]


def test_a_later_week_is_a_task_of_its_own(site: Site) -> None:
    first = (None, "陈宇", "交周报", "11月27日")
    site.uploads(tasks=[first])
    site.writer.do(lambda session: session.scalars(select(Task)).one().move(date(2026, 12, 4)))
    page = site.uploads(tasks=[(None, "陈宇", "交周报", "12月4日"), first])
    assert "新任务1项" in page
    assert [(task.due_on.day, task.moved) for task in site.all(Task)] == [(4, 1), (4, 0)]


def test_somebody_elses_account_is_not_taken(site: Site) -> None:
    assert "账号chenyu已经是陈宇的，没有改给王小燕" in site.uploads([("王小燕", None, "教师", None, "chenyu")])
    assert [account.person_id for account in site.all(Account)] == [site.keeper]


def test_namesakes_are_told_apart_or_left_alone(site: Site) -> None:
    site.uploads([("王伟", "13900000001", "教师"), ("王伟", "13900000002", "保安")])
    both = [("王伟", "13900000002", "门卫"), ("王伟", "13900000001", "班主任")]
    assert "新增0人更新1人" in site.uploads(both)
    unclear = site.uploads([("王伟", None, "校长")], tasks=[(None, "王伟", "写总结", "11月27日")])
    assert unclear.count("分不清是哪一位") == 2
    with reading(site.writer.engine) as session:
        people = {p.phone: p.posts for p in session.scalars(select(Person).where(Person.name == "王伟"))}
    assert people == {"13900000001": {Post.CLASS_TEACHER}, "13900000002": {Post.GUARD}}
    assert site.all(Task) == []


def test_the_last_administrator_stays_one(site: Site) -> None:
    assert "先保留陈宇的" in site.uploads([("陈宇", None, "班主任")])
    assert site.posts("陈宇") == {Post.CLASS_TEACHER, Post.ADMINISTRATOR}
    assert "先保留" not in site.uploads([("陈宇", None, "班主任"), ("李敏", None, "管理员")])
    assert site.posts("陈宇") == {Post.CLASS_TEACHER}


@pytest.fixture
def played(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / "played.db").write_bytes(migrated_sqlite.read_bytes())
    with stage("dingtalk", f"sqlite:///{tmp_path / 'played.db'}", tmp_path) as play:
        yield play


def test_an_administrator_gets_the_link_in_chat(played: Stage) -> None:
    played.says("陈宇", "名单")
    client, path = played.app.web.test_client(), link(played, r"/r/\S+")
    answer = client.post(path, data={"workbook": (workbook([("孙宁", None, "教师、班主任")]), "名单.xlsx")})
    assert answer.status_code == 200
    with played.store() as store:
        assert store.people.named("孙宁")[0].holds(Post.CLASS_TEACHER)
        assert store.people.named("王小燕"), "nobody is deleted"
