"""The few pages that a signed link opens: a record's photos, one photo, the records behind a month's figures, the roster.

No cookie, no log-in, no script: the token in the path is all there is. Whoever holds it may do what it is for while it
lasts, and it lasts no longer than the post of the person it was made for. This is also what keeps another site from
forging the upload (CSRF): a browser adds nothing by itself to a request that would open the page, and nobody can guess the
address. The price is that a forwarded link works for its new reader too; the pages say so.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, render_template, request, send_file, url_for
from sqlalchemy import Engine, select
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from bot.clock import Clock
from bot.documents.roster import WORKBOOK_LIMIT, template
from bot.domain.hazards import Hazard
from bot.domain.people import Person, Post
from bot.domain.photos import Photo, PhotoOf, PhotoState
from bot.domain.school import School
from bot.domain.todos import Todo, TodoOf
from bot.figures import records_of
from bot.links import LinkRefused, Links, Purpose
from bot.messages import TodoState
from bot.photos import PhotoSize, PhotoStore
from bot.render import ALBUM_LASTS, LABELS, a_clock, a_day
from bot.roster import WorkbookRefused, read_workbook, write_roster
from bot.store.session import Writer, reading
from bot.store.store import Store

log = structlog.get_logger()

STATIC = Path(__file__).parent / "static"

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ATTACHED = "attachment; filename*=UTF-8''%E6%A0%A1%E9%93%83%E5%90%8D%E5%8D%95.xlsx"
"""校铃名单.xlsx, as RFC 5987 writes it."""

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

PHOTO_POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A browser shows a lone picture in a document of its own making, whose styles are inline."""

OF_HAZARDS = (PhotoOf.HAZARD_FOUND, PhotoOf.HAZARD_FIXED)

FORM = 64 * 1024
"""Bytes that a form needs around the file in it."""


