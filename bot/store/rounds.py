"""Questions about rounds, assignments and tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from bot.clock import midnight
from bot.domain.people import Person
from bot.domain.rounds import Assignment, AssignmentState, Round, RoundState
from bot.domain.routines import Asks
from bot.domain.tasks import Task

OPEN_STATES = (RoundState.OPEN, RoundState.NUDGED)


_ASKED_OF = (
    select(Assignment)
    .where(
        Assignment.person_id == bindparam("person_id"),
        Assignment.state.in_((AssignmentState.ASKED, AssignmentState.MISSED)),
        Assignment.asked_at >= bindparam("since"),
    )
    .options(joinedload(Assignment.task))
    .order_by(Assignment.asked_at.desc(), Assignment.number)
)
"""Built once: it is asked for every answer on a Monday morning."""


class Rounds:
    """What one school asked of its people, and its plan."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def asked_of(self, person: Person, since: datetime) -> list[Assignment]:
        """What somebody can still answer: unanswered and asked after `since`, in the order it was asked."""
        return list(self._session.scalars(_ASKED_OF, {"person_id": person.id, "since": since}))

    def prompted(self, since: datetime) -> Mapping[int, int]:
        """Person id → how many rounds asked them something since then."""
        return dict(
            self._session.execute(
                select(Assignment.person_id, func.count(Assignment.round_id.distinct()))
                .where(Assignment.school_id == self._school_id, Assignment.asked_at >= since)
                .group_by(Assignment.person_id)
            ).all()
        )

    def to_fill(self, person: Person, since: datetime) -> list[Assignment]:
        """The checklists and lines that somebody was asked for and may still answer, the latest first.

        Lines stay open for more after the first answer; a checklist is over with it. What was missed may be answered late
        where its round closed after `since`.
        """
        filled = (Round.asks == Asks.LINES) & (Assignment.state == AssignmentState.DONE)
        return list(
            self._session.scalars(
                select(Assignment)
                .join(Assignment.round)
                .options(contains_eager(Assignment.round))
                .where(
                    Assignment.person_id == person.id,
                    Round.asks.in_((Asks.CHECKLIST, Asks.LINES)),
                    or_(
                        Round.state.in_(OPEN_STATES) & or_(Assignment.state == AssignmentState.ASKED, filled),
                        (Assignment.state == AssignmentState.MISSED) & (Round.closes_at >= since),
                    ),
                )
                .order_by(Assignment.asked_at.desc(), Assignment.id.desc())
            )
        )

    def last_answer_by(self, person: Person, since: datetime) -> list[Assignment]:
        """What somebody answered last, if after `since`: all that one message answered."""
        answered = list(
            self._session.scalars(
                select(Assignment)
                .where(Assignment.person_id == person.id, Assignment.answered_at >= since)
                .order_by(Assignment.answered_at.desc(), Assignment.id)
            )
        )
        return [item for item in answered if item.answered_at == answered[0].answered_at]

    def filled_by(self, person: Person, day: date) -> Assignment | None:
        """The checklist that somebody answered last on a day; None for none."""
        done = self._session.scalars(
            select(Assignment)
            .join(Assignment.round)
            .options(contains_eager(Assignment.round))
            .where(
                Assignment.person_id == person.id,
                Round.asks == Asks.CHECKLIST,
                Assignment.state == AssignmentState.DONE,
            )
            .order_by(Assignment.answered_at.desc(), Assignment.id.desc())
            .limit(1)
        ).first()
        return done if done is not None and done.day == day else None

    def filled_between(self, routine: str, start: datetime, end: datetime) -> list[Assignment]:
        """What people answered to the rounds of a routine opened in start <= t < end, in the order they were asked."""
        return list(
            self._session.scalars(
                select(Assignment)
                .join(Assignment.round)
                .options(contains_eager(Assignment.round))
                .where(
                    Assignment.school_id == self._school_id,
                    Round.routine == routine,
                    Round.opened_at >= start,
                    Round.opened_at < end,
                    Assignment.state == AssignmentState.DONE,
                )
                .order_by(Assignment.id)
            )
        )

    def attendance(self, day: date) -> list[Round]:
        """The rounds of a day that ask who clocked in, also those that are over."""
        start = midnight(day)
        return self._where(
            Round.asks == Asks.ATTENDANCE, Round.opened_at >= start, Round.opened_at < start + timedelta(days=1)
        )

    def reporting(self, since: datetime) -> list[Round]:
        """The rounds that ask for a duty report, opened after `since` and not closed."""
        return self._where(Round.asks == Asks.REPORT, Round.opened_at >= since, Round.state.in_(OPEN_STATES))

    def collecting(self, since: datetime, form: str = "") -> list[Round]:
        """The rounds that a form answers, opened after `since`, the latest first; form: of this one alone."""
        rounds = self._where(Round.asks.in_((Asks.LINES, Asks.CHECKLIST)), Round.opened_at >= since)
        return [each for each in reversed(rounds) if each.form.get("collect") and form in ("", each.form["collect"])]

    def assignment(self, number: int) -> Assignment | None:
        """One by its id."""
        found = self._session.get(Assignment, number)
        return found if found is not None and found.school_id == self._school_id else None

    def opened(self, routine: str, at: datetime) -> Round | None:
        """The round of a routine that was opened at a moment."""
        found = self._where(Round.routine == routine, Round.opened_at == at)
        return found[0] if found else None

    def moments(self, moment: str, after: datetime, until: datetime) -> list[datetime]:
        """The distinct nudge_at or closes_at (`moment`) of rounds not closed, in after < t <= until."""
        column = {"nudge_at": Round.nudge_at, "closes_at": Round.closes_at}[moment]
        return list(
            self._session.scalars(
                select(column)
                .where(
                    Round.school_id == self._school_id, Round.state.in_(OPEN_STATES), column > after, column <= until
                )
                .distinct()
                .order_by(column)
            )
        )

    def waiting(self) -> list[Round]:
        """Rounds that are not closed."""
        return self._where(Round.state.in_(OPEN_STATES))

    def to_nudge(self, at: datetime) -> list[Round]:
        """Rounds whose reminder is due and was not given."""
        return self._where(Round.state == RoundState.OPEN, Round.nudge_at <= at)

    def to_close(self, at: datetime) -> list[Round]:
        """Rounds whose window is over."""
        return self._where(Round.state.in_(OPEN_STATES), Round.closes_at <= at)

    def asked_between(self, start: datetime, end: datetime) -> list[Assignment]:
        """Everything asked in start <= t < end, with its round and person."""
        return list(
            self._session.scalars(
                select(Assignment)
                .join(Assignment.round)
                .options(contains_eager(Assignment.round), selectinload(Assignment.person))
                .where(Assignment.school_id == self._school_id, Assignment.asked_at >= start, Assignment.asked_at < end)
                .order_by(Assignment.id)
            )
        )

    def open_tasks(self, until: date) -> list[Task]:
        """Tasks not done whose last day is not after `until`, by owner and day."""
        return list(
            self._session.scalars(
                select(Task)
                .where(Task.school_id == self._school_id, Task.done_at.is_(None), Task.due_on <= until)
                .order_by(Task.owner_id, Task.due_on, Task.id)
            )
        )

    def tasks(self, owner: Person, text: str) -> list[Task]:
        """Every line of somebody's plan with these words, whenever it is due and whether or not it is done."""
        return list(self._session.scalars(select(Task).where(Task.owner_id == owner.id, Task.text == text)))

    def _where(self, *conditions: object) -> list[Round]:
        return list(
            self._session.scalars(
                select(Round).where(Round.school_id == self._school_id, *conditions).order_by(Round.id)  # type: ignore[arg-type]
            )
        )
