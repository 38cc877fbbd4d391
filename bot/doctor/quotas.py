"""How much of each month's quota is used?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.clock import school_time
from bot.doctor.patient import Patient
from bot.platforms.base import Health
from bot.quota import PLATFORMS, UNITS
from bot.store.arrivals import the_school
from bot.store.session import reading
from bot.store.store import Store


def look(app: Patient) -> Iterator[Health]:
    """One finding for each quota of each school; from 80 % on it is not well, as people are then asked less."""
    day = school_time(app.clock.now()).date()
    with reading(app.engine) as session:
        for school in app.settings.schools:
            store = Store(session, the_school(session, school.code))
            for standing in store.ledger.standings(app.connections.limits(school.code), day):
                limit = standing.limit
                what = f"{PLATFORMS.get(limit.platform, limit.platform)}本月的{UNITS.get(limit.unit, limit.unit)}"
                yield Health(
                    not standing.folds,
                    f"{store.school.name}：{what}用了 {standing.used}/{limit.a_month}（{standing.percent}%）",
                    "同一个人一天只单独问一次，到月底为止。够不够到月底：xiaoling quota" if standing.folds else "",
                )
