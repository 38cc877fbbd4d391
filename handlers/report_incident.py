"""突发事件：有人受伤、打架、闯入、走失……先说怎么做，再私下告诉该知道的人，不进任何群

Which kind it is comes from what was said; who is told and what to do first is in templates/incidents.yaml. Never into a group:
there the answer names nothing and nobody.
"""

from __future__ import annotations

from datetime import timedelta

from bot.context import Context, Outcome, ask, attach, keep, say, stay, tell
from bot.domain.incidents import Incident, IncidentState
from bot.domain.people import LEADERS, Person, Post
from bot.domain.photos import PhotoOf
from bot.errors import NotAllowed, NotMine, PersonError
from bot.incident_kinds import KINDS, Kind
from bot.language import numbers
from bot.language.meaning import Understanding
from bot.pointing import held_photos
from bot.registry import handles, step, understands

SAME_WITHIN = timedelta(minutes=30)
"""More about the same kind from the same person in this time is more about the same incident."""

MAY_CLOSE = (*LEADERS, Post.SAFETY_OFFICER, Post.MORAL_OFFICE, Post.DUTY_LEADER)
OVER = ("结束", "处理完了", "已结束", "解除", "没事了")
AFTERWARDS = ("好的", "好", "收到", "知道了", "谢谢")


@understands("incident")
def heard(ctx: Context) -> Outcome:
    """Somebody tells that something happened."""
    assert ctx.meaning is not None
    return take(ctx, ctx.meaning)


def take(ctx: Context, meaning: Understanding) -> Outcome:
    """Keep it, say what to do first, tell the few who must know."""
    code = meaning.incident if meaning.incident in KINDS else "other"
    latest = ctx.store.incidents.latest_by(ctx.person, ctx.now - SAME_WITHIN)
    if latest is not None and latest.kind == code and latest.state is IncidentState.OPEN:
        return _add(ctx, latest)
    kind = KINDS[code]
    incident = Incident.report(
        number=ctx.store.incidents.next_number(), kind=code, text=ctx.words, by=ctx.person, at=ctx.now
    )
    readers = _readers(ctx, incident, kind)
    outcome = keep(incident) + attach(PhotoOf.INCIDENT, incident, held_photos(ctx))
    if ctx.in_group:
        outcome += say("report_incident/in_group", kind=kind) + stay()
    else:
        outcome += ask(
            "report_incident/taken",
            then=more,
            remember={"number": incident.number},
            kind=kind,
            readers=readers,
            incident=incident,
        )
    for reader in readers:
        outcome += tell(
            reader, "report_incident/new", at_once=True, incident=incident, kind=kind, pictured=ctx.has_picture
        )
    return outcome


@step
def more(ctx: Context) -> Outcome:
    """Where, who is with the child, what was done: whatever they say next belongs to it."""
    incident = ctx.store.incidents.numbered(ctx.memory["number"])
    if incident is None or incident.state is IncidentState.CLOSED:
        raise NotMine
    if ctx.words.rstrip("。 ") in AFTERWARDS:
        return stay()
    if ctx.meaning is not None and ctx.meaning.intent == "query":
        raise NotMine
    return _add(ctx, incident)


@handles("事件", help="给一件突发事件续报，或说明已结束", example="事件 3 已送医，家长到了")
def follow_up(ctx: Context) -> Outcome:
    """More about one by its number, or its end: by who reported it, or by one of those who were told."""
    named, words = numbers.leading(ctx.words)
    mine = [each for each in ctx.store.incidents.open() if _may_know(ctx, each)]
    chosen = [each for each in mine if each.number in named] if named else mine
    if len(chosen) != 1 or not words:
        raise PersonError("report_incident/which", incidents=mine)
    over = next((word for word in OVER if words.startswith(word)), "")
    if not over:
        return _add(ctx, chosen[0], words)
    if not ctx.person.holds(*MAY_CLOSE):
        raise NotAllowed("common/not_allowed", posts=MAY_CLOSE)
    chosen[0].close(words, ctx.person, ctx.now)
    note = words.removeprefix(over).strip(" ，,。:：")
    outcome = say("report_incident/closed", incident=chosen[0])
    for reader in _others(ctx, chosen[0]):
        outcome += tell(
            reader, "report_incident/closed_for_you", at_once=True, incident=chosen[0], by=ctx.person, note=note
        )
    return outcome


def _add(ctx: Context, incident: Incident, words: str = "") -> Outcome:
    text = words or ctx.words
    if text:
        incident.add(text, ctx.person, ctx.now)
    outcome = attach(PhotoOf.INCIDENT, incident, held_photos(ctx))
    if ctx.in_group:
        outcome += say("report_incident/in_group", kind=KINDS[incident.kind]) + stay()
    elif incident.reporter is ctx.person:
        outcome += ask("report_incident/noted", then=more, remember={"number": incident.number}, incident=incident)
    else:
        outcome += say("report_incident/noted", incident=incident)
    for reader in _others(ctx, incident) if text else ():
        outcome += tell(reader, "report_incident/more", at_once=True, incident=incident, text=text, by=ctx.person)
    return outcome


def _readers(ctx: Context, incident: Incident, kind: Kind) -> list[Person]:
    """Who holds the posts of its kind; of the duty leaders those of today. Nobody at all is the principal's matter."""
    people: list[Person] = []
    for post in kind.tell:
        people += (
            ctx.store.people.on_duty(post, ctx.day) if post is Post.DUTY_LEADER else ctx.store.people.holding(post)
        )
    people = people or ctx.store.people.holding(*LEADERS)
    return [person for person in dict.fromkeys(people) if person is not incident.reporter]


def _others(ctx: Context, incident: Incident) -> list[Person]:
    """Everybody who was told, and who reported it, without who just spoke."""
    everybody = [incident.reporter, *_readers(ctx, incident, KINDS[incident.kind])]
    return [person for person in everybody if person is not ctx.person]


def _may_know(ctx: Context, incident: Incident) -> bool:
    if incident.reporter is ctx.person:
        return True
    return ctx.person in _readers(ctx, incident, KINDS[incident.kind])
