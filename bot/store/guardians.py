"""Questions about whom a notice to parents reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.domain.notices import GuardianRow
from bot.store.session import insert_once


class Guardians:
    """The guardians of one school's pupils, as the platforms told them last."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def replace(self, platform: str, about: str, rows: Iterable[dict[str, Any]]) -> None:
        """Make these the guardians of what was asked (see Ask): a class, "pupil:…", "guardian:…", all for "".

        Nothing else stays of them: there is no history.
        """
        old = delete(GuardianRow).where(GuardianRow.school_id == self._school_id, GuardianRow.platform == platform)
        kind, _, name = about.partition(":")
        if about:
            column = {"pupil": GuardianRow.pupil, "guardian": GuardianRow.account}.get(kind, GuardianRow.class_id)
            old = old.where(column == (name or about))
        self._session.execute(old.execution_options(synchronize_session=False))
        for row in rows:
            insert_once(self._session, GuardianRow, school_id=self._school_id, platform=platform, **row)

    def of(self, classes: Collection[str]) -> list[GuardianRow]:
        """The guardians of these classes ("3-2"); of all for none."""
        question = select(GuardianRow).where(GuardianRow.school_id == self._school_id)
        if classes:
            question = question.where(GuardianRow.grade_class.in_(classes))
        return list(self._session.scalars(question.order_by(GuardianRow.id)))

    def class_ids(self, platform: str, classes: Collection[str]) -> dict[str, str]:
        """What a platform calls these classes → "3-2", each once."""
        return {row.class_id: row.grade_class for row in self.of(classes) if row.platform == platform}

    def unreached(self, grade_class: str) -> list[str]:
        """The names of a class's pupils of whom no guardian gets the notices: for their class teacher alone."""
        rows = self.of((grade_class,))
        reached = {row.pupil for row in rows if row.reached}
        return list(dict.fromkeys(row.pupil_name for row in rows if row.pupil not in reached))
