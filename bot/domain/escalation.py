"""Who hears of a hazard that is not put right in time: the steps of templates/escalation.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.domain.people import Post
from bot.errors import ConfigError


class Rung(BaseModel):
    """after: so many school days after its last day. tell: the holders of a post, or the hazard's owner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: int = Field(ge=0)
    tell: Post | Literal["owner"]

    @property
    def name(self) -> str:
        """What the hazard's history remembers, so that none is told twice."""
        return f"{self.after}:{self.tell}"


def read_ladder(path: Path) -> tuple[Rung, ...]:
    """The steps, in the order of the file. Raises ConfigError naming the file and what is wrong."""
    try:
        return TypeAdapter(tuple[Rung, ...]).validate_python(yaml.safe_load(path.read_text("utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {error}. Example: - {{after: 1, tell: vice_principal}}") from error
