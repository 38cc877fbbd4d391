"""Turns an Outcome's words and photos into rows: rendered, addressed, cut to the channel's measure, ready to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from bot.clock import school_time
from bot.connections import Connection, Connections
from bot.context import SPEAKER, Attachment, Context, Nudge, Outcome, Parents, Question, Speech, Withdrawal
from bot.domain.base import Record
from bot.domain.chats import Chat, Group
from bot.domain.notices import NoticePost, ParentNotice, PostState
from bot.domain.people import Account, Person, Post
from bot.domain.photos import Photo, PhotoOf, PhotoState
from bot.facts import Ask
from bot.manners import MANNERS
from bot.messages import ChatKind, ChatRef, MediaRef, Message
from bot.platforms.base import Reach, Recaller
from bot.registry import step_name
from bot.render import Renderer, cut, has_marks, plain, split, spoken, whole
from bot.said import card_to_data, form_to_data
from bot.store.arrivals import the_chat, the_conversation
from bot.store.records import RECALL, Conversation, Outbox, OutboxState
from bot.store.session import add, add_last
from bot.store.store import Store
from bot.store.waiting import NEVER_WROTE, TODO, never_send, sent_as, want_to_know

log = structlog.get_logger()

FULL = "这个群当天已经发过一条，平台不让再发"
"""Why a notice is not handed to a class's group (Capabilities.posts_a_day)."""


