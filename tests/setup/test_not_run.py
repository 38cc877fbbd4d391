"""A skipped test is said and counted; on CI it fails the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

SOME_SKIP = """
import pytest

@pytest.fixture(scope="session")
def browser():
    pytest.skip("no Chromium: none found")

def test_a_page(browser): ...
def test_another_page(browser): ...
def test_something_else(): ...
"""


def run(folder: Path, tests: str, ci: str) -> subprocess.CompletedProcess[str]:
    path = folder / "test_some.py"
    path.write_text(tests, "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.setup.not_run",
        "-c",
        os.devnull,
        f"--rootdir={folder}",
        path,
    ]
    environment = os.environ | {"CI": ci, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_what_could_not_run_is_counted_and_fails_on_ci(tmp_path: Path, ci: str, code: int) -> None:
    done = run(tmp_path, SOME_SKIP, ci)
    assert "NOT RUN: 2 tests — no Chromium: none found" in done.stdout
    assert "1 passed, 2 skipped" in done.stdout
    assert done.returncode == code
    assert ("CI is set" in done.stdout) is bool(ci)


def test_where_everything_ran_nothing_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, "def test_something(): ...\n", "true")
    assert "NOT RUN" not in done.stdout
    assert done.returncode == 0
