"""The few pages that a signed link opens: a record's photos, one photo, the roster."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from sqlalchemy import Engine, select
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


def blueprint(writer: Writer, engine: Engine, photos: PhotoStore, links: Links, clock: Clock) -> Blueprint:
    """Nothing here is found without a link, and a link says nothing about why it does not open."""
    pages = Blueprint("pages", __name__)

    @pages.after_request
    def guard(response: AnyResponse) -> AnyResponse:
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'"
        )
        response.headers["Referrer-Policy"] = "no-referrer"  # the address is the key
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    @pages.errorhandler(LinkRefused)
    def refused(_error: LinkRefused) -> tuple[str, int]:
        return render_template("refused.html"), 404

    @pages.get("/style.css")
    def style() -> Response:
        return Response(render_template("style.css"), content_type="text/css; charset=utf-8")

    @pages.get("/a/<token>")
    def album(token: str) -> str:
        of, _, subject = links.open(token, Purpose.ALBUM).rpartition("-")
        with reading(engine) as session:
            rows = session.scalars(
                select(Photo).where(Photo.of == PhotoOf(of), Photo.subject_id == int(subject)).order_by(Photo.id)
            ).all()
        shown = [
            {
                "small": links.photo(row.sha, PhotoSize.SMALL),
                "full": links.photo(row.sha, PhotoSize.FULL),
                "when": a_moment(row.taken_at or row.sent_at),
                "taken": row.taken_at is not None,
            }
            for row in rows
            if row.state is PhotoState.KEPT
        ]
        coming = sum(row.state is PhotoState.WANTED for row in rows)
        return render_template("album.html", photos=shown, coming=coming)

    @pages.get("/p/<token>")
    def photo(token: str) -> AnyResponse:
        sha, size = links.open_photo(token)
        if not photos.exists(sha, size):
            abort(404)
        return send_file(photos.path(sha, size), mimetype="image/jpeg", max_age=3600)

    @pages.get("/r/<token>")
    def roster(token: str) -> str:
        links.open(token, Purpose.ROSTER)
        return render_template("roster.html", token=token, result=None)

    @pages.get("/r/<token>/template.xlsx")
    def roster_template(token: str) -> Response:
        links.open(token, Purpose.ROSTER)
        response = Response(template(), content_type=XLSX)
        response.headers["Content-Disposition"] = (
            "attachment; filename*=UTF-8''%E6%A0%A1%E9%93%83%E5%90%8D%E5%8D%95.xlsx"
        )
        return response

    @pages.post("/r/<token>")
    def upload(token: str) -> AnyResponse | tuple[str, int] | str:
        person_id = int(links.open(token, Purpose.ROSTER))
        if (request.content_length or 0) > WORKBOOK_LIMIT:
            return render_template(
                "roster.html", token=token, result=None, refused="文件太大了，名单一般不到 1 MB。"
            ), 413
        file = request.files.get("workbook")
        if file is None or not file.filename:
            return redirect(url_for("pages.roster", token=token))
        content = file.read()
        with reading(engine) as session:
            school = _school_of_administrator(session.get(Person, person_id), session.get)
        try:
            result = writer.do(partial(load_workbook, school, content, clock.now()))
        except WorkbookRefused as error:
            return render_template("roster.html", token=token, result=None, refused=error.reason), 400
        return render_template("roster.html", token=token, result=result)

    return pages


def _school_of_administrator(person: Person | None, get: object) -> str:
    """The code of the school whose roster this person keeps; a link outlives neither the post nor the person."""
    if person is None or not person.active or not person.holds(Post.ADMINISTRATOR):
        raise LinkRefused(Purpose.ROSTER)
    school = get(School, person.school_id)  # type: ignore[operator]
    code: str = school.code
    return code
