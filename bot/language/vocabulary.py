"""What only the school knows: its places, their other names, its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The school's own words.

    places: names as they are shown. aliases: another name → the place's name, or None for a name that means no single
    place (操场, where there are two). people: the name by which somebody is called → their title. vehicles: names of
    numbered things that move, 「2号校车」 is understood without.
    """

    places: tuple[str, ...] = ()
    aliases: Mapping[str, str | None] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
