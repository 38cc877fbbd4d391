"""Every table there is: importing this fills Record.metadata, for migrations and their test."""

from bot.domain import (
    absences,
    chats,
    hazards,
    incidents,
    people,
    photos,
    places,
    reports,
    rounds,
    school,
    tasks,
)
from bot.domain.base import Record
from bot.store import records

__all__ = ["MODULES", "Record"]

MODULES = (absences, chats, hazards, incidents, people, photos, places, records, reports, rounds, school, tasks)
