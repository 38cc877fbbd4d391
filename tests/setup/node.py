"""The platforms' own clients for Node (tests/interop): `python -m tests.setup.node` gets them where Node is present."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "interop"
_MARK = FOLDER / "node_modules" / ".of"
"""Which lock file the folder was made from."""


def missing() -> str:
    """Why tests with Node cannot run here; "" where they can."""
    if shutil.which("node") is None:
        return "no Node.js on this machine: the platforms' own Node clients were not tried"
    if not _MARK.exists() or _MARK.read_text() != _lock():
        return "the Node packages of tests/interop are not installed: python -m tests.setup.node"
    return ""


def get() -> bool:
    """Install what the lock file names, to the letter; no package runs a script of its own. Returns whether it is there."""
    npm = shutil.which("npm")
    if npm is None:
        return False
    print("the platforms' own Node clients: npm ci in tests/interop", flush=True)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    if subprocess.run(command, check=False, cwd=FOLDER).returncode:
        return False
    _MARK.write_text(_lock())
    return True


def _lock() -> str:
    return hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()


if __name__ == "__main__" and missing() and not get():
    print("the Node clients could not be had; their tests will be counted as not run")
