"""The composition root: reads Settings once, builds every part, hands it on. Nothing else knows all of them."""

from __future__ import annotations

import secrets
import socket
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from bot.clock import Clock, RealClock, TurnedClock, monotonic
from bot.connections import Connection, Connections
from bot.deliverer import Deliverer
from bot.domain.chats import Group
from bot.domain.routines import read_routines
from bot.domain.school import School
from bot.ears import Ears
from bot.errands import Errands
from bot.errors import ConfigError
from bot.ledger import Ledger
from bot.lines import Lines
from bot.links import Links
from bot.media import MediaFetcher
from bot.messages import ChatKind, ChatRef
from bot.photos import PhotoStore
from bot.pipeline import Pipeline
from bot.registry import Registry, load
from bot.render import LABELS, TEMPLATES, Renderer
from bot.scheduler import Scheduler
from bot.settings import Settings
from bot.store.arrivals import the_chat, the_school
from bot.store.session import Writer, insert_once, open_engine, reading
from bot.store.waiting import waiting_letters
from bot.todos import Todos
from bot.web import callbacks, health, pages, turning

SETTLE = 10.0
"""Seconds that turning the clock waits at most for what was said to be out."""


@dataclass(frozen=True, slots=True)
class App:
    """Every part of a running service. start() begins the work in the background, stop() ends it."""

    settings: Settings
    clock: Clock
    engine: Engine
    writer: Writer
    registry: Registry
    connections: Connections
    pipeline: Pipeline
    deliverer: Deliverer
    media: MediaFetcher
    errands: Errands
    scheduler: Scheduler
    ears: Ears
    ledger: Ledger
    lines: Lines
    photos: PhotoStore
    links: Links
    web: Flask

    def start(self) -> None:
        self.deliverer.start()
        self.media.start()
        self.errands.start()
        self.scheduler.start()
        self.ears.start()
        self.ledger.start()
        self.lines.start()

    def stop(self) -> None:
        """Finish what is under way. What is not out yet stays in the database."""
        self.ears.stop()
        self.scheduler.stop()
        self.errands.stop()
        self.media.stop()
        self.deliverer.stop()
        self.ledger.stop()
        self.lines.stop()
        self.writer.close()
        self.engine.dispose()


def build(settings: Settings, clock: Clock | None = None, routines: Path = TEMPLATES / "routines") -> App:
    """Build everything over a database that is up to date. Raises ConfigError."""
    clock = clock or the_clock(settings)
    engine = open_engine(settings.database_url)
    writer = Writer(engine)
    registry = load(read_routines(routines))
    renderer = Renderer()
    connections = Connections(settings.schools, clock)
    photos = PhotoStore(settings.home / "photos")
    links = Links(_secret(settings.home), clock, settings.public_url)
    deliverer = Deliverer(writer, connections, clock, f"{socket.gethostname()[-24:]}:{settings.server.port}")
    media = MediaFetcher(writer, connections, photos, renderer, clock)

    def ring() -> None:
        deliverer.ring()
        media.ring()
        errands.ring()

    renderer.provide(links)
    todos = Todos(connections, renderer, links if settings.server.public_url else None)
    pipeline = Pipeline(writer, registry, renderer, connections, clock, ring, todos)
    errands = Errands(writer, connections, pipeline, clock)
    schools = [school.code for school in settings.schools]
    scheduler = Scheduler(engine, pipeline, registry.schedules, schools, clock)
    writer.do(partial(_open_schools, settings, connections, clock))
    web = Flask("bot", static_folder=None, template_folder=str(TEMPLATES / "web"))
    web.register_blueprint(callbacks.blueprint(connections, pipeline))
    web.register_blueprint(health.blueprint(engine, clock))
    web.register_blueprint(pages.blueprint(writer, engine, photos, links, clock))
    if settings.server.clock == "turned":
        web.register_blueprint(turning.blueprint(scheduler, clock, partial(_settle, engine)))
    if settings.server.trusted_proxies:
        hops = settings.server.trusted_proxies
        web.wsgi_app = ProxyFix(web.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return App(
        settings,
        clock,
        engine,
        writer,
        registry,
        connections,
        pipeline,
        deliverer,
        media,
        errands,
        scheduler,
        Ears(connections, pipeline),
        Ledger(writer, connections, clock),
        Lines(writer, connections, schools, clock),
        photos,
        links,
        web,
    )


def the_clock(settings: Settings) -> Clock:
    """The machine's clock, or the one that the emulator turns."""
    return TurnedClock(settings.home / "clock.json") if settings.server.clock == "turned" else RealClock()


def _secret(home: Path) -> bytes:
    """The key that signs links: made once, kept beside the data, readable by its owner alone."""
    path = home / "secret.key"
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    secret = path.read_bytes()
    if len(secret) < 32:
        raise ConfigError(f"{path}: damaged; delete it and start again (links already sent will stop working)")
    return secret


def _open_schools(settings: Settings, connections: Connections, clock: Clock, session: Session) -> None:
    """Write down the schools of the settings and the groups that their webhooks post to."""
    now = clock.now()
    for school in settings.schools:
        insert_once(session, School, code=school.code, name=school.name, opened_at=now)
        row = the_school(session, school.code)
        row.name = school.name
        row.approvals = {form.template: form.model_dump(exclude={"template"}) for form in school.approval}
    for connection, group_id, title, purpose in groups_of(connections):
        ref = ChatRef(ChatKind.GROUP, group_id, title)
        chat = the_chat(session, the_school(session, connection.school), connection.name, ref, None)
        chat.purpose = purpose


def groups_of(connections: Connections) -> list[tuple[Connection, str, str, Group]]:
    """The groups that the settings name: whose, the platform's id, the title, what it is for. Raises ConfigError."""
    found = []
    for connection in connections:
        for group_id, title in connection.groups.items():
            purpose = LABELS.group_named.get(title)
            if purpose is None:
                known = "、".join(LABELS.groups.values())
                where = f"{connection.school}.{connection.name}"
                raise ConfigError(f'{where}: group = "{title}" is not known; known are: {known}')
            found.append((connection, group_id, title, purpose))
    return found


def _settle(engine: Engine) -> None:
    deadline = monotonic() + SETTLE
    while monotonic() < deadline:
        with reading(engine) as session:
            count, _ = waiting_letters(session)
        if count == 0:
            return
        time.sleep(0.05)
