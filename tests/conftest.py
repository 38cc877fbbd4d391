"""What every test may ask for: a database of each kind, migrated and empty; a Chromium; a school to talk to.

What cannot run here is left out with pytest.skip and a reason: tests/setup/not_run.py says it loudly and counts it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
import structlog

from bot.clock import SCHOOL_TZ
from bot.store.migrations import migrate
from bot.store.session import open_engine
from tests.kit.channels import NEEDS, channels_with, pairs
from tests.kit.stage import MONDAY, USUAL, Stage, stage
from tests.setup import chromium
from tests.setup.postgresql import postgresql

pytest_plugins = ["tests.setup.not_run"]

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
"""Databases lie in memory where that can be had: every commit waits for its disk, and no test pulls the plug."""


@pytest.fixture(scope="session", autouse=True)
def quiet_log() -> None:
    """The log belongs to operators; tests look at what happened."""
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.ReturnLoggerFactory()
    )


@pytest.fixture(scope="session")
def database_folder() -> Iterator[Path]:
    """Where this process keeps the databases of its tests."""
    place = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="xiaoling-db-", dir=place) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def migrated_sqlite(database_folder: Path) -> Path:
    """A file with all tables and no rows, to be copied."""
    path = database_folder / "empty.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(database_folder: Path) -> Iterator[str]:
    """The URL of a server with a database "empty" to be copied; why there is none, where there is no PostgreSQL."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgresql(database_folder))
        except Exception as error:  # noqa: BLE001 - whatever keeps it from running here is told
            yield f"no PostgreSQL: {error}"
            return
        _command(url, "CREATE DATABASE empty")
        migrate(_database(url, "empty"))
        yield url


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of each kind, migrated, with no rows; always at the same address, so that its engine is opened again."""
    if request.param == "sqlite":
        empty: Path = request.getfixturevalue("migrated_sqlite")
        path = empty.with_name("test.db")
        for old in path.parent.glob("test.db*"):
            old.unlink()
        shutil.copy(empty, path)
        url = f"sqlite:///{path}"
        yield url
        open_engine(url).dispose()
        return
    server = request.getfixturevalue("migrated_postgresql")
    if not server.startswith("postgresql"):
        pytest.skip(server)
    _command(server, "CREATE DATABASE test TEMPLATE empty")
    url = _database(server, "test")
    yield url
    open_engine(url).dispose()
    _command(server, "DROP DATABASE test WITH (FORCE)")


def _command(url: str, words: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(words)


def _database(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium that drives the pages; `make test` has got one where that was possible."""
    path = chromium.found()
    if not path:
        pytest.skip("no Chromium: none found here, none could be had; name one in XIAOLING_CHROMIUM")
    return path


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*names): what of tests/kit/channels.py this transcript cannot do without")
    config.addinivalue_line("markers", 'on(*channels): a story of these channels\' own ways, "wecom app"')
    config.addinivalue_line("markers", "silent: nobody has written to the bot yet, where it writes only to who has")
    config.addinivalue_line("markers", "crossed: the usual channels also on the other database")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A play runs on every channel that can carry it (tests/kit/channels.py); what needs only a database, on both."""
    named = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if any("database_url" in names for names in named):
        return  # it says itself on which
    if "channel" in metafunc.fixturenames:
        marks = metafunc.definition
        on = marks.get_closest_marker("on")
        crossed = marks.get_closest_marker("crossed") is not None
        chosen = list(pairs(_needs(marks), on.args if on else (), crossed=crossed))
        ids = [f"{channel.replace(' ', '_')}-{database}" for channel, database in chosen]
        metafunc.parametrize(("channel", "database_url"), chosen, indirect=True, ids=ids)
    elif "database_url" in metafunc.fixturenames:
        metafunc.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def _needs(item: pytest.Item) -> tuple[str, ...]:
    return tuple(name for mark in item.iter_markers("needs") for name in mark.args)


@pytest.fixture
def channel(request: pytest.FixtureRequest) -> str:
    """What the school hears people through, "wecom app"."""
    return str(request.param)


@pytest.fixture
def platform(channel: str) -> str:
    """Whose real bytes carry a conversation."""
    return channel.split()[0]


@pytest.fixture
def school(channel: str, database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The demonstration school on a Monday morning, without a plan: every conversation on every channel that can carry it."""
    chosen = request.node.get_closest_marker("routines")
    starts = request.node.get_closest_marker("starts")
    with stage(
        channel.split()[0],
        database_url,
        tmp_path,
        start=datetime.fromisoformat(starts.args[0]).replace(tzinfo=SCHOOL_TZ) if starts else MONDAY,
        routines=chosen.args if chosen else USUAL,
        channels=channels_with(channel),
        spoken=request.node.get_closest_marker("silent") is None,
    ) as play:
        began = play.world.last_seq
        yield play
        messages = [each for each in play.world.messages(after=began) if each.chat.startswith(play.platform)]
        for need in _needs(request.node):
            assert NEEDS[need].used(play, messages), f"this play does not need {need!r}"
