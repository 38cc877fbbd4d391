"""Bringing a database up to date with the models, through Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

FOLDER = Path(__file__).resolve().parent.parent.parent / "migrations"


def migrate(url: str) -> None:
    """Up to the newest version; makes the database where there is none."""
    command.upgrade(config(url), "head")


def is_up_to_date(engine: Engine) -> bool:
    """Whether the database has the version that this program has. Raises SQLAlchemyError."""
    with engine.connect() as connection:
        here = MigrationContext.configure(connection).get_current_heads()
    return set(here) == set(ScriptDirectory.from_config(config("")).get_heads())


def config(url: str) -> Config:
    """Alembic's settings without a file: the folder of migrations and the database."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.attributes["url"] = url
    return settings
