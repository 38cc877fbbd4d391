"""The long connection of WeCom's AI bot: subscribed, kept alive, opened again; frames asked and answered by their req_id.

One bot has one connection: whoever subscribes later takes it over. When that happens this side stays away until a person
decides, or two processes would throw each other out for ever. A req_id is worth nothing on another connection.

Source: 企业微信开发者中心 › 智能机器人 › 长连接 (101463, copy of 2025-12), and the official package @wecom/aibot-node-sdk 1.0.7.
"""

from __future__ import annotations

import json
import random
import secrets
import socket as sockets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from bot.clock import Clock, monotonic
from bot.errors import GiveUp, TryLater
from bot.platforms.base import Health
from bot.platforms.tally import Tally
from bot.platforms.wecom_bot_words import error_of, without_control
from bot.settings import WecomBotStream

log = structlog.get_logger()

HEARTBEAT = 30.0
"""Seconds between pings."""

MISSED = 2
"""So many pings after which nothing came, their answers or anything else, and the line is dead."""

OPENING = 10.0
ACK = 15.0
"""Seconds for the answer to a frame; the official client waits 5, the official plugin 15."""

UNSENT = 60.0
"""Seconds that bytes may lie unacknowledged by the other end's machine."""

LONGEST_WAIT = 30.0
REFUSALS = 5
"""Subscriptions refused in a row before a person has to look."""

FOR_A_PERSON = 3600.0
"""Seconds until the settings are tried again all the same."""

REMEMBERED = 20_000
"""req_ids that can still be answered, the newest."""

TURN = 0.25
"""Seconds after which it looks whether it is to stop."""

FRAME_BYTES = 4 * 1024 * 1024

_BUSY = frozenset({-1, 45009, 45033})
"""Refusals of a subscription that say nothing about the secret."""

NOT_SUBSCRIBED = 846609