def blueprint(writer: Writer, engine: Engine, photos: PhotoStore, links: Links, clock: Clock) -> Blueprint:
    """Nothing here is found without a link, and a link says nothing about why it does not open."""
    pages = Blueprint("pages", __name__, static_folder=str(STATIC), static_url_path="/static")
    version = sha256((STATIC / "style.css").read_bytes()).hexdigest()[:8]

    @pages.context_processor
    def style() -> dict[str, str]:
        # its address changes with its content, so that it may be kept for ever
        return {"style": url_for("pages.static", filename="style.css", v=version)}

    @pages.after_request
    def guard(response: AnyResponse) -> AnyResponse:
        response.headers["Content-Security-Policy"] = PHOTO_POLICY if response.mimetype == "image/jpeg" else POLICY
        response.headers["Referrer-Policy"] = "no-referrer"  # the address is the key
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Robots-Tag"] = "noindex"
        keeping = "private, no-store"
        if response.status_code in (200, 206, 304) and request.endpoint == "pages.static":
            keeping = "public, max-age=31536000, immutable"
        elif response.status_code in (200, 206, 304) and request.endpoint == "pages.photo":
            keeping = "private, max-age=3600"  # on the phone; never in a cache that several share
        response.headers["Cache-Control"] = keeping
        return response

    @pages.errorhandler(LinkRefused)
    def refused(_error: LinkRefused) -> tuple[str, int]:
        return render_template("refused.html"), 404

    @pages.route("/<any(a, m, p, r, t):_kind>/<path:_rest>", methods=["GET", "POST"])
    def damaged(_kind: str, _rest: str) -> NoReturn:
        """A link copied together with what stood behind it, or opened in a way it does not know."""
        raise LinkRefused(_kind)

    @pages.get("/a/<token>")
    def album(token: str) -> str:
        of, _, subject = links.open(token, Purpose.ALBUM).rpartition("-")
        with reading(engine) as session:
            rows = session.scalars(
                select(Photo).where(Photo.of == PhotoOf(of), Photo.subject_id == int(subject)).order_by(Photo.id)
            ).all()
            hazard = session.get(Hazard, int(subject)) if PhotoOf(of) in OF_HAZARDS else None
        # the same picture sent and then quoted is one picture; a file may be gone though its record is kept
        kept = {row.sha: row for row in reversed(rows) if row.state is PhotoState.KEPT and photos.exists(row.sha)}
        shown = [
            {
                "small": urlsplit(links.photo(row.sha, PhotoSize.SMALL)).path,
                "full": urlsplit(links.photo(row.sha, PhotoSize.FULL)).path,
                "day": a_day(row.taken_at or row.sent_at),
                "time": a_clock(row.taken_at or row.sent_at),
                "taken": row.taken_at is not None,
            }
            for row in sorted(kept.values(), key=lambda row: row.id)
        ]
        coming = sum(row.state is PhotoState.WANTED for row in rows)
        lost = sum(row.state is PhotoState.LOST for row in rows)
        return render_template("album.html", of=of, hazard=hazard, photos=shown, coming=coming, lost=lost)

    @pages.get("/m/<token>")
    def month(token: str) -> str:
        school_id, _, name = links.open(token, Purpose.MONTH).partition("-")
        first = date(int(name[:4]), int(name[4:]), 1)
        with reading(engine) as session:
            school = session.get_one(School, int(school_id))
            records = records_of(Store(session, school), first, clock.now())
            return render_template(
                "month.html", school=school.name, first=first, records=records, labels=LABELS, day=a_day
            )

    @pages.get("/t/<token>")
    def todo(token: str) -> str:
        """What somebody's 待办 opens. When it is not theirs any more, the link opens nothing."""
        with reading(engine) as session:
            row = session.get(Todo, int(links.open(token, Purpose.TODO)))
        if row is None or row.state is TodoState.GONE:
            raise LinkRefused(Purpose.TODO)
        album = links.make(Purpose.ALBUM, f"{PhotoOf.HAZARD_FOUND}-{row.subject_id}", ALBUM_LASTS)
        photos_at = urlsplit(album).path if row.of is TodoOf.HAZARD else ""
        return render_template("todo.html", todo=row, day=a_day, photos_at=photos_at)

    @pages.get("/p/<token>")
    def photo(token: str) -> AnyResponse:
        sha, size = links.open_photo(token)
        if not photos.exists(sha, size):
            raise LinkRefused(Purpose.PHOTO)
        return send_file(photos.path(sha, size), mimetype="image/jpeg")

    @pages.get("/r/<token>")
    def roster(token: str) -> str:
        return render_template("roster.html", token=token, school=_school_kept_by(token)[0].name)

    @pages.get("/r/<token>/template.xlsx")
    def roster_template(token: str) -> Response:
        _school_kept_by(token)
        return Response(template(), content_type=XLSX, headers={"Content-Disposition": ATTACHED})

    @pages.post("/r/<token>")
    def upload(token: str) -> str | tuple[str, int]:
        """The file is read here and only written down by the writer, so that callbacks do not wait for Excel."""
        school, person_id = _school_kept_by(token)
        page = partial(render_template, "roster.html", token=token, school=school.name)
        request.max_content_length = WORKBOOK_LIMIT + FORM
        try:
            file = request.files.get("workbook")
        except RequestEntityTooLarge:
            return page(trouble="too_big"), 413
        if file is None or not file.filename:
            return page(trouble="no_file"), 400
        try:
            roster = read_workbook(file.read(), clock.now())
        except WorkbookRefused as error:
            log.info("roster refused", school=school.code, person=person_id, problems=len(error.problems))
            return page(refused=error.reason, problems=error.problems), 400
        result = writer.do(partial(write_roster, school.code, roster))
        log.info(
            "roster",
            school=school.code,
            person=person_id,
            new=result.new,
            changed=result.changed,
            tasks=result.tasks,
            turns=result.turns,
            places=result.places,
            problems=len(result.problems),
        )
        return page(result=result, problems=result.problems)

    def _school_kept_by(token: str) -> tuple[School, int]:
        """The school whose roster the link's person keeps, and who that is. Raises LinkRefused, also after their post."""
        person_id = int(links.open(token, Purpose.ROSTER))
        with reading(engine) as session:
            person = session.get(Person, person_id)
            if person is None or not person.active or not person.holds(Post.ADMINISTRATOR):
                raise LinkRefused(Purpose.ROSTER)
            return session.scalars(select(School).where(School.id == person.school_id)).one(), person_id

    return pages
