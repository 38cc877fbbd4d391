"""Does this computer's clock agree with the platforms'? A callback's time that is off is refused, and prompts ring wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime

import requests

from bot.clock import school_time
from bot.doctor.patient import Patient
from bot.errors import DeliveryError
from bot.platforms.base import Health
from bot.platforms.http import call, open_session
from bot.platforms.tally import Tally

APART = 60
"""Seconds that nobody need mind; platforms refuse from five minutes on."""


def look(app: Patient) -> Iterator[Health]:
    """Against the Date header of each platform's own server (RFC 9110, 6.6.1). A turned clock is the emulator's affair."""
    if app.settings.server.clock == "turned":
        return
    servers = {
        getattr(each.settings, "api_base", "") or getattr(each.settings, "oapi_base", "") for each in app.connections
    }
    with open_session(Tally()) as session:
        for server in sorted(servers - {""}):
            yield _compared(app, session, server)


def _compared(app: Patient, session: requests.Session, server: str) -> Health:
    try:
        answer = call(session, "HEAD", server)
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
    except DeliveryError as error:
        return Health(False, f"没有问到 {server} 的时间", error.reason)
    except ValueError:
        return Health(True, f"{server} 没有说它的时间，没法核对")
    # "-0000" is read as a moment without a zone, and means UTC
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    apart = round((app.clock.now() - theirs).total_seconds())
    if abs(apart) <= APART:
        return Health(True, f"电脑的时间和 {server} 一致")
    return Health(
        False,
        f"电脑的时间比 {server} {'快' if apart > 0 else '慢'} {abs(apart)} 秒（它是 {school_time(theirs):%H:%M:%S}）",
        "Windows：设置 → 时间和语言 → 日期和时间 → 立即同步；Linux：timedatectl set-ntp true",
    )
