"""Can the platforms find us, and can phones open the links in our messages?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.channels import needs_address
from bot.doctor.patient import Patient
from bot.platforms.base import Health
from bot.reachable import beyond_this_machine, on_the_internet


def look(app: Patient) -> Iterator[Health]:
    """The callback address of each connection that needs one. Where none does, links alone need an address."""
    if app.settings.server.clock == "turned":
        return  # the demonstration's phones are this computer
    public = app.settings.public_url
    called = [each for each in app.connections if needs_address(each.platform)]
    for connection in called:
        address = f"{public}/callback/{connection.school}/{connection.name}"
        if on_the_internet(public):
            yield Health(True, f"{connection.name} 的回调地址：{address}，和平台页面上填的要一字不差")
        else:
            yield Health(
                False,
                f"{connection.name} 要公网能访问的 https 地址，现在是 {address}",
                '在 xiaoling.toml 的 [server] 里写 public_url = "https://…"，再把这个地址填到平台的页面上。'
                f"没有公网地址就换成长连接：xiaoling connect {connection.platform_name}",
            )
    if not called and not beyond_this_machine(public):
        yield Health(
            True,
            f"消息里的链接（照片、名单）是 {public}，只有这台电脑打得开",
            '想让老师在校内的手机上打开：[server] 里写 host = "0.0.0.0" 和 public_url = "http://这台电脑的地址:8000"',
        )
