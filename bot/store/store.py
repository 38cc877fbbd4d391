"""Everything that a handler or a schedule may ask of one school's records. All SQL lives in this folder."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.calendar import Override, SchoolCalendar, Term
from bot.domain.school import DayRow, School, TermRow
from bot.store.absences import Absences
from bot.store.approvals import Approvals
from bot.store.chats import Chats
from bot.store.class_groups import ClassGroups
from bot.store.guardians import Guardians
from bot.store.hazards import Hazards
from bot.store.incidents import Incidents
from bot.store.ledger import Ledger
from bot.store.machine import Machine
from bot.store.notices import Notices
from bot.store.people import People
from bot.store.photos import Photos
from bot.store.places import Places
from bot.store.posts import Posts
from bot.store.reports import Reports
from bot.store.rounds import Rounds
from bot.store.school_days import SchoolDayRows
from bot.store.todos import Todos


class Store:
    """One school's records as they are in this transaction."""

    def __init__(self, session: Session, school: School) -> None:
        self._session = session
        self.school = school
        self.absences = Absences(session, school.id)
        self.approvals = Approvals(session, school)
        self.people = People(session, school.id)
        self.chats = Chats(session, school.id)
        self.places = Places(session, school.id)
        self.photos = Photos(session, school.id)
        self.hazards = Hazards(session, school.id)
        self.incidents = Incidents(session, school.id)
        self.rounds = Rounds(session, school.id)
        self.reports = Reports(session, school.id)
        self.notices = Notices(session, school.id)
        self.guardians = Guardians(session, school.id)
        self.class_groups = ClassGroups(session, school.id)
        self.machine = Machine(session, school.id)
        self.ledger = Ledger(session, school.id)
        self.posts = Posts(session, school.id)
        self.todos = Todos(session, school.id)
        self.days = SchoolDayRows(session, school.id)

    @cached_property
    def calendar(self) -> SchoolCalendar:
        """The school's year, as it was entered."""
        terms = self._session.scalars(
            select(TermRow).where(TermRow.school_id == self.school.id).order_by(TermRow.starts)
        )
        days = self._session.scalars(select(DayRow).where(DayRow.school_id == self.school.id))
        return SchoolCalendar(
            [Term(row.name, row.starts, row.ends) for row in terms],
            {row.day: Override(row.kind, row.acts_as, row.note) for row in days},
        )
