"""From where an address can be opened: this machine, the school's network, the internet."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def on_the_internet(url: str) -> bool:
    """Whether a platform can call it, as far as the address tells: HTTPS, and no private number."""
    return urlsplit(url).scheme == "https" and beyond_this_machine(url) and not _private(url)


def beyond_this_machine(url: str) -> bool:
    """Whether a phone in the school could open it."""
    host = urlsplit(url).hostname or ""
    return host != "localhost" and not host.startswith("127.") and host not in ("::1", "0.0.0.0")  # noqa: S104 - compared


def _private(url: str) -> bool:
    try:
        return ip_address(urlsplit(url).hostname or "").is_private
    except ValueError:
        return False  # a name; where it leads only the world knows
