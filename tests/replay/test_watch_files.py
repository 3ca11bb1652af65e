"""The stories in fixtures/watch, told to the watch second by second."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgx_postgres.watch.states import Watching
from pgx_postgres.watch.watched import (
    Answered,
    Ask,
    CrashRestart,
    Effect,
    Event,
    Failed,
    FaultNow,
    Ignored,
    Inside,
    Limits,
    OthersServed,
    Outside,
    PostmasterGone,
    Ready,
)
from tests.watch_run import Run

FILES = sorted((Path(__file__).parents[2] / "fixtures" / "watch").glob("*.txt"))


def event(words: list[str]) -> Event:
    number = int(words[1]) if len(words) > 1 else 0
    known: dict[str, Event] = {
        "ready": Ready(),
        "answered": Answered(number),
        "failed": Failed(number, "refused"),
        "outside": Outside(number, "queue full"),
        "inside": Inside(number),
        "others": OthersServed(),
        "ignored": Ignored(number),
        "stopping": FaultNow(number, "stopping"),
        "crash": CrashRestart("crash"),
        "gone": PostmasterGone("gone"),
    }
    return known[words[0]]


def begin(line: str) -> Run:
    words = line.split()
    given = dict(zip(words[1:7:2], map(float, words[2:7:2]), strict=True))
    limits = Limits(given["interval"], given["timeout"], int(given["retries"]))
    return Run(limits, answered="answered" in words)


def shown(effects: list[Effect], run: Run) -> list[str]:
    """Return what is to be seen, in the words of the files."""
    seen = [
        f"ask {one.number} {one.database}" if isinstance(one, Ask) else "warn"
        for one in effects
    ]
    if isinstance(run.state, Watching):
        return [*seen, f"failures {run.failures}"]
    return [*seen, type(run.state).__name__.lower()]


def tell(run: Run, line: str) -> None:
    """Tell *run* one line; fail unless it shows all that stands after the arrow."""
    told, _, wanted = line.partition("->")
    words = told.split()
    if words[0] == "frozen":
        run.frozen_until(float(words[2]))
        return
    run.effects.clear()
    events = [event(words[2:])] if len(words) > 2 else []
    run.at(float(words[1]), *events)
    got = shown(run.effects, run)
    want = [part.strip() for part in wanted.split(",") if part.strip()]
    missing = [part for part in want if part not in got]
    asked = [
        part for part in got if part.startswith(("ask", "warn")) and part not in want
    ]

    assert not missing, f"wanted {want}, got {got}"
    assert not asked, f"wanted {want}, got {got}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_story(path: Path) -> None:
    run: Run | None = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("watch"):
            run = begin(line)
            continue
        assert run is not None
        try:
            tell(run, line)
        except AssertionError as ex:
            raise AssertionError(f"{path.name}:{number}: {line}\n{ex}") from None
