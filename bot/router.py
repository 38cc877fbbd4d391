"""From what was said to the one function that answers it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.context import Step
from bot.domain.people import Account
from bot.language.width import narrow
from bot.messages import Message
from bot.registry import Handler, Registry

GAP = " \t\n:：，,、。#＃"
"""What may stand between the starting word and the rest."""


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers. words: what is left after the starting word. handler: None for a step or a catcher.

    keeps: the open question stays open behind this answer (帮助 in the middle of something).
    """

    name: str
    run: Step
    words: str
    handler: Handler | None = None


def normal(text: str) -> str:
    """Full-width letters and digits as half-width ones, and no blank edges; other signs stay as they were typed."""
    return narrow(text).strip()


class Router:
    """Strangers introduce themselves; else starting words; else the open question; else pictures, files, 不明白."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._words = registry.words()

    def find(self, message: Message, account: Account, open_step: str) -> Route:
        """The route of a message. open_step: the stored name of the step that waits in this chat, or ""."""
        text = normal(message.text)
        waiting = self._registry.steps.get(open_step)
        if account.person_id is None:
            return self._caught("stranger", text) if waiting is None else Route(open_step, waiting, text)
        started = self._started(text)
        if started is not None:
            return started
        if waiting is not None and (text or message.images):
            return Route(open_step, waiting, text)
        if message.files:
            return self._caught("file", text)
        if message.images and not text:
            return self._caught("picture", text)
        return self._caught("unknown", text)

    def _started(self, text: str) -> Route | None:
        for word, handler in self._words:
            if not text.startswith(word):
                continue
            rest = text[len(word) :].strip(GAP)
            if rest and handler.alone:
                continue
            return Route(handler.name, handler.run, rest, handler)
        return None

    def _caught(self, what: str, text: str) -> Route:
        catcher = self._registry.catchers[what]
        return Route(catcher.__name__, catcher, text)
