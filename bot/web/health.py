"""/health/live: the process answers. /health/ready: the database too, and how long the oldest message waits."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.store.session import reading
from bot.store.waiting import waiting_letters


def blueprint(engine: Engine, clock: Clock) -> Blueprint:
    """Both addresses; they tell no secrets, so that a load balancer may ask."""
    pages = Blueprint("health", __name__)

    @pages.get("/health/live")
    def live() -> Response:
        return jsonify(status="ok")

    @pages.get("/health/ready")
    def ready() -> tuple[Response, int]:
        try:
            with reading(engine) as session:
                count, oldest = waiting_letters(session)
        except SQLAlchemyError:
            return jsonify(status="no database"), 503
        age = (clock.now() - oldest).total_seconds() if oldest else 0.0
        return jsonify(status="ok", waiting=count, oldest_seconds=round(max(age, 0.0))), 200

    return pages
