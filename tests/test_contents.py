"""README says what the files do; every handler is reachable and explained; no words are left over."""

from __future__ import annotations

import pytest

from bot.contents import timetable
from bot.domain.routines import read_routines
from bot.registry import Registry, load
from bot.render import TEMPLATES, Renderer
from tests.setup.readme import README, filled, parts


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load(read_routines(TEMPLATES / "routines"))


def test_the_readme_matches_the_code() -> None:
    text = README.read_text("utf-8")
    assert text == filled(text), "run: make docs"


def test_a_readme_that_says_something_else_is_noticed() -> None:
    text = README.read_text("utf-8")
    assert filled(text.replace("`handlers/report_hazard.py`", "`handlers/elsewhere.py`")) == text
    with pytest.raises(LookupError, match="timetable"):
        filled(text.replace("<!-- timetable -->", ""))


def test_every_handler_and_every_schedule_has_its_line(registry: Registry) -> None:
    """One row per file that people can speak to, and per thing that happens by itself."""
    table = parts()["contents"]
    root = TEMPLATES.parent
    spoken_to = {path.stem for path in (root / "handlers").glob("*.py")} - {"__init__"}
    by_word = {handler.name for handler in registry.handlers}
    caught = {step.__module__.removeprefix("handlers.") for step in registry.catchers.values()}
    understood = {handler.name for handler in registry.intents.values()}
    told = {listener.name for listener in registry.listeners.values()}
    assert spoken_to == by_word | caught | understood | told
    for name in by_word | understood | told:
        assert f"`handlers/{name}.py`" in table
    for path in [*(root / "schedules").glob("[a-z]*.py"), *(TEMPLATES / "routines").glob("*.yaml")]:
        assert f"`{path.relative_to(root).as_posix()}`" in table or path.stem == "opens_rounds"


def test_every_line_says_something(registry: Registry) -> None:
    for handler in registry.handlers:
        assert handler.help
        assert handler.entry
        assert handler.example.startswith(handler.words), handler.example
    for schedule in registry.schedules:
        assert schedule.title
        assert schedule.entry


def test_a_week_rings_on_school_days_only(registry: Registry) -> None:
    rings = parts()["timetable"]
    assert "  07:30  本周任务" in rings.split("（周一）")[1].split("（周二）")[0]
    saturday = rings.split("（周六）")[1].split("（周日）")[0]
    assert "给管理员的自检" in saturday, "housekeeping knows no weekend"
    assert "课堂巡课" not in saturday
    assert timetable([]) == "七天内没有要响的。"


def test_every_routine_brings_its_words() -> None:
    """Its own, or those that every checklist and every question for lines shares."""
    renderer = Renderer()
    for routine in read_routines(TEMPLATES / "routines"):
        for name, shared in (("yours", routine.asks), ("nudge", "nudge"), ("closed", "closed")):
            assert renderer.exists(f"{routine.name}/{name}") or renderer.exists(f"prompts/{shared}")


def test_no_template_is_left_over() -> None:
    """Every template is named by some file, so that nobody changes words that nobody says."""
    root = TEMPLATES.parent
    code = "\n".join(
        path.read_text("utf-8") for folder in ("bot", "handlers", "schedules") for path in (root / folder).rglob("*.py")
    )
    code += "".join(path.read_text("utf-8").replace('.md"', '"') for path in TEMPLATES.rglob("*.md"))  # {% include %}
    routines = {routine.name for routine in read_routines(TEMPLATES / "routines")}
    for path in TEMPLATES.rglob("*.md"):
        name = path.relative_to(TEMPLATES).with_suffix("").as_posix()
        assert name in code or name.partition("/")[0] in {*routines, "prompts"}, name


def test_starting_words_are_all_different(registry: Registry) -> None:
    words = [word for handler in registry.handlers for word in handler.words]
    assert len(words) == len(set(words))
    assert {"asked", "picture", "file", "stranger", "unknown"} == set(registry.catchers)
