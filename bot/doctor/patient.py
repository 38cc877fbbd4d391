"""What the doctor looks at: the settings, the database, the connections; nothing that could write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.app import groups_of
from bot.clock import Clock
from bot.connections import Connections
from bot.domain.school import School
from bot.platforms.base import Health
from bot.settings import Settings
from bot.store.migrations import is_up_to_date
from bot.store.session import open_engine, reading


class Patient(Protocol):
    """A running App is one, too."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def connections(self) -> Connections: ...


@dataclass(frozen=True, slots=True)
class Lying:
    """The parts alone, over a database that refuses to be written to."""

    settings: Settings
    clock: Clock
    engine: Engine
    connections: Connections


def lay(settings: Settings, clock: Clock) -> Lying:
    """Raises ConfigError."""
    connections = Connections(settings.schools, clock)
    groups_of(connections)
    return Lying(settings, clock, open_engine(settings.database_url, read_only=True), connections)


def unreadable(patient: Patient) -> Health | None:
    """Why the database cannot be asked; None where it can. A file that is not there is not made."""
    url = make_url(patient.settings.database_url)
    start = Health(False, "还没有数据库", "启动一次就有：xiaoling serve")
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return start
    try:
        if not is_up_to_date(patient.engine):
            return Health(False, "数据库是别的版本的", "重新启动校铃，它会更新数据库：xiaoling serve")
        with reading(patient.engine) as session:
            known = set(session.scalars(select(School.code)))
    except SQLAlchemyError as error:
        todo = "检查设置里的 [database] url，数据库开着没有，磁盘是不是满了"
        return Health(False, f"数据库打不开：{type(error).__name__}", todo)
    new = [school.name for school in patient.settings.schools if school.code not in known]
    if new:
        return Health(False, f"{'、'.join(new)}是新写进设置的，校铃还不知道", "重新启动校铃：xiaoling serve")
    return None
