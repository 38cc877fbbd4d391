"""`python -m tests.faults.dying STEP N`: the real service, which kills itself with SIGKILL at one step of its work.

The step is watched for at the edges, from outside: the database driver's statements and commits, the HTTP calls that leave. STEP
"never" is the ordinary service. Settings and data folder come from the environment, as always.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import requests
from sqlalchemy import Engine, event

from bot import manners

# it lives in real time, and at night it would keep its words until the morning
manners.MANNERS = manners.MANNERS.model_copy(update={"quiet_from": manners.MANNERS.quiet_until})

from bot.__main__ import main  # noqa: E402 - what it imports keeps the manners that it finds

SENDING = ("message/send", "groupMessages/send", "batchSend", "sendBySession", "webhook/send")


class Countdown:
    """Dies at the n-th time that something happens."""

    def __init__(self, times: int) -> None:
        self._left = times

    def __call__(self, *_: Any) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(step: str, die: Callable[[], None]) -> None:
    """Watch for a step: inbox, outbox (their rows are written), commit, committed, send, sent (the call, its answer)."""
    if step in ("inbox", "outbox"):

        @event.listens_for(Engine, "after_cursor_execute")
        def written(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith(f"INSERT INTO {step} "):
                die()

    writing = [False]
    if step in ("commit", "committed"):

        @event.listens_for(Engine, "after_cursor_execute")
        def about_inbox(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            writing[0] = writing[0] or statement.startswith("INSERT INTO inbox ")

    if step == "commit":

        @event.listens_for(Engine, "commit")
        def committing(_connection: Any) -> None:
            if writing[0]:
                die()

    original = requests.Session.send

    def send(self: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        says = any(part in (request.url or "") for part in SENDING)
        if says and step == "send":
            die()
        response = original(self, request, **kwargs)
        if says and step == "sent":
            die()
        return response

    if step in ("send", "sent"):
        requests.Session.send = send  # type: ignore[method-assign]
    if step == "committed":
        from flask import Flask

        original_response = Flask.process_response

        def process_response(self: Flask, response: Any) -> Any:
            if writing[0]:
                die()
            return original_response(self, response)

        Flask.process_response = process_response  # type: ignore[method-assign]


if __name__ == "__main__":
    step, times = sys.argv[1], int(sys.argv[2])
    sys.argv = ["xiaoling", "serve", "--json-log"]
    if step != "never":
        arm(step, Countdown(times))
    main()
