"""What a platform brings us, by whichever road, on its way to the pipeline: read it, keep it, and say what to answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.connections import Connection
from bot.errors import Malformed, Unsupported, Untrusted
from bot.facts import News
from bot.knocks import ARRIVED, CHECKED
from bot.pipeline import Pipeline
from bot.platforms.base import Answer, Callback

log = structlog.get_logger()

SEALED = ("encrypt",)
"""What cannot be read because the keys are not the platform's."""

UNTRUSTED, MALFORMED, LATER = Answer(status=403), Answer(status=400), Answer(status=503)


def hear(pipeline: Pipeline, connection: Connection, received: Callback) -> Answer:
    """Take one callback. What is answered with 200 is in the database, or is nothing to keep.

    The answer's status is HTTP's: 403 for who cannot prove to be the platform, 400 for what is signed and cannot be read
    (it is kept), 503 while the database is away: the platform is to bring it again.
    """
    names = {"school": connection.school, "connection": connection.name}
    try:
        said = connection.platform.parse(received)
    except Untrusted as error:
        log.warning("untrusted", **names, part=str(error))
        connection.knocks.refused(str(error))
        return UNTRUSTED
    except Malformed as error:
        if str(error).lower() in SEALED:
            connection.knocks.refused(str(error))
        kept = _stored(names, partial(pipeline.keep_unread, connection, received, str(error)))
        return MALFORMED if kept else LATER
    except Unsupported as error:
        log.info("unsupported", **names, kind=str(error))
        return connection.platform.acknowledge()
    if isinstance(said, Answer):
        connection.knocks.taken(CHECKED)
        return said
    connection.knocks.taken(ARRIVED)
    take = pipeline.hear_news if isinstance(said, News) else pipeline.receive
    if not _stored(names, partial(take, connection, said)):  # type: ignore[arg-type]  # each takes its own kind
        return LATER
    return connection.platform.acknowledge()


def _stored(names: dict[str, str], act: Callable[[], object]) -> bool:
    """Do it; False when the database is away."""
    try:
        act()
    except SQLAlchemyError as error:
        log.error("database", **names, error=type(error).__name__, todo="xiaoling doctor")
        return False
    return True
