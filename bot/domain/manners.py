"""When people are left alone, and how often a day they are asked: templates/manners.yaml (school-domain 7.3)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.clock import school_time
from bot.errors import ConfigError


class Manners(BaseModel):
    """quiet_from, quiet_until: on the school's wall clock; the same time twice is no quiet at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quiet_from: time
    quiet_until: time
    prompts_a_day: int = Field(ge=1)

    def waking(self, moment: datetime) -> datetime:
        """The same moment; in the quiet hours, when they are over."""
        here = school_time(moment)
        morning = datetime.combine(here.date(), self.quiet_until, here.tzinfo)
        if self.quiet_from <= self.quiet_until:
            quiet = self.quiet_from <= here.time() < self.quiet_until
        elif quiet := here.time() >= self.quiet_from:
            morning += timedelta(days=1)
        else:
            quiet = here.time() < self.quiet_until
        return morning.astimezone(moment.tzinfo) if quiet else moment


def read_manners(path: Path) -> Manners:
    """What the file says. Raises ConfigError naming the file and what is wrong."""
    try:
        return Manners.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f'{path}: {error}. Example: quiet_from: "21:00"') from error
