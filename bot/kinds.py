"""What people call each kind of connection, and what they are asked to set one up: templates/kinds.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from bot.render import TEMPLATES


class KindWords(BaseModel):
    """One kind. suits: for whom it is. before, after: what to click before the first question and after the last one.
    first: what to do so that something is heard.

    asks: setting → where it is found, in the order in which the platform's own pages show them. proved_by: the last of those
    after which the platform can be asked whether they are right; "" where it cannot. {address} in after: the callback's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    suits: str = ""
    before: tuple[str, ...] = ()
    asks: Mapping[str, str] = {}
    proved_by: str = ""
    after: tuple[str, ...] = ()
    first: str = "在手机上找到它，对它说「帮助」。"


@cache
def _all() -> Mapping[str, Any]:
    words: Mapping[str, Any] = yaml.safe_load((TEMPLATES / "kinds.yaml").read_text("utf-8"))
    return words


def kind_words(kind: str) -> KindWords:
    """kind: "wecom app". One that has no words yet is called by its code and asks without hints."""
    return KindWords.model_validate(_all().get(kind, {"title": kind}))
