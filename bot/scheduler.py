"""APScheduler is the alarm clock, the database is the truth: every tick works out what is owed and runs it, oldest first.

What was missed while the process was away is caught up; what is later than its schedule allows is noted as skipped. Two
schedulers do no harm: the unique (school, schedule, due time) lets one of them win.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.pipeline import Pipeline
from bot.registry import Schedule
from bot.store.arrivals import the_school
from bot.store.records import RunState, ScheduleRun
from bot.store.session import reading
from bot.store.store import Store

log = structlog.get_logger()

TICK = 15
"""Seconds between looks; nothing a school does needs it finer."""

AWAY = timedelta(minutes=10)
"""Nobody looked for so long: the process was down or the machine asleep, and what the platforms told meanwhile may be lost."""

FORGOTTEN = timedelta(days=14)
"""What was owed longer ago than this is not even counted: nobody wants two hundred skipped lines."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One schedule at one due time, for one school."""

    school: str
    schedule: Schedule
    due_at: datetime


class Scheduler:
    """One per process; several processes may have one each. schedules: what rings."""

    def __init__(
        self, engine: Engine, pipeline: Pipeline, schedules: Sequence[Schedule], schools: Sequence[str], clock: Clock
    ) -> None:
        self._engine = engine
        self._pipeline = pipeline
        self.schedules = schedules
        self._schools = schools
        self._clock = clock
        self._looked_at: datetime | None = None
        self._done_until: dict[tuple[str, str], datetime] = {}
        self._turn = threading.Lock()
        self._alarm = BackgroundScheduler(timezone="Asia/Shanghai")

    def start(self) -> None:
        """Tick at once, then every few seconds, until stop()."""
        self._alarm.add_job(
            self.tick, "interval", seconds=TICK, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._alarm.start()
        threading.Thread(target=self.tick, name="first-tick", daemon=True).start()

    def stop(self) -> None:
        """Finish the run under way."""
        if self._alarm.running:
            self._alarm.shutdown()

    def tick(self) -> list[Owed]:
        """Run everything owed by now, oldest first. Returns what this process ran. Never raises: the next tick comes."""
        ran: list[Owed] = []
        with self._turn:
            now = self._clock.now()
            returned = self._looked_at is None or now - self._looked_at > AWAY
            try:
                # a run may make something else owed (a round opens: its window may be over already), so look again
                while owed := self.owed(now):
                    for item in owed:
                        if self._pipeline.run(item.school, item.schedule, item.due_at) is RunState.DONE:
                            ran.append(item)
                        self._done_until[item.school, item.schedule.name] = item.due_at
                if returned:
                    self._return(now, {(item.school, item.schedule.name) for item in ran})
                self._looked_at = now
            except SQLAlchemyError as error:
                log.error("scheduler", error=type(error).__name__, todo="xiaoling doctor")
        return ran

    def owed(self, now: datetime) -> list[Owed]:
        """What should have run by `now` and did not, for every school, by due time."""
        return sorted(self._between(now), key=lambda item: item.due_at)

    def coming(self, until: datetime) -> list[Owed]:
        """What will be due after now, by due time."""
        now = self._clock.now()
        items = []
        for code in self._schools:
            with reading(self._engine) as session:
                store = Store(session, the_school(session, code))
                for schedule in self.schedules:
                    items += [Owed(code, schedule, at) for at in schedule.due(store, now, until)]
        return sorted(items, key=lambda item: item.due_at)

    def _return(self, now: datetime, done: Collection[tuple[str, str]]) -> None:
        """Run what makes good for the time away, unless it was owed anyway."""
        for code in self._schools:
            for schedule in self.schedules:
                if schedule.on_return and (code, schedule.name) not in done:
                    self._pipeline.run(code, schedule, now)

    def _between(self, now: datetime) -> Iterator[Owed]:
        for code in self._schools:
            with reading(self._engine) as session:
                school = the_school(session, code)
                store = Store(session, school)
                question = (
                    select(ScheduleRun.schedule, func.max(ScheduleRun.due_at))
                    .where(ScheduleRun.school_id == school.id)
                    .group_by(ScheduleRun.schedule)
                )
                latest = dict(session.execute(question).all())
                for schedule in self.schedules:
                    after = max(
                        self._done_until.get((code, schedule.name), school.opened_at),
                        latest.get(schedule.name, school.opened_at),
                        school.opened_at,
                        now - FORGOTTEN,
                    )
                    for due_at in schedule.due(store, after, now):
                        yield Owed(code, schedule, due_at)
