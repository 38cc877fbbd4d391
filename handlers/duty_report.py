"""值班：报当天的值班情况，一条或几条，可以带照片；说「好了」就交上

Each message counts the moment it arrives; 「好了」 only ends it.
"""

from __future__ import annotations

import re
from datetime import timedelta

from bot.context import Context, Outcome, ask, attach, keep, say, stay
from bot.domain.people import LEADERS, Post
from bot.domain.photos import PhotoOf
from bot.domain.reports import DutyReport
from bot.domain.routines import Asks
from bot.errors import NotAllowed, PersonError
from bot.language import numbers
from bot.language.all_well import is_all_well
from bot.pointing import held_photos
from bot.registry import handles, step

MAY_REPORT = (Post.DUTY_LEADER, Post.GUARD, Post.SAFETY_OFFICER, Post.MORAL_OFFICE, *LEADERS)

FINISHED = ("好了", "完了", "没有了", "就这些", "报完了", "结束")

NORMAL = ("1", "正常", "无异常", "一切正常")
"""One tap for a quiet day (school-domain 3.1: exception-only detail)."""

_HEAD = re.compile(r"^(?:情况|记录|报告|汇报)[：:，,\s]*")
"""值班情况：放学有序."""

LONGEST = 1000

A_DAY = timedelta(days=1)


@handles("值班", help="报今天的值班情况，可以分几条，可以带照片", example="值班 放学有序，东门路队正常")
def start(ctx: Context) -> Outcome:
    """The first entry; without words ask for it."""
    _may_report(ctx)
    words = _HEAD.sub("", ctx.words)
    if not words and not ctx.message.images:
        return ask("duty_report/what", then=more)
    return _add(ctx, words)


def heard(ctx: Context) -> Outcome:
    """Free text that tells how duty went, or that all is well, while nothing else is asked."""
    on_duty = ctx.store.people.on_duty(Post.DUTY_LEADER, ctx.day)
    if ctx.person not in on_duty and not ctx.person.holds(*MAY_REPORT):
        raise PersonError("duty_report/nothing_asked")
    return _normal(ctx) if is_all_well(ctx.words) else _add(ctx, ctx.words)


@step
def more(ctx: Context) -> Outcome:
    """Another entry, or the end."""
    report = ctx.store.reports.of(ctx.person, ctx.day)
    if ctx.words.rstrip("。 ") in FINISHED:
        if report is None or not report.entries:
            return say("duty_report/nothing_yet") + stay()
        return _file(ctx, report)
    if ctx.words in NORMAL:
        return _normal(ctx)
    return _add(ctx, ctx.words)


def correct(ctx: Context) -> Outcome:
    """Replace one entry of today's report; without a number the last."""
    report = ctx.store.reports.of(ctx.person, ctx.day)
    if report is None or not report.entries:
        raise PersonError("duty_report/nothing_to_correct")
    named, words = numbers.leading(ctx.words)
    place = named[0] if named and len(report.entries) >= named[0] else len(report.entries)
    text = words if named and place == named[0] else ctx.words
    if not text:
        raise PersonError("duty_report/correct_how", entries=report.entries)
    old = report.entries[place - 1].text
    report.correct(place, _checked(text), ctx.now)
    return say("duty_report/corrected", place=place, old=old, new=text) + stay()


def _may_report(ctx: Context) -> None:
    on_duty = ctx.store.people.on_duty(Post.DUTY_LEADER, ctx.day)
    if ctx.person not in on_duty and not ctx.person.holds(*MAY_REPORT):
        raise NotAllowed("duty_report/not_on_duty", on_duty=on_duty)


def _add(ctx: Context, words: str) -> Outcome:
    """One more entry; a photo alone belongs to the one before it. Only the first is answered in full."""
    report = ctx.store.reports.of(ctx.person, ctx.day) or DutyReport.start(ctx.person, ctx.day, ctx.now)
    if report.entries and not words:
        answer = ask("duty_report/photo_kept", then=more)
        return attach(PhotoOf.DUTY_ENTRY, report.entries[-1], held_photos(ctx)) + answer
    first = not report.entries
    entry = report.add(_checked(words), ctx.now)
    outcome = keep(report, entry) + attach(PhotoOf.DUTY_ENTRY, entry, held_photos(ctx))
    return outcome + ask("duty_report/first" if first else "duty_report/next", then=more, number=len(report.entries))


def _normal(ctx: Context) -> Outcome:
    report = ctx.store.reports.of(ctx.person, ctx.day) or DutyReport.start(ctx.person, ctx.day, ctx.now)
    report.add("一切正常", ctx.now)
    return keep(report) + _file(ctx, report)


def _file(ctx: Context, report: DutyReport) -> Outcome:
    report.file(ctx.now)
    for assignment in ctx.store.rounds.asked_of(ctx.person, ctx.now - A_DAY):
        if assignment.round.asks is Asks.REPORT:
            assignment.finish(ctx.now)
    photos = ctx.store.photos.count(PhotoOf.DUTY_ENTRY, *(entry.id for entry in report.entries if entry.id))
    return say("duty_report/filed", report=report, photos=photos)


def _checked(words: str) -> str:
    if len(words) > LONGEST:
        raise PersonError("duty_report/too_long", longest=LONGEST)
    return words
