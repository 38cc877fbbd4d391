"""Due outbox rows → platform: at least once, in order per chat, within each channel's limits.

claim (commit) → send with no transaction open → mark (commit). What a platform refuses for now comes again after growing
waits; what it refuses for good is a dead letter with a reason in plain Chinese.
"""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock, monotonic
from bot.connections import Connection, Connections
from bot.documents import draw
from bot.documents.chart import GlyphMissing
from bot.errors import DeliveryError, GiveUp, TryLater
from bot.messages import Button, Outgoing, Picture
from bot.platforms.base import Broadcaster, Rate, Recaller, Sent, TodoKeeper
from bot.said import card_from_data, form_from_data
from bot.store.records import RECALL
from bot.store.session import Writer
from bot.store.waiting import (
    TODO,
    Letter,
    claim_letters,
    mark_dead,
    mark_later,
    mark_sent,
    note_recalled,
    note_told,
    release,
    say_it_failed,
    wake,
)
from bot.worker import Worker

log = structlog.get_logger()

WAITS = tuple(timedelta(seconds=s) for s in (2, 5, 15, 60, 300, 900, 3600, 3600, 7200, 14400, 28800, 43200))
"""Between the tries, about two days in all; then nobody needs it any more."""

WAKE_EVERY = 10.0
"""Seconds between looks at what was held over night."""

AT_ONCE = 4
"""Calls under way at the same time; each chat still has one at a time."""


Tried = tuple[str, Callable[..., None]]
"""What happened to a row, and the mark to make."""


