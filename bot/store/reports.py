"""Questions about duty reports."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain.people import Person
from bot.domain.reports import DutyReport
from bot.domain.rounds import Assignment
from bot.domain.routines import Asks


class Reports:
    """The duty reports of one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def of(self, person: Person, day: date) -> DutyReport | None:
        return self._session.scalar(select(DutyReport).where(DutyReport.person_id == person.id, DutyReport.day == day))

    def begun_for(self, assignment: Assignment) -> DutyReport | None:
        """The report that answers this, if anything stands in it: it counts at the end also without 好了."""
        if assignment.round.asks is not Asks.REPORT:
            return None
        report = self.of(assignment.person, assignment.day)
        return report if report is not None and report.entries else None

    def between(self, first: date, last: date) -> list[DutyReport]:
        """Reports of these days, both included, that hold anything."""
        reports = self._session.scalars(
            select(DutyReport)
            .where(DutyReport.school_id == self._school_id, DutyReport.day >= first, DutyReport.day <= last)
            .order_by(DutyReport.day, DutyReport.id)
        )
        return [report for report in reports if report.entries]
