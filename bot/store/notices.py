"""Questions about notices to parents."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session, joinedload

from bot.clock import school_time
from bot.domain.chats import Chat
from bot.domain.notices import Handed, NoticePost, NoticeState, ParentNotice, PostState
from bot.store.records import Outbox, OutboxState


class Notices:
    """The notices of one school."""

    def __init__(self, session: Session, school_id: int) -> None:
        self._session = session
        self._school_id = school_id

    def next_number(self) -> int:
        highest = select(func.max(ParentNotice.number)).where(ParentNotice.school_id == self._school_id)
        return (self._session.scalar(highest) or 0) + 1

    def waiting(self) -> list[ParentNotice]:
        """What nobody has decided yet."""
        return list(
            self._session.scalars(
                select(ParentNotice)
                .where(ParentNotice.school_id == self._school_id, ParentNotice.state == NoticeState.DRAFTED)
                .order_by(ParentNotice.number)
            )
        )

    def out_on(self, day: date) -> list[ParentNotice]:
        """What parents get on a day."""
        return list(
            self._session.scalars(
                select(ParentNotice).where(ParentNotice.school_id == self._school_id, ParentNotice.out_on == day)
            )
        )

    def numbered(self, number: int) -> ParentNotice | None:
        """By what people call it."""
        return self._session.scalar(
            select(ParentNotice).where(ParentNotice.school_id == self._school_id, ParentNotice.number == number)
        )

    def last_out(self) -> ParentNotice | None:
        """The last that went out by the classes' groups."""
        question = select(ParentNotice).join(NoticePost).where(ParentNotice.school_id == self._school_id)
        return self._session.scalar(question.order_by(ParentNotice.number.desc()).limit(1))

    # in the classes' groups

    def posts(self, notice: ParentNotice) -> list[NoticePost]:
        """Where it went, or is to go, by class."""
        question = select(NoticePost).where(NoticePost.notice_id == notice.id).options(joinedload(NoticePost.chat))
        return list(self._session.scalars(question.order_by(NoticePost.grade_class, NoticePost.id)))

    def unreported(self) -> list[ParentNotice]:
        """What went to the classes' groups and whose author does not know yet how it ended."""
        handed = select(NoticePost.notice_id).where(NoticePost.school_id == self._school_id)
        question = select(ParentNotice).where(*self._open(), ParentNotice.id.in_(handed))
        return list(self._session.scalars(question.order_by(ParentNotice.number)))

    def unreported_since(self) -> list[datetime]:
        """When those were handed over, each moment once."""
        question = select(NoticePost.out_at).join(ParentNotice).where(*self._open()).distinct()
        return list(self._session.scalars(question.order_by(NoticePost.out_at)))

    def _open(self) -> tuple[ColumnElement[bool], ...]:
        return ParentNotice.school_id == self._school_id, ParentNotice.reported_at.is_(None)

    def posts_with(self, reference: str) -> list[NoticePost]:
        """What waits and the platform calls so."""
        question = select(NoticePost).where(
            NoticePost.school_id == self._school_id,
            NoticePost.state == PostState.WAITING,
            NoticePost.reference == reference,
        )
        both = joinedload(NoticePost.chat), joinedload(NoticePost.notice)
        return list(self._session.scalars(question.options(*both).order_by(NoticePost.id)))

    def posted_on(self, chat: Chat, day: date) -> int:
        """How many notices a group has had on a day, or may still get."""
        question = select(NoticePost.out_at).where(
            NoticePost.chat_id == chat.id, NoticePost.state.in_((PostState.WAITING, PostState.SENT))
        )
        return sum(school_time(moment).date() == day for moment in self._session.scalars(question))

    def handed_over(self, post: NoticePost) -> Handed:
        """How its outbox row stands."""
        row = self._session.execute(
            select(Outbox.state, Outbox.reference, Outbox.reason)
            .where(Outbox.chat_id == post.chat_id, Outbox.cause == post.cause)
            .order_by(Outbox.id)
            .limit(1)
        ).first()
        if row is None:
            return Handed()
        state, reference, reason = row
        return Handed(reference, state is OutboxState.DEAD, state is OutboxState.RECALLED, reason)

    def forget(self, before: datetime) -> None:
        """Delete notices written before then."""
        self._session.execute(
            delete(ParentNotice)
            .where(ParentNotice.school_id == self._school_id, ParentNotice.written_at < before)
            .execution_options(synchronize_session=False)
        )
