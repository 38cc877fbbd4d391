"""Nobody may think that everything ran when it did not: what was skipped is said in red and counted; on CI it is a failure.

A pytest plugin, loaded by tests/conftest.py. Every skip counts, whoever wrote it and whyever.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest


def _reasons(config: pytest.Config) -> Counter[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    return Counter(_reason(report) for report in skipped)


def _reason(report: pytest.TestReport) -> str:
    words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return words.removeprefix("Skipped: ")


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Last, so that it stands right above the counts."""
    reasons = _reasons(config)
    if not reasons:
        return
    terminalreporter.section("NOT RUN", sep="!", red=True, bold=True)
    for reason, count in reasons.most_common():
        terminalreporter.line(f"NOT RUN: {count} {'test' if count == 1 else 'tests'} — {reason}", red=True)
    if os.environ.get("CI"):
        terminalreporter.line("CI is set: what could not run is a failure", red=True, bold=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """On CI everything must run."""
    if os.environ.get("CI") and _reasons(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
