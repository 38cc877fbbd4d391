"""A person at a terminal: a real process with a real pseudo-terminal, read until the words that are waited for stand there."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.clock import monotonic

PATIENCE = 60.0
ROOT = Path(__file__).resolve().parent.parent.parent

_AT_A_TERMINAL = (
    "import fcntl, os, sys, termios;"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0);"  # getpass opens /dev/tty
    "os.execv(sys.executable, [sys.executable, '-m', 'bot', *sys.argv[1:]])"
)


class Terminal:
    """`xiaoling` with these arguments in a folder. seen: everything that stood on the screen."""

    def __init__(self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.seen = ""
        self._bytes = b""
        self._read_to = 0
        self._ours, theirs = pty.openpty()
        # wide enough that no line is broken
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, b"\x40\x00\xff\x01\x00\x00\x00\x00")
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AT_A_TERMINAL, *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "TERM": "dumb"} | environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def sees(self, words: str) -> str:
        """Wait until these words come after what was seen last; returns what stood before them."""
        until = monotonic() + PATIENCE
        while (place := self.seen.find(words, self._read_to)) < 0:
            assert self._more(until - monotonic()), f"waited for: {words}\n--- screen\n{self.seen}"
        before = self.seen[self._read_to : place]
        self._read_to = place + len(words)
        return before

    def types(self, words: str) -> None:
        """With the return key."""
        os.write(self._ours, f"{words}\r".encode())

    def presses_ctrl_c(self) -> None:
        os.write(self._ours, b"\x03")

    def ends(self) -> int:
        """Wait for the end; returns the exit code."""
        until = monotonic() + PATIENCE
        while self._more(until - monotonic()):
            pass
        return self._process.wait(PATIENCE)

    def _more(self, seconds: float) -> bool:
        """False: it is over, or nothing came in time."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, seconds))
        if not ready:
            return False
        try:
            content = os.read(self._ours, 65536)
        except OSError:  # the other end is closed
            return False
        self._bytes += content
        self.seen = self._bytes.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(content)
