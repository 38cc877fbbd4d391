"""What is done about which kind of incident: templates/incidents.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.domain.people import Post
from bot.errors import ConfigError
from bot.render import TEMPLATES


class Kind(BaseModel):
    """name: as people call it. first: what to do first, one line. tell: the posts that hear of it at once, privately."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    first: str
    tell: tuple[Post, ...]


def read_kinds(path: Path) -> Mapping[str, Kind]:
    """Every kind by its code; "other" is one of them. Raises ConfigError."""
    try:
        kinds = TypeAdapter(dict[str, Kind]).validate_python(yaml.safe_load(path.read_text("utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if "other" not in kinds:
        raise ConfigError(f'{path}: "other" is missing: what is done about what fits nowhere')
    return kinds


KINDS = read_kinds(TEMPLATES / "incidents.yaml")
