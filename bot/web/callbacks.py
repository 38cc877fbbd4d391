"""/callback/<school>/<connection>: where the platforms that come to us knock."""

from __future__ import annotations

from flask import Blueprint, Response, request

from bot.connections import Connections
from bot.hearing import hear
from bot.pipeline import Pipeline
from bot.platforms.base import BODY_LIMIT, Callback


def blueprint(connections: Connections, pipeline: Pipeline) -> Blueprint:
    """The callback address of every connection."""
    pages = Blueprint("callbacks", __name__)

    @pages.route("/callback/<school>/<name>", methods=["GET", "POST"])
    def callback(school: str, name: str) -> Response:
        connection = connections.get(school, name)
        if connection is None:
            return Response(status=404)
        if (request.content_length or 0) > BODY_LIMIT:
            return Response(status=413)
        received = Callback(
            method=request.method,
            headers={key.lower(): value for key, value in request.headers.items()},
            query=request.args.to_dict(),
            body=request.stream.read(BODY_LIMIT + 1),
        )
        if len(received.body) > BODY_LIMIT:
            return Response(status=413)
        answer = hear(pipeline, connection, received)
        return Response(answer.body, status=answer.status, content_type=answer.content_type)

    return pages
