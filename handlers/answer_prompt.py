"""正常、1对 2对 3门锁坏、免 今天没课：回复校铃问的检查和情况，可以带照片

One person may be asked for several things in a day; an answer finds its question by the open one, the quoted one, the words of
its title, or by being the only one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.context import NOTHING, Context, Outcome, ask, attach, say, stay, tell
from bot.domain.people import Post
from bot.domain.photos import PhotoOf
from bot.domain.rounds import Assignment, AssignmentState
from bot.domain.routines import Asks, Finding
from bot.errors import NotMine, PersonError
from bot.language.ticks import read_ticks
from bot.pointing import held_photos
from bot.registry import handles, step, understands
from handlers import duty_report, report_hazard

FINISHED = ("好了", "完了", "没有了", "就这些", "没了", "结束")
LONGEST = 1000
ABOUT_TODAY = ("checkin", "duty", "chat", "ack")
"""What words may be understood as that only add a remark to a checklist."""


@step
def answer(ctx: Context) -> Outcome:
    """The answer to the question that was asked last in this chat."""
    return _take(ctx, _of_routine(ctx, ctx.memory["routine"]))


@understands("checkin", "duty")
def heard(ctx: Context) -> Outcome:
    """An answer without its question open: to the one it means; without any, what happened on duty."""
    asked = ctx.store.rounds.to_fill(ctx.person)
    if not asked:
        return duty_report.heard(ctx)
    meant = _meant(ctx, asked)
    return _take(ctx, meant) if meant is not None else _which(ctx, asked)


@step
def which(ctx: Context) -> Outcome:
    """Which of several questions the words before answer."""
    asked = ctx.store.rounds.to_fill(ctx.person)
    digits = ctx.words.strip("号。. ")
    place = int(digits) if digits.isdecimal() and len(digits) < 3 else 0
    if not 1 <= place <= len(asked):
        raise NotMine
    return _fill(ctx, asked[place - 1], ctx.memory["words"])


@handles("免", help="这次不用做或做不了，说一句原因", example="免 今天没课")
def excuse(ctx: Context) -> Outcome:
    """It does not apply: the reason stands for the answer."""
    asked = [item for item in ctx.store.rounds.to_fill(ctx.person) if item.state is AssignmentState.ASKED]
    meant = _meant(ctx, asked)
    if not asked:
        raise PersonError("answer_prompt/nothing")
    if meant is None:
        raise PersonError("answer_prompt/excuse_which", asked=asked)
    reason = ctx.words.removeprefix(meant.round.title).strip(" ，,。")
    if not reason:
        raise PersonError("answer_prompt/excuse_why", title=meant.round.title)
    meant.excuse(ctx.now, reason)
    return say("answer_prompt/excused", title=meant.round.title, reason=reason)


def correct_item(ctx: Context, words: str) -> Outcome | None:
    """Change one item of the checklist answered last today: 「更正 3 已修好」. None where there is nothing to change."""
    done = ctx.store.rounds.filled_by(ctx.person, ctx.day)
    if done is None:
        return None
    ticks = read_ticks(words, done.round.form["items"])
    if ticks is None:
        return None
    old = dict(done.answer)
    mentioned = set(ticks.bad) or set(ticks.good)
    bad = {number: note for number, note in old.get("bad", {}).items() if int(number) not in mentioned}
    bad |= {str(number): note for number, note in ticks.bad.items()}
    done.begin(old | {"bad": bad})
    return say("answer_prompt/corrected", title=done.round.title, bad=_listed(done, bad))


def _take(ctx: Context, assignment: Assignment) -> Outcome:
    """Words, or a picture alone, for one question."""
    if not ctx.words:
        return attach(PhotoOf.ANSWER, assignment) + say("answer_prompt/photo_kept") + stay()
    return _fill(ctx, assignment, ctx.words.removeprefix(assignment.round.title).strip(" ，,：:") or ctx.words)


@step
def photo(ctx: Context) -> Outcome:
    """A photo that follows an answer."""
    done = ctx.store.rounds.filled_by(ctx.person, ctx.day)
    if done is None or not ctx.message.images or ctx.words:
        raise NotMine
    return attach(PhotoOf.ANSWER, done) + say("answer_prompt/photo_kept") + stay()


def _fill(ctx: Context, assignment: Assignment, words: str) -> Outcome:
    if len(words) > LONGEST:
        raise PersonError("duty_report/too_long", longest=LONGEST)
    photos = attach(PhotoOf.ANSWER, assignment, held_photos(ctx))
    filled = _lines(ctx, assignment, words) if assignment.round.asks is Asks.LINES else _ticks(ctx, assignment, words)
    return photos + filled


def _lines(ctx: Context, assignment: Assignment, words: str) -> Outcome:
    """A few lines; the first counts at once, more are added until 好了."""
    if words.rstrip("。 ") in FINISHED and assignment.answer.get("text"):
        return say("answer_prompt/thanks")
    if ctx.meaning is not None and ctx.meaning.intent in ("ack", "query", "withdraw"):
        raise NotMine
    before = assignment.answer.get("text", "")
    assignment.fill({"text": f"{before}\n{words}" if before else words}, ctx.now)
    template = "answer_prompt/one_more_line" if before else "answer_prompt/lines_kept"
    return ask(template, then=answer, remember={"routine": assignment.round.routine}, title=assignment.round.title)


def _ticks(ctx: Context, assignment: Assignment, words: str) -> Outcome:
    form = assignment.round.form
    ticks = read_ticks(words, form["items"])
    remember = {"routine": assignment.round.routine}
    if ticks is None:
        if ctx.meaning is None or ctx.meaning.intent not in ABOUT_TODAY or len(words) < 4:
            raise NotMine
        remark = "\n".join(filter(None, (assignment.answer.get("remark", ""), words)))
        assignment.begin({**assignment.answer, "remark": remark})
        return ask("answer_prompt/and_the_items", then=answer, remember=remember, items=form["items"])
    good = set(assignment.answer.get("good", ())) | set(ticks.good)
    bad = {**assignment.answer.get("bad", {}), **{str(number): note for number, note in ticks.bad.items()}}
    left = [number for number in range(1, len(form["items"]) + 1) if number not in good and str(number) not in bad]
    kept = {**assignment.answer, "good": sorted(good), "bad": bad}
    if left:
        assignment.begin(kept)
        return ask(
            "answer_prompt/and_the_rest", then=answer, remember=remember, left=[(n, form["items"][n - 1]) for n in left]
        )
    return _finish(ctx, assignment, kept)


def _finish(ctx: Context, assignment: Assignment, kept: dict[str, Any]) -> Outcome:
    """Everything is answered: what is wrong goes where it belongs."""
    form = assignment.round.form
    closed = {number: note for number, note in kept["bad"].items() if form["items"][int(number) - 1] in form["closed"]}
    kept["bad"] = {number: note for number, note in kept["bad"].items() if number not in closed}
    if closed:
        kept["closed"] = closed
    assignment.fill(kept, ctx.now)
    bad = _listed(assignment, kept["bad"])
    registers = form["finding"] == Finding.HAZARD
    findings = bad if registers else []
    outcome = ask(
        "answer_prompt/filled",
        then=photo,
        title=assignment.round.title,
        bad=bad,
        closed=bool(closed),
        registered=bool(findings),
    )
    if findings:
        outcome += report_hazard.register_findings(ctx, findings)
    for item, note in _listed(assignment, closed):
        readers = ctx.store.people.holding(*(Post(post) for post in form["closed"][item]))
        for reader in readers:
            outcome += tell(
                reader,
                "answer_prompt/closed_finding",
                title=assignment.round.title,
                item=item,
                note=note,
                by=ctx.person,
            )
    return outcome


def _listed(assignment: Assignment, bad: dict[str, str]) -> list[tuple[str, str]]:
    """(item, what is wrong), in the order of the items."""
    items = assignment.round.form["items"]
    return [(items[int(number) - 1], note) for number, note in sorted(bad.items(), key=lambda pair: int(pair[0]))]


def _of_routine(ctx: Context, routine: str) -> Assignment:
    """The open question of a routine; the words are heard afresh when it is over."""
    found = next((item for item in ctx.store.rounds.to_fill(ctx.person) if item.round.routine == routine), None)
    if found is None:
        raise NotMine
    return found


def _meant(ctx: Context, asked: Sequence[Assignment]) -> Assignment | None:
    """The question that the quote or the words name; else the only one."""
    quoted = ctx.message.quote.text if ctx.message.quote else ""
    for words in filter(None, (quoted, ctx.words)):
        named = [item for item in asked if item.round.title in words]
        if named:
            return named[0]
    return asked[0] if len(asked) == 1 else None


def _which(ctx: Context, asked: Sequence[Assignment]) -> Outcome:
    return (
        ask("answer_prompt/which", then=which, remember={"words": ctx.words}, asked=list(asked))
        if ctx.words
        else NOTHING
    )
