"""平台的家校通讯录：哪个班有哪些家长、通知收不收得到"""

from __future__ import annotations

from bot.context import NOTHING, Outcome, Told
from bot.facts import Ask, Guardian
from bot.registry import told
from handlers.notify_parents import class_named


@told(Ask.GUARDIANS)
def heard(told: Told) -> Outcome:
    """Keep as little as a notice needs. about: see Ask; for all, nobody at all is no list."""
    if not told.facts and not told.about:
        return NOTHING
    rows = [
        {
            "account": fact.account,
            "pupil": fact.pupil,
            "pupil_name": fact.pupil_name[:64],
            "class_id": fact.class_id or told.about or fact.grade_class,
            "grade_class": class_named(fact.grade_class, told.day),
            "relation": fact.relation[:64],
            "reached": fact.reached,
        }
        for fact in told.facts
        if isinstance(fact, Guardian)
    ]
    told.store.guardians.replace(told.platform, told.about, rows)
    return NOTHING
