"""Are the holidays known, of this year and, from November on, of the next?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.clock import school_time
from bot.doctor.patient import Patient
from bot.platforms.base import Health
from bot.store.arrivals import the_school
from bot.store.session import reading
from bot.store.store import Store


def look(app: Patient) -> Iterator[Health]:
    """The same for every school, so it is asked once."""
    today = school_time(app.clock.now()).date()
    year = today.year + (today.month >= 11)
    for school in app.settings.schools[:1]:
        with reading(app.engine) as session:
            known = Store(session, the_school(session, school.code)).calendar.is_known(year)
        yield Health(
            known,
            f"{year} 年的放假和调休" + ("已知道" if known else "还不知道，先按法定节日估算"),
            "" if known else "国务院通知出来后升级校铃；升级前，不一样的日子可以用 xiaoling day 单独登记。",
        )
