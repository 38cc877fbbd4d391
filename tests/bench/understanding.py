"""How long a message takes to understand, in processor time: `python -m tests.bench.understanding`.

The messages are those of the example files, each one a hundred times in a shuffled order, so that caches do not flatter.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

from bot.language.examples import read_examples
from bot.language.lexicon import Lexicon
from bot.language.rules import Rules
from bot.language.understanding import Understander

EXAMPLES = Path(__file__).parent.parent / "language"


def main() -> None:
    started = time.perf_counter()
    rules = Rules(Lexicon())
    read = time.perf_counter()
    files = [read_examples(path) for path in sorted(EXAMPLES.glob("*.yaml"))]
    building = time.perf_counter()
    understanders = [Understander(each.vocabulary, rules) for each in files]
    built = time.perf_counter()
    work = [(at, each) for at, file in enumerate(files) for each in file.utterances] * 30
    random.Random(1).shuffle(work)
    times = []
    for at, each in work:
        begin = time.thread_time()
        understanders[at].understand(
            each.text, now=files[at].now, days=files[at].days, before=each.before, role=each.role, photos=each.photos
        )
        times.append((time.thread_time() - begin) * 1000)
    times.sort()
    print(f"rules {1000 * (read - started):.0f} ms, a school {1000 * (built - building) / len(files):.0f} ms")
    middle, late = times[len(times) // 2], times[int(len(times) * 0.95)]
    print(f"{len(times)} messages: p50 {middle:.2f} ms, p95 {late:.2f} ms, max {times[-1]:.2f} ms")


if __name__ == "__main__":
    main()
