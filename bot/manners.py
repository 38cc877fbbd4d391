"""How this installation leaves people alone: read once."""

from __future__ import annotations

from bot.domain.manners import read_manners
from bot.render import TEMPLATES

MANNERS = read_manners(TEMPLATES / "manners.yaml")
