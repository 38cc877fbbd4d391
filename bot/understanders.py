"""Each school's understander: built from its own places and people, built anew when those change."""

from __future__ import annotations

import threading
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from bot.clock import school_time
from bot.domain.people import Person
from bot.language.meaning import Understanding
from bot.language.schooldays import SchoolDays
from bot.language.vocabulary import Vocabulary
from bot.render import LABELS
from bot.store.store import Store

if TYPE_CHECKING:
    from bot.language.understanding import Understander


class Understanders:
    """One for the process; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._built: dict[int, tuple[Vocabulary, Understander]] = {}

    def understand(
        self, store: Store, words: str, *, now: datetime, before: str, by: Person, photos: int
    ) -> Understanding:
        """What words mean at this school. before: the card or message they answer, as plain text."""
        post = next((LABELS.posts[post] for post in by.posts), "")
        days = SchoolDays(store.calendar)
        return self._of(store).understand(
            words, now=school_time(now), days=days, before=before, role=post, photos=photos
        )

    def _of(self, store: Store) -> Understander:
        from bot.language.understanding import (
            Understander,  # a hundred patterns to compile: a start does not wait for them
        )

        vocabulary = vocabulary_of(store)
        with self._lock:
            known = self._built.get(store.school.id)
            if known is None or known[0] != vocabulary:
                known = self._built[store.school.id] = (vocabulary, Understander(vocabulary))
            return known[1]


@cache
def understanders() -> Understanders:
    """The process's own: what was built for a vocabulary serves whoever asks with the same one."""
    return Understanders()


def vocabulary_of(store: Store) -> Vocabulary:
    """The school's own words as they stand now. An alias of two places means neither for certain."""
    places = store.places.all()
    aliases: dict[str, str | None] = {}
    for place in places:
        for alias in place.aliases:
            aliases[alias] = None if aliases.get(alias, place.name) != place.name else place.name
    people = {
        person.name: "、".join(LABELS.posts[post] for post in sorted(person.posts)) for person in store.people.all()
    }
    return Vocabulary(tuple(place.name for place in places), aliases, people)
