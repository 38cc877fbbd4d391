"""The one place where a message or a due time becomes records and words: one transaction each, nothing called outside.

receive: inbox key → account → conversation → router → handler → Outcome → records, outbox → commit.
run:     run key → schedule → Outcome → records, outbox → commit.
tell:    an errand's answer → listener → Outcome → records, outbox → commit.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.clock import Clock, monotonic
from bot.connections import Connection, Connections
from bot.context import PATIENCE, Context, Outcome, Run, Told, say, stay
from bot.domain.chats import Chat
from bot.domain.people import Account, Person
from bot.domain.school import School
from bot.errors import NotAllowed, NotMine, PersonError
from bot.facts import Fact, News
from bot.language.meaning import Understanding
from bot.messages import Message
from bot.platforms.base import Callback
from bot.registry import Listener, Registry, Schedule
from bot.render import Renderer
from bot.router import Route, Router
from bot.said import from_data, to_data
from bot.scribe import Scribe, is_answer
from bot.store.arrivals import arrive, the_school
from bot.store.records import Conversation, Inbox, InboxState, RunState, ScheduleRun, Unread
from bot.store.session import Writer, add, insert_once, take_changed
from bot.store.store import Store
from bot.store.waiting import ToAsk, errand_done, errand_lost
from bot.todos import Todos
from bot.understanders import understanders

log = structlog.get_logger()

LONGEST = 2000
"""Characters of a message that handlers see; nobody says more to a bot on purpose. The inbox keeps all of it."""


REMEMBERED = timedelta(hours=12)
"""How long the last thing said in a chat counts as what somebody answers: 「上面那个修好了」."""


_CASE = re.compile(r"隐患\s*(\d{1,6})")


class Receipt(StrEnum):
    """What became of a message. failed: a bug; it is kept, the person got an apology, `replay` tries again."""

    HANDLED = "handled"
    AGAIN = "again"
    FAILED = "failed"


PUNCTUAL = timedelta(minutes=15)
"""How late a run still says at night what it has to say: its hour is the school's own choice."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """One message on its way through."""

    connection: Connection
    message: Message
    now: datetime
    trace: str

    @property
    def heard(self) -> Message:
        return replace(self.message, text=self.message.text[:LONGEST])


class _Bug(Exception):
    """A handler, schedule or template raised something that is nobody's mistake but ours. `from` holds it."""

    def __init__(self, where: str, error: Exception) -> None:
        super().__init__(where)
        self.where = where
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        # an exception's own words may repeat what somebody typed: its kind and place are enough to find it
        at = f" at {place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else ""
        self.line = f"{type(error).__name__}{at}"[:500]


@contextmanager
def _blaming(where: str) -> Iterator[None]:
    """Whatever goes wrong inside is a bug of `where`, except that the database is away: then it is tried again whole."""
    try:
        yield
    except OperationalError:
        raise
    except Exception as error:
        raise _Bug(where, error) from error


