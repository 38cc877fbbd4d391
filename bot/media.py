"""Photos come in the way messages go out: a row says what to fetch; it is fetched after the commit, cleaned and stored."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.connections import Connection, Connections
from bot.domain.chats import Chat
from bot.domain.photos import Photo, PhotoState
from bot.domain.school import School
from bot.errors import GiveUp, TryLater
from bot.messages import MediaRef
from bot.photos import BYTES, PhotoRefused, PhotoStore, clean
from bot.platforms.base import Fetched
from bot.render import Renderer
from bot.scribe import Scribe
from bot.store.session import Writer
from bot.store.store import Store
from bot.store.waiting import Wanted, claim_photos, mark_photo
from bot.worker import Worker

log = structlog.get_logger()

WAITS = tuple(timedelta(seconds=s) for s in (2, 10, 60, 300, 1800, 7200))
"""Between the tries; a platform keeps a file for hours to days, so later than this is too late."""


class MediaFetcher:
    """One per process. Photos that cannot be had are told to who sent them, so that they can send them again."""

    def __init__(
        self,
        writer: Writer,
        connections: Connections,
        photos: PhotoStore,
        renderer: Renderer,
        clock: Clock,
    ) -> None:
        self._writer = writer
        self._connections = connections
        self._photos = photos
        self._renderer = renderer
        self._clock = clock
        worker = Worker("media", lambda: self.drain() > 0)
        self.start, self.ring, self.stop = worker.start, worker.ring, worker.stop

    def drain(self) -> int:
        """Fetch what is due now, in this thread. Returns how many were tried."""
        total = 0
        while wanted := self._writer.do(partial(claim_photos, now=self._clock.now(), limit=4)):
            for photo in wanted:
                self._fetch(photo)
            total += len(wanted)
        return total

    def _fetch(self, wanted: Wanted) -> None:
        connection = self._connections.get(wanted.school, wanted.connection)
        result = "kept"
        try:
            if connection is None:
                raise GiveUp(f"设置里已经没有连接“{wanted.connection}”")
            fetched: Fetched = connection.platform.fetch(MediaRef(wanted.ref), BYTES)
            photo = clean(fetched.content, self._clock.now())
            sha = self._photos.put(photo)
            self._mark(wanted, state=PhotoState.KEPT, sha=sha, taken_at=photo.taken_at)
        except TryLater as error:
            result = "later" if wanted.attempts <= len(WAITS) else "lost"
            if result == "later":
                wait = max(WAITS[wanted.attempts - 1], error.after or timedelta())
                self._mark(wanted, due_at=self._clock.now() + wait, reason=error.reason[:200])
            else:
                self._lose(wanted, connection, error.reason)
        except (GiveUp, PhotoRefused) as error:
            result = "lost"
            self._lose(wanted, connection, error.reason)
        except SQLAlchemyError:
            raise
        except Exception as error:
            result = "lost"
            log.error("media_bug", photo=wanted.id, error=type(error).__name__, exc_info=True)
            self._lose(wanted, connection, "这张照片打不开")
        log.info("media", photo=wanted.id, school=wanted.school, result=result, attempt=wanted.attempts)

    def _mark(self, wanted: Wanted, **values: Any) -> None:
        self._writer.do(partial(mark_photo, photo_id=wanted.id, **values))

    def _lose(self, wanted: Wanted, connection: Connection | None, reason: str) -> None:
        self._writer.do(partial(self._lost, wanted, connection, reason))

    def _lost(self, wanted: Wanted, connection: Connection | None, reason: str, session: Session) -> None:
        mark_photo(session, wanted.id, state=PhotoState.LOST, reason=reason[:200])
        photo = session.get(Photo, wanted.id)
        if connection is None or photo is None:
            return
        school, chat = session.get(School, photo.school_id), session.get(Chat, photo.chat_id)
        assert school is not None
        assert chat is not None
        text = self._renderer.text("common/photo_lost", {"reason": reason})
        cause = f"photo:{wanted.id}"
        Scribe(self._renderer, self._connections, session, Store(session, school), cause, self._clock.now()).write(
            connection, chat, text
        )
