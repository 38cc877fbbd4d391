"""Questions about what the platforms' approvals are for, and which had their effect."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
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
        return Meaning(**entry | {"means": Means(entry["means"])}) if entry else None

    def begin(self, source: str, at: datetime) -> ApprovalEffect | None:
        """Note that this approval has its effect now. None: it had it before."""
        fresh = insert_once(self._session, ApprovalEffect, school_id=self._school.id, source=source, at=at, did={})
        return self.effect(source) if fresh else None

    def effect(self, source: str) -> ApprovalEffect | None:
        """What an approval did; None where it has not come to that."""
        return self._session.scalar(
            select(ApprovalEffect).where(ApprovalEffect.school_id == self._school.id, ApprovalEffect.source == source)
        )
