"""One JSON line per event on stdout. Never names, phone numbers, words said, pictures or tokens."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(*, plain: bool = False, level: int = logging.INFO) -> None:
    """Set up the log for this process. plain: readable lines for a terminal instead of JSON. level: what is left out below."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if plain else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.WARNING), format="%(message)s", stream=sys.stdout)
