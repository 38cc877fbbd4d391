"""正常、1对 2对 3门锁坏：回复校铃问的检查和情况，可以带照片

One person may be asked for several things in a day; an answer finds its question by the open one, the quoted one, the words of
its title, or by being the only one. What is wrong is passed on the moment it is said, whether or not the rest is answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.context import SPEAKER, Context, Outcome, ask, attach, say, stay, tell
from bot.domain.people import Person, Post
from bot.domain.photos import PhotoOf
from bot.domain.rounds import Assignment, Round
from bot.domain.routines import Asks, Finding
from bot.errors import NotMine, PersonError
from bot.language.all_well import is_all_well
from bot.language.ticks import Ticks, looks_like_ticks, only_numbers, read_ticks
from bot.pointing import held_photos, named_question, reports_to_give, unanswered
from bot.registry import catches, step, understands
from handlers import duty_report, report_hazard

FINISHED = ("好了", "完了", "没有了", "就这些", "没了", "结束")
LONGEST = 1000
LATE = timedelta(hours=2)
"""How long after its closing a question may still be answered."""

UNTIL_MORNING = timedelta(hours=15)
"""How long lines may be added: from a Friday afternoon until the next morning."""

ABOUT_TODAY = ("checkin", "duty", "chat", "ack")
"""What words may be understood as that only add a remark to a checklist."""

REVIEWS = ("本周", "这周", "下周", "本月", "下月", "没做完", "措施：", "问题：")
"""Words by which lines are known though their question is no longer open."""

PLANNING = ("问题", "措施", "本周", "下周", "本月", "下月", "完成", "没做", "计划", "准备")
"""Words of lines that an office writes; a hazard in the building is told without them."""

NEWS = 40
"""Characters: what is longer is a report of the office, not a hazard somebody just saw."""


def prompt(asked_round: Round, person: Person) -> Outcome:
    """Ask somebody what a round asks, in their own chat; their next words there are the answer."""
    shared = "prompts/form" if asked_round.link else f"prompts/{asked_round.asks}"
    form = asked_round.form
    return tell(
        person,
        f"{asked_round.routine}/yours|{shared}",
        then=answer,
        remember={"routine": asked_round.routine},
        lasts=asked_round.closes_at - asked_round.opened_at + LATE,
        title=asked_round.title,
        items=form["items"],
        hint=form["hint"],
        example=form["example"],
        link=asked_round.link,
        opened_at=asked_round.opened_at,
        closes_at=asked_round.closes_at,
    )


@step
def answer(ctx: Context) -> Outcome:
    """The answer to the question that was asked last in this chat, unless the words name another."""
    asked = ctx.store.rounds.to_fill(ctx.person, ctx.now - LATE)
    mine = next((item for item in asked if item.round.routine == ctx.memory["routine"]), None)
    other = named_question(ctx, asked)
    if other is not None and other is not mine and (_fits(other, ctx.words) or _both_are_lines(mine, other)):
        return _take(ctx, other)
    if mine is None:
        raise NotMine
    return _take(ctx, mine)


@understands("checkin", "duty")
def heard(ctx: Context) -> Outcome:
    """An answer without its question open: to the one it means; without any, what happened on duty."""
    asked = [item for item in unanswered(ctx) if item.round.asks is Asks.CHECKLIST]
    meant = named_question(ctx, asked) or (asked[0] if len(asked) == 1 else None)
    if meant is not None:
        return _take(ctx, meant)
    if asked:
        return _which(ctx, asked)
    late = named_question(ctx, ctx.store.rounds.to_fill(ctx.person, ctx.now - LATE))
    return _take(ctx, late) if late is not None and _fits(late, ctx.words) else duty_report.heard(ctx)


@catches("asked")
def earlier(ctx: Context) -> Outcome:
    """正常, 3门锁坏 or 本周做完了… while no question is open here any more: something else was said in between."""
    lines = take_lines(ctx) if any(word in ctx.words for word in REVIEWS) else None
    if lines is not None:
        return lines
    if not looks_like_ticks(ctx.words):
        raise NotMine
    open_ones = [item for item in unanswered(ctx) if item.round.asks is Asks.CHECKLIST]
    late = [item for item in ctx.store.rounds.to_fill(ctx.person, ctx.now - LATE) if item.round.asks is Asks.CHECKLIST]
    asked = [item for item in open_ones or late if _fits(item, ctx.words)]
    named = named_question(ctx, asked)
    if named is not None or len(asked) == 1:
        return _take(ctx, named or asked[0])
    if asked:
        return _which(ctx, asked)
    if is_all_well(ctx.words) and reports_to_give(ctx):
        return duty_report.heard(ctx)
    raise NotMine


@step
def which(ctx: Context) -> Outcome:
    """Which of several questions the words before answer."""
    known = {item.id: item for item in ctx.store.rounds.to_fill(ctx.person, ctx.now - LATE)}
    asked = [known.get(number) for number in ctx.memory["asked"]]
    digits = ctx.words.strip("号。. ")
    place = int(digits) if digits.isdecimal() and len(digits) < 3 else 0
    meant = asked[place - 1] if 1 <= place <= len(asked) else None
    if meant is None:
        raise NotMine
    return _fill(ctx, meant, ctx.memory["words"])


def correct_item(ctx: Context, words: str) -> Outcome | None:
    """Change one item of the checklist answered last today: 「更正 3 已修好」. None where there is nothing to change."""
    done = ctx.store.rounds.filled_by(ctx.person, ctx.day)
    ticks = read_ticks(words, done.round.form["items"]) if done is not None and not only_numbers(words) else None
    if done is None or ticks is None:
        return None
    named = frozenset(range(1, len(done.round.form["items"]) + 1)) if is_all_well(words) else ticks.named
    return _change(ctx, done, ticks, named)


@step
def photo(ctx: Context) -> Outcome:
    """What follows an answer: a photo of it, the same words again, or one more thing that is wrong."""
    done = ctx.store.rounds.filled_by(ctx.person, ctx.day)
    if done is None:
        raise NotMine
    if not ctx.words:
        return attach(PhotoOf.ANSWER, done) + say("answer_prompt/photo_kept") + stay()
    ticks = read_ticks(ctx.words, done.round.form["items"]) if looks_like_ticks(ctx.words) else None
    if ticks is None or only_numbers(ctx.words):
        raise NotMine
    others = unanswered(ctx)
    if ticks.bad == done.wrong and (ticks.bad or not others):
        return say("answer_prompt/known", title=done.round.title) + stay()
    if others or not ticks.named:
        raise NotMine
    return _change(ctx, done, ticks, ticks.named)


def take_lines(ctx: Context) -> Outcome | None:
    """Words as the lines that their speaker is asked for. None where they are not."""
    asked = [item for item in unanswered(ctx) if item.round.asks is Asks.LINES]
    return _take(ctx, asked[0]) if asked and len(ctx.words) >= 8 and not ctx.in_group else None


def _both_are_lines(mine: Assignment | None, other: Assignment) -> bool:
    return mine is not None and mine.round.asks is Asks.LINES is other.round.asks


def _which(ctx: Context, asked: Sequence[Assignment]) -> Outcome:
    remember = {"words": ctx.words, "asked": [item.id for item in asked]}
    return ask("answer_prompt/which", then=which, remember=remember, asked=list(asked))


def _fits(assignment: Assignment, words: str) -> bool:
    """Whether the words tick items of this one."""
    return assignment.round.asks is Asks.CHECKLIST and read_ticks(words, assignment.round.form["items"]) is not None


def _take(ctx: Context, assignment: Assignment) -> Outcome:
    """Words, or a picture alone, for one question."""
    if not ctx.words:
        return attach(PhotoOf.ANSWER, assignment) + say("answer_prompt/photo_kept") + stay()
    return _fill(ctx, assignment, ctx.words.removeprefix(assignment.round.title).strip(" ，,：:") or ctx.words)


def _fill(ctx: Context, assignment: Assignment, words: str) -> Outcome:
    if len(words) > LONGEST:
        raise PersonError("duty_report/too_long", longest=LONGEST)
    filled = _lines(ctx, assignment, words) if assignment.round.asks is Asks.LINES else _ticks(ctx, assignment, words)
    return attach(PhotoOf.ANSWER, assignment, held_photos(ctx)) + filled


def _lines(ctx: Context, assignment: Assignment, words: str) -> Outcome:
    """A few lines; the first counts at once, more are added until 好了."""
    before = assignment.answer.get("text", "")
    if words.rstrip("。 ") in FINISHED:
        if not before:
            raise PersonError("answer_prompt/lines_first")
        return say("answer_prompt/thanks")
    if ctx.meaning is not None and (_is_something_else(ctx, words) or _is_news(ctx, words)):
        raise NotMine
    assignment.fill({"text": f"{before}\n{words}" if before else words}, ctx.now)
    return tell(
        SPEAKER,
        "answer_prompt/one_more_line" if before else "answer_prompt/lines_kept",
        then=answer,
        remember={"routine": assignment.round.routine},
        lasts=UNTIL_MORNING,
        title=assignment.round.title,
        others=[item.round.title for item in unanswered(ctx) if item is not assignment],
    )


def _is_something_else(ctx: Context, words: str) -> bool:
    """Whether they thank, ask or take back: what plans or tells of a week asks nothing."""
    assert ctx.meaning is not None
    asks = ctx.meaning.intent == "query" and not any(word in words for word in REVIEWS)
    return asks or ctx.meaning.intent in ("ack", "withdraw")


def _is_news(ctx: Context, words: str) -> bool:
    """Whether somebody who is asked for lines tells of a hazard instead: one place, one thing, no plans."""
    assert ctx.meaning is not None
    if ctx.meaning.intent != "hazard" or len(ctx.meaning.items) != 1 or ctx.meaning.confidence <= report_hazard.UNSURE:
        return False
    (item,) = ctx.meaning.items
    where = item.place.area or item.place.floor or item.place.room or item.place.classes or item.place.side
    told = bool(item.category and where) and not item.place.inherited
    return told and len(words) <= NEWS and not any(word in words for word in PLANNING)


def _ticks(ctx: Context, assignment: Assignment, words: str) -> Outcome:
    form, title = assignment.round.form, assignment.round.title
    if only_numbers(words):
        raise PersonError("answer_prompt/what_about", words=words)
    ticks = read_ticks(words, form["items"])
    if ticks is None:
        return _remark(ctx, assignment, words)
    if ticks.remark and form["closed"]:  # nobody can tell whether it is about a red line
        raise PersonError("answer_prompt/which_item", items=form["items"])
    fresh = assignment.tick(ticks.good, ticks.bad, ticks.named, ticks.remark)
    notices = _pass_on(ctx, assignment, fresh)
    closed = set(_closed(assignment, fresh))
    known: dict[str, Any] = {
        "title": title,
        "closed": bool(closed),
        "unread": [item for item, posts in form["closed"].items() if not _readers(ctx, posts)] if closed else [],
        "registered": form["finding"] == Finding.HAZARD and bool(set(fresh) - closed),
    }
    if assignment.left:
        left = [(number, form["items"][number - 1]) for number in assignment.left]
        remember = {"routine": assignment.round.routine}
        return ask("answer_prompt/and_the_rest", then=answer, remember=remember, left=left, **known) + notices
    assignment.fill(assignment.answer, ctx.now)
    others = [item.round.title for item in unanswered(ctx) if item is not assignment]
    known |= {"bad": _open_findings(assignment), "apart": bool(assignment.answer.get("closed")), "others": others}
    return ask("answer_prompt/filled", then=photo, **known) + notices


def _remark(ctx: Context, assignment: Assignment, words: str) -> Outcome:
    """Words about today that tick nothing: kept, and the items asked again. Raises NotMine for what is about something else."""
    items = assignment.round.form["items"]
    if ctx.meaning is None or ctx.meaning.intent not in ABOUT_TODAY or len(words) < 4:
        raise NotMine
    if assignment.round.form["closed"]:
        raise PersonError("answer_prompt/which_item", items=items)
    assignment.tick((), {}, (), words)
    remember = {"routine": assignment.round.routine}
    return ask("answer_prompt/and_the_items", then=answer, remember=remember, items=items)


def _change(ctx: Context, done: Assignment, ticks: Ticks, named: frozenset[int]) -> Outcome:
    """Other words for some items of a checklist that was answered."""
    fresh = done.tick(ticks.good & named, ticks.bad, named)
    changed = {
        "bad": _open_findings(done),
        "apart": bool(done.answer.get("closed")),
        "closed": bool(_closed(done, fresh)),
    }
    return say("answer_prompt/corrected", title=done.round.title, **changed) + _pass_on(ctx, done, fresh)


def _pass_on(ctx: Context, assignment: Assignment, fresh: dict[int, str]) -> Outcome:
    """What is newly wrong goes where it belongs: a red line to its few readers, a hazard to who puts it right."""
    form = assignment.round.form
    closed = _closed(assignment, fresh)
    findings = [(form["items"][number - 1], note) for number, note in fresh.items() if number not in closed]
    outcome = Outcome()
    if form["finding"] == Finding.HAZARD:
        pictured = bool(held_photos(ctx)) or ctx.has_picture
        outcome += report_hazard.register_findings(ctx, findings, pictured=pictured)
    for number in closed:
        item = form["items"][number - 1]
        for reader in _readers(ctx, form["closed"][item]):
            values = {"title": assignment.round.title, "item": item, "note": fresh[number], "by": ctx.person}
            outcome += tell(reader, "answer_prompt/closed_finding", at_once=True, **values)
    return outcome


def _closed(assignment: Assignment, numbers: dict[int, str]) -> list[int]:
    form = assignment.round.form
    return [number for number in numbers if form["items"][number - 1] in form["closed"]]


def _readers(ctx: Context, posts: Sequence[str]) -> list[Person]:
    return ctx.store.people.holding(*(Post(post) for post in posts))


def _open_findings(assignment: Assignment) -> list[tuple[str, str]]:
    """(item, what is wrong), in the order of the items, without the closed ones."""
    items = assignment.round.form["items"]
    return [(items[int(number) - 1], note) for number, note in assignment.answer["bad"].items()]
