"""README says what the files do; every handler is reachable and explained."""

from __future__ import annotations

from bot.domain.routines import read_routines
from bot.registry import load
from bot.render import TEMPLATES, Renderer
from tests.setup.readme import README, filled


def test_the_readme_matches_the_code() -> None:
    text = README.read_text("utf-8")
    assert text == filled(text), "run: make docs"


def test_every_routine_brings_its_words() -> None:
    renderer = Renderer()
    for routine in read_routines(TEMPLATES / "routines"):
        for name in ("yours", "nudge", "closed"):
            assert renderer.exists(f"{routine.name}/{name}")


def test_no_template_is_left_over() -> None:
    """Every template is named by some file, so that nobody changes words that nobody says."""
    root = TEMPLATES.parent
    code = "\n".join(
        path.read_text("utf-8") for folder in ("bot", "handlers", "schedules") for path in (root / folder).rglob("*.py")
    )
    routines = {routine.name for routine in read_routines(TEMPLATES / "routines")}
    for path in TEMPLATES.rglob("*.md"):
        name = path.relative_to(TEMPLATES).with_suffix("").as_posix()
        assert f'"{name}"' in code or name.partition("/")[0] in routines, name


def test_starting_words_are_all_different() -> None:
    registry = load(read_routines(TEMPLATES / "routines"))
    words = [word for handler in registry.handlers for word in handler.words]
    assert len(words) == len(set(words))
    assert {"picture", "file", "stranger", "unknown"} == set(registry.catchers)