class Scribe:
    """Writes for one transaction, of the school of its store, at its `now`. cause: what the rows come from ("msg:<trace>",
    "run:<schedule>"). by: the id of the person whose message it is."""

    def __init__(
        self,
        renderer: Renderer,
        connections: Connections,
        session: Session,
        store: Store,
        cause: str,
        now: datetime,
        by: int | None = None,
    ) -> None:
        self._renderer = renderer
        self._connections = connections
        self._session = session
        self.store = store
        self._cause = cause[:100]
        self._by = by
        self.now = now

    def answer(self, speech: Speech, context: Context, connection: Connection, talk: Conversation) -> None:
        """Say it in the chat where the person spoke; in a group, to them."""
        text = self._text(speech, context.account.person)
        self.write(connection, context.chat, text, mention=context.account if context.in_group else None)
        self._expect(talk, speech)

    def announce(self, speech: Speech) -> None:
        """Say it to whom the speech names: a group, a person, everybody who holds a post."""
        if isinstance(speech.to, Group):
            self._post(speech, speech.to)
        elif isinstance(speech.to, Parents):
            self._to_parents(speech, speech.to)
        else:
            for account in self._readers(speech.to):
                self._tell(speech, account)

    def write(
        self,
        connection: Connection,
        chat: Chat,
        text: str,
        *,
        mention: Account | None = None,
        notice: Speech | None = None,
        never: bool = False,
    ) -> None:
        """Queue a text, in as many parts as the channel needs, and the notice's picture after it.

        never: nobody wrote there yet and the channel may not begin; it is kept until they do (store/waiting.py).
        """
        can = connection.platform.capabilities
        said = spoken(text)
        text = whole(said.text)
        markdown = can.markdown and has_marks(text)
        title = plain(text).split("\n", 1)[0][:40]
        in_group = chat.kind is ChatKind.GROUP
        pieces = cut(said.text) if (can.group_notices if in_group else can.notices) else [text]
        parts = [part for piece in pieces for part in split(piece if markdown else plain(piece), can.text_bytes)]
        calls: list[dict[str, Any]] = [{"text": part, "markdown": markdown, "title": title} for part in parts]
        room = can.group_buttons if in_group else can.buttons
        # what is to be pressed stands under the last of the words
        if said.buttons and room:
            calls[-1]["buttons"] = [[button.label, button.says] for button in said.buttons[:room]]
        if said.form is not None and can.forms and not in_group:
            calls[-1]["form"] = form_to_data(said.form)
        if mention is not None and can.mentions:
            calls[0]["mentions"] = [mention.user_id]
        if notice is not None and notice.chart is not None and can.images:
            calls.append({"chart": {"kind": notice.chart.kind, "data": dict(notice.chart.data)}})
        due_at = self.now if notice is None or notice.at_once else MANNERS.waking(self.now)
        if notice is not None and isinstance(notice.to, Parents):
            due_at = MANNERS.parents_waking(self.now)
        for each in calls:
            # the same answer twice in a row may be meant; the same notice twice never is
            whose = {"by": self._by} if self._by is not None else {}
            self._queue(connection, chat, {**each, "once": notice is not None, **whose}, due_at, never=never)

    def nudge(self, nudge: Nudge) -> None:
        """Queue that what waits to be confirmed is asked for again, or ended."""
        connection = self._connections.get(self.store.school.code, nudge.chat.connection)
        if connection is not None:
            said: dict[str, Any] = {"text": "", "markdown": False, "title": "", "reminds": nudge.reference}
            if nudge.ends:
                said = {RECALL: nudge.reference}
            self._queue(connection, nudge.chat, said, MANNERS.waking(self.now))

    def close_card(self, connection: Connection, chat: Chat, message: Message) -> None:
        """The pressed card ends: what was pressed stands on it, and nobody presses it again."""
        if message.card is not None and connection.platform.capabilities.closes:
            said = {"text": message.click, "markdown": False, "title": "", "closes": card_to_data(message.card)}
            self._queue(connection, chat, {**said, "once": False}, self.now)

    def withdraw(self, withdrawal: Withdrawal, context: Context, connection: Connection, talk: Conversation) -> None:
        """Take back what was said: what is not out yet is never sent, what is out its platform is asked for."""
        post, values = withdrawal.post, {"post": withdrawal.post}
        stopped = never_send(self._session, post.rows)
        out = sent_as(self._session, [row for row in post.rows if row not in stopped])
        ways = [(self._connections.get(self.store.school.code, name), chat_id, ref) for name, chat_id, ref in out]
        can = [
            (way, chat_id, reference)
            for way, chat_id, reference in ways
            if way is not None
            and reference
            and way.platform.capabilities.recalls
            and isinstance(way.platform, Recaller)
        ]
        if len(can) < len(out):
            cannot = Speech(SPEAKER, withdrawal.cannot, values, then=withdrawal.then, remember=withdrawal.remember)
            self.answer(cannot, context, connection, talk)
        else:
            self.answer(Speech(SPEAKER, withdrawal.going, values), context, connection, talk)
        words = plain(self._renderer.text(withdrawal.failed, values))
        for way, chat_id, reference in can:
            said = {RECALL: reference, "failed": [context.chat.id, connection.name, words]}
            self._queue(way, self._session.get_one(Chat, chat_id), said, self.now)

    def keep_todo(self, connection: Connection, account: str, todo_id: int) -> None:
        """The platform has to hear of an item of somebody's list. Each person's items have a line of their own."""
        ref = ChatRef(ChatKind.DIRECT, f"todo:{account}")
        chat = the_chat(self._session, self.store.school, connection.name, ref, None)
        self._queue(connection, chat, {TODO: todo_id}, self.now, cause=f"{TODO}:{todo_id}")

    def ask(self, question: Question) -> None:
        """Leave an errand for every connection that can be asked."""
        for connection in self._connections.informants(self.store.school.code, question.what):
            if question.platform in ("", connection.platform_name):
                self.send_to_ask(connection, question.what, question.about, question.details)

    def send_to_ask(self, connection: Connection, what: Ask, about: str, details: str = "") -> None:
        """Leave an errand for this connection, where none waits to ask the same."""
        school = self.store.school.id
        want_to_know(self._session, school, connection.name, what, about, self._cause, self.now, details)

    def _queue(
        self,
        connection: Connection,
        chat: Chat,
        said: dict[str, Any],
        due_at: datetime,
        *,
        never: bool = False,
        cause: str = "",
    ) -> None:
        state = OutboxState.HELD if due_at > self.now else OutboxState.DUE
        add_last(
            self._session,
            Outbox,
            school_id=self.store.school.id,
            connection=connection.name,
            chat_id=chat.id,
            said=said,
            cause=cause or self._cause,
            created_at=self.now,
            due_at=due_at,
            state=OutboxState.DEAD if never else state,
            reason=NEVER_WROTE if never else "",
        )

    def photos(self, outcome: Outcome, context: Context, connection: Connection) -> None:
        """Note every picture of the message for fetching; those of a quoted one only where they show a record."""
        for media in context.message.images if not outcome.attachments else ():
            self._photo(connection, context, media, PhotoOf.NOTHING, None)
        for attachment in outcome.attachments:
            self._attach(attachment, context, connection)

    def _attach(self, attachment: Attachment, context: Context, connection: Connection) -> None:
        subject_id = _id(attachment.subject)
        quote = context.message.quote
        shown = (*context.message.images, *(quote.images if quote else ()))
        if attachment.pictures is not None:
            shown = tuple(context.message.images[place] for place in attachment.pictures)
        for media in shown:
            self._photo(connection, context, media, attachment.of, subject_id)
        for photo in attachment.held:
            photo.belongs_to(attachment.of, subject_id)

    def _photo(
        self, connection: Connection, context: Context, media: MediaRef, of: PhotoOf, subject_id: int | None
    ) -> None:
        add(
            self._session,
            Photo,
            school_id=self.store.school.id,
            connection=connection.name,
            ref=media.ref,
            chat_id=context.chat.id,
            account_id=context.account.id,
            sent_at=context.now,
            of=of,
            subject_id=subject_id,
            state=PhotoState.WANTED,
            due_at=context.now,
        )

    def _text(self, speech: Speech, reader: Person | None) -> str:
        values: Mapping[str, Any] = {"me": reader, "school": self.store.school, **speech.values}
        return self._renderer.text(speech.template, values)

    def _post(self, speech: Speech, group: Group) -> None:
        found = [
            (connection, chat)
            for chat in self.store.chats.bound(group)
            if (connection := self._connections.get(self.store.school.code, chat.connection)) is not None
        ]
        if not found:
            log.warning("no_group", school=self.store.school.code, group=group.value, todo="xiaoling doctor")
        hearing = {connection.platform_name for connection, _ in found if connection.platform.capabilities.hears}
        for connection, chat in found:
            # one group, two robots in it: the one that hears speaks, so that it can be answered
            if connection.platform.capabilities.hears or connection.platform_name not in hearing:
                self.write(connection, chat, self._text(speech, None), notice=speech)

    def _to_parents(self, speech: Speech, to: Parents) -> None:
        """To each class's own chat, by the first channel that has one; the author gets the words back for the others.

        What nobody has to confirm comes first, then the order of the settings.
        """
        classes: list[str] = to.notice.classes
        reached: dict[str, Connection] = {}
        channels = [
            each
            for each in self._connections
            if each.school == self.store.school.code and each.platform.capabilities.parents
        ]
        for connection in sorted(channels, key=lambda each: each.platform.capabilities.confirmed):
            for ref, grade_class, owner in self._classes_chats(connection, classes):
                # a class of two groups gets it in both; one whose name could not be read is taken for another
                if grade_class and reached.get(grade_class, connection) is not connection:
                    continue
                reached[grade_class or ref.id] = connection
                chat = the_chat(self._session, self.store.school, connection.name, ref, None)
                if owner is None or self._post_to_confirm(to.notice, connection, chat, grade_class, owner):
                    self.write(connection, chat, self._text(speech, None), notice=speech)
        missing = [name for name in classes if name not in reached]
        if missing or not reached:
            values = {**speech.values, "missing": missing if reached else []}
            back = replace(speech, to=to.notice.author, template=to.otherwise, values=values, at_once=True)
            self.announce(back)

    def _classes_chats(
        self, connection: Connection, classes: Sequence[str]
    ) -> Iterator[tuple[ChatRef, str, str | None]]:
        """Where a channel reaches these classes, the class of each chat, and the account of who has to confirm there."""
        if connection.platform.capabilities.confirmed:
            for row in self.store.class_groups.of(classes, connection.name):
                yield ChatRef(ChatKind.GROUP, f"class:{row.group_id}", row.name), row.grade_class, row.owner
            return
        for class_id, grade_class in self.store.guardians.class_ids(connection.platform_name, classes).items():
            yield ChatRef(ChatKind.GROUP, f"class:{class_id}"), grade_class, None

    def _post_to_confirm(
        self, notice: ParentNotice, connection: Connection, chat: Chat, grade_class: str, owner: str
    ) -> bool:
        """Write down that it is on its way there; whether it is: a group takes no more than so many a day."""
        out_at = MANNERS.parents_waking(self.now)
        most = connection.platform.capabilities.posts_a_day
        account = self.store.people.account(connection.platform_name, owner)
        full = most > 0 and self.store.notices.posted_on(chat, school_time(out_at).date()) >= most
        add(
            self._session,
            NoticePost,
            school_id=self.store.school.id,
            notice_id=notice.id,
            chat_id=chat.id,
            grade_class=grade_class,
            owner_id=account.person_id if account is not None else None,
            out_at=out_at,
            cause=self._cause,
            state=PostState.REFUSED if full else PostState.WAITING,
            reason=FULL if full else "",
        )
        return not full

    def _readers(self, to: object) -> list[Account]:
        """The accounts to use. People whom no account reaches are logged, by number only; `doctor` names them."""
        if isinstance(to, Account):
            return [to]
        persons = [to] if isinstance(to, Person) else self.store.people.holding(Post(str(to)))
        platforms = self._connections.direct(self.store.school.code).keys()
        found = []
        for person in persons:
            account = self.store.people.best_account(person, platforms)
            if account is None:
                log.warning("unreachable", school=self.store.school.code, person=person.id, todo="xiaoling doctor")
            else:
                found.append(account)
        return found

    def _tell(self, speech: Speech, account: Account) -> None:
        connection, never = self._way_to(account), False
        if connection is None:
            log.warning("never_wrote", school=self.store.school.code, account=account.id, todo="xiaoling doctor")
            ways = self._connections.direct(self.store.school.code).get(account.platform, ())
            connection = next((way for way in ways if way.platform.capabilities.reach is Reach.SPOKEN), None)
            if connection is None:
                return
            never = True
        ref = ChatRef(ChatKind.DIRECT, account.user_id)
        chat = the_chat(self._session, self.store.school, connection.name, ref, account)
        self.write(connection, chat, self._text(speech, account.person), notice=speech, never=never)
        if speech.then is not None:
            self._expect(the_conversation(self._session, chat, account), speech)

    def _way_to(self, account: Account) -> Connection | None:
        """Where this account spoke last, else the first that may write to it unasked."""
        ways = self._connections.direct(self.store.school.code).get(account.platform, ())
        if len(ways) == 1 and ways[0].platform.capabilities.reach is Reach.ANYONE:
            return ways[0]
        heard = self.store.chats.heard(account)
        spoken_to = [way for way in ways if way.name in heard and way.platform.capabilities.reach is not Reach.NOBODY]
        if spoken_to:
            return max(spoken_to, key=lambda way: heard[way.name])
        return next((way for way in ways if way.platform.capabilities.reach is Reach.ANYONE), None)

    def _expect(self, talk: Conversation, speech: Speech) -> None:
        if speech.then is not None:
            talk.step = step_name(speech.then)
            talk.memory = dict(speech.remember)
            talk.until = self.now + speech.lasts


def is_answer(speech: Speech) -> bool:
    """Whether a speech goes back to who spoke."""
    return speech.to == SPEAKER


def _id(record: Record) -> int:
    number: int = record.id  # type: ignore[attr-defined]  # every record has one after the flush
    return number
