"""Which Chromium the tests use, and `python -m tests.setup.chromium`, which gets one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)
"""Where macOS and Windows put one: not on the PATH."""

DEBIANS = (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-cjk"])


def found() -> str:
    """The path of a Chromium: XIAOLING_CHROMIUM, one on this machine, or Playwright's own; "" where there is none.

    What XIAOLING_CHROMIUM names is not looked for: where it is not there the tests fail, and so they should.
    """
    named = os.environ.get("XIAOLING_CHROMIUM", "")
    on_path = next(filter(None, map(shutil.which, NAMES)), "")
    return named or on_path or next((path for path in APPLICATIONS if Path(path).exists()), "") or _playwrights()


def _playwrights() -> str:
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Error:
        return ""
    return path if Path(path).exists() else ""


def get() -> bool:
    """Install one: Debian's when root on Debian, else, or where that fails, Playwright's own."""
    if Path("/etc/debian_version").exists() and os.geteuid() == 0 and all(map(_runs, DEBIANS)):
        return True
    return _runs([sys.executable, "-m", "playwright", "install", "chromium"])


def _runs(command: list[str]) -> bool:
    print("no Chromium on this machine, getting one:", " ".join(command), flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__" and not found() and not get():
    print("no Chromium could be had; the browser tests will be counted as not run")
