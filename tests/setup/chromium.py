"""Which Chromium the tests use, and `python -m tests.setup.chromium`, which gets one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def found() -> str:
    """The path of a Chromium: XIAOLING_CHROMIUM, one on this machine, or Playwright's own; "" where there is none."""
    named = os.environ.get("XIAOLING_CHROMIUM", "")
    if named:
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _playwrights()


def _playwrights() -> str:
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Error:
        return ""
    return path if Path(path).exists() else ""


def get() -> None:
    """Install one: Debian's when root on Debian, else Playwright's own. A failure is told here and counted by the tests."""
    if Path("/etc/debian_version").exists() and hasattr(os, "geteuid") and os.geteuid() == 0:
        commands = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-cjk"]]
    else:
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    for command in commands:
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
            print(f"no Chromium: {' '.join(command)} failed; the browser tests will be counted as not run")
            return


if __name__ == "__main__":
    if not found():
        get()
