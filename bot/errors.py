"""Everything that can go wrong, by who can put it right.

BotError
├── ConfigError      wrong or missing setting: the process does not start
├── WireError        ├── Untrusted    bad signature or time: 403, logged without its body
│                    ├── Malformed    signed but not as documented: 400, logged likewise
│                    └── Unsupported  a kind we do not handle: 200, ignored
├── PersonError      the person can put it right: `template` tells them how; not an error in the log
│                    └── NotAllowed
└── DeliveryError    ├── TryLater     busy, timed out: again after a wait
                     └── GiveUp       refused for good: to the dead letters, shown to the operator
"""

from __future__ import annotations

from datetime import timedelta


class BotError(Exception):
    """The root: nothing of ours is raised that is not one of these."""


class ConfigError(BotError):
    """A setting is wrong or missing. The message names it, says what is wrong and gives an example."""


class WireError(BotError):
    """What arrived at a callback cannot become a Message."""


class Untrusted(WireError):
    """Not from the platform, or too old. The text names the part that failed, never its value."""


class Malformed(WireError):
    """Signed by the platform, but not of a documented form."""


class Unsupported(WireError):
    """Signed and well formed, but of a kind that nothing here handles."""


class PersonError(BotError):
    """Something the person who wrote can put right.

    template: what to say to them, without its folder's suffix, e.g. "report_hazard/too_long".
    values: what the template needs.
    """

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template)
        self.template = template
        self.values = values


class NotAllowed(PersonError):
    """The person lacks the post that this needs."""


class NotMine(BotError):
    """The words are not for this handler or step. They are heard by the next that takes them; a question stays open."""


class DeliveryError(BotError):
    """A message did not go out. `reason` is one line of plain Chinese for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TryLater(DeliveryError):
    """It may work later.

    after: the platform's own wait where it named one; None lets the deliverer choose a growing one.
    unknown: the call may have been carried out all the same (a time-out after the request was sent).
    """

    def __init__(self, reason: str, after: timedelta | None = None, *, unknown: bool = False) -> None:
        super().__init__(reason)
        self.after = after
        self.unknown = unknown


class GiveUp(DeliveryError):
    """It will not work, however often it is tried."""