class Meter:
    """Counts calls against a channel's rates in sliding windows. Not shared between processes: a platform's own
    refusal (TryLater) covers that case."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: dict[tuple[str, str, str, Rate], deque[datetime]] = defaultdict(deque)
        self._lock = threading.Lock()

    def wait(self, connection: Connection, chat: str) -> timedelta | None:
        """None: go ahead, it is counted. Else how long the fullest window still needs."""
        now = self._clock.now()
        with self._lock:
            windows = []
            for rate in connection.platform.capabilities.rates:
                key = (connection.school, connection.name, chat if rate.scope == "chat" else "", rate)
                window = self._calls[key]
                # a call in the future was counted before the clock was set back
                while window and not now - rate.per < window[0] <= now:
                    window.popleft()
                if len(window) >= rate.count:
                    return window[0] + rate.per - now
                windows.append(window)
            for window in windows:
                window.append(now)
        return None


class Deliverer:
    """One per process. name: stable over restarts of the same process, so that it takes back what it held when it died."""

    def __init__(self, writer: Writer, connections: Connections, clock: Clock, name: str) -> None:
        self._writer = writer
        self._connections = connections
        self._clock = clock
        self._name = name[:32]
        self._meter = Meter(clock)
        self._held: set[int] = set()
        self._hands: set[int] = set()
        self._woken_at = float("-inf")
        self._broadcasts = any(isinstance(connection.platform, Broadcaster) for connection in connections)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="deliverer")
        self._worker = Worker("outbox", self._round)
        self.ring = self._worker.ring

    def start(self) -> None:
        """Take back what an earlier life held, then deliver until stop()."""
        self._writer.do(partial(release, holder=self._name))
        self._worker.start()

    def stop(self) -> None:
        """Finish the calls under way; the rest stays in the database."""
        self._worker.stop()
        self._pool.shutdown()

    def drain(self) -> int:
        """Deliver what is due now, in this thread. Returns how many calls were made."""
        self._wake()
        total = 0
        while batches := self._claim(AT_ONCE):
            for batch in batches:
                self._deliver(batch)
            total += len(batches)
        return total

    def _round(self) -> bool:
        """Claim as many calls' worth as there are free hands. Returns whether any were found."""
        if monotonic() - self._woken_at > WAKE_EVERY:
            self._wake()
        free = AT_ONCE - len(self._hands)
        batches = self._claim(free) if free > 0 else []
        for batch in batches:
            self._hands.add(batch[0].id)
            self._held.update(letter.id for letter in batch)
            self._pool.submit(self._deliver_and_ring, batch)
        return bool(batches)

    def _wake(self) -> None:
        self._woken_at = monotonic()
        self._writer.do(partial(wake, now=self._clock.now()))

    def _deliver_and_ring(self, batch: list[Letter]) -> None:
        try:
            self._deliver(batch)
        except SQLAlchemyError as error:
            log.error("outbox", row=batch[0].id, error=type(error).__name__, todo="xiaoling doctor")
        finally:
            self._held.difference_update(letter.id for letter in batch)
            self._hands.discard(batch[0].id)
            self.ring()

    def _claim(self, limit: int) -> list[list[Letter]]:
        """What one call can carry stands together: one letter, or several private ones that say the same."""
        work = partial(
            claim_letters,
            holder=self._name,
            now=self._clock.now(),
            limit=limit,
            busy=tuple(self._held),
            together=self._together if self._broadcasts else None,
        )
        return self._writer.do(work)

    def _together(self, school: str, name: str, said: dict[str, Any]) -> int:
        connection = self._connections.get(school, name)
        if connection is None or not isinstance(connection.platform, Broadcaster):
            return 1
        alone = ("buttons", "form", "closes", TODO, RECALL)
        return 1 if any(said.get(each) for each in alone) else connection.platform.most

    def _deliver(self, batch: list[Letter]) -> None:
        started = monotonic()
        tried = self._try_many(batch) if len(batch) > 1 else [self._try(batch[0])]
        marks = [mark for _, mark in tried]

        def mark_all(session: Session) -> None:
            for mark in marks:
                mark(session)

        self._writer.do(mark_all)
        for letter, (result, _) in zip(batch, tried, strict=True):
            log.info(
                "delivery",
                school=letter.school,
                connection=letter.connection,
                row=letter.id,
                result=result,
                ms=round((monotonic() - started) * 1000, 1),
            )

    def _try_many(self, batch: list[Letter]) -> list[Tried]:
        """Send what several rows say in one call. Returns for each what happened and the mark to make."""
        connection = self._connections.get(batch[0].school, batch[0].connection)
        if connection is None or not isinstance(connection.platform, Broadcaster):
            return [self._try(letter) for letter in batch]
        wait = self._meter.wait(connection, batch[0].chat.id)
        if wait is not None:
            return [self._paced(letter, wait) for letter in batch]
        try:
            what = replace(outgoing(batch[0]), key="", card_id="")
            became = connection.platform.send_many([letter.chat for letter in batch], what)
        except GiveUp:
            # whom it concerns is not told: each by itself, so that one does not cost the others their message
            return [self._try(letter) for letter in batch]
        except Exception as error:  # noqa: BLE001 - a bug is logged there
            return [self._failed(letter, error) for letter in batch]
        missing = TryLater("平台没有说这一位收到没有", unknown=True)
        return [self._became(letter, became.get(letter.chat.id, missing)) for letter in batch]

    def _became(self, letter: Letter, result: Sent | DeliveryError) -> Tried:
        return ("sent", self._sent(letter, result)) if isinstance(result, Sent) else self._failed(letter, result)

    def _try(self, letter: Letter) -> Tried:
        """Send one row. Returns what happened and the mark to make."""
        connection = self._connections.get(letter.school, letter.connection)
        if connection is None:
            reason = f"设置里已经没有连接“{letter.connection}”，请加回来，或忽略这条"
            return "dead", partial(mark_dead, letter_id=letter.id, reason=reason, attempts=letter.attempts)
        if TODO in letter.said and letter.todo is None:
            return "known", self._sent(letter, Sent())
        wait = self._meter.wait(connection, letter.chat.id)
        if wait is not None:
            return self._paced(letter, wait)
        try:
            sent = _carried(connection, letter)
        except Exception as error:  # noqa: BLE001 - a bug is logged there
            return self._failed(letter, error)
        return "sent", self._sent(letter, sent)

    def _paced(self, letter: Letter, wait: timedelta) -> Tried:
        return "paced", self._later(letter, wait, "这个群发得太密，稍后自动再发", letter.attempts)

    def _failed(self, letter: Letter, error: Exception) -> Tried:
        if isinstance(error, TryLater):
            return self._again(letter, error)
        if isinstance(error, GiveUp):
            log.warning("dead_letter", row=letter.id, reason=error.reason, todo="xiaoling doctor")
            return "dead", self._dead(letter, error.reason)
        if isinstance(error, GlyphMissing | ValueError):
            log.error("undrawable", row=letter.id, error=type(error).__name__)
            return "dead", self._dead(letter, "这张图画不出来，请把时间和群名告诉校铃的维护人员")
        log.error("delivery_bug", row=letter.id, error=type(error).__name__, exc_info=error)
        return self._again(letter, TryLater("程序出错，已记录，稍后自动再试"))

    def _again(self, letter: Letter, error: TryLater) -> Tried:
        if letter.attempts >= len(WAITS):
            log.warning("dead_letter", row=letter.id, reason=error.reason, todo="xiaoling doctor")
            return "dead", self._dead(letter, f"试了 {letter.attempts + 1} 次都没发出去：{error.reason}")
        wait = max(WAITS[letter.attempts], error.after or timedelta())
        return "later", self._later(letter, wait, error.reason, letter.attempts + 1)

    def _later(self, letter: Letter, wait: timedelta, reason: str, attempts: int) -> Callable[..., None]:
        due_at = self._clock.now() + wait
        return partial(mark_later, letter_id=letter.id, due_at=due_at, reason=reason, attempts=attempts)

    def _dead(self, letter: Letter, reason: str) -> Callable[..., None]:
        if RECALL in letter.said:
            return partial(self._not_recalled, letter, reason)
        return partial(mark_dead, letter_id=letter.id, reason=reason, attempts=letter.attempts + 1)

    def _not_recalled(self, letter: Letter, reason: str, session: Session) -> None:
        """Who asked for it hears of it; an operator could do no more."""
        now = self._clock.now()
        mark_sent(session, letter.id, now, "", reason)
        say_it_failed(session, letter, now)

    def _sent(self, letter: Letter, sent: Sent) -> Callable[..., None]:
        now: datetime = self._clock.now()
        wants = letter.wants

        def mark(session: Session) -> None:
            mark_sent(session, letter.id, now, sent.reference, sent.note)
            if RECALL in letter.said:
                note_recalled(session, letter.connection, letter.said[RECALL])
            if wants is not None:
                note_told(session, letter.said[TODO], sent.reference, wants)

        return mark


