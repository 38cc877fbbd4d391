"""Questions about what the platforms' approvals are for, and which had their effect."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.approvals import ApprovalEffect, Meaning, Means
from bot.domain.school import School
from bot.store.session import insert_once


class Approvals:
    """The approvals of one school."""

    def __init__(self, session: Session, school: School) -> None:
        self._session = session
        self._school = school

    def templates(self) -> list[str]:
        """The forms that the settings name."""
        return list(self._school.approvals)

    def meaning(self, template: str) -> Meaning | None:
        """What the settings say that a form is for; None for one they do not name."""
        entry = self._school.approvals.get(template)
        return Meaning(Means(entry["means"]), entry["task"], entry["until"]) if entry else None

    def first_time(self, source: str, at: datetime) -> bool:
        """Note that this approval has its effect now. False: it had it before."""
        return insert_once(self._session, ApprovalEffect, school_id=self._school.id, source=source, at=at)
