"""A real PostgreSQL for the tests, from the package pgserver: no root, no port, gone afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a server's database "postgres". Raises ImportError or RuntimeError where it cannot run here."""
    with tempfile.TemporaryDirectory(prefix="xiaoling-pg-") as folder:
        # platformdirs, which pgserver asks for a place for its locks, warns where there is none
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pgserver

        data = Path(folder) / "data"
        server = pgserver.get_server(data, cleanup_mode="delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            server.cleanup()
