"""What the bot can do, read from the files that do it. load() imports handlers/ and schedules/; there is no list to edit."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import ModuleType
from typing import TypeVar

from bot.context import Outcome, Run, Saying, Step, Told
from bot.domain.moments import Moment
from bot.domain.people import Post
from bot.domain.routines import Routine
from bot.facts import Ask
from bot.store.store import Store

Due = Callable[[Store, datetime, datetime], list[datetime]]
"""The moments after < t <= until at which something is owed."""


def at(moment: Moment) -> Due:
    """Due when the calendar says so."""
    return lambda store, after, until: moment.between(after, until, store.calendar)


def at_round(column: str) -> Due:
    """Due when a round says so: "nudge_at" or "closes_at"."""
    return lambda store, after, until: store.rounds.moments(column, after, until)


def at_quota_mark() -> Due:
    """Due the moment a month's quota reaches a threshold, or its platform refuses."""
    return lambda store, after, until: sorted({mark.at for mark in store.ledger.marked(after, until)})


def before_rounds(lead: timedelta, longest: timedelta, waiting: str) -> Due:
    """Due so long before a round that may be answered elsewhere reminds the missing, and before it closes.

    longest: no round is open longer. waiting: "collecting", those that a form answers, or "reporting", the duty reports.
    """

    def due(store: Store, after: datetime, until: datetime) -> list[datetime]:
        rounds = {"collecting": store.rounds.collecting, "reporting": store.rounds.reporting}[waiting](after - longest)
        moments = (moment - lead for each in rounds for moment in (each.nudge_at, each.closes_at))
        return sorted({moment for moment in moments if after < moment <= until})

    return due


def after_handing(looks: Sequence[timedelta], waking: Callable[[datetime], datetime]) -> Due:
    """Due so long after a notice was handed to the classes' groups, until its author knows how it ended.

    waking: moves a moment out of the quiet hours.
    """

    def due(store: Store, after: datetime, until: datetime) -> list[datetime]:
        moments = {waking(out_at + look) for out_at in store.notices.unreported_since() for look in looks}
        return sorted(moment for moment in moments if after < moment <= until)

    return due


Function = TypeVar("Function", bound=Step)


@dataclass(frozen=True, slots=True)
class Handler:
    """Something a person can say. words: what starts it. alone: only when nothing follows the word.

    posts: who may; empty means everybody the school knows. entry: its line in the table of contents. spoken: whole
    sentences that say the same without its words.
    """

    name: str
    words: tuple[str, ...]
    help: str
    example: str
    posts: tuple[Post, ...]
    alone: bool
    run: Step
    entry: str
    spoken: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Something the bot does by itself. late_by: later than that it is skipped. summary: when, in Chinese, for people.

    on_return: also once when the bot comes back from being away (bot/scheduler.py).
    """

    name: str
    title: str
    due: Due
    late_by: timedelta
    run: Callable[[Run], Outcome]
    entry: str
    on_return: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """Who takes what a platform answers."""

    name: str
    run: Callable[[Told], Outcome]
    entry: str


@dataclass(slots=True)
class Registry:
    """Everything found. catchers take what no word starts: "asked", "picture", "file", "stranger", "unknown".

    intents: what free text may mean (bot/language/meaning.py) → who takes it, and what it is called.
    listeners: what a platform was asked → who takes the answer, and its line in the table of contents.
    losers: what a platform was asked → who goes on without an answer.
    """

    handlers: list[Handler] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    steps: dict[str, Step] = field(default_factory=dict)
    catchers: dict[str, Step] = field(default_factory=dict)
    intents: dict[str, Handler] = field(default_factory=dict)
    listeners: dict[Ask, Listener] = field(default_factory=dict)
    losers: dict[Ask, Listener] = field(default_factory=dict)

    def sayings(self) -> tuple[Saying, ...]:
        """What 帮助 lists."""
        return tuple(Saying(handler.name, handler.example, handler.help, handler.posts) for handler in self.handlers)

    def words(self) -> list[tuple[str, Handler]]:
        """Every starting word with its handler, the longest first, so that 隐患汇总 is not taken for 隐患."""
        pairs = [(word, handler) for handler in self.handlers for word in handler.words]
        return sorted(pairs, key=lambda pair: -len(pair[0]))


_MARK = "_xiaoling"


def handles(
    *words: str,
    help: str,  # noqa: A002 - the word a handler's author would look for
    example: str = "",
    posts: tuple[Post, ...] = (),
    alone: bool = False,
    spoken: str = "",
) -> Callable[[Function], Function]:
    """Start this function when a message begins with one of the words. help: one line of Chinese for 帮助.

    spoken: a pattern of messages that mean the same and begin otherwise (我明天请假); the function gets all of the words.
    """

    def mark(function: Function) -> Function:
        said = re.compile(spoken) if spoken else None
        _note(function, ("handler", words, help, example or words[0], posts, alone, said))
        return function

    return mark


def step(function: Function) -> Function:
    """This function takes the answer to a question. Its name is stored: renaming it ends the open ones."""
    _note(function, ("step",))
    return function


def catches(what: str) -> Callable[[Function], Function]:
    """This one function takes every message of a kind: "picture", "file", "stranger" or "unknown".

    "asked": words while no question is open here, that may answer an earlier one; it declines the others (NotMine).
    """

    def mark(function: Function) -> Function:
        _note(function, ("catcher", what))
        return function

    return mark


def understands(*intents: str, posts: tuple[Post, ...] = ()) -> Callable[[Function], Function]:
    """This one function takes free text of these intents; ctx.meaning says what was understood. posts: who may."""

    def mark(function: Function) -> Function:
        _note(function, ("intent", intents, posts))
        return function

    return mark


def told(what: Ask) -> Callable[[Callable[[Told], Outcome]], Callable[[Told], Outcome]]:
    """This one function takes what a platform answers to a question of this kind."""

    def mark(function: Callable[[Told], Outcome]) -> Callable[[Told], Outcome]:
        _note(function, ("listener", what))
        return function

    return mark


def lost(what: Ask) -> Callable[[Callable[[Told], Outcome]], Callable[[Told], Outcome]]:
    """This one function goes on where no platform answers a question of this kind; told.facts is empty."""

    def mark(function: Callable[[Told], Outcome]) -> Callable[[Told], Outcome]:
        _note(function, ("loser", what))
        return function

    return mark


def scheduled(
    *, title: str, due: Due, late_by: timedelta, on_return: bool = False
) -> Callable[[Callable[[Run], Outcome]], Callable[[Run], Outcome]]:
    """Call this function at every moment that `due` names; on_return: and when the bot comes back from being away."""

    def mark(function: Callable[[Run], Outcome]) -> Callable[[Run], Outcome]:
        _note(function, ("schedule", title, due, late_by, on_return))
        return function

    return mark


def scheduled_per_routine(
    function: Callable[[Run, Routine], Outcome],
) -> Callable[[Run, Routine], Outcome]:
    """Call this function for each routine of templates/routines, at the routine's own time."""
    _note(function, ("per_routine",))
    return function


