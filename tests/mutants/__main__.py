"""make mutants: put each deliberate bug into a copy, and see that its suites catch it.

Every selection is run without a bug first: one that fails then proves nothing.  Exit: 0
each bug is caught by each suite that must, 1 some is not, 2 wrong words.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import suites
from tests.mutants.mutant import CHECKOUT, SUITES, Mutant, all_mutants, mutated, place
from tools.run_open import open_copy

Task = tuple[Mutant | None, str, str]  # the bug, None for none; suite and selection
Result = tuple[Task, suites.Outcome]


def _say(text: str) -> None:
    print(text, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these bugs")
    parser.add_argument("--suite", choices=SUITES, help="only this suite")
    parser.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="copies at once"
    )
    parser.add_argument(
        "--no-baseline", action="store_true", help="do not run them without a bug first"
    )
    given = parser.parse_args()
    unknown = set(given.names) - {mutant.name for mutant in all_mutants()}
    if unknown:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    return given


def _tasks(mutants: Iterable[Mutant], suite: str | None) -> list[Task]:
    return [
        (mutant, each, selection)
        for mutant in mutants
        for each, selection in mutant.caught_by.items()
        if suite in (None, each)
    ]


def _baseline(tasks: Iterable[Task]) -> list[Task]:
    """Return every selection once, without a bug."""
    return [(None, *pair) for pair in dict.fromkeys((s, w) for _, s, w in tasks)]


def _run(task: Task, copies: SimpleQueue[Path]) -> Result:
    mutant, suite, selection = task
    copy = copies.get()
    try:
        if mutant is None:
            return task, suites.run(suite, selection, copy)
        path = copy / place(mutant).path.relative_to(CHECKOUT)
        before = path.read_text(encoding="utf-8")
        path.write_text(mutated(mutant, before), encoding="utf-8")
        try:
            return task, suites.run(suite, selection, copy)
        finally:
            path.write_text(before, encoding="utf-8")
    finally:
        copies.put(copy)


def _row(result: Result) -> str:
    (mutant, suite, selection), outcome = result
    name = mutant.name if mutant else "(no bug)"
    return f"{name:44} {suite:12} {outcome.verdict:7} {selection}"


def _campaign(tasks: list[Task], jobs: int, is_right: Callable[[Result], bool]) -> bool:
    """Run *tasks*, a row each; what is not right is shown with the end of its output."""
    copies: SimpleQueue[Path] = SimpleQueue()
    right = True
    with ExitStack() as stack:
        for _ in range(min(jobs, len(tasks))):
            copies.put(stack.enter_context(open_copy()))
        pool = stack.enter_context(ThreadPoolExecutor(max(1, min(jobs, len(tasks)))))
        for result in pool.map(lambda task: _run(task, copies), tasks):
            _say(_row(result))
            if not is_right(result):
                right = False
                _say(result[1].told)
    return right


def main() -> int:
    """Run, and return the exit code."""
    given = _arguments()
    if os.geteuid() != 0:
        _say("mutants: skipped: transitions and chaos need to be root")
        return 0
    chosen = [m for m in all_mutants() if not given.names or m.name in given.names]
    tasks = _tasks(chosen, given.suite)
    began = time.monotonic()
    good = True
    if not given.no_baseline:
        good = _campaign(
            _baseline(tasks), given.jobs, lambda r: r[1].verdict == "passed"
        )
    caught = _campaign(tasks, given.jobs, lambda r: r[1].verdict == "failed")
    minutes = (time.monotonic() - began) / 60
    _say(f"{len(chosen)} bugs, {len(tasks)} selections, {minutes:.1f} min")
    _say("each is caught" if caught else "SOME ARE NOT CAUGHT")
    return 0 if good and caught else 1


sys.exit(main())
