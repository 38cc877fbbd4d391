"""Records out of the database, as JSON or CSV, for whoever keeps them elsewhere. Chase logs are never exported."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from bot.domain.base import Record
from bot.domain.hazards import Hazard
from bot.domain.people import Person
from bot.domain.reports import DutyEntry, DutyReport
from bot.domain.rounds import Assignment, Round
from bot.domain.school import School
from bot.store.records import Inbox, Outbox, Unread


def _table(record: type[Record]) -> Select[*tuple[Any, ...]]:
    return select(*record.__table__.columns)


def _hazards() -> Select[*tuple[Any, ...]]:
    reporter, owner, fixer = aliased(Person), aliased(Person), aliased(Person)
    return (
        select(
            Hazard.number,
            Hazard.state,
            Hazard.text,
            Hazard.reported_at,
            reporter.name.label("reporter"),
            owner.name.label("owner"),
            Hazard.due_on,
            fixer.name.label("fixer"),
            Hazard.fixed_at,
            Hazard.returns,
            Hazard.closed_at,
            Hazard.school_id,
        )
        .join(reporter, reporter.id == Hazard.reporter_id)
        .outerjoin(owner, owner.id == Hazard.owner_id)
        .outerjoin(fixer, fixer.id == Hazard.fixer_id)
    )


def _tasks() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Assignment.id,
            Round.routine,
            Assignment.asked_at,
            Person.name.label("person"),
            Assignment.number,
            Assignment.text,
            Assignment.state,
            Assignment.answered_at,
            Assignment.on_time,
            Assignment.deferred_to,
            Assignment.note,
            Assignment.school_id,
        )
        .join(Round, Round.id == Assignment.round_id)
        .join(Person, Person.id == Assignment.person_id)
    )


def _reports() -> Select[*tuple[Any, ...]]:
    return (
        select(
            DutyReport.day,
            Person.name.label("person"),
            DutyReport.state,
            DutyReport.filed_at,
            DutyEntry.at,
            DutyEntry.text,
            DutyEntry.ended_at,
            DutyReport.school_id,
        )
        .join(DutyEntry, DutyEntry.report_id == DutyReport.id)
        .join(Person, Person.id == DutyReport.person_id)
    )


KINDS: Mapping[str, Select[*tuple[Any, ...]]] = {
    "hazards": _hazards(),
    "tasks": _tasks(),
    "reports": _reports(),
    "inbox": _table(Inbox),
    "outbox": _table(Outbox),
    "unread": _table(Unread),
}
"""What can be exported, and the question that finds it."""


def rows(session: Session, kind: str, school_code: str) -> list[dict[str, Any]]:
    """Every record of a kind, oldest first, as plain values; moments as ISO 8601 in UTC."""
    question = KINDS[kind]
    key, school_id = list(question.selected_columns)[0], question.selected_columns["school_id"]
    found = session.execute(
        question.join(School, School.id == school_id).where(School.code == school_code).order_by(key)
    )
    return [
        {name: _plain(value) for name, value in row.items() if name != "school_id"} for row in found.mappings().all()
    ]


def as_json(records: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(records, ensure_ascii=False, indent=1)


def as_csv(records: Sequence[Mapping[str, Any]]) -> str:
    """With a byte order mark, so that Excel reads the Chinese. A cell that Excel would run as a formula is quoted."""
    if not records:
        return ""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.DictWriter(text, fieldnames=list(records[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in record.items()} for record in records)
    return text.getvalue()


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Enum():
            return value.value
    return value


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