class Line:
    """One bot's connection. Safe to use from several threads; run() belongs to one."""

    def __init__(self, settings: WecomBotStream, clock: Clock, tally: Tally) -> None:
        self._settings = settings
        self._clock = clock
        self._tally = tally
        self._changed = threading.Condition()
        self._socket: ClientConnection | None = None
        self._answers: dict[str, dict[str, Any] | None] = {}
        self._heard: OrderedDict[str, None] = OrderedDict()
        self._pings = 0
        """Since anything came; the reading thread's own."""
        self._early: deque[str | bytes] = deque()
        """What came before the subscription was answered."""
        self.health: Health | None = None
        """None as long as nobody runs the line in this process."""

    # for who sends

    def answers(self, req_id: str) -> bool:
        """Whether what came with this req_id can still be answered by it."""
        with self._changed:
            return self._socket is not None and req_id in self._heard

    def ask(self, cmd: str, body: Mapping[str, Any], req_id: str = "") -> dict[str, Any]:
        """Send a frame and wait for its answer, whatever it says. req_id: "" makes one; frames with the same go in turn.

        Raises TryLater; its `unknown` says whether the platform may have carried it out.
        """
        req_id = req_id or f"{cmd}_{secrets.token_hex(12)}"
        until = monotonic() + ACK
        with self._changed:
            if not self._changed.wait_for(lambda: req_id not in self._answers, ACK):
                raise TryLater("上一句还没有回执")
            socket = self._socket
            if socket is None:
                raise TryLater(self._why_not())
            self._answers[req_id] = None
        try:
            _send(socket, {"cmd": cmd, "headers": {"req_id": req_id}, "body": body})
            self._tally.count("message" if cmd in ("aibot_respond_msg", "aibot_send_msg") else "free")
            with self._changed:
                self._changed.wait_for(
                    lambda: self._answers[req_id] is not None or self._socket is not socket, until - monotonic()
                )
                answer = self._answers[req_id]
                if answer is None:
                    # an answer that comes later must not be taken for the one to the next frame
                    self._heard.pop(req_id, None)
                    gone = self._socket is not socket
                    raise TryLater("长连接断了" if gone else "企业微信没有及时回执", unknown=True)
                return answer
        except ConnectionClosed as error:
            raise TryLater("长连接断了", unknown=True) from error
        finally:
            with self._changed:
                self._answers.pop(req_id, None)
                self._changed.notify_all()

    def renew(self) -> bool:
        """Close the line and wait until it is open and subscribed again. False: not within its time."""
        with self._changed:
            old = self._socket
        if old is not None:
            self._lose(old)
            old.close()
        with self._changed:
            return self._changed.wait_for(lambda: self._socket is not None, OPENING)

    def try_once(self) -> None:
        """Subscribe and close; not while run() runs. Raises TryLater, GiveUp."""
        socket = self._open()
        self._lose(socket)
        socket.close()

    def _why_not(self) -> str:
        health = self.health
        return f"长连接没有连上：{health.todo or health.line}" if health is not None else "长连接只在校铃的服务里"

    # for who listens

    def run(self, take: Callable[[str, float], bool], stopped: threading.Event) -> None:
        """Keep the line open until `stopped`. take: puts a message's frame away within so many seconds, or says False."""
        failures = refusals = 0
        while not stopped.is_set():
            self._note(False, "正在连接", "")
            try:
                socket = self._open()
            except TryLater as error:
                failures += 1
                self._note(False, "长连接断着，正在自动重连", error.reason)
                log.warning("line_down", connection=self._settings.name, reason=error.reason, tries=failures)
                stopped.wait(_wait(failures))
                continue
            except GiveUp as error:
                refusals += 1
                self._refused(error.reason, refusals)
                stopped.wait(_wait(refusals) if refusals < REFUSALS else FOR_A_PERSON)
                continue
            failures = refusals = 0
            self._note(True, "长连接已连上", "")
            log.info("line_up", connection=self._settings.name)
            try:
                reason = self._read(socket, take, stopped)
            finally:
                self._lose(socket)
                socket.close()
            if reason == "taken":
                self._taken(stopped)
            elif not stopped.is_set():
                self._note(False, "长连接断了，正在自动重连", reason)
                log.warning("line_down", connection=self._settings.name, reason=reason, tries=0)
                failures = 1
                stopped.wait(_wait(failures) if reason != "renewed" else 0)
        self._note(False, "校铃没有在运行", "")

    def _refused(self, reason: str, refusals: int) -> None:
        if refusals < REFUSALS:
            self._note(False, "企业微信没有接受订阅", reason)
            log.warning("line_refused", connection=self._settings.name, reason=reason, tries=refusals)
            return
        todo = f"{reason}。请核对设置里的 bot_id 和 secret，改好后重新启动校铃；不改，一小时后再试一次"
        self._note(False, f"连着 {refusals} 次没有通过验证，已停下来等人处理", todo)
        log.error("line_refused", connection=self._settings.name, reason=reason, tries=refusals, todo="xiaoling doctor")

    def _taken(self, stopped: threading.Event) -> None:
        todo = "同一个机器人只能连一处：请找到另一处（另一台电脑，或没关掉的旧程序），关掉它，再重新启动校铃"
        self._note(False, "长连接被另一处接走了，校铃没有去抢", todo)
        log.error("line_taken", connection=self._settings.name, todo=todo)
        stopped.wait()

    def _note(self, well: bool, line: str, todo: str) -> None:
        self.health = Health(well, line, todo)

    def _open(self) -> ClientConnection:
        """Connect and subscribe. Raises TryLater where it may work in a while, GiveUp where the settings are refused."""
        socket = dial(self._settings.url)
        try:
            self._subscribe(socket)
        except BaseException:
            socket.close()
            raise
        with self._changed:
            self._heard.clear()  # worth nothing here
            self._socket = socket
            self._changed.notify_all()
        return socket

    def _subscribe(self, socket: ClientConnection) -> None:
        req_id = f"aibot_subscribe_{secrets.token_hex(12)}"
        self._early.clear()
        secret = self._settings.secret.get_secret_value()
        body = {"bot_id": self._settings.bot_id, "secret": secret}
        until = monotonic() + OPENING
        try:
            _send(socket, {"cmd": "aibot_subscribe", "headers": {"req_id": req_id}, "body": body})
            self._tally.count("free")
            while True:
                text = socket.recv(timeout=max(0.0, until - monotonic()))
                frame = _frame(text)
                if _req_id(frame) == req_id and "cmd" not in frame:
                    break
                self._early.append(text)
        except (ConnectionClosed, TimeoutError) as error:
            raise TryLater("企业微信没有回答订阅") from error
        code = code_of(frame)
        if code in _BUSY:
            raise TryLater(f"企业微信繁忙（{code}）")
        if code:
            raise GiveUp(f"企业微信没有接受 bot_id 和 secret（{code}）")

    def _read(self, socket: ClientConnection, take: Callable[[str, float], bool], stopped: threading.Event) -> str:
        """Hand over what comes, and ping, until the line ends. Returns why it ended."""
        beat, self._pings = monotonic() + HEARTBEAT, 0
        kept = ""  # a frame that nobody has room for; nothing else is read until it is put away
        try:
            while not stopped.is_set():
                if monotonic() >= beat:
                    # while nothing is read, no answer can be seen either
                    if self._pings >= MISSED and not kept:
                        return "没有心跳"
                    self._ping(socket)
                    beat = monotonic() + HEARTBEAT
                if kept:
                    kept = "" if take(kept, TURN) else kept
                    continue
                try:
                    text = (
                        self._early.popleft()
                        if self._early
                        else socket.recv(timeout=min(TURN, max(0.0, beat - monotonic())))
                    )
                except TimeoutError:
                    continue
                self._pings = 0
                frame = _frame(text)
                cmd = frame.get("cmd", "")
                if not cmd:
                    self._answered(frame)
                elif cmd == "aibot_event_callback" and _event(frame) == "disconnected_event":
                    return "taken"
                elif cmd in ("aibot_msg_callback", "aibot_event_callback"):
                    self._remember(_req_id(frame))
                    self._tally.count("message")
                    kept = without_control(str(text))
        except ConnectionClosed:
            with self._changed:
                return "renewed" if self._socket is not socket else "断开了"
        finally:
            # what was read is not lost with the line
            while kept and not take(kept, TURN):
                if stopped.is_set():
                    log.error("frame_lost", connection=self._settings.name)
                    break
        return "停止"

    def _ping(self, socket: ClientConnection) -> None:
        self._pings += 1
        self._tally.count("free")
        _send(socket, {"cmd": "ping", "headers": {"req_id": f"ping_{secrets.token_hex(12)}"}})

    def _answered(self, frame: dict[str, Any]) -> None:
        req_id = _req_id(frame)
        with self._changed:
            if req_id in self._answers:
                self._answers[req_id] = frame
                self._changed.notify_all()

    def _remember(self, req_id: str) -> None:
        with self._changed:
            self._heard[req_id] = None
            if len(self._heard) > REMEMBERED:
                self._heard.popitem(last=False)

    def _lose(self, socket: ClientConnection) -> None:
        with self._changed:
            if self._socket is socket:
                self._socket = None
                self._heard.clear()
                self._changed.notify_all()