class Pipeline:
    """Built once by the composition root. on_commit: called when a commit may have left something to do outside."""

    def __init__(
        self,
        writer: Writer,
        registry: Registry,
        renderer: Renderer,
        connections: Connections,
        clock: Clock,
        on_commit: Callable[[], None],
        todos: Todos,
    ) -> None:
        self._writer = writer
        self._router = Router(registry)
        self._sayings = registry.sayings()
        self._listeners = registry.listeners
        self._losers = registry.losers
        self._renderer = renderer
        self._connections = connections
        self._clock = clock
        self._on_commit = on_commit
        self._todos = todos
        self._understanders = understanders()
        self._schools: dict[str, School] = {}

    def receive(self, connection: Connection, message: Message) -> Receipt:
        """Handle one message; it is committed when this returns. Raises SQLAlchemyError when the database is away."""
        started = monotonic()
        arrival = _Arrival(connection, message, self._clock.now(), secrets.token_hex(8))
        todo: dict[str, str] = {}
        try:
            handler = self._writer.do(partial(self._receive, arrival))
            receipt = Receipt.HANDLED if handler else Receipt.AGAIN
        except _Bug as bug:
            handler, todo = bug.where, {"error": bug.line, "todo": "xiaoling replay"}
            kept = self._writer.do(partial(self._keep_failed, arrival, bug.line))
            receipt = Receipt.FAILED if kept else Receipt.AGAIN
        self._on_commit()
        (log.error if todo else log.info)(
            "message",
            trace=arrival.trace,
            school=connection.school,
            connection=connection.name,
            message=message.id,
            handler=handler,
            result=receipt.value,
            ms=_since(started),
            **todo,
        )
        return receipt

    def hear_news(self, connection: Connection, news: News) -> Receipt:
        """Keep one event and leave an errand to ask what it means. Raises SQLAlchemyError when the database is away."""
        now, trace = self._clock.now(), secrets.token_hex(8)
        kept = self._writer.do(partial(self._hear_news, connection, news, now, trace))
        self._on_commit()
        receipt = Receipt.HANDLED if kept else Receipt.AGAIN
        names = {"school": connection.school, "connection": connection.name}
        log.info("news", trace=trace, **names, message=news.id, what=news.what.value, result=receipt.value)
        return receipt

    def tell(self, connection: Connection, errand: ToAsk, facts: tuple[Fact, ...]) -> None:
        """Let whoever is told turn an errand's answer into records and words; the errand ends in the same transaction."""
        now = self._clock.now()
        try:
            self._writer.do(partial(self._tell, connection, errand, facts, now))
        except _Bug as bug:
            log.error("told", errand=errand.id, handler=bug.where, error=bug.line)
            self._writer.do(partial(errand_lost, errand_id=errand.id, reason=f"程序出错：{bug.line}"))
        self._on_commit()

    def lose(self, connection: Connection | None, errand: ToAsk, reason: str) -> None:
        """Nobody answers this errand any more; whoever waits for its answer (@lost) goes on without, in the same transaction.

        connection: None where the settings no longer have it.
        """
        now = self._clock.now()
        try:
            self._writer.do(partial(self._lose, connection, errand, reason, now))
        except _Bug as bug:
            log.error("lost", errand=errand.id, handler=bug.where, error=bug.line)
            self._writer.do(partial(errand_lost, errand_id=errand.id, reason=f"程序出错：{bug.line}"))
        self._on_commit()

    def keep_unread(self, connection: Connection, received: Callback, part: str) -> None:
        """Keep a callback that was signed but could not be read; the platform is told that it was not taken."""
        now = self._clock.now()
        self._writer.do(partial(self._keep_unread, connection, received, part, now))
        todo = "xiaoling export unread"
        log.warning("malformed", school=connection.school, connection=connection.name, part=part, todo=todo)

    def replay(self, connection: Connection, inbox_id: int) -> Receipt:
        """Handle a failed message again, as of now. Raises LookupError when that row is not a failed one."""
        try:
            handler = self._writer.do(partial(self._replay, connection, inbox_id, self._clock.now()))
        except _Bug as bug:
            log.error("replay", inbox=inbox_id, handler=bug.where, error=bug.line)
            return Receipt.FAILED
        self._on_commit()
        log.info("replay", inbox=inbox_id, handler=handler)
        return Receipt.HANDLED

    def run(self, school: str, schedule: Schedule, due_at: datetime) -> RunState | None:
        """Run a schedule for one due time. None: somebody did already."""
        started = monotonic()
        now = self._clock.now()
        todo: dict[str, str] = {}
        try:
            state = self._writer.do(partial(self._run, school, schedule, due_at, now))
        except _Bug as bug:
            todo = {"error": bug.line}
            noted = partial(self._note_run, school, schedule, due_at, now, RunState.FAILED, bug.line)
            state = RunState.FAILED if self._writer.do(noted) else None
        if state is None:
            return None
        self._on_commit()
        (log.error if todo else log.info)(
            "run",
            school=school,
            schedule=schedule.name,
            due_at=due_at.isoformat(),
            result=state.value,
            ms=_since(started),
            **todo,
        )
        return state

    # one message

    def _receive(self, arrival: _Arrival, session: Session) -> str:
        """Returns the name of what handled it; "" when it was here before."""
        school = self._school(session, arrival.connection.school)
        if not _remember(session, school, arrival, InboxState.HANDLED, ""):
            return ""
        return self._handle(session, school, arrival)

    def _hear_news(self, connection: Connection, news: News, now: datetime, trace: str, session: Session) -> bool:
        school = self._school(session, connection.school)
        kept = insert_once(
            session,
            Inbox,
            school_id=school.id,
            connection=connection.name,
            message_id=news.id[:255],
            received_at=now,
            state=InboxState.HANDLED,
            said={"news": news.what.value, "about": news.about, "at": news.at.isoformat(), "raw": news.raw},
            trace=trace,
            error="",
        )
        if kept and news.what in self._listeners:
            scribe = self._scribe(session, Store(session, school), f"msg:{trace}", now)
            for knowing in self._connections.knowing(connection, news.what):
                scribe.send_to_ask(knowing, news.what, news.about)
        return kept

    def _tell(
        self, connection: Connection, errand: ToAsk, facts: tuple[Fact, ...], now: datetime, session: Session
    ) -> None:
        listener = self._listeners.get(errand.what)
        if not errand_done(session, errand.id) or listener is None:
            return
        self._listen(listener, connection, errand, facts, now, session)

    def _lose(self, connection: Connection | None, errand: ToAsk, reason: str, now: datetime, session: Session) -> None:
        errand_lost(session, errand.id, reason)
        loser = self._losers.get(errand.what)
        if loser is not None:
            self._listen(loser, connection, errand, (), now, session)

    def _listen(
        self,
        listener: Listener,
        connection: Connection | None,
        errand: ToAsk,
        facts: tuple[Fact, ...],
        now: datetime,
        session: Session,
    ) -> None:
        store = Store(session, self._school(session, errand.school))

        def understood(words: str, by: Person) -> Understanding:
            return self._understanders.understand(store, words, now=now, before="", by=by, photos=0)

        platform = connection.platform_name if connection is not None else ""
        told = Told(errand.what, errand.about, facts, platform, errand.connection, now, store, understood)
        with _blaming(listener.name):
            self._follow(listener.run(told), self._scribe(session, store, f"told:{errand.id}", now), session)

    def _follow(self, outcome: Outcome, scribe: Scribe, session: Session, *, at_once: bool = False) -> None:
        """Write down what follows where nobody spoke. at_once: its words do not wait for the morning."""
        session.add_all(outcome.records)
        session.flush()
        for speech in outcome.speeches:
            scribe.announce(replace(speech, at_once=speech.at_once or at_once))
        for question in outcome.questions:
            scribe.ask(question)
        for nudge in outcome.nudges:
            scribe.nudge(nudge)
        session.flush()
        self._todos.follow(take_changed(session), scribe)

    def _replay(self, connection: Connection, inbox_id: int, now: datetime, session: Session) -> str:
        row = session.get(Inbox, inbox_id, with_for_update=True)
        if row is None or row.state is not InboxState.FAILED:
            raise LookupError(inbox_id)
        row.state, row.error = InboxState.HANDLED, ""
        arrival = _Arrival(connection, from_data(row.said), now, row.trace)
        return self._handle(session, self._school(session, connection.school), arrival)

    def _keep_unread(
        self, connection: Connection, received: Callback, part: str, now: datetime, session: Session
    ) -> None:
        add(
            session,
            Unread,
            school_id=self._school(session, connection.school).id,
            connection=connection.name,
            received_at=now,
            reason=part[:300],
            query=dict(received.query),
            # PostgreSQL's text takes no NUL
            body=received.body.decode("utf-8", "replace").replace("\0", "\ufffd"),
        )

    def _keep_failed(self, arrival: _Arrival, error: str, session: Session) -> bool:
        """Remember a message that a bug stopped, and apologise."""
        school = self._school(session, arrival.connection.school)
        if not _remember(session, school, arrival, InboxState.FAILED, error):
            return False
        connection = arrival.connection
        found = arrive(session, school, connection.platform_name, connection.name, arrival.message, arrival.now)
        scribe = self._scribe(session, Store(session, school), f"msg:{arrival.trace}", arrival.now)
        scribe.write(connection, found.chat, self._renderer.text("common/sorry", {}))
        return True

    def _handle(self, session: Session, school: School, arrival: _Arrival) -> str:
        connection, message, now = arrival.connection, arrival.heard, arrival.now
        found = arrive(session, school, connection.platform_name, connection.name, message, now)
        account, chat, talk = found.account, found.chat, found.conversation
        if talk.until is not None and talk.until <= now:
            _forget(talk)
        store = Store(session, school)
        understand = partial(self._understand, store, message, account, chat, now)
        route = self._router.find(message, account, talk.step, understand)
        context = Context(
            message, account, chat, now, store, route.words, dict(talk.memory), self._sayings, route.meaning, understand
        )
        with _blaming(route.name):
            outcome = self._heard(context, talk.step, route)
            session.add_all(outcome.records)
            session.flush()
            scribe = self._scribe(session, store, f"msg:{arrival.trace}", now, account.person_id)
            scribe.photos(outcome, context, connection)
            if outcome.drops or not (outcome.stays or _waits_on(talk, route, now)):
                _forget(talk)
            for speech in outcome.speeches:
                if is_answer(speech):
                    scribe.answer(speech, context, connection, talk)
                else:
                    scribe.announce(speech)
            for question in outcome.questions:
                scribe.ask(question)
            for withdrawal in outcome.withdrawals:
                scribe.withdraw(withdrawal, context, connection, talk)
            for nudge in outcome.nudges:
                scribe.nudge(nudge)
            if message.card is not None:
                scribe.close_card(connection, chat, message)
            session.flush()
            self._todos.follow(take_changed(session), scribe)
        return route.name

    def _heard(self, context: Context, open_step: str, route: Route) -> Outcome:
        """What the route answers; where it says that the words are not for it, the next that takes them."""
        declined: list[str] = []
        kept_open = False
        while True:
            try:
                outcome = _answer(route, replace(context, words=route.words, meaning=route.meaning))
            except NotMine:
                declined.append(route.name)
                kept_open = kept_open or route.is_step
                route = self._router.find(context.message, context.account, open_step, context.understand, declined)
            else:
                return outcome + stay() if kept_open else outcome

    def _understand(
        self, store: Store, message: Message, account: Account, chat: Chat, now: datetime, words: str
    ) -> Understanding:
        """What words of this message mean, after what they answer: the message quoted, else the last thing said here."""
        quoted = message.quote.text if message.quote else ""
        before = quoted or _one_card(store.chats.last_said(chat, now - REMEMBERED))
        assert account.person is not None
        return self._understanders.understand(
            store, words, now=now, before=before, by=account.person, photos=len(message.images)
        )

    # one due time

    def _run(
        self, school_code: str, schedule: Schedule, due_at: datetime, now: datetime, session: Session
    ) -> RunState | None:
        late = now - due_at > schedule.late_by
        state = RunState.SKIPPED if late else RunState.DONE
        if not self._note_run(school_code, schedule, due_at, now, state, "", session):
            return None
        if late:
            return state
        store = Store(session, self._school(session, school_code))
        with _blaming(schedule.name):
            limits, knowing = self._connections.limits(school_code), self._connections.knowing_of(school_code)
            outcome = schedule.run(Run(due_at, now, store, limits, knowing))
            scribe = self._scribe(session, store, f"run:{schedule.name}", now)
            # the school chose the hour at which it rings; the hour at which it is caught up was nobody's choice
            self._follow(outcome, scribe, session, at_once=now - due_at <= PUNCTUAL)
        return state

    def _note_run(
        self,
        school: str,
        schedule: Schedule,
        due_at: datetime,
        now: datetime,
        state: RunState,
        error: str,
        session: Session,
    ) -> bool:
        return insert_once(
            session,
            ScheduleRun,
            school_id=self._school(session, school).id,
            schedule=schedule.name,
            due_at=due_at,
            ran_at=now,
            state=state,
            error=error,
        )

    def _school(self, session: Session, code: str) -> School:
        """The school's row, read once per process: its id, code and name stay while the process lives."""
        if code not in self._schools:
            school = the_school(session, code)
            session.expunge(school)
            self._schools[code] = school
        return self._schools[code]

    def _scribe(self, session: Session, store: Store, cause: str, now: datetime, by: int | None = None) -> Scribe:
        return Scribe(self._renderer, self._connections, session, store, cause, now, by)


