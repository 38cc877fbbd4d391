"""Bringing a database up to date with the models, through Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

FOLDER = Path(__file__).resolve().parent.parent.parent / "migrations"


def migrate(url: str) -> None:
    """Up to the newest version; makes the database where there is none."""
    command.upgrade(config(url), "head")


def config(url: str) -> Config:
    """Alembic's settings without a file: the folder of migrations and the database."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.attributes["url"] = url
    return settings
