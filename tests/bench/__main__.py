"""A fully handled check-in answer against a bare Flask echo, at 1, 16 and 64 connections; with and without history.

Handled means: verify, decrypt, dedupe, person, route, handler, reply rendered into the outbox, durable commit (SQLite,
synchronous=FULL), 200. Every message is the answer 「完成」 of a teacher with an open task, encrypted as WeCom does.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import psutil
from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.app import build
from bot.clock import RealClock, monotonic
from bot.domain.people import Account, Person
from bot.domain.rounds import Assignment, AssignmentState, Round
from bot.domain.routines import Routine, read_routines
from bot.domain.tasks import Task
from bot.emulator import demo, records, wecom_callbacks
from bot.manners import MANNERS
from bot.messages import ChatKind, ChatRef
from bot.registry import load
from bot.render import TEMPLATES
from bot.router import Router
from bot.settings import read
from bot.store.arrivals import the_chat, the_conversation, the_school
from bot.store.migrations import migrate
from bot.store.records import Inbox, InboxState, Outbox, OutboxState
from bot.store.session import Writer, open_engine

ROOT = Path(__file__).resolve().parent.parent.parent
CONNECTIONS = (1, 16, 64)
"""Open at the same time."""

CLOCK = RealClock()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(what: str, home: Path) -> Iterator[tuple[int, float, psutil.Process]]:
    """A server of its own process: its port, the seconds until it answered, and the process."""
    port = free_port()
    started = monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.server", what, str(port)],
        cwd=ROOT,
        env=os.environ | {"XIAOLING_HOME": str(home)},
    )
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.01)
        yield port, monotonic() - started, psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def prepare(home: Path, answers: int, history: int) -> None:
    """A school in which `answers` teachers have one open task each, with `history` messages before."""
    (home / "xiaoling.toml").write_text(demo.settings_toml("http://127.0.0.1:9", 8000).replace('"turned"', '"real"'))
    settings = read(home / "xiaoling.toml", home)
    migrate(settings.database_url)
    build(settings).stop()
    engine = open_engine(settings.database_url)
    writer = Writer(engine)
    routine = next(item for item in read_routines(TEMPLATES / "routines") if item.name == "monday_tasks")
    writer.do(partial(_people, answers, routine))
    for start in range(0, history, 20_000):
        writer.do(partial(_history, start, min(20_000, history - start)))
    writer.close()
    engine.dispose()


def _people(count: int, routine: Routine, session: Session) -> None:
    school = the_school(session, demo.CODE)
    now = CLOCK.now()
    asked = Round.open(school_id=school.id, routine=routine, at=now, manners=MANNERS)
    session.add(asked)
    for number in range(count):
        person = Person(school_id=school.id, name=f"老师{number}", active=True)
        account = Account(
            school_id=school.id, platform="wecom", user_id=f"t{number}", name="", person=person, heard_at=now
        )
        task = Task(school_id=school.id, owner=person, text="检查班级门锁", due_on=now.date(), moved=0)
        session.add_all([person, account, task])
        session.flush()
        session.add(
            Assignment(
                school_id=school.id, round=asked, person=person, task=task, number=1, text=task.text,
                asked_at=now, state=AssignmentState.ASKED, on_time=False, note="",
            )
        )  # fmt: skip
        chat = the_chat(session, school, "oa", ChatRef(ChatKind.DIRECT, account.user_id), account)
        the_conversation(session, chat, account)


def _history(start: int, count: int, session: Session) -> None:
    school = the_school(session, demo.CODE)
    long_ago = CLOCK.now() - timedelta(days=100)
    said = {"id": "x", "text": "完成", "raw": {"Content": "完成"}}
    session.execute(
        insert(Inbox),
        [
            {
                "school_id": school.id, "connection": "oa", "message_id": f"old{start + number}", "trace": "0" * 16,
                "received_at": long_ago, "state": InboxState.HANDLED, "said": said, "error": "",
            }
            for number in range(count)
        ],
    )  # fmt: skip
    session.execute(
        insert(Outbox),
        [
            {
                "school_id": school.id, "connection": "oa", "chat_id": 1 + number % 50, "said": said, "cause": "msg:0",
                "created_at": long_ago, "due_at": long_ago, "state": OutboxState.SENT, "sent_at": long_ago,
            }
            for number in range(count)
        ],
    )  # fmt: skip


def answers(first: int, count: int, port: int) -> list[bytes]:
    """The HTTP requests of so many teachers who say 「完成」, as bytes on the wire."""
    requests = []
    for number in range(first, first + count):
        teacher = records.Person(f"t{number}", f"老师{number}", "班主任", f"t{number}", f"u{number}")
        line = records.Message(seq=number, chat="", sender=teacher.id, at=CLOCK.now(), text="完成")
        (parcel,) = wecom_callbacks.parcels(line, teacher, "", CLOCK)
        head = f"POST {parcel.url} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        head += f"Content-Type: text/xml\r\nContent-Length: {len(parcel.body)}\r\n\r\n"
        requests.append(head.encode() + parcel.body)
    return requests


def load_up(port: int, requests: list[bytes], connections: int) -> tuple[float, list[float]]:
    """Send them all over so many kept-alive connections. Returns requests per second and each one's seconds."""
    took: list[float] = []
    refused: list[bytes] = []
    gate = threading.Barrier(connections + 1)

    def talk(mine: list[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            gate.wait()
            for request in mine:
                started = monotonic()
                line.sendall(request)
                answer = _read(line)
                took.append(monotonic() - started)
                if not answer.startswith(b"HTTP/1.1 200"):
                    refused.append(answer[:100])

    threads = [threading.Thread(target=talk, args=(requests[start::connections],)) for start in range(connections)]
    for thread in threads:
        thread.start()
    gate.wait()
    started = monotonic()
    for thread in threads:
        thread.join()
    if refused:
        raise SystemExit(f"{len(refused)} requests were not answered with 200: {refused[0]!r}")
    return len(requests) / (monotonic() - started), took


def _read(line: socket.socket) -> bytes:
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += line.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    match = re.search(rb"content-length: (\d+)", head, re.I)
    length = int(match[1]) if match else 0
    while len(body) < length:
        body += line.recv(65536)
    return head


def understanding() -> float:
    """Microseconds to find who answers a text."""
    router = Router(load(read_routines(TEMPLATES / "routines")))
    texts = ["完成 2", "隐患 三楼东侧消防栓漏水", "延期 2 到周五 等配件", "今天天气不错", "复查 12 通过"] * 2000
    started = monotonic()
    for text in texts:
        router._started(text)
    return (monotonic() - started) / len(texts) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1500, help="messages at each number of connections")
    parser.add_argument("--history", type=int, default=1_000_000, help="messages handled before, for the second pass")
    given = parser.parse_args()
    echoes: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder, serving("echo", Path(folder)) as (port, _, _process):
        plain = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 600\r\n\r\n" + b"x" * 600
        load_up(port, [plain] * 500, 4)
        for connections in CONNECTIONS:
            echoes[connections], _ = load_up(port, [plain] * given.messages * 2, connections)
    for history in dict.fromkeys((0, given.history)):
        measure(echoes, given.messages, history)
    print(f"understanding a message: {understanding():.1f} µs")


def measure(echoes: dict[int, float], messages: int, history: int) -> None:
    """One pass over a school with so much history."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        warm = 300
        prepare(home, warm + messages * len(CONNECTIONS), history)
        with serving("bot", home) as (port, up, process):
            print(f"\n{history:,} messages of history; up after {up:.2f} s, {process.memory_info().rss / 2**20:.0f} MB")
            print("connections   echo/s    bot/s   ratio    p50 ms   p99 ms")
            load_up(port, answers(0, warm, port), 4)
            for place, connections in enumerate(CONNECTIONS):
                said = answers(warm + place * messages, messages, port)
                rate, took = load_up(port, said, connections)
                cuts = statistics.quantiles(took, n=100)
                print(
                    f"{connections:11d} {echoes[connections]:8.0f} {rate:8.0f} {rate / echoes[connections]:7.2f} "
                    f"{cuts[49] * 1000:9.1f} {cuts[98] * 1000:8.1f}"
                )
            print(
                f"memory after {messages * len(CONNECTIONS) + warm:,} messages: {process.memory_info().rss / 2**20:.0f} MB"
            )


if __name__ == "__main__":
    main()
