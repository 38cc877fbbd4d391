"""Who may import whom, and who may ask what time it is; read from the syntax of every file, nothing is imported for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT: Mapping[str, tuple[str, ...]] = {
    "bot.errors": (),
    "bot.clock": (),
    "bot.messages": (),
    "bot.facts": (),
    "bot.language": ("bot.domain.calendar", "bot.errors"),
    "bot.settings": ("bot.errors",),
    "bot.domain": ("bot.errors", "bot.messages", "bot.clock"),
    "bot.store": ("bot.clock", "bot.domain", "bot.facts", "bot.messages"),
    "bot.platforms": ("bot.errors", "bot.facts", "bot.messages", "bot.clock", "bot.settings"),
    "bot.documents": ("bot.domain", "bot.errors", "bot.language"),
    "bot.emulator": ("bot.clock", "bot.documents", "bot.domain", "bot.errors"),
    "handlers": (
        "bot.approval_effects",
        "bot.context",
        "bot.domain",
        "bot.errors",
        "bot.facts",
        "bot.language",
        "bot.clock",
        "bot.figures",
        "bot.incident_kinds",
        "bot.manners",
        "bot.pointing",
        "bot.registry",
        "bot.render",
        "bot.router",
    ),
    "schedules": (
        "bot.clock",
        "bot.context",
        "bot.domain",
        "bot.facts",
        "bot.figures",
        "bot.manners",
        "bot.registry",
        "bot.render",
        "handlers",
    ),
}
"""Of our own modules, besides those of the same room. Rooms that are not here are where the parts meet."""

OUTER = (
    "bot.app",
    "bot.__main__",
    "bot.web",
    "bot.server",
    "bot.demonstration",
    "bot.doctor",
    "bot.quota",
    "bot.channels",
    "bot.connect",
    "bot.connect_ask",
    "bot.connect_run",
    "bot.connect_typed",
    "bot.connect_wait",
    "bot.groups",
)
"""What stands around the machine. Nothing within it knows them."""

TIMES = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.localtime",
    "time.gmtime",
    "func.now",
    "func.current_timestamp",
}


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


FILES = {
    module(path): path for folder in ("bot", "handlers", "schedules") for path in sorted((ROOT / folder).rglob("*.py"))
}


def within(name: str, *rooms: str) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def statements(body: list[ast.stmt], *, at_start: bool) -> Iterator[ast.stmt]:
    """Every statement; at_start: only those carried out when the file is imported, and none for types alone."""
    for statement in body:
        yield statement
        if at_start and isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if at_start and isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            continue
        inner = [node for node in ast.iter_child_nodes(statement) if isinstance(node, ast.stmt)]
        handlers = [each for node in getattr(statement, "handlers", []) for each in node.body]
        yield from statements(inner + handlers, at_start=at_start)


def imports(name: str, *, at_start: bool = False) -> set[str]:
    """Every module that a file imports, "a.b" for both `import a.b` and `from a import b`."""
    found: set[str] = set()
    for node in statements(tree(FILES[name]).body, at_start=at_start):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are written in full"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def importers(*wanted: str) -> set[str]:
    return {name for name in FILES if any(within(each, *wanted) for each in imports(name))}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_knows_only_what_lies_below_it(room: str) -> None:
    files = [name for name in FILES if within(name, room)]
    assert files, "the room is gone: take its line out"
    for name in files:
        ours = {each for each in imports(name) if each in FILES and each != "bot"}
        strange = {each for each in ours if not within(each, room, *MAY_IMPORT[room])}
        assert not strange, f"{name} imports {', '.join(sorted(strange))}"


def test_every_allowance_is_used() -> None:
    """A line nobody needs would let something in unseen."""
    for room, allowed in MAY_IMPORT.items():
        used = {each for name in FILES if within(name, room) for each in imports(name)}
        assert {each for each in allowed if not any(within(name, each) for name in used)} == set(), room


def test_the_product_does_not_know_the_emulator() -> None:
    assert {name for name in importers("bot.emulator") if not within(name, "bot.emulator")} == set()


def test_nothing_inside_knows_what_stands_around_it() -> None:
    assert {name for name in importers(*OUTER) if not within(name, *OUTER)} == set()


def test_handlers_and_schedules_know_no_database_wire_or_web() -> None:
    outside = importers("sqlalchemy", "requests", "flask", "wechatpy", "waitress", "alembic")
    assert {name for name in outside if within(name, "handlers", "schedules")} == set()


def test_one_file_knows_wechatpy() -> None:
    assert importers("wechatpy") == {"bot.platforms.wecom_app"}


def test_one_file_asks_what_time_it_is() -> None:
    asking = {
        name
        for name, path in FILES.items()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and f"{ast.unparse(node.value).split('.')[-1]}.{node.attr}" in TIMES
    }
    assert asking == {"bot.clock"}


def test_no_circles() -> None:
    """Of what is imported when a file is; a package's own __init__ is not counted against its files."""
    graph = {
        name: {each for each in imports(name, at_start=True) if each in FILES and not name.startswith(f"{each}.")}
        - {name}
        for name in FILES
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " → ".join((*way[way.index(name) :], name))
        if name in done:
            return
        for other in sorted(graph[name]):
            visit(other, (*way, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())
    assert sum(map(len, graph.values())) > len(FILES), "the picture is empty: nothing was read"
