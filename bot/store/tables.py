"""Every table there is: importing this fills Record.metadata, for migrations and their test."""

from bot.domain import chats, hazards, people, photos, reports, rounds, school, tasks
from bot.domain.base import Record
from bot.store import records

__all__ = ["MODULES", "Record"]

MODULES = (chats, hazards, people, photos, records, reports, rounds, school, tasks)
