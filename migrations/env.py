"""Alembic's way in: the tables of bot/store/tables.py, the database that bot/app.py hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Enum

from bot.domain.base import Utc
from bot.store.session import open_engine
from bot.store.tables import Record


def as_stored(kind: str, item: object, _context: object) -> str | bool:
    """Write our column types as the plain ones they are stored in: an old migration must not need today's models."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


engine = open_engine(context.config.attributes["url"])
with engine.connect() as connection, connection.begin():
    context.configure(
        connection=connection,
        target_metadata=Record.metadata,
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite changes a table by copying it
        render_item=as_stored,
        compare_type=True,
    )
    context.run_migrations()
engine.dispose()
