"""The addresses around WeCom's AI bot: what people sent, encrypted, for five minutes; where a callback is answered, once."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, jsonify, request

from bot.emulator.records import WECOM
from bot.emulator.wecom_bot_links import Links, sealed
from bot.emulator.wirelog import carried_file_of, json_body, watch
from bot.emulator.world import World

MEDIA = "/wecom-bot/media/"
ANSWER = "/cgi-bin/aibot/response"


def blueprint(world: World) -> Blueprint:
    """Both addresses; neither knows anything where the school hears through something else."""
    pages = Blueprint("wecom_bot_server", __name__)
    watch(pages, world, {ANSWER: f"回答 POST {ANSWER}"})

    @pages.get(f"{MEDIA}<name>")
    def media(name: str) -> Response:
        links: Links | None = getattr(world.roads.get(WECOM), "links", None)
        found = links.find(name) if links is not None else None
        file = world.file(found[0]) if found else None
        if found is None or file is None:
            abort(403)
        carried_file_of(world, file.id)
        response = Response(sealed(file.content, found[1]), mimetype="application/octet-stream")
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
        return response

    @pages.post(ANSWER)
    def answer() -> Response:
        take: Any = getattr(world.roads.get(WECOM), "answered", None)
        code = take(request.args.get("response_code", ""), json_body() or {}) if take is not None else 40058
        return jsonify({"errcode": code, "errmsg": "ok" if code == 0 else "refused"})

    return pages
