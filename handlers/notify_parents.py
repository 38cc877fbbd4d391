"""通知家长 三2班 明天起早读 7:50 到校：写好，别人同意了再发；同意通知 3、不同意通知 3 原因

Parents hear of nothing that one person alone wrote, not in their quiet hours, and of no more than two things a day
(templates/manners.yaml). Who may agree to what: templates/notify_parents/approval.yaml.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.clock import school_time
from bot.context import Context, Outcome, Parents, keep, say, tell
from bot.domain.notices import NoticeState, ParentNotice
from bot.domain.people import LEADERS, Person, Post
from bot.errors import NotAllowed, PersonError
from bot.language import numbers
from bot.language.classes import classes
from bot.language.width import narrow
from bot.manners import MANNERS
from bot.registry import handles
from bot.render import LABELS

FOR_ALL = (Post.OFFICE, Post.MORAL_OFFICE, *LEADERS)
MAY_AGREE = (Post.GRADE_LEADER, Post.MORAL_OFFICE, Post.VICE_PRINCIPAL, Post.PRINCIPAL)
WHOLE_SCHOOL = "全校"
LONGEST = 300
BETWEEN = ("、", "和", "与", "及", "跟", "以及")
"""What stands between the classes of a list."""


@handles(
    "通知家长",
    help="写一条给家长的通知，别人同意了再发",
    example="通知家长 三2班 明天起早读 7:50 到校",
    posts=(Post.CLASS_TEACHER, *FOR_ALL),
)
def write(ctx: Context) -> Outcome:
    """A class teacher for the own class, the offices for any; without a class it is the class teacher's own."""
    named, text = _audience(ctx)
    if not text or len(text) > LONGEST:
        raise PersonError("notify_parents/how")
    own = class_named(ctx.person.grade_class, ctx.day)
    if not ctx.person.holds(*FOR_ALL) and (named != [own] or not own):
        raise NotAllowed("notify_parents/not_yours")
    notice = ParentNotice(
        school_id=ctx.store.school.id,
        number=ctx.store.notices.next_number(),
        author=ctx.person,
        text=text,
        classes=named,
        state=NoticeState.DRAFTED,
        written_at=ctx.now,
    )
    approvers = _first_holders(ctx, notice)
    if not approvers:
        raise PersonError("notify_parents/nobody")
    outcome = keep(notice) + say("notify_parents/drafted", notice=notice, approvers=approvers)
    for approver in approvers:
        outcome += tell(approver, "notify_parents/please", notice=notice)
    return outcome


@handles("同意通知", help="同意发一条给家长的通知", example="同意通知 3", posts=MAY_AGREE)
def agree(ctx: Context) -> Outcome:
    """It goes out when the parents' quiet hours are over, at most so many a day for any class."""
    notice, _ = _the_notice(ctx)
    out_at = MANNERS.parents_waking(ctx.now)
    day = school_time(out_at).date()
    _refuse_too_many(ctx, notice, day)
    notice.agree(ctx.person, ctx.now, day)
    reached = len({row.account for row in ctx.store.guardians.of(notice.classes) if row.reached})
    values: dict[str, Any] = {"notice": notice, "out_at": out_at, "reached": reached}
    outcome = say("notify_parents/agreed", **values)
    outcome += tell(notice.author, "notify_parents/agreed", **values)
    outcome += tell(Parents(notice, "notify_parents/forward"), "notify_parents/text", notice=notice)
    for teacher in ctx.store.people.holding(Post.CLASS_TEACHER):
        theirs = class_named(teacher.grade_class, ctx.day)
        pupils = ctx.store.guardians.unreached(theirs) if theirs and notice.reaches(theirs) else []
        if pupils:
            outcome += tell(teacher, "notify_parents/paper", notice=notice, pupils=pupils)
    return outcome


@handles("不同意通知", help="不发一条给家长的通知，说一句原因", example="不同意通知 3 时间不对", posts=MAY_AGREE)
def refuse(ctx: Context) -> Outcome:
    """The author hears why."""
    notice, reason = _the_notice(ctx)
    notice.refuse(ctx.person, ctx.now, reason)
    return say("notify_parents/refused", notice=notice) + tell(notice.author, "notify_parents/refused", notice=notice)


def class_named(words: str, day: date) -> str:
    """三年级2班 as "3-2"; "" for what is no class, or several."""
    found = classes(narrow(words), day.year if day.month >= 8 else day.year - 1)
    names = [name for mention in found for name in mention.names]
    return names[0] if len(names) == 1 else ""


def _audience(ctx: Context) -> tuple[list[str], str]:
    """The classes that the words begin with, and the rest. [] is the whole school."""
    words = ctx.words
    if words.startswith(WHOLE_SCHOOL):
        return [], words.removeprefix(WHOLE_SCHOOL).removeprefix("家长").strip(" ，,：:")
    found = classes(narrow(words), ctx.day.year if ctx.day.month >= 8 else ctx.day.year - 1)
    names: list[str] = []
    end = 0
    for mention in found:
        # a mere blank or comma may begin the words themselves
        if words[end : mention.start].strip() not in (BETWEEN if names else ("",)):
            break
        names, end = [*names, *mention.names], mention.end
    if names:
        return list(dict.fromkeys(names)), words[end:].removeprefix("家长").strip(" ，,：:")
    own = class_named(ctx.person.grade_class, ctx.day)
    if not own:
        raise PersonError("notify_parents/how")
    return [own], words


def _posts(ctx: Context, notice: ParentNotice) -> tuple[Post, ...]:
    own = class_named(notice.author.grade_class, ctx.day)
    kind = "own_class" if own and notice.classes == [own] else "others"
    return LABELS.notice_approval[kind]


def _first_holders(ctx: Context, notice: ParentNotice) -> list[Person]:
    for post in _posts(ctx, notice):
        people = [person for person in ctx.store.people.holding(post) if person is not notice.author]
        if people:
            return people
    return []


def _the_notice(ctx: Context) -> tuple[ParentNotice, str]:
    """The notice that the number names, else the only one that waits. Raises PersonError, NotAllowed."""
    waiting = ctx.store.notices.waiting()
    named, rest = numbers.leading(ctx.words)
    chosen = [notice for notice in waiting if notice.number in named[:1]] if named else waiting
    if len(chosen) != 1:
        raise PersonError("notify_parents/which", waiting=waiting)
    if chosen[0].author is ctx.person or not ctx.person.holds(*_posts(ctx, chosen[0])):
        raise NotAllowed("notify_parents/not_you")
    return chosen[0], rest if named else ctx.words


def _refuse_too_many(ctx: Context, notice: ParentNotice, day: date) -> None:
    """Two for a class already. For the whole school any class that had two is one too many."""
    out = ctx.store.notices.out_on(day)
    known = {name for each in out for name in each.classes}
    known |= {row.grade_class for row in ctx.store.guardians.of(())}
    known |= {row.grade_class for row in ctx.store.class_groups.of(())}
    for name in notice.classes or sorted(known | {""}):
        if sum(each.reaches(name) for each in out) >= MANNERS.parents_a_day:
            raise PersonError("notify_parents/enough", day=day, name=name, notice=notice)
