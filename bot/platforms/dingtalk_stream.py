"""DingTalk's internal-app robot over Stream mode (钉钉 Stream 模式): heard through a connection that we open ourselves.

It needs no public address. What comes is acknowledged after the commit; what is not, DingTalk brings again, and the inbox
makes a repeat harmless. Said back as the HTTP robot says it (dingtalk_voice.py).
Sources: open-dingtalk/developerpedia, docs/learn/stream/ (2026-08); 钉钉开放平台 › 事件订阅 (0003), 机器人 (0699).
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, timedelta
from typing import Any

import structlog
import websockets

from bot.clock import Clock, from_ms
from bot.errors import GiveUp, Malformed, TryLater, Unsupported, Untrusted
from bot.facts import News
from bot.messages import Message
from bot.platforms.base import Answer, Callback, Health
from bot.platforms.dingtalk_api import JSON, as_json
from bot.platforms.dingtalk_cards import read_press
from bot.platforms.dingtalk_errors import error_for, refuse_ban
from bot.platforms.dingtalk_line import CARD, ROBOT, Line, subscriptions
from bot.platforms.dingtalk_news import read_event
from bot.platforms.dingtalk_voice import RobotVoice
from bot.platforms.dingtalk_words import read_message, read_object
from bot.platforms.http import call, read_json
from bot.settings import DingtalkRobotCredentials, DingtalkStream

log = structlog.get_logger()

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between tries; doubled from try to try, until something comes over the line."""

PERSON_WAIT = 300.0
"""Seconds until the next try where somebody has to change something first; done, it works without a restart."""

LINGER = 15.0
"""Seconds that a line which the server is about to close is still read: it closes after about ten."""

FINISH = 3.0
"""Seconds that stopping waits for what is being handled."""

DOWN = "长连接断着，正在自动重连"

TICKET_TIMEOUT = (5.0, 10.0)

REFUSED = (
    "钉钉没有让长连接接通：请核对 app_key 和 app_secret，在开发者后台把机器人的消息接收模式选为 Stream，并发布版本"
)


def build(connection: DingtalkStream, clock: Clock) -> DingtalkStreamPlatform:
    """The connection that these settings describe."""
    return DingtalkStreamPlatform(connection, clock)


class DingtalkStreamPlatform(RobotVoice):
    """One robot. listen() runs in a thread of its own, with an event loop of its own."""

    def __init__(self, connection: DingtalkStream, clock: Clock) -> None:
        super().__init__(connection, clock)
        self._secret = connection.app_secret.get_secret_value()
        self.health: Health | None = None
        """How the line stands; None as long as nobody listens in this process."""

    def parse(self, callback: Callback) -> Message | News | Answer:
        """Read one frame of our own connection. Nobody else can bring one: over HTTP there is nothing to hear.

        Raises Untrusted, Malformed, Unsupported.
        """
        if callback.method != "FRAME":
            raise Untrusted("not over the stream")
        headers, data = callback.headers, read_object(callback.body)
        if headers.get("type") == "EVENT":
            return _read_event(headers.get("eventType", ""), headers.get("eventId", ""), headers, data)
        if headers.get("topic") == ROBOT:
            self.count_heard(data)
            return read_message(data, self._settings.oapi_base)
        if headers.get("topic") == CARD:
            self.tally.count("message")
            return read_press(data, self._clock)
        raise Unsupported(headers.get("topic", "no topic"))

    def acknowledge(self) -> Answer:
        """The line writes the acknowledgement itself."""
        return Answer()

    def check(self) -> Health:
        """A token, and a ticket that nobody uses: it proves that the robot may be heard by Stream."""
        health = super().check()
        if not health.well:
            return health
        try:
            self._ticket()
        except (TryLater, GiveUp) as error:
            return Health(False, "长连接没有接通", error.reason)
        return Health(True, "凭证可用，长连接可以接通")

    def prove(self) -> Health:
        """The keys alone: a ticket is given only after the app was published."""
        return super().check()

    def listen(self, hear: Callable[[Callback], bool], stopped: threading.Event) -> None:
        """Keep one connection open until `stopped`; see Listener."""
        # a ticket that is being asked for must not hold up the end
        with asyncio.Runner() as runner:
            helpers = ThreadPoolExecutor(2, thread_name_prefix="dingtalk-ticket")
            # one thread: what is said first is handled first
            hearing = ThreadPoolExecutor(1, thread_name_prefix="dingtalk-hear")
            try:
                runner.run(_Listening(self._ticket, hear, stopped, self._settings, helpers, hearing, self._note).run())
            finally:
                self._note(Health(False, "校铃没有在运行"))
                helpers.shutdown(wait=False, cancel_futures=True)
                hearing.shutdown(wait=False, cancel_futures=True)

    def _note(self, health: Health) -> None:
        self.health = health

    def _ticket(self) -> tuple[str, str]:
        """Where to connect, and the ticket for it: good for 90 seconds and one connection. Raises TryLater, GiveUp."""
        body = {
            "clientId": self._settings.app_key,
            "clientSecret": self._secret,
            "subscriptions": subscriptions(),
            "ua": "xiaoling",
        }
        url = f"{self._settings.api_base}/v1.0/gateway/connections/open"
        # without Accept it may answer in XML
        headers = JSON | {"Accept": "application/json"}
        response = call(
            self._api.http, "POST", url, data=as_json(body).encode(), headers=headers, timeout=TICKET_TIMEOUT
        )
        result = read_json(response)
        refuse_ban(result)
        if response.status_code != 200:
            known = error_for(str(result.get("code") or response.status_code))
            raise known if isinstance(known, TryLater) else GiveUp(REFUSED)
        endpoint, ticket = str(result.get("endpoint") or ""), str(result.get("ticket") or "")
        if not endpoint.startswith(("wss://", "ws://127.0.0.1")) or not ticket:
            raise TryLater("钉钉没有给长连接的地址")
        return endpoint, ticket


