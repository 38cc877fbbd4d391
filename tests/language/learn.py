"""Make templates/language/experience.json anew: `python -m tests.language.learn`. Deterministic; about a minute.

What it learns from: the example files beside it, sayings.txt, lessons.txt (intent;categories of the items;text, what it
answers after 「<<」) and the word lists of templates/language/. A logistic regression by stochastic gradient with AdaGrad's
step, in plain Python, once for the intent of a message and once for the category of a hazard.

`python -m tests.language.learn --proof [school_…]` learns without each of the schools in turn and says how the whole
understanding does on it, with and without what was learnt.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.language.examples import Examples, compare, read_examples
from bot.language.experience import SCALE, Experience, grams
from bot.language.lexicon import FOLDER, Lexicon
from bot.language.rules import Rules
from bot.language.understanding import Understander

HERE = Path(__file__).parent
LESSONS = HERE / "lessons.txt"
SAYINGS = HERE / "sayings.txt"
SCHOOL = HERE / "school_truth.yaml"
"""Whose places and people the lessons speak of."""

WORD = 0.3
"""How much a word of the lists counts beside a message."""

LEAST = 0.6
"""Weights below this are left out of the table."""


OFTEN = 2
"""Grams of fewer lessons are not learnt: names of one thing at one school."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was found in a text, what it is, how much it counts."""

    found: tuple[str, ...]
    label: str
    weight: float = 1.0


def of_file(examples: Examples, rules: Rules) -> tuple[list[Lesson], list[Lesson]]:
    """(for intents, for categories) of a file of examples."""
    understander = Understander(examples.vocabulary, rules)
    intents, categories = [], []
    for each in examples.utterances:
        reading = understander.read(
            each.text, now=examples.now, days=examples.days, before=each.before, role=each.role, photos=each.photos
        )
        found = tuple(sorted(reading.words))
        if each.expect.get("intent"):
            intents.append(Lesson(tuple(sorted(reading.words | reading.beside)), str(each.expect["intent"])))
        wanted = [item for item in each.expect.get("items") or () if isinstance(item, dict)]
        cats = [str(item["cat"]) for item in wanted if item.get("cat")]
        if len(wanted) == 1 and cats:
            categories.append(Lesson(found, cats[0]))
        elif cats:
            pieces = [piece for piece in reading.pieces if piece.things or piece.faults]
            if len(pieces) == len(wanted):
                for piece, item in zip(pieces, wanted, strict=True):
                    if item.get("cat"):
                        categories.append(Lesson(tuple(sorted(reading.evidence(piece.spans))), str(item["cat"])))
            categories += [
                Lesson(tuple(sorted(grams(str(item["what"])))), str(item["cat"]), 0.5)
                for item in wanted
                if item.get("cat") and item.get("what")
            ]
    return intents, categories


def lessons(path: Path, school: Examples, rules: Rules) -> tuple[list[Lesson], list[Lesson]]:
    """The lines of lessons.txt or sayings.txt."""
    understander = Understander(school.vocabulary, rules)
    intents, categories = [], []
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if path == SAYINGS:
            text, intent, cats = line.split("|")
            intent, before = intent.split(",")[0], ""
            cats = cats.split(",")[0]
        else:
            intent, cats, text = line.split(";", 2)
            text, _, before = text.partition("<<")
        reading = understander.read(text, now=school.now, days=school.days, before=before)
        found = tuple(sorted(reading.words))
        intents.append(Lesson(tuple(sorted(reading.words | reading.beside)), intent))
        names = [each.split("/")[0] for each in cats.split(",") if each]
        if len(set(names)) == 1 and intent in ("hazard", "order", "incident"):
            categories.append(Lesson(found, names[0]))
    return intents, categories


def of_words(lexicon: Lexicon) -> list[Lesson]:
    """Every word of things and of what they speak of."""
    return [
        Lesson(tuple(sorted(grams(text) | word.signs)), category, WORD if kind != "part" else WORD / 3)
        for text, word in sorted(lexicon.words.items())
        for category, kind in sorted(word.things.items())
    ]