def _carried(connection: Connection, letter: Letter) -> Sent:
    """One call. Raises TryLater, GiveUp."""
    if RECALL in letter.said:
        if not isinstance(connection.platform, Recaller):
            raise GiveUp(f"连接“{letter.connection}”不能撤回")
        connection.platform.recall(letter.chat, letter.said[RECALL])
        return Sent()
    if letter.todo is None:
        return connection.platform.send(letter.chat, outgoing(letter))
    if not isinstance(connection.platform, TodoKeeper):
        raise GiveUp(f"连接“{letter.connection}”放不了待办")
    return connection.platform.keep(letter.chat, letter.todo)


def outgoing(letter: Letter) -> Outgoing:
    """The call that an outbox row stands for; a chart is drawn now."""
    said: dict[str, Any] = letter.said
    key = f"{letter.school}-{letter.id}" if said.get("once") or letter.again else ""
    if "chart" in said:
        chart = said["chart"]
        return Outgoing(image=Picture(draw(chart["kind"], chart["data"]), f"{chart['kind']}.png", "image/png"), key=key)
    mark = hashlib.sha256(said["text"].encode()).hexdigest()[:16]
    return Outgoing(
        text=said["text"],
        markdown=said["markdown"],
        title=said["title"],
        buttons=tuple(Button(label, says) for label, says in said.get("buttons", ())),
        form=form_from_data(said["form"]) if said.get("form") else None,
        closes=card_from_data(said["closes"]) if said.get("closes") else None,
        reminds=said.get("reminds", ""),
        mentions=tuple(said.get("mentions", ())),
        key=key,
        card_id=f"{letter.school}-{letter.id}-{mark}",
    )
