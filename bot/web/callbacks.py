"""/callback/<school>/<connection>: a platform's request becomes a Message for the pipeline, and a status code back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError

from bot.connections import Connection, Connections
from bot.errors import Malformed, Unsupported, Untrusted
from bot.pipeline import Pipeline
from bot.platforms.base import BODY_LIMIT, Answer, Callback

log = structlog.get_logger()


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
        try:
            said = connection.platform.parse(received)
        except Untrusted as error:
            log.warning("untrusted", school=school, connection=name, part=str(error))
            return Response(status=403)
        except Malformed as error:
            kept = _stored(connection, partial(pipeline.keep_unread, connection, received, str(error)))
            return Response(status=400 if kept else 503)
        except Unsupported as error:
            log.info("unsupported", school=school, connection=name, kind=str(error))
            return _response(connection.platform.acknowledge())
        if isinstance(said, Answer):
            return _response(said)
        if not _stored(connection, partial(pipeline.receive, connection, said)):
            return Response(status=503)
        return _response(connection.platform.acknowledge())

    return pages


def _stored(connection: Connection, act: Callable[[], object]) -> bool:
    """Do it; False when the database is away: the platform is to try again."""
    try:
        act()
    except SQLAlchemyError as error:
        todo = "xiaoling doctor"
        log.error(
            "database", school=connection.school, connection=connection.name, error=type(error).__name__, todo=todo
        )
        return False
    return True


def _response(answer: Answer) -> Response:
    return Response(answer.body, status=answer.status, content_type=answer.content_type)
