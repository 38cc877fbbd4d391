"""Every table there is: importing this fills Record.metadata, for migrations and their test."""

from bot.domain import (
    absences,
    approvals,
    chats,
    hazards,
    incidents,
    notices,
    people,
    photos,
    places,
    reports,
    rounds,
    school,
    tasks,
    todos,
)
from bot.domain.base import Record
from bot.store import records

__all__ = ["MODULES", "Record"]

MODULES = (
    absences,
    approvals,
    chats,
    hazards,
    incidents,
    notices,
    people,
    photos,
    places,
    records,
    reports,
    rounds,
    school,
    tasks,
    todos,
)