class _Listening:
    """What keeps one robot heard, within one event loop."""

    def __init__(
        self,
        ticket: Callable[[], tuple[str, str]],
        hear: Callable[[Callback], bool],
        stopped: threading.Event,
        settings: DingtalkRobotCredentials,
        helpers: ThreadPoolExecutor,
        hearing: ThreadPoolExecutor,
        note: Callable[[Health], None],
    ) -> None:
        self._ticket, self._hear, self._stopped = ticket, hear, stopped
        self._app_key, self._name = settings.app_key, settings.name
        self._helpers, self._hearing, self._note = helpers, hearing, note
        self._lines: set[Line] = set()
        self._leaving: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until stopped; what is being handled then is still acknowledged."""
        loop = asyncio.get_running_loop()
        stopping: asyncio.Future[Any] = loop.run_in_executor(self._helpers, self._stopped.wait)
        keeping: asyncio.Future[Any] = asyncio.create_task(self._keep())
        await asyncio.wait({stopping, keeping}, return_when=asyncio.FIRST_COMPLETED)
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        for task in self._leaving:
            task.cancel()
        await asyncio.gather(*(line.finish(FINISH) for line in self._lines), return_exceptions=True)

    async def _keep(self) -> None:
        wait = FIRST_WAIT
        self._note(Health(False, "正在连接"))
        while True:
            try:
                line = await self._open()
            except GiveUp as error:
                self._note(Health(False, "钉钉没有让长连接接通", error.reason))
                log.warning("dingtalk_stream_refused", connection=self._name, todo=error.reason)
                await asyncio.sleep(_about(PERSON_WAIT))
                continue
            except (TryLater, OSError, TimeoutError, websockets.WebSocketException) as error:
                reason = error.reason if isinstance(error, TryLater) else type(error).__name__
                after = error.after if isinstance(error, TryLater) else None
                self._note(Health(False, DOWN, reason))
                log.warning("dingtalk_stream_down", connection=self._name, reason=reason)
                await asyncio.sleep(_about(max(wait, (after or timedelta()).total_seconds())))
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            self._note(Health(True, "长连接已连上"))
            log.info("dingtalk_stream_up", connection=self._name)
            reading: asyncio.Future[Any] = asyncio.create_task(line.start())
            leaving: asyncio.Future[Any] = asyncio.create_task(line.leaving.wait())
            try:
                await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                leaving.cancel()
                raise
            leaving.cancel()
            if line.alive:
                wait = FIRST_WAIT
            if not reading.done():
                # it brings nothing more, but still takes acknowledgements: the next line is opened first
                self._leave(line, reading)
                continue
            await self._end(line)
            self._note(Health(False, DOWN, "钉钉关了这条连接"))
            log.warning("dingtalk_stream_down", connection=self._name, reason="closed")
            await asyncio.sleep(_about(wait))
            wait = min(wait * 2, LONGEST_WAIT)

    async def _open(self) -> Line:
        loop = asyncio.get_running_loop()
        endpoint, ticket = await loop.run_in_executor(self._helpers, self._ticket)
        line = Line(self._app_key, self._take)
        await line.connect(endpoint, ticket)
        self._lines.add(line)
        return line

    def _leave(self, line: Line, reading: asyncio.Future[Any]) -> None:
        async def linger() -> None:
            await asyncio.wait({reading}, timeout=LINGER)
            await self._end(line)

        task = asyncio.create_task(linger())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _end(self, line: Line) -> None:
        await line.finish(FINISH)
        self._lines.discard(line)

    async def _take(self, received: Callback) -> bool:
        """Hand one frame over, outside of the event loop. A bug in what hears it counts as not taken."""
        if self._stopped.is_set():
            return False
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._hearing, self._hear, received)
        except Exception as error:
            log.exception("hearing_bug", connection=self._name, error=type(error).__name__)
            return False


def _about(seconds: float) -> float:
    """So many, give or take a quarter: not every school comes back in the same second."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


def _read_event(kind: str, identity: str, headers: Any, data: dict[str, Any]) -> News:
    """Raises Malformed, Unsupported."""
    try:
        born = from_ms(headers["eventBornTime"]).astimezone(UTC)
    except (KeyError, ValueError) as error:
        raise Malformed("eventBornTime") from error
    return read_event(kind, identity, born, data)
