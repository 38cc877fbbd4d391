"""`xiaoling quota`: what a school's connections used of the month, and what the month will come to, from the timetable.

A month comes to what is used, and for the school days still to come: what people and events bring on a school day (as
this month so far), and what the schedules still to ring will send, each as often as the calendar says and as many as it
sent per ring over the last four weeks. A routine that never rang counts one message for everybody it would ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.app import App
from bot.clock import midnight, school_time
from bot.domain.calendar import SchoolCalendar
from bot.domain.limits import Limit
from bot.domain.rounds import Round
from bot.domain.routines import Routine
from bot.registry import Schedule
from bot.store.arrivals import the_school
from bot.store.records import QuotaMark
from bot.store.session import reading
from bot.store.store import Store

LOOK_BACK = timedelta(days=28)
"""What a schedule sends per ring is taken from so many days: four weeks hold each weekday four times."""

UNITS: Mapping[str, str] = {"api": "接口调用", "message": "消息", "free": "不计额度的调用"}
PLATFORMS: Mapping[str, str] = {"wecom": "企业微信", "dingtalk": "钉钉"}


@dataclass(frozen=True, slots=True)
class Line:
    """One unit of one platform for one school. a_month: the quota; None where there is none. forecast: for the whole month."""

    school: str
    platform: str
    unit: str
    used: int
    a_month: int | None
    forecast: int

    @property
    def exceeds(self) -> bool:
        return self.a_month is not None and self.forecast > self.a_month


class NoRounds:
    """Nothing is being asked, no quota runs short. Reminders and closings count with what a day brings."""

    def moments(self, _column: str, _after: datetime, _until: datetime) -> list[datetime]:
        return []

    def collecting(self, _since: datetime) -> list[Round]:
        return []

    def marked(self, _after: datetime, _until: datetime) -> list[QuotaMark]:
        return []

    def reporting(self, _since: datetime) -> list[Round]:
        return []


class NoNotices:
    """No notice is on its way."""

    def unreported_since(self) -> list[datetime]:
        return []


@dataclass(frozen=True, slots=True)
class _Calendar:
    """As much of a store as a timetable needs."""

    calendar: SchoolCalendar
    rounds: NoRounds
    ledger: NoRounds
    notices: NoNotices


def examine(app: App, routines: Sequence[Routine]) -> list[Line]:
    """Every school's lines, those with a quota first; nothing is changed."""
    asking = {routine.name: routine for routine in routines}
    lines = []
    for school in app.settings.schools:
        with reading(app.engine) as session:
            store = Store(session, the_school(session, school.code))
            lines += _lines(app, school.code, store, asking)
    return lines


def _lines(app: App, code: str, store: Store, asking: Mapping[str, Routine]) -> list[Line]:
    now = app.clock.now()
    today = school_time(now).date()
    counted = store.ledger.counted(today.replace(day=1), today)
    limits = app.connections.limits(code)
    limited = {(limit.platform, limit.unit) for limit in limits}
    for connection in app.connections:
        units = {unit for name, unit in counted if name == connection.name} if connection.school == code else set()
        for unit in sorted(units):
            if (connection.platform_name, unit) not in limited:
                limited.add((connection.platform_name, unit))
                limits.append(Limit(connection.platform_name, unit, -1, _names(app, code, connection.platform_name)))
    lines = []
    for limit in limits:
        used = sum(counted.get((name, limit.unit), 0) for name in limit.connections)
        # only messages follow from rings; what a platform does not count is not foretold by them
        rings = _rings(app.registry.schedules, store, limit, now, asking) if limit.unit != "free" else _Rings(0, 0)
        others = max(0, used - rings.sent)
        days = store.calendar.school_days(today.replace(day=1), _last_day(today))
        gone = sum(day <= today for day in days)
        forecast = used + round(others / max(1, gone) * (len(days) - gone)) + rings.to_come
        a_month = limit.a_month if limit.a_month >= 0 else None
        lines.append(Line(store.school.name, limit.platform, limit.unit, used, a_month, forecast))
    return lines


@dataclass(frozen=True, slots=True)
class _Rings:
    """sent: messages that this month's rings brought. to_come: those that the month's other rings will bring."""

    sent: int
    to_come: int


def _rings(
    schedules: Sequence[Schedule], store: Store, limit: Limit, now: datetime, asking: Mapping[str, Routine]
) -> _Rings:
    today = school_time(now).date()
    first, end = midnight(today.replace(day=1)), midnight(_last_day(today) + timedelta(days=1))
    this_month = store.ledger.sent_by_schedules(limit.connections, first, now)
    lately = store.ledger.sent_by_schedules(limit.connections, now - LOOK_BACK, now)
    calendar = _Calendar(store.calendar, NoRounds(), NoRounds(), NoNotices())
    sent, to_come = 0, 0.0
    for schedule in schedules:
        rings = len(schedule.due(calendar, max(now, first), end - timedelta(seconds=1)))  # type: ignore[arg-type]
        if not rings and not schedule.due(calendar, first, now):  # type: ignore[arg-type]
            continue
        sent += this_month.get(schedule.name, (0, 0))[1]
        runs, messages = lately.get(schedule.name, (0, 0))
        each = messages / runs if runs else _asked(store, asking.get(schedule.name.partition("/")[2]), today)
        to_come += rings * each
    return _Rings(sent, round(to_come))


def _asked(store: Store, routine: Routine | None, day: date) -> int:
    """How many a routine would ask that never rang yet."""
    if routine is None:
        return 0
    if routine.post:
        return len(store.people.asked(routine.post, day)) + (routine.group is not None)
    owners = {task.owner_id for task in store.rounds.open_tasks(day + timedelta(days=6))}
    return len(owners) + (routine.group is not None)


def _names(app: App, code: str, platform: str) -> tuple[str, ...]:
    return tuple(each.name for each in app.connections if each.school == code and each.platform_name == platform)


def _last_day(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def table(lines: Sequence[Line]) -> str:
    """As the operator reads it."""
    if not lines:
        return "这个月还没有调用。"
    rows = ["| 学校 | 平台 | 计什么 | 本月已用 | 每月额度 | 预计全月 |", "| --- | --- | --- | ---: | ---: | ---: |"]
    for line in lines:
        limit = "不限" if line.a_month is None else str(line.a_month)
        warning = "（会超）" if line.exceeds else ""
        names = (line.school, PLATFORMS.get(line.platform, line.platform), UNITS.get(line.unit, line.unit))
        rows.append(f"| {' | '.join(names)} | {line.used} | {limit} | {line.forecast}{warning} |")
    if any(line.exceeds for line in lines):
        rows.append(
            "\n照这样到月底会超。先看看哪些常规工作可以少问几个人（xiaoling timetable），或在平台的后台买额度。"
        )
    return "\n".join(rows)