def step_name(function: Step) -> str:
    """What is stored for a step: module and function."""
    return f"{function.__module__}.{function.__name__}"


def _note(function: object, mark: tuple[object, ...]) -> None:
    function.__dict__.setdefault(_MARK, []).append(mark)


def entry_of(module: ModuleType) -> str:
    """The first line of a module's docstring: its line in the table of contents. Raises ValueError without one."""
    text = inspect.getdoc(module)
    if not text:
        raise ValueError(f"{module.__name__} has no docstring; its first line is its entry in the table of contents")
    return text.splitlines()[0]


def load(routines: Sequence[Routine], folders: Sequence[str] = ("handlers", "schedules")) -> Registry:
    """Import every file of the folders and collect what they declare. Raises ValueError for a word claimed twice."""
    registry = Registry()
    for folder in folders:
        package = importlib.import_module(folder)
        for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
            _collect(registry, importlib.import_module(f"{folder}.{found.name}"), routines)
    _refuse_doubles(registry)
    return registry


def _collect(registry: Registry, module: ModuleType, routines: Sequence[Routine]) -> None:
    entry = entry_of(module)
    short = module.__name__.rpartition(".")[2]
    for function in list(vars(module).values()):
        if getattr(function, "__module__", None) != module.__name__:
            continue
        for mark in getattr(function, _MARK, ()):
            match mark:
                case ("handler", words, help_line, example, posts, alone, said):
                    made = Handler(short, words, help_line, example, posts, alone, function, entry, said)
                    registry.handlers.append(made)
                case ("step",):
                    registry.steps[step_name(function)] = function
                case ("catcher", what):
                    if what in registry.catchers:
                        raise ValueError(f"two functions catch {what!r}")
                    registry.catchers[what] = function
                case ("intent", intents, posts):
                    for intent in intents:
                        if intent in registry.intents:
                            raise ValueError(f"two functions understand {intent!r}")
                        registry.intents[intent] = Handler(short, (), "", "", posts, False, function, entry)
                case ("listener", what):
                    if what in registry.listeners:
                        raise ValueError(f"two functions are told {what.value!r}")
                    registry.listeners[what] = Listener(short, function, entry)
                case ("loser", what):
                    if what in registry.losers:
                        raise ValueError(f"two functions go on without {what.value!r}")
                    registry.losers[what] = Listener(short, function, entry)
                case ("schedule", title, due, late_by, on_return):
                    registry.schedules.append(Schedule(short, title, due, late_by, function, entry, on_return))
                case ("per_routine",):
                    registry.schedules.extend(_for_routine(short, function, item) for item in routines)


def _for_routine(name: str, function: Callable[[Run, Routine], Outcome], routine: Routine) -> Schedule:
    def due(store: Store, after: datetime, until: datetime) -> list[datetime]:
        return routine.when.between(after, until, store.calendar)

    def run(run: Run) -> Outcome:
        return function(run, routine)

    return Schedule(f"{name}/{routine.name}", routine.title, due, routine.late_by, run, routine.about)


def _refuse_doubles(registry: Registry) -> None:
    seen: dict[str, str] = {}
    for handler in registry.handlers:
        for word in handler.words:
            if word in seen:
                raise ValueError(f"{word!r} starts both {seen[word]} and {handler.name}")
            seen[word] = handler.name
