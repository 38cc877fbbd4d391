"""平台的打卡：还没打卡的，名单私下给负责人

Nobody is asked or reminded here: who came late is between them and whoever answers for it, never a group's business.
"""

from __future__ import annotations

from datetime import date

from bot.context import NOTHING, Outcome, Told, tell
from bot.domain.people import Person, Post
from bot.domain.rounds import Round
from bot.facts import Ask, Punch
from bot.registry import told


@told(Ask.PUNCHES)
def read(told: Told) -> Outcome:
    """The list for every routine of that day that asks for attendance. about: the day, "2026-11-25"."""
    day = date.fromisoformat(told.about)
    punches: dict[str, list[Punch]] = {}
    for fact in told.facts:
        if isinstance(fact, Punch):
            punches.setdefault(told.account_id(fact.account), []).append(fact)
    outcome = NOTHING
    for asked_round in told.store.rounds.attendance(day):
        outcome += _list(told, asked_round, day, punches)
    return outcome


def _list(told: Told, asked_round: Round, day: date, punches: dict[str, list[Punch]]) -> Outcome:
    """Of those who have an account on this platform and are not away: who has no punch at all, and what is not right."""
    missing: list[Person] = []
    odd: list[tuple[Person, str]] = []
    for person in told.store.people.asked([Post(post) for post in asked_round.form["posts"]], day):
        accounts = [account.user_id for account in person.accounts if account.platform == told.platform]
        theirs = [punch for account in accounts for punch in punches.get(account, ())]
        if accounts and not any(punch.at is not None for punch in theirs):
            missing.append(person)
        else:
            odd += [(person, punch.wrong) for punch in theirs if punch.wrong]
    asked_round.close()
    values = {"title": asked_round.title, "day": day, "missing": missing, "odd": odd}
    return tell(asked_round.owner, "attendance_read/missing", **values)  # type: ignore[arg-type]
