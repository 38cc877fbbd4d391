"""From what was said to the one function that answers it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from bot.context import Step
from bot.domain.people import Account
from bot.language.meaning import Understanding
from bot.language.width import narrow
from bot.messages import Message
from bot.registry import Handler, Registry

INCIDENT = "incident"
"""Whatever is open, somebody who says that a child is bleeding is heard first."""

GAP = " \t\n:：，,、。#＃"
"""What may stand between the starting word and the rest."""


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers. words: what is left after the starting word. handler: None for a step or a catcher.

    is_step: it answers the open question, and may say that it does not (NotMine). meaning: for free text.
    """

    name: str
    run: Step
    words: str
    handler: Handler | None = None
    is_step: bool = False
    meaning: Understanding | None = None


def normal(text: str) -> str:
    """Full-width letters and digits as half-width ones, and no blank edges; other signs stay as they were typed."""
    return narrow(text).strip()


class Router:
    """Strangers introduce themselves; else starting words, or a sentence that says the same; else an incident; else the open
    question; else one asked earlier; else what free text means; else pictures, files, 不明白."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._words = registry.words()
        self._spoken = [(handler.spoken, handler) for handler in registry.handlers if handler.spoken is not None]

    def find(
        self,
        message: Message,
        account: Account,
        open_step: str,
        understand: Callable[[str], Understanding],
        declined: Collection[str] = (),
    ) -> Route:
        """The route of a message. open_step: the stored name of the step that waits in this chat, or "".

        declined: names of routes that the words are not for. Of the catchers only "asked" may decline.
        """
        text = normal(message.text)
        waiting = self._registry.steps.get(open_step) if open_step not in declined else None
        if account.person_id is None:
            return self._caught("stranger", text) if waiting is None else Route(open_step, waiting, text, is_step=True)
        started = self._started(text, declined)
        if started is not None:
            return started
        meaning = understand(text) if text else None
        if meaning is not None and meaning.intent == INCIDENT:
            return self._understood(meaning, text)
        if waiting is not None and (text or message.images):
            return Route(open_step, waiting, text, is_step=True, meaning=meaning)
        asked = self._caught("asked", text, meaning)
        if text and asked.name not in declined:
            return asked
        if meaning is not None and meaning.intent in self._registry.intents:
            understood = self._understood(meaning, text)
            if understood.name not in declined:
                return understood
        if message.files:
            return self._caught("file", text)
        if message.images and not text:
            return self._caught("picture", text)
        return self._caught("unknown", text, meaning)

    def _started(self, text: str, declined: Collection[str] = ()) -> Route | None:
        for word, handler in self._words:
            if not text.startswith(word) or handler.name in declined:
                continue
            rest = text[len(word) :].strip(GAP)
            if rest and handler.alone:
                continue
            return Route(handler.name, handler.run, rest, handler)
        for pattern, handler in self._spoken:
            if handler.name not in declined and pattern.search(text):
                return Route(handler.name, handler.run, text, handler)
        return None

    def _understood(self, meaning: Understanding, text: str) -> Route:
        handler = self._registry.intents[meaning.intent]
        return Route(handler.name, handler.run, text, handler, meaning=meaning)

    def _caught(self, what: str, text: str, meaning: Understanding | None = None) -> Route:
        catcher = self._registry.catchers[what]
        return Route(catcher.__name__, catcher, text, meaning=meaning)
