"""The ways out of this process: every connection of every school, with the platform file that speaks it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.domain.limits import Limit
from bot.errors import ConfigError, Malformed
from bot.facts import Ask
from bot.knocks import Knocks
from bot.platforms.base import Health, Informant, Listener, Platform
from bot.settings import ConnectionSettings, SchoolSettings


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection of one school. name: as in the settings and in the callback's address. knocks: who came there."""

    school: str
    name: str
    settings: ConnectionSettings
    platform: Platform
    knocks: Knocks = field(default_factory=Knocks)

    @property
    def heard_through(self) -> Health | None:
        """How that stands through which it hears: its line, or who came to its address. None: not known in this process."""
        return self.platform.health if isinstance(self.platform, Listener) else self.knocks.health

    @property
    def platform_name(self) -> str:
        return self.settings.platform

    @property
    def groups(self) -> Mapping[str, str]:
        """The groups that the settings name, by their id: what the school calls them. A webhook's own name is its group's id."""
        named = {self.name: self.settings.group} if hasattr(self.settings, "group") else {}
        return named | {made.chatid: made.group for made in getattr(self.settings, "app_groups", ())}


def build_platform(settings: ConnectionSettings, clock: Clock) -> Platform:
    """Call build() of bot/platforms/<platform>_<kind>.py. Raises ConfigError when there is no such file."""
    name = f"{settings.platform}_{settings.kind}"
    try:
        module = importlib.import_module(f"bot.platforms.{name}")
    except ModuleNotFoundError as error:
        raise ConfigError(f"{name}: bot/platforms has no file for this kind of connection") from error
    try:
        platform: Platform = module.build(settings, clock)
    except Malformed as error:
        raise ConfigError(f"{settings.name}: {error} 不对，请从平台的页面上重新复制一遍。") from error
    return platform


class Connections:
    """All of them, by school and name, in the order of the settings."""

    def __init__(self, schools: Iterable[SchoolSettings], clock: Clock) -> None:
        self._all = {
            (school.code, settings.name): Connection(
                school.code, settings.name, settings, build_platform(settings, clock)
            )
            for school in schools
            for settings in school.connection
        }
        self._direct: dict[str, dict[str, list[Connection]]] = {}
        for connection in self._all.values():
            reached = self._direct.setdefault(connection.school, {})
            if connection.platform.capabilities.direct:
                reached.setdefault(connection.platform_name, []).append(connection)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._all.values())

    def get(self, school: str, name: str) -> Connection | None:
        return self._all.get((school, name))

    def direct(self, school: str) -> Mapping[str, Sequence[Connection]]:
        """For each platform, the connections of a school that reach one person, in the order of the settings."""
        return self._direct.get(school, {})

    def limits(self, school: str) -> list[Limit]:
        """A school's quotas. One holds for the platform's whole organisation: several robots draw on it, the largest counts."""
        largest: dict[tuple[str, str], int] = {}
        drawing: dict[str, list[str]] = {}
        for connection in self._all.values():
            if connection.school != school:
                continue
            drawing.setdefault(connection.platform_name, []).append(connection.name)
            for quota in connection.platform.capabilities.quotas:
                key = (connection.platform_name, quota.unit)
                largest[key] = max(largest.get(key, 0), quota.a_month)
        return [
            Limit(platform, unit, a_month, tuple(drawing[platform])) for (platform, unit), a_month in largest.items()
        ]

    def knowing(self, teller: Connection, what: Ask) -> list[Connection]:
        """Who can say what an event meant: who told of it, else another of the same platform with another secret."""
        if isinstance(teller.platform, Informant) and what in teller.platform.asks:
            return [teller]
        return [each for each in self.informants(teller.school, what) if each.platform_name == teller.platform_name]

    def informants(self, school: str, what: Ask) -> list[Connection]:
        """Those of a school that can be asked something; for each platform the first alone, as they would all say the same."""
        found: dict[str, Connection] = {}
        for connection in self._all.values():
            platform = connection.platform
            if connection.school == school and isinstance(platform, Informant) and what in platform.asks:
                found.setdefault(connection.platform_name, connection)
        return list(found.values())

    def knowing_of(self, school: str) -> Mapping[Ask, Sequence[str]]:
        """What a school's connections can be asked → the platforms that can be asked it, in the order of the settings."""
        found = {what: [each.platform_name for each in self.informants(school, what)] for what in Ask}
        return {what: platforms for what, platforms in found.items() if platforms}