def _remember(session: Session, school: School, arrival: _Arrival, state: InboxState, error: str) -> bool:
    """Keep the message under its key. False: it was delivered before."""
    return insert_once(
        session,
        Inbox,
        school_id=school.id,
        connection=arrival.connection.name,
        message_id=arrival.message.id,
        received_at=arrival.now,
        state=state,
        said=to_data(arrival.message),
        trace=arrival.trace,
        error=error,
    )


def _one_card(said: str) -> str:
    """What the bot said last, if it is of one hazard: a list or 帮助 names many, and words after it mean none for certain."""
    return said if len(set(_CASE.findall(said))) == 1 else ""


def _answer(route: Route, context: Context) -> Outcome:
    try:
        handler = route.handler
        if handler is not None and handler.posts and not context.person.holds(*handler.posts):
            raise NotAllowed("common/not_allowed", posts=handler.posts)
        return route.run(context)
    except PersonError as error:
        return say(error.template, **error.values) + stay()


def _waits_on(talk: Conversation, route: Route, now: datetime) -> bool:
    """Whether a question of the day outlives words that were for another: 我的任务 between the evening's question and its
    answer. One that was asked in passing does not."""
    return talk.until is not None and talk.until - now > PATIENCE and not route.is_step


def _forget(talk: Conversation) -> None:
    if talk.step:
        talk.step, talk.memory, talk.until = "", {}, None


def _since(started: float) -> float:
    return round((monotonic() - started) * 1000, 1)
