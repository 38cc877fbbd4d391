"""Does the callback's address lead to us? Asked from here, by the way that the platforms take."""

from __future__ import annotations

from collections.abc import Iterator

from bot.channels import needs_address
from bot.doctor.patient import Patient
from bot.errors import DeliveryError
from bot.platforms.base import Health
from bot.platforms.http import call, open_session, read_json
from bot.platforms.tally import Tally


def look(app: Patient) -> Iterator[Health]:
    """Only where a platform calls us. Some routers do not let a machine reach itself from outside: hence the phone."""
    server = app.settings.server
    if server.clock == "turned" or not any(needs_address(each.platform) for each in app.connections):
        return
    address = f"{app.settings.public_url}/health/live"
    with open_session(Tally()) as session:
        try:
            answer = read_json(call(session, "GET", address, allow_redirects=False))
            why = "" if answer.get("status") == "ok" else "那里答话的不是校铃"
        except DeliveryError as error:
            why = error.reason
    if not why:
        yield Health(True, f"{address} 打得开，答话的是校铃")
        return
    todo = (
        f"校铃开着的话，看反向代理或内网穿透有没有转到 http://{server.host}:{server.port}；"
        "再在手机上用流量打开这个地址，看到 ok 就不要紧"
    )
    yield Health(False, f"{address} 打不开：{why}", todo)
