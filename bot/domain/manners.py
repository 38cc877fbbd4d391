"""When people are left alone, and how often a day they are asked: templates/manners.yaml (school-domain 7.3)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.clock import school_time
from bot.errors import ConfigError


class Manners(BaseModel):
    """quiet_from, quiet_until: on the school's wall clock; the same time twice is no quiet at all. parents_…: the same
    for notices to parents, and how many a day any class gets at most."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quiet_from: time
    quiet_until: time
    prompts_a_day: int = Field(ge=1)
    parents_quiet_from: time = time(20, 30)
    parents_quiet_until: time = time(7, 0)
    parents_a_day: int = Field(default=2, ge=1)

    def waking(self, moment: datetime) -> datetime:
        """The same moment; in the quiet hours, when they are over."""
        return _waking(moment, self.quiet_from, self.quiet_until)

    def parents_waking(self, moment: datetime) -> datetime:
        """The same by the parents' quiet hours."""
        return _waking(moment, self.parents_quiet_from, self.parents_quiet_until)


def _waking(moment: datetime, quiet_from: time, quiet_until: time) -> datetime:
    here = school_time(moment)
    morning = datetime.combine(here.date(), quiet_until, here.tzinfo)
    if quiet_from <= quiet_until:
        quiet = quiet_from <= here.time() < quiet_until
    elif quiet := here.time() >= quiet_from:
        morning += timedelta(days=1)
    else:
        quiet = here.time() < quiet_until
    return morning.astimezone(moment.tzinfo) if quiet else moment


def read_manners(path: Path) -> Manners:
    """What the file says. Raises ConfigError naming the file and what is wrong."""
    try:
        return Manners.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f'{path}: {error}. Example: quiet_from: "21:00"') from error
