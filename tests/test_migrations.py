"""The migrations make exactly the tables of the models, on both databases, and can be taken back."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from bot.store.migrations import config, migrate
from bot.store.session import open_engine
from bot.store.tables import Record


def test_from_empty_to_head_equals_the_models(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Record.metadata)
    engine.dispose()
    assert found == []


def test_down_to_nothing_and_up_again(database_url: str) -> None:
    command.downgrade(config(database_url), "base")
    engine = open_engine(database_url)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate(database_url)
    assert set(Record.metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()
