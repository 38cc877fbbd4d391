"""What every record stands on: typed columns that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Enum,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Utc(TypeDecorator[datetime]):
    """A moment. Refuses naive values on the way in; aware UTC on the way out, also from SQLite, which forgets zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive moment was about to be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers its rows by itself only in a column of type INTEGER."""

Key = Annotated[int, mapped_column(Id, primary_key=True)]
Name = Annotated[str, mapped_column(String(64))]
PlatformId = Annotated[str, mapped_column(String(255))]
"""An id that a platform gave: WeCom's go to 64 bytes, DingTalk's encrypted ones beyond 100."""


class Record(DeclarativeBase):
    """A row. Constraint names are derived, so that migrations can name them on both databases.

    followed: whoever has a to-do about such a record wants to know when it changes (Writer, bot/todos.py).
    """

    followed: ClassVar[bool] = False

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Utc,
        date: Date,
        str: Text,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        # stored by value, as text without a database type: adding a word needs no migration
        enum.Enum: Enum(
            enum.Enum,
            native_enum=False,
            length=32,
            create_constraint=False,
            values_callable=lambda kind: [e.value for e in kind],
        ),
    }


def index_where(name: str, *columns: str, condition: str, unique: bool = False) -> Index:
    """An index of the few rows that still matter, so that a long history costs nothing. Both databases know these."""
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))