def learn(taught: Iterable[Lesson], *, rounds: int = 8) -> dict[str, Any]:
    """The content of one Table."""
    order = list(taught)
    labels = sorted({each.label for each in order})
    numbers = {label: number for number, label in enumerate(labels)}
    weights: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(labels))
    squares: dict[str, list[float]] = defaultdict(lambda: [1e-8] * len(labels))
    bias, bias_squares = [0.0] * len(labels), [1e-8] * len(labels)
    often = Counter(gram for each in order for gram in each.found)
    rows = [
        (
            tuple(gram for gram in each.found if often[gram] >= (OFTEN if len(gram) > 2 else 1)),
            numbers[each.label],
            each.weight,
        )
        for each in order
    ]
    shuffle = random.Random(1)
    for _ in range(rounds):
        shuffle.shuffle(rows)
        for found, right, importance in rows:
            norm = 1 / math.sqrt(len(found) or 1)
            sums = list(bias)
            for gram in found:
                row = weights.get(gram)
                if row is not None:
                    for number, value in enumerate(row):
                        sums[number] += value * norm
            top = max(sums)
            shares = [math.exp(each - top) for each in sums]
            whole = sum(shares)
            for number, share in enumerate(shares):
                error = ((number == right) - share / whole) * importance
                if abs(error) < 0.01:
                    continue
                bias_squares[number] += error * error
                bias[number] += 0.1 * error / math.sqrt(bias_squares[number])
                step = error * norm
                for gram in found:
                    square = squares[gram]
                    square[number] += step * step
                    weights[gram][number] += 0.5 * step / math.sqrt(square[number])
    table = {}
    for gram in sorted(weights):
        row = [
            each
            for number, value in enumerate(weights[gram])
            if abs(value) >= LEAST
            for each in (number, round(value * SCALE))
        ]
        if row:
            table[gram] = row
    return {"labels": labels, "bias": [round(each * SCALE) for each in bias], "weights": table}


def everything(without: Sequence[Path] = ()) -> dict[str, Any]:
    """The content of experience.json. without: files to leave out."""
    rules = Rules(Lexicon())
    intents: list[Lesson] = []
    categories = of_words(rules.lexicon)
    for path in files():
        if path not in without:
            more_intents, more_categories = of_file(read_examples(path), rules)
            intents += more_intents
            categories += more_categories
    for path in (LESSONS, SAYINGS):
        more_intents, more_categories = lessons(path, read_examples(SCHOOL), rules)
        intents += more_intents
        categories += more_categories
    return {"intents": learn(intents), "categories": learn(categories, rounds=6)}


def files() -> list[Path]:
    """The schools to learn from. The one nobody has read stays so: it says what another school may expect."""
    return sorted(path for path in HERE.glob("*.yaml") if path.name != "school_unread.yaml")


def main() -> None:
    content = everything()
    rows = [f"{json.dumps(key)}: {_table(content[key])}" for key in sorted(content)]
    (FOLDER / "experience.json").write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")


def _table(table: dict[str, Any]) -> str:
    """One gram a line, so that a change shows."""
    weights = ",\n".join(
        f"{json.dumps(gram, ensure_ascii=False)}:{json.dumps(row, separators=(',', ':'))}"
        for gram, row in table["weights"].items()
    )
    return f'{{"labels": {json.dumps(table["labels"])}, "bias": {table["bias"]}, "weights": {{\n{weights}\n}}}}'


def proof(names: Sequence[str]) -> Iterator[str]:
    """How each school fares when nothing was learnt from it, beside how it fares without experience."""
    for path in files():
        if names and path.stem not in names:
            continue
        content = everything(without=(path,))
        examples = read_examples(path)
        for name, experience in (("without", None), ("with", Experience(content))):
            right, asked = marks(examples, experience)
            yield f"{path.name} {name}: " + ", ".join(f"{key} {right[key] / asked[key]:.3f}" for key in asked)


def marks(examples: Examples, experience: Experience | None) -> tuple[dict[str, int], dict[str, int]]:
    understander = Understander(examples.vocabulary, Rules(Lexicon(), experience))
    right: dict[str, int] = defaultdict(int)
    asked: dict[str, int] = defaultdict(int)
    for each in examples.utterances:
        got = understander.understand(
            each.text, now=examples.now, days=examples.days, before=each.before, role=each.role, photos=each.photos
        )
        for field, _, _, same in compare(each.expect, got):
            asked[field] += 1
            right[field] += same
    return right, asked


if __name__ == "__main__":
    if "--proof" in sys.argv:
        for line in proof(sys.argv[2:]):
            print(line, flush=True)
    else:
        main()