def dial(url: str) -> ClientConnection:
    """Open the line without subscribing. Raises TryLater."""
    try:
        # the heartbeat is the protocol's own; a proxy of the machine takes no part
        opening = connect(
            url, open_timeout=OPENING, close_timeout=1, ping_interval=None, max_size=FRAME_BYTES, proxy=None,
            compression=None,
        )  # fmt: skip
        # the library wants a with; ours is left by close(), from whichever thread ends it
        line = opening.__enter__()
        if hasattr(sockets, "TCP_USER_TIMEOUT"):
            # else who sends into a line that is cut holds up the heartbeat for a quarter of an hour
            line.socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_USER_TIMEOUT, int(UNSENT * 1000))
        return line
    except (OSError, EOFError, WebSocketException) as error:
        raise TryLater("连不上企业微信的长连接，请检查这台电脑的网络") from error


def code_of(frame: Mapping[str, Any]) -> int:
    """The errcode of an answer. Raises TryLater where there is none, or no number."""
    try:
        return int(frame["errcode"])
    except (KeyError, TypeError, ValueError) as error:
        raise TryLater("企业微信的答复里没有结果", unknown=True) from error


def checked(frame: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a good answer. Raises TryLater, GiveUp for a refusal."""
    if code := code_of(frame):
        raise error_of(code, str(frame.get("errmsg", "")))
    body = frame.get("body")
    return body if isinstance(body, dict) else {}


def _send(socket: ClientConnection, frame: Mapping[str, Any]) -> None:
    socket.send(json.dumps(frame, ensure_ascii=False))


def _frame(text: str | bytes) -> dict[str, Any]:
    """{} for what is no frame."""
    with suppress(ValueError, RecursionError):
        data = json.loads(without_control(text.decode("utf-8", "replace") if isinstance(text, bytes) else text))
        if isinstance(data, dict):
            return data
    return {}


def _req_id(frame: Mapping[str, Any]) -> str:
    headers = frame.get("headers")
    return str(headers.get("req_id", "")) if isinstance(headers, dict) else ""


def _event(frame: Mapping[str, Any]) -> str:
    body = frame.get("body")
    event = body.get("event") if isinstance(body, dict) else None
    return str(event.get("eventtype", "")) if isinstance(event, dict) else ""


def _wait(failures: int) -> float:
    """1, 2, 4 … 30 seconds, each shorter by up to half, so that many schools do not come back in the same second."""
    longest = min(LONGEST_WAIT, 2.0 ** min(failures - 1, 10))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - no secret
