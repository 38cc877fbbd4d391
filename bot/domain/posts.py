"""What the bot said where it was not asked: in a group, to parents, to somebody else. It may be taken back (撤回)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.chats import Chat


@dataclass(frozen=True, slots=True)
class Posted:
    """One thing said: all its parts in one chat, or the same words to several people.

    rows: the outbox's. chat: the first it went to. by: the id of the person whose message brought it; None for what the bot
    says by itself. answer: it answered whoever spoke there. waiting: nothing of it is out yet. recalled: it was taken
    back. readers: the names of the people it went to, () for a group.
    """

    rows: tuple[int, ...]
    chat: Chat
    text: str
    at: datetime
    by: int | None
    answer: bool
    waiting: bool
    recalled: bool
    readers: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its first line, without our own marks."""
        return self.text.partition("\n")[0].replace("**", "")
