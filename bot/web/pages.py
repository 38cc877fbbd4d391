"""The few pages that a signed link opens: a record's photos, one photo, the roster.

There are no cookies: whoever holds the link may do what it is for, nobody else can guess it, and so no other site can forge
a form either.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from bot.clock import Clock
from bot.documents.roster import WORKBOOK_LIMIT, template
from bot.domain.people import Person, Post
from bot.domain.photos import Photo, PhotoOf, PhotoState
from bot.domain.school import School
from bot.links import LinkRefused, Links, Purpose
from bot.photos import PhotoSize, PhotoStore
from bot.render import a_moment
from bot.roster import WorkbookRefused, load_workbook
from bot.store.session import Writer, reading

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ATTACHED = "attachment; filename*=UTF-8''%E6%A0%A1%E9%93%83%E5%90%8D%E5%8D%95.xlsx"
"""校铃名单.xlsx, as RFC 5987 writes it."""

POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; frame-ancestors 'none'"


def blueprint(writer: Writer, engine: Engine, photos: PhotoStore, links: Links, clock: Clock) -> Blueprint:
    """Nothing here is found without a link, and a link says nothing about why it does not open."""
    pages = Blueprint("pages", __name__, static_folder=str(Path(__file__).parent / "static"), static_url_path="/static")

    @pages.after_request
    def guard(response: AnyResponse) -> AnyResponse:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"  # the address is the key
        response.headers["X-Content-Type-Options"] = "nosniff"
        if request.endpoint not in ("pages.static", "pages.photo"):
            response.headers["Cache-Control"] = "private, no-store"
        return response

    @pages.errorhandler(LinkRefused)
    def refused(_error: LinkRefused) -> tuple[str, int]:
        return render_template("refused.html"), 404

    @pages.get("/a/<token>")
    def album(token: str) -> str:
        of, _, subject = links.open(token, Purpose.ALBUM).rpartition("-")
        with reading(engine) as session:
            rows = session.scalars(
                select(Photo).where(Photo.of == PhotoOf(of), Photo.subject_id == int(subject)).order_by(Photo.id)
            ).all()
        kept = [row for row in rows if row.state is PhotoState.KEPT]
        shown = [
            {
                "small": urlsplit(links.photo(row.sha, PhotoSize.SMALL)).path,
                "full": urlsplit(links.photo(row.sha, PhotoSize.FULL)).path,
                "when": a_moment(row.taken_at or row.sent_at),
                "taken": row.taken_at is not None,
            }
            # the same picture sent and then quoted is one picture
            for row in {row.sha: row for row in reversed(kept)}.values()
        ]
        coming = sum(row.state is PhotoState.WANTED for row in rows)
        return render_template("album.html", photos=shown[::-1], coming=coming)

    @pages.get("/p/<token>")
    def photo(token: str) -> AnyResponse:
        sha, size = links.open_photo(token)
        if not photos.exists(sha, size):
            abort(404)
        return send_file(photos.path(sha, size), mimetype="image/jpeg", max_age=3600)

    @pages.get("/r/<token>")
    def roster(token: str) -> str:
        _school_kept_by(token)
        return render_template("roster.html", token=token)

    @pages.get("/r/<token>/template.xlsx")
    def roster_template(token: str) -> Response:
        _school_kept_by(token)
        return Response(template(), content_type=XLSX, headers={"Content-Disposition": ATTACHED})

    @pages.post("/r/<token>")
    def upload(token: str) -> AnyResponse | tuple[str, int] | str:
        school = _school_kept_by(token)
        if (request.content_length or 0) > WORKBOOK_LIMIT:
            return render_template("roster.html", token=token, refused="文件太大了，名单一般不到 1 MB。"), 413
        file = request.files.get("workbook")
        if file is None or not file.filename:
            return redirect(url_for("pages.roster", token=token))
        try:
            result = writer.do(partial(load_workbook, school, file.read(), clock.now()))
        except WorkbookRefused as error:
            return render_template("roster.html", token=token, refused=error.reason), 400
        return render_template("roster.html", token=token, result=result)

    def _school_kept_by(token: str) -> str:
        """The code of the school whose roster the link's person keeps; it ends with the post, too. Raises LinkRefused."""
        person_id = int(links.open(token, Purpose.ROSTER))
        with Session(engine) as session:
            person = session.get(Person, person_id)
            if person is None or not person.active or not person.holds(Post.ADMINISTRATOR):
                raise LinkRefused(Purpose.ROSTER)
            school = session.get(School, person.school_id)
            assert school is not None
            return school.code

    return pages
