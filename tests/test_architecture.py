"""Who may import whom (docs: README, "Where things are"), and who may ask what time it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = [path for folder in ("bot", "handlers", "schedules") for path in sorted((ROOT / folder).rglob("*.py"))]


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, at_start: bool = False) -> Iterator[str]:
    """Every module that a file imports; at_start: only what is imported when the file is, and not for types alone."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body if at_start else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(*wanted: str) -> set[str]:
    return {
        module(path)
        for path in FILES
        if any(name == want or name.startswith(f"{want}.") for name in imports(path) for want in wanted)
    }


def test_the_product_does_not_know_the_emulator() -> None:
    assert {name for name in importers("bot.emulator") if not name.startswith("bot.emulator")} == set()


def test_the_emulator_proves_the_platforms_by_not_using_them() -> None:
    assert {name for name in importers("bot.platforms") if name.startswith("bot.emulator")} == set()


def test_handlers_and_schedules_know_no_database_platform_or_web() -> None:
    outside = importers("bot.store", "bot.platforms", "bot.web", "bot.deliverer", "sqlalchemy", "requests", "flask")
    assert {name for name in outside if name.startswith(("handlers", "schedules"))} == set()


def test_the_domain_knows_only_itself() -> None:
    for path in FILES:
        if module(path).startswith("bot.domain"):
            ours = {name for name in imports(path) if name.startswith("bot.")}
            allowed = ("bot.domain", "bot.errors", "bot.messages", "bot.clock")
            assert all(name.startswith(allowed) for name in ours), (module(path), ours)


def test_one_file_knows_wechatpy() -> None:
    assert importers("wechatpy") == {"bot.platforms.wecom_app"}


def test_one_file_asks_what_time_it_is() -> None:
    for path in FILES:
        text = path.read_text("utf-8")
        if module(path) != "bot.clock":
            assert "datetime.now(" not in text, path
            assert "date.today(" not in text, path


def test_no_circles() -> None:
    graph = {module(path): set(imports(path, at_start=True)) for path in FILES}
    graph = {name: {other for other in others if other in graph} - {name} for name, others in graph.items()}
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
